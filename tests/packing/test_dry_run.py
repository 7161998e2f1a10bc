import pytest

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.errors import ListError, UsageError
from gpu_im2rec.packing import dry_run
from gpu_im2rec.packing.result import doubt_of_root
from tests.conftest import encoded

OPTIONS = PackOptions(transcode=TranscodeSpec(resize=48))


def test_a_small_list_is_estimated_exactly_and_nothing_is_written(photo_folder):
    estimate = dry_run(photo_folder.list, photo_folder.root, photo_folder.out, OPTIONS)
    assert photo_folder.left_behind() == []
    report = pack(photo_folder.list, photo_folder.root, photo_folder.out, OPTIONS)
    assert estimate.entries == estimate.sampled == report.packed
    assert abs(estimate.bytes_out - report.bytes_out) <= 4 * report.packed
    assert estimate.seconds > 0
    assert estimate.free_bytes > 0


def test_a_long_list_is_sampled(folder, photo):
    for number in range(1000):
        folder.add(f"{number % 2}.jpg", encoded(photo.resize((30 + 30 * (number % 2), 30)), "jpeg"), index=number % 900)
    estimate = dry_run(folder.list, folder.root, folder.out, OPTIONS)
    assert (estimate.entries, estimate.sampled, estimate.duplicates) == (1000, 200, 100)
    exact = pack(folder.list, folder.root, folder.out, OPTIONS).bytes_out
    assert abs(estimate.bytes_out - exact) < 0.1 * exact


def test_bad_lines_and_pictures_are_told(folder, jpeg):
    folder.add("a.jpg", jpeg, labels="1\t2")
    folder.add("none.jpg", None)
    folder.add_line("nonsense")
    estimate = dry_run(folder.list, folder.root, folder.out)
    assert (estimate.entries, estimate.malformed, estimate.label_width) == (2, 1, 2)
    assert estimate.sample_failures == {"missing": 1}
    assert estimate.to_dict()["engine"] == "cpu"


def test_what_pack_would_refuse_is_refused(photo_folder):
    with pytest.raises(UsageError, match="no such folder for the output"):
        dry_run(photo_folder.list, photo_folder.root, photo_folder.root / "no" / "out.rec")
    photo_folder.list.write_text("\n")
    with pytest.raises(ListError, match="names no picture"):
        dry_run(photo_folder.list, photo_folder.root, photo_folder.out)


def test_an_output_that_is_there_is_no_obstacle(photo_folder):
    photo_folder.out.write_bytes(b"old")
    assert dry_run(photo_folder.list, photo_folder.root, photo_folder.out).entries == 12
    assert photo_folder.out.read_bytes() == b"old"


def test_a_doubtful_root_is_named_without_its_password():
    assert doubt_of_root("ftp://me:secret@host/photos", {"missing": 2}) == ". Is ftp://me:…@host/photos the right root?"
    assert doubt_of_root("photos", {"not an image": 2}) == ""
