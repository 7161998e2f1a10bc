"""Sheets, drawn and looked at again, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from gpu_im2rec.errors import ListError, OutputExistsError, RecordError, UsageError
from gpu_im2rec.recordio import RecordWriter, pack_header
from gpu_im2rec.showing.sheet import Choice, make_sheet
from gpu_im2rec.showing.sheet.layout import EDGE, laid_out
from tests.conftest import encoded

COLOURS = {"red": (220, 20, 20), "green": (20, 160, 30), "blue": (30, 60, 220)}


def write(path, records):
    """``records``: labels, a list of several or one alone, and content."""
    with RecordWriter(path) as writer:
        for index, (labels, content) in enumerate(records):
            packed = isinstance(labels, list)
            writer.append(index, pack_header(index, labels if packed else [labels], packed=packed), content)
    return path


@pytest.fixture
def coloured(tmp_path):
    """Label 0 is red, 1 green, 2 blue; three, two and one of them."""
    kinds = ("jpeg", "png", "webp")
    images = [Image.new("RGB", (200, 100), colour) for colour in COLOURS.values()]
    pictures = [encoded(image, kind) for image, kind in zip(images, kinds, strict=True)]
    (tmp_path / "classes.txt").write_text("red\ngreen\nblue\n")
    return write(tmp_path / "colours.rec", [(label, pictures[label]) for label in (0, 1, 2, 0, 1, 0)])


def looked_at(path):
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def at(pixels, box):
    return pixels[box.y : box.y + box.height, box.x : box.x + box.width]


def is_colour(pixels, colour):
    return np.abs(pixels - colour).max(axis=-1) < 12


@pytest.mark.parametrize("name", ["s.jpg", "s.JPEG", "s.png", "s.webp"])
def test_each_class_has_its_pictures_in_their_colours(coloured, tmp_path, name):
    sheet = make_sheet(coloured, tmp_path / name, Choice("per class", 2))
    assert [[tile.labels[0] for tile in group] for group in sheet.groups] == [[0, 0], [1, 1], [2]]
    assert (sheet.records, sheet.selection.classes, sheet.undecodable) == (6, 3, 0)
    pixels = looked_at(tmp_path / name)
    plan = laid_out([2, 2, 1], headings=True, caption_lines=1)
    assert pixels.shape == (plan.height, plan.width, 3)
    for block, colour in zip(plan.blocks, COLOURS.values(), strict=True):
        for box in block.tiles:
            inner = box._replace(x=box.x + 4, width=EDGE - 8, y=box.y + 44, height=EDGE - 88)
            assert is_colour(at(pixels, inner), colour).all()
            assert not is_colour(at(pixels, box._replace(height=36)), colour).any(), "fitted, not cropped"
            caption = at(pixels, box._replace(y=box.y + EDGE + 4, height=16))
            assert (caption.max(axis=-1) < 90).sum() > 20, "a caption leaves ink"
        assert (at(pixels, block.heading).max(axis=-1) < 90).sum() > 20, "so does a heading"
    painted = sum(is_colour(pixels, colour).sum() for colour in COLOURS.values())
    assert painted == pytest.approx(5 * 160 * 80, rel=0.05), "and nowhere else"


def bar_of(pixels, heading):
    return int(is_colour(at(pixels, heading), (0x2F, 0x6F, 0xB2)).any(axis=0).sum())


def test_a_bar_shows_how_large_a_class_is(coloured, tmp_path):
    make_sheet(coloured, tmp_path / "s.png", Choice("per class", 1))
    pixels = looked_at(tmp_path / "s.png")
    bars = [bar_of(pixels, block.heading) for block in laid_out([1, 1, 1], headings=True, caption_lines=1).blocks]
    assert bars == [120, 80, 40]


def test_the_same_input_gives_the_same_bytes_and_another_seed_other_records(tmp_path, photo):
    rec = write(tmp_path / "a.rec", [(0, encoded(photo.rotate(turn), "jpeg")) for turn in range(0, 360, 12)])
    for name, seed in (("a.jpg", 0), ("b.jpg", 0), ("c.jpg", 1)):
        make_sheet(rec, tmp_path / name, Choice("random", 4), seed=seed)
    a, b, c = ((tmp_path / f"{name}.jpg").read_bytes() for name in "abc")
    assert a == b != c


def test_without_a_choice(coloured, tmp_path):
    assert make_sheet(coloured, None).selection.how == "up to 8 of each of 3 classes"
    same = write(tmp_path / "same.rec", [(5, encoded(Image.new("L", (9, 9)), "png"))] * 3)
    assert make_sheet(same, None).selection.how == "all of them"


def test_a_bad_picture_has_its_place_and_its_reason(tmp_path, jpeg):
    rec = write(tmp_path / "bad.rec", [(0, jpeg[:2000]), (1, b""), (2, b"no picture"), (3, jpeg)])
    offset = int(rec.with_suffix(".idx").read_text().splitlines()[3].split("\t")[1])
    data = bytearray(rec.read_bytes())
    data[offset] ^= 1  # the magic of the last
    rec.write_bytes(data)
    sheet = make_sheet(rec, tmp_path / "s.png", Choice("random", 9))
    assert [tile.failure.split(":")[0] for tile in sheet.tiles] == ["truncated", "empty", "not an image", "damaged"]
    assert sheet.undecodable == 4
    assert sheet.tiles[3].failure.startswith(f"damaged: offset {offset}: no head of a record")
    assert str(tmp_path) not in sheet.tiles[3].failure and "verify" not in sheet.tiles[3].failure
    assert sheet.tiles[3].id is None and sheet.tiles[2].id == 2
    pixels = looked_at(tmp_path / "s.png")
    [block] = laid_out([4], headings=False, caption_lines=2).blocks
    for box in block.tiles:
        middle = at(pixels, box._replace(x=box.x + 2, y=box.y + 40, width=EDGE - 4, height=80))
        assert is_colour(middle, (0xA8, 0x20, 0x1A)).sum() > 100, "written in red"
    by_class = make_sheet(rec, tmp_path / "c.png", Choice("per class", 2))
    assert [group.label for group in by_class.selection.groups] == [0, 1, 2, None]
    assert by_class.to_dict()["classes"] == 3


@pytest.mark.parametrize(
    ("mode", "kind", "size"),
    [("L", "png", (60, 40)), ("CMYK", "jpeg", (60, 40)), ("RGBA", "png", (60, 40)), ("P", "gif", (60, 40)),
     ("L", "png", (1, 1)), ("RGB", "jpeg", (5000, 3)), ("RGB", "png", (3, 5000)), ("I;16", "png", (60, 40))],
)  # fmt: skip
def test_pictures_of_every_kind(tmp_path, mode, kind, size):
    rec = write(tmp_path / "a.rec", [(0, encoded(Image.new(mode, size), kind))])
    sheet = make_sheet(rec, tmp_path / "s.png", Choice("random", 1))
    assert (sheet.undecodable, sheet.tiles[0].full_size) == (0, size)


def test_a_picture_is_turned_as_exif_says(tmp_path):
    image = Image.new("RGB", (100, 50), "red")
    image.paste("blue", (50, 0, 100, 50))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side: turn clockwise
    rec = write(tmp_path / "a.rec", [(0, encoded(image, "jpeg", exif=exif))])
    [tile] = make_sheet(rec, None, Choice("random", 1)).tiles
    assert tile.full_size == (50, 100)
    assert tile.pixels[5, 25, 0] > 200 and tile.pixels[95, 25, 2] > 200


def test_small_pictures_are_enlarged_so_that_single_pixels_show(tmp_path):
    rec = write(tmp_path / "a.rec", [(0, encoded(Image.new("RGB", (10, 10), (0, 200, 0)), "png"))])
    make_sheet(rec, tmp_path / "s.png", Choice("random", 1))
    assert is_colour(looked_at(tmp_path / "s.png"), (0, 200, 0)).sum() == 80 * 80


def test_boxes_are_drawn_where_they_are(tmp_path):
    labels = [2, 5, 0, 0.25, 0.25, 0.75, 0.75]
    rec = write(tmp_path / "d.rec", [(labels, encoded(Image.new("RGB", (320, 320), "white"), "png"))] * 2)
    with pytest.raises(UsageError, match="boxes"):
        make_sheet(rec, None, Choice("per class", 1))
    sheet = make_sheet(rec, tmp_path / "s.png")
    assert not sheet.selection.by_class
    box = laid_out([2], headings=False, caption_lines=2).blocks[0].tiles[0]
    drawn = is_colour(at(looked_at(tmp_path / "s.png"), box), (0xE6, 0x9F, 0x00))
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (40, 119, 40, 119)


@pytest.mark.parametrize("labels", [float("nan"), -1, 0.125, 1e30, float("-inf"), [1, 2, 3, 4, 5, 6], [0.5], [2, 5, 1]])
@pytest.mark.parametrize("kind", ["random", "per class", "worst"])
def test_labels_of_every_kind(tmp_path, jpeg, labels, kind):
    rec = write(tmp_path / "a.rec", [(labels, jpeg)])
    said = make_sheet(rec, tmp_path / "s.png", Choice(kind, 3)).to_dict()
    assert len(said["chosen"]) == 1


def test_names_from_strangers(tmp_path, coloured):
    names = tmp_path / "names.txt"
    names.write_bytes(b"\x1b[31m\x07" + b"x" * 100_000 + "\n\u202e漢字\U0001f431\n".encode() + b"\xff\xfe")
    make_sheet(coloured, tmp_path / "s.png", classes=names)
    with pytest.raises(ListError):
        make_sheet(coloured, tmp_path / "t.png", classes=tmp_path / "missing.txt")
    assert not (tmp_path / "t.png.part").exists()


def test_nothing_is_replaced_unless_asked_for(coloured, tmp_path):
    out = tmp_path / "s.jpg"
    out.write_text("mine")
    with pytest.raises(OutputExistsError):
        make_sheet(coloured, out)
    assert out.read_text() == "mine"
    make_sheet(coloured, out, overwrite=True)
    assert out.read_bytes().startswith(b"\xff\xd8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["classes.txt", "colours.idx", "colours.rec", "s.jpg"]


@pytest.mark.parametrize("name", ["colours.rec", "colours.idx"])
def test_the_records_are_not_replaced_by_a_sheet_of_them(coloured, tmp_path, name):
    content = (tmp_path / name).read_bytes()
    (tmp_path / "s.jpg").symlink_to(name)
    with pytest.raises(UsageError, match="would be overwritten by this very run"):
        make_sheet(coloured, tmp_path / "s.jpg", overwrite=True)
    assert (tmp_path / name).read_bytes() == content


@pytest.mark.parametrize("name", ["s.gif", "s", "colours.rec", ".jpg"])
def test_a_sheet_is_a_picture(coloured, tmp_path, name):
    with pytest.raises(UsageError, match="its name must end in"):
        make_sheet(coloured, tmp_path / name, overwrite=True)


def test_files_without_records(tmp_path):
    (tmp_path / "empty.rec").touch()
    with pytest.raises(RecordError, match="no records"):
        make_sheet(tmp_path / "empty.rec", tmp_path / "s.jpg")
    assert not list(tmp_path.glob("s.jpg*"))


def test_a_sample_has_as_many_classes_as_can_be(coloured):
    sheet = make_sheet(coloured, None, Choice("per class", 3))
    assert [tile.labels[0] for tile in sheet.sample(3)] == [0, 1, 2]
    assert [tile.labels[0] for tile in sheet.sample(4)] == [0, 0, 1, 2]
    assert [tile.labels[0] for tile in sheet.sample(2)] == [0, 1]
    assert [tile.labels[0] for tile in sheet.sample(5)] == [0, 0, 1, 1, 2]
    assert [tile.labels[0] for tile in sheet.sample(6)] == [0, 0, 0, 1, 1, 2]
    assert sheet.sample(99) == sheet.tiles
    assert [tile.number for tile in make_sheet(coloured, None, Choice("random", 6)).sample(3)] == [0, 2, 4]
