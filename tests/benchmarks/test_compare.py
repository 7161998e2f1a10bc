import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.compare import FIGURES, compare, verdict
from benchmarks.results import FOLDER, Table, add, read

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


def written(path, suite, machine="one", **table):
    table = {"title": "", "unit": "pictures"} | table
    add(path, "suite", {"table": Table(runs=suite, **table)}, {"processor": machine, "cores": 2})
    return path


def runs(seconds, **more):
    return [{"items": 10, "seconds": each, **more} for each in seconds]


TIMES = [1.0, 1.1, 1.2, 1.3, 1.4]


def slower(factor):
    return runs([factor * one for one in TIMES])


def rows(text):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")][2:]


def verdicts(old, new):
    return {(row[0], row[1]): row[-1] for row in rows(compare(old, new))}


@pytest.mark.parametrize("reference", [{"reference": "b"}, {"references": {"a": "b"}}])
def test_a_machine_that_is_slower_altogether_is_no_change(tmp_path, reference):
    old = written(tmp_path / "old", {"a": slower(1), "b": slower(1)}, **reference)
    new = written(tmp_path / "new", {"a": slower(2), "b": slower(2)}, **reference)
    assert compare(old, new).startswith("1 within the noise, 1 the yardstick\n")
    ours, other = rows(compare(old, new))
    assert (ours[1], ours[4:]) == ("pictures/s, times b", ["+0.0%", "within the noise"])
    assert (other[1], other[4:]) == ("pictures/s", ["-50.0%", "the yardstick"])


def test_ours_is_judged_by_others(tmp_path):
    """By the reference that the newer file names, which the older one has measured too."""
    old = written(tmp_path / "old", {"ours": slower(1), "b": slower(1)}, reference="ours")
    new = written(tmp_path / "new", {"ours": slower(2), "b": slower(1)}, reference="b")
    assert verdicts(old, new) == {("ours", "pictures/s, times b"): "**slower**", ("b", "pictures/s"): "the yardstick"}


def test_a_reference_that_is_missing_is_not_passed_over(tmp_path):
    old = written(tmp_path / "old", {"a": slower(1), "b": slower(1)}, reference="b")
    new = written(tmp_path / "new", {"a": slower(2)}, reference="b")
    assert "**only before**: suite / table / b\n" in compare(old, new)
    assert verdicts(old, new) == {("a", "pictures/s"): "no yardstick"} == verdicts(new, old)


def test_all_figures_are_compared(tmp_path):
    def costing(path, factor):
        costs = {"cpu_seconds": 2.0, "start_seconds": 3.0, "peak_mb": 4.0, "picture_bytes": 5.0}
        ours = runs(TIMES, **{name: cost * factor for name, cost in costs.items()})
        return written(path, {"ours": ours, "b": runs(TIMES, **costs)}, reference="b")

    old, new = costing(tmp_path / "old", 1), costing(tmp_path / "new", 1.5)
    told = verdicts(old, new)
    assert [(what, said) for (who, what), said in told.items() if who == "ours"] == [
        ("pictures/s, times b", "within the noise"),
        ("µs of processor each, times b", "**more**"),
        ("s to start, times b", "**slower**"),
        ("peak MB", "**more**"),
        ("bytes a picture", "**more**"),
    ]
    assert {said for (who, _), said in told.items() if who == "b"} == {"the yardstick", "within the noise", "the same"}
    assert verdicts(new, old)["ours", "s to start, times b"] == "quicker"
    (cpu,) = [row for row in rows(compare(old, old)) if row[1] == "µs of processor each"]
    assert cpu[2].startswith("200,000 "), "2 s for 10 pictures"


def test_no_figure_of_the_results_is_overlooked():
    measured = {
        figure
        for path in FOLDER.glob("*.json")
        for suite in read(path).values()
        for table in suite.values()
        for each in table.runs.values()
        for figure in each[0]
    }
    assert measured <= {*FIGURES, "items", "seconds", "mean"}, "mean: that all have read the same"


def test_what_only_one_has_is_named(tmp_path):
    old = written(tmp_path / "old", {"a": runs(TIMES), "b": runs(TIMES, peak_mb=1.0)})
    new = written(tmp_path / "new", {"c": runs(TIMES), "b": runs(TIMES)})
    add(old, "gone", {"table": Table("", "", {"a": runs(TIMES)})}, {})
    add(new, "suite", read(new)["suite"] | {"another": Table("", "", {"a": runs(TIMES)})}, {})
    told = compare(old, new).splitlines()
    assert "**only before**: suite / table / a; suite / table / b / peak_mb; gone" in told
    assert "**only after**: suite / table / c; suite / another" in told


def test_files_with_nothing_in_common(tmp_path):
    old, new = written(tmp_path / "old", {"a": runs(TIMES)}), tmp_path / "new"
    add(new, "other", {}, {})
    told = ["the two have no table in common", "**only before**: suite", "**only after**: other"]
    assert compare(old, new).split("\n\n") == told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"title": "40 pictures"}, {"title": "50 pictures"}, "**title differs: 40 pictures, then 50 pictures**"),
        ({"facts": {"lines": 4}}, {"facts": {"lines": 5}}, "**lines differs: 4, then 5**"),
        ({}, {"facts": {"lines": 5}}, "**lines differs: not known, then 5**"),
    ],
)
def test_no_verdict_where_other_work_was_done(tmp_path, before, after, told):
    old, new = (written(tmp_path / path, {"a": runs(TIMES, peak_mb=1)}, **table) for path, table in
                (("old", before), ("new", after)))  # fmt: skip
    assert told in compare(old, new)
    assert {*verdicts(old, new).values()} == {"other work"}


def test_no_verdict_where_it_was_done_more_often(tmp_path):
    old = written(tmp_path / "old", {"a": slower(1), "b": slower(1)}, reference="b")
    new = written(tmp_path / "new", {"a": [run | {"items": 20} for run in slower(1)], "b": slower(1)}, reference="b")
    assert verdicts(old, new)["a", "pictures/s"] == "other number of pictures"


def test_versions_of_others_are_told_and_change_no_verdict(tmp_path):
    old, new = (
        written(tmp_path / version, {"a": slower(1), "b": slower(1)}, reference="b", facts={"versions": version})
        for version in ("mxnet 1.9.1", "mxnet 2.0")
    )
    assert "**versions differs: mxnet 1.9.1, then mxnet 2.0**" in compare(old, new)
    assert "within the noise" in verdicts(old, new).values()


def test_machines_are_compared_too(tmp_path):
    paths = tmp_path / "old", tmp_path / "new"
    for path, kernel, numpy in zip(paths, ("6.1", "6.2"), ("1.0", "2.0"), strict=True):
        about = {"processor": "x", "kernel": kernel, "packages": {"numpy": numpy, "pillow": "3"}, "load": float(kernel)}
        for suite in ("one", "two"):
            add(path, suite, {}, about | ({"memory_gb": 25.3} if (suite, kernel) == ("two", "6.2") else {}))
    assert compare(*paths).split("\n\n")[1:] == [
        "**one, two**: kernel differs: 6.1, then 6.2",
        "**one, two**: numpy differs: 1.0, then 2.0",
        "**two**: memory_gb differs: not known, then 25.3",
    ]


def test_figures_without_noise_are_compared_as_they_are(tmp_path):
    def exact(path, **figures):
        return written(path, {"a": [{"items": 1, "psnr": 40.0, "bytes": 1000.0} | figures]}, exact=True)

    told = compare(exact(tmp_path / "old"), exact(tmp_path / "new", psnr=39.9))
    assert {row[1]: row[-1] for row in rows(told)} == {"PSNR, stored": "**worse**", "bytes": "the same"}


RUNS = {"a": runs(TIMES), "b": runs(TIMES)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        ("{", "is no result file: Expecting"),
        ("\xff", "is no result file: 'utf-8' codec can't decode"),
        ("[]", "is no result file of `benchmarks run`"),
        ('{"pack": 1}', "is no result file of `benchmarks run`"),
        ('{"pack": {"machine": {}, "tables": {"x": {"rows": []}}}}', "is no result file of `benchmarks run`"),
        (RUNS | {"b": runs(TIMES[1:])}, "suite/table has not as many runs of each contender: a: 5, b: 4"),
        ({"a": []}, "suite/table has not as many runs of each contender: a: 0"),
        (RUNS | {"b": runs([*TIMES[1:], 0])}, "suite/table has a run of b that cannot be: {'items': 10, 'seconds': 0}"),
        (RUNS | {"b": runs([*TIMES[1:], float("nan")])}, "suite/table has a run of b that cannot be"),
        (RUNS | {"b": runs(TIMES, peak_mb="5")}, "is no result file of `benchmarks run`"),
    ],
)
def test_a_file_that_cannot_be_compared_is_named(tmp_path, content, said):
    good, bad = written(tmp_path / "good.json", RUNS), tmp_path / "bad.json"
    if isinstance(content, dict):
        written(bad, content)
    elif content is not None:
        bad.write_text(content, encoding="latin-1")
    for files in ([good, bad], [bad, good]):
        done = CliRunner().invoke(app, ["compare", *map(str, files)])
        assert (done.exit_code, type(done.exception)) == (1, SystemExit)
        assert str(bad) in done.output and said in done.output
        assert done.output.count("\n") == 1
