"""insightface's layout from a list, from a plain file, and back."""

import io

import pytest
from PIL import Image

from gpu_im2rec import PackOptions, RecordReader, TranscodeSpec, pack
from gpu_im2rec.errors import ListError, OutputExistsError, RecordError, UsageError
from gpu_im2rec.packing import convert, faces
from gpu_im2rec.recordio import RecordWriter, iter_faces, iter_records, pack_header
from gpu_im2rec.recordio.part_file import PartFile
from tests.conftest import encoded

LABELS = [0, 0, 0, 1, 3, 3]


@pytest.fixture
def face_folder(folder, photo):
    for number, label in enumerate(LABELS):
        image = photo.crop((number, 0, number + 112, 112))
        folder.add(f"{label}/{number}.jpg", encoded(image, "jpeg"), labels=str(label), index=50 + number)
    return folder


def pack_faces(folder, **options):
    options = {"transcode": TranscodeSpec(pass_through=True), "layout": "insightface"} | options
    return pack(folder.list, folder.root, folder.out, PackOptions(**options))


def pack_plain(folder, **options):
    options = {"transcode": TranscodeSpec(pass_through=True), "overwrite": True} | options
    return pack(folder.list, folder.root, folder.out.with_name("plain.rec"), PackOptions(**options))


def test_faces_identities_and_property(face_folder):
    report = pack_faces(face_folder)
    assert (report.packed, report.faces.identities, report.faces.classes) == (6, 3, 4)
    assert report.faces.property.read_text() == "4,112,112\n"
    with RecordReader(report.rec) as records:
        assert list(records.keys) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
        assert records.by_key(0).labels.tolist() == [7, 10]
        assert [records.by_key(key).labels.tolist() for key in (7, 8, 9)] == [[1, 4], [4, 5], [5, 7]]
        assert [float(records.by_key(key).labels[0]) for key in range(1, 7)] == LABELS
        assert records.by_key(1).content == (face_folder.root / "0" / "0.jpg").read_bytes()
    assert report.to_dict()["faces"]["property"] == str(report.faces.property)


def test_a_bad_face_costs_itself_and_keys_have_no_gap(face_folder):
    (face_folder.root / "0" / "1.jpg").write_bytes(b"no face")
    report = pack_faces(face_folder)
    assert (report.packed, report.failed, report.faces.identities) == (5, 1, 3)
    with RecordReader(report.rec) as records:
        assert records.by_key(0).labels.tolist() == [6, 9]


def test_an_identity_of_which_all_faces_fail_is_left_out(face_folder):
    (face_folder.root / "1" / "3.jpg").unlink()
    report = pack_faces(face_folder)
    assert report.faces.identities == 2
    assert len(list(iter_faces(report.rec))) == 5


def test_other_sizes_are_counted(face_folder, photo):
    face_folder.add("3/odd.jpg", encoded(photo, "jpeg"), labels="3")
    report = pack_faces(face_folder)
    assert (report.faces.size, report.faces.other_sizes) == ((112, 112), 1)
    report = pack_faces(face_folder, transcode=TranscodeSpec(resize=64, center_crop=True), overwrite=True)
    assert (report.faces.size, report.faces.other_sizes) == ((64, 64), 0)
    assert report.faces.property.read_text() == "4,64,64\n"


def test_pngs_have_a_size_too_and_other_formats_none(folder, photo):
    folder.add("a.png", encoded(photo.crop((0, 0, 50, 40)), "png"), labels="0")
    folder.add("b.webp", encoded(photo, "webp"), labels="0")
    report = pack_faces(folder)
    assert (report.faces.size, report.faces.other_sizes) == ((50, 40), 1)
    assert report.faces.property.read_text() == "1,40,50\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("9\t0\t0/0.jpg", "label 0 was there before; the faces of an identity must be neighbours"),
        ("9\t1.5\t0/0.jpg", "label 1.5 is no class"),
        ("9\t-1\t0/0.jpg", "label -1 is no class"),
        ("9\tnan\t0/0.jpg", "label nan is no class"),
        ("9\t3e38\t0/0.jpg", r"label 3e\+38 is no class"),
    ],
)
def test_a_list_that_cannot_be_so_is_refused_before_any_work(face_folder, line, words):
    face_folder.add_line(line)
    with pytest.raises(ListError, match=rf"image\.lst:7: {words}.*--no-shuffle"):
        pack_faces(face_folder)
    assert face_folder.left_behind() == []


def test_a_list_with_too_many_faces_is_refused_before_any_work(face_folder, monkeypatch):
    monkeypatch.setattr(faces, "MAX_RECORDS", 9)
    with pytest.raises(ListError, match="6 faces of 3 identities"):
        pack_faces(face_folder)


def test_options_that_do_not_go_together():
    for options in ({"pack_label": True}, {"part": "0/2"}):
        with pytest.raises(UsageError, match="--layout insightface"):
            PackOptions(layout="insightface", **options)


def test_an_existing_property_is_not_replaced_unasked(face_folder):
    (face_folder.out.parent / "property").write_text("mine")
    with pytest.raises(OutputExistsError, match="property is already there"):
        pack_faces(face_folder)
    assert face_folder.left_behind() == ["property"]
    pack_faces(face_folder, overwrite=True)
    assert (face_folder.out.parent / "property").read_text() == "4,112,112\n"


def test_a_property_that_cannot_be_is_refused_before_any_work(face_folder):
    """A folder, what an earlier run left, and records that are to be called so."""
    folder = face_folder.out.parent
    (folder / "property").mkdir()
    with pytest.raises(UsageError, match="property is there and no plain file"):
        pack_faces(face_folder, overwrite=True)
    (folder / "property").rmdir()
    (folder / "property.part").touch()
    with pytest.raises(OutputExistsError, match=r"property\.part is there already"):
        pack_faces(face_folder)
    (folder / "property.part").unlink()
    face_folder.out = folder / "property"
    with pytest.raises(UsageError, match="property would be overwritten by this very run"):
        pack_faces(face_folder, overwrite=True)
    assert face_folder.left_behind() == []
    plain = pack_plain(face_folder).rec
    with pytest.raises(UsageError, match="property would be overwritten"):
        convert(plain, folder / "property", to="insightface")
    assert face_folder.left_behind() == ["plain.idx", "plain.rec", "plain.report.json"]


def test_a_property_that_cannot_be_written_publishes_nothing(face_folder, monkeypatch):
    """As on a disk that is full by then."""
    plain = pack_plain(face_folder).rec

    def fail(file):
        if file.path.name == "property":
            raise OSError(28, "No space left on device", str(file.part))
        finish(file)

    finish = PartFile.finish
    monkeypatch.setattr(PartFile, "finish", fail)
    before = face_folder.left_behind()
    with pytest.raises(OSError, match="No space left"):
        convert(plain, face_folder.out, to="insightface")
    assert face_folder.left_behind() == before
    with pytest.raises(OSError, match="No space left"):
        pack_faces(face_folder)
    assert [name for name in face_folder.left_behind() if ".part" not in name] == ["out.journal", *before]
    monkeypatch.undo()
    assert pack_faces(face_folder, resume=True).faces.identities == 3
    whole = face_folder.out.read_bytes()
    assert pack_faces(face_folder, overwrite=True).rec.read_bytes() == whole


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_record_of_key_0_that_says_nothing(tmp_path, value):
    with RecordWriter(tmp_path / "n.rec") as writer:
        writer.append(1, pack_header(1, [0.0], packed=False), b"x")
        writer.append(0, pack_header(0, (value, value), packed=True), b"")
    with pytest.raises(RecordError, match="no record says where the faces end"):
        convert(tmp_path / "n.rec", tmp_path / "x.rec", to="plain")


def test_there_and_back_gives_the_same_bytes(face_folder, tmp_path):
    """A plain file whose ids are 0, 1, 2 … → insightface's layout → a plain one."""
    face_folder.list.write_text("".join(f"{n}\t{LABELS[n]}\t{LABELS[n]}/{n}.jpg\n" for n in range(6)))
    plain = pack_plain(face_folder).rec
    there = convert(plain, tmp_path / "there.rec", to="insightface")
    assert (there.pictures, there.faces.identities) == (6, 3)
    assert there.rec.read_bytes() == pack_faces(face_folder, overwrite=True).rec.read_bytes()
    back = convert(there.rec, tmp_path / "back.rec", to="plain")
    assert back.rec.read_bytes() == plain.read_bytes()
    assert back.idx.read_bytes() == plain.with_suffix(".idx").read_bytes()


def test_an_unfinished_file_is_not_converted_over_itself(face_folder, tmp_path):
    half = pack_plain(face_folder).rec.rename(tmp_path / "x.rec.part")
    before = half.read_bytes()
    for to in ("plain", "insightface"):
        with pytest.raises(UsageError, match="would be overwritten"):
            convert(half, tmp_path / "x.rec", to=to, overwrite=True)
    assert half.read_bytes() == before


def test_a_file_may_be_converted_in_place(face_folder):
    rec = pack_plain(face_folder).rec
    plain = rec.read_bytes()
    convert(rec, rec, to="insightface", overwrite=True)
    assert rec.read_bytes() != plain
    convert(rec, rec, to="plain", overwrite=True)
    assert len(list(iter_records(rec))) == 6


def test_a_shuffled_plain_file_is_sorted_by_label(face_folder, tmp_path):
    lines = face_folder.lines
    face_folder.list.write_text("".join(f"{lines[n]}\n" for n in (5, 0, 3, 4, 2, 1)))
    there = convert(pack_plain(face_folder).rec, tmp_path / "there.rec", to="insightface")
    pictures = [bytes(face.content) for face in iter_faces(there.rec)]
    order = [0, 2, 1, 3, 5, 4]  # by label, otherwise as the file has them
    assert pictures == [(face_folder.root / str(LABELS[n]) / f"{n}.jpg").read_bytes() for n in order]


def test_what_is_no_source(face_folder, tmp_path):
    plain = pack_plain(face_folder).rec
    with pytest.raises(RecordError, match="not insightface's layout"):
        convert(plain, tmp_path / "x.rec", to="plain")
    layout = pack_faces(face_folder).rec
    with pytest.raises(RecordError, match="in insightface's layout already"):
        convert(layout, tmp_path / "x.rec", to="insightface", overwrite=True)
    with RecordWriter(tmp_path / "half.rec") as writer:
        writer.append(0, pack_header(0, [0.5], packed=False), b"x")
    with pytest.raises(RecordError, match=r"half\.rec: offset 0: label 0\.5 is no class"):
        convert(tmp_path / "half.rec", tmp_path / "x.rec", to="insightface", overwrite=True)
    with RecordWriter(tmp_path / "empty.rec"):
        pass
    with pytest.raises(RecordError, match="no records"):
        convert(tmp_path / "empty.rec", tmp_path / "x.rec", to="insightface", overwrite=True)
    assert not (tmp_path / "x.rec").exists()


def test_a_file_that_breaks_off_converts_to_nothing(face_folder, tmp_path):
    layout = pack_faces(face_folder).rec
    for size in (len(layout.read_bytes()) - 4, 400):
        (tmp_path / "torn.rec").write_bytes(layout.read_bytes()[:size])
        with pytest.raises(RecordError, match=r"torn\.rec"):
            convert(tmp_path / "torn.rec", tmp_path / "x.rec", to="plain")
    assert not (tmp_path / "x.rec").exists()
    assert not list(tmp_path.glob("*.part"))


def test_outputs_are_not_replaced_unasked(face_folder, tmp_path):
    plain = pack_plain(face_folder).rec
    with pytest.raises(OutputExistsError, match=r"plain\.rec"):
        convert(plain, plain, to="insightface")
    (tmp_path / "property").write_text("mine")
    with pytest.raises(OutputExistsError, match="property"):
        convert(plain, tmp_path / "x.rec", to="insightface")
    assert (tmp_path / "property").read_text() == "mine"


def test_more_labels_than_one_are_counted_when_dropped(face_folder, tmp_path):
    rows = [(row.split("\t")[0], row.split("\t")[1], row.split("\t")[2]) for row in face_folder.lines]
    face_folder.list.write_text("".join(f"{index}\t{label}\t1\t{path}\n" for index, label, path in rows))
    plain = pack_plain(face_folder, pack_label=True).rec
    assert convert(plain, tmp_path / "there.rec", to="insightface").labels_dropped == 6


def test_pictures_are_what_they_were(face_folder):
    report = pack_faces(face_folder)
    for record in list(iter_records(report.rec))[:6]:
        assert Image.open(io.BytesIO(record.content)).size == (112, 112)
