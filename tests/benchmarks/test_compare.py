import pytest

from benchmarks.compare import compare, verdict
from benchmarks.results import Table, add

QUICK, SLOW = [100, 101, 102, 103, 104], [90, 91, 92, 93, 94]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (QUICK, QUICK, "within the noise"),
        (QUICK, [104, 100, 103, 101, 102], "within the noise"),
        (QUICK, [*SLOW[:4], 101.5], "within the noise"),
        (SLOW, QUICK, "quicker"),
        (QUICK, SLOW, "**slower**"),
        (QUICK[:4], SLOW, "too few runs"),
        (QUICK, [1], "too few runs"),
    ],
)
def test_a_verdict_only_where_the_difference_is_more_than_noise(old, new, said):
    assert verdict(old, new) == said


def written(path, suite, processor="one", **table):
    add(path, "suite", {"table": Table("", "pictures", suite, **table)}, {"processor": processor, "cores": 2})
    return path


def runs(seconds, **more):
    return [{"items": 10, "seconds": each, **more} for each in seconds]


def rows(text):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")][2:]


def test_a_machine_that_is_slower_altogether_is_no_change(tmp_path):
    times = [1.0, 1.1, 1.2, 1.3, 1.4]
    old = written(tmp_path / "old", {"a": runs(times), "b": runs(times)}, reference="b")
    new = written(
        tmp_path / "new", {"a": runs([2 * one for one in times]), "b": runs([2 * one for one in times])}, reference="b"
    )
    told = compare(old, new)
    assert told.startswith("1 within the noise, 1 **slower**\n")
    ours, reference = rows(told)
    assert (ours[1], ours[4:]) == ("times b", ["+0.0%", "within the noise"])
    assert (reference[1], reference[4:]) == ("pictures/s", ["-50.0%", "**slower**"])


def test_memory_and_machines_are_compared_too(tmp_path):
    old = written(tmp_path / "old", {"a": [run for mb in range(5) for run in runs([1.0], peak_mb=50 + mb)]})
    new = written(tmp_path / "new", {"a": [run for mb in range(5) for run in runs([1.0], peak_mb=60 + mb)]}, "two")
    told = compare(old, new)
    assert "**suite: processor differs**: one, then two" in told
    assert [row[-1] for row in rows(told)] == ["within the noise", "**more**"]


def test_figures_without_noise_are_compared_as_they_are(tmp_path):
    def exact(path, **figures):
        return written(path, {"a": [{"items": 1, "psnr": 40.0, "bytes": 1000.0} | figures]}, exact=True)

    told = compare(exact(tmp_path / "old"), exact(tmp_path / "new", psnr=39.9))
    assert {row[1]: row[-1] for row in rows(told)} == {"PSNR, stored": "**worse**", "bytes": "the same"}


def test_files_with_nothing_in_common(tmp_path):
    old, new = written(tmp_path / "old", {"a": []}), tmp_path / "new"
    add(new, "other", {}, {})
    assert compare(old, new) == "the two have no table in common"
