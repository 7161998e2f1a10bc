"""What documents show is what was measured."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from benchmarks import documents, headline, machine, plots
from benchmarks.__main__ import app
from benchmarks.results import Table
from benchmarks.scale.bare import BARE

READ = "epyc-2-cores-read-2026-11-24 read/records of 8 kB"


def test_no_document_differs_from_the_result_files():
    pytest.importorskip("matplotlib")
    assert [str(path) for path in documents.stale()] == [], "run: python -m benchmarks show"


def test_a_region_is_made_anew_and_the_rest_stays():
    text = f"before\n<!-- benchmark: {READ} -->\nold\n<!-- end -->\nafter\n"
    made = documents.refreshed(text)
    assert made.startswith(f"before\n<!-- benchmark: {READ} -->\n\nRecords of 8 kB, at random; medians of ")
    assert made.endswith("\n\n<!-- end -->\nafter\n")
    assert "old" not in made
    assert documents.refreshed(made) == made


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("epyc-2-cores-read-2026-11-24 read/no such", "has no table read/no such; it has records of"),
        ("epyc-2-cores-read-2026-11-24 pack/500x375", "has no suite pack; it has read"),
        ("no-such-machine read/records of 8 kB", "there is no benchmarks/results/no-such-machine.json"),
        ("epyc-2-cores-read-2026-11-24", "'<!-- benchmark: epyc-2-cores-read-2026-11-24 -->' is no part of"),
        (f"{READ} -->\n<!-- benchmark: {READ}", f"'<!-- benchmark: {READ} -->' is no part of"),
    ],
)
def test_a_region_that_cannot_be_made(region, said):
    with pytest.raises(LookupError, match=said):
        documents.refreshed(f"<!-- benchmark: {region} -->\n<!-- end -->\n")


WHOLE = f"<!-- benchmark: {READ} -->\nold\n<!-- end -->\n"


@pytest.mark.parametrize(
    "marker",
    [
        "<!-- end -->",
        "<!-- END -->",
        f"<!-- Benchmark: {READ} -->",
        f"<!--benchmark: {READ} -->",
        f"  <!-- benchmark: {READ} -->",
        f"text <!-- benchmark: {READ} -->",
        f"<!-- benchmarks : {READ} -->",
        f"<! -- benchmark: {READ} -->",
    ],
)
@pytest.mark.parametrize("page", [f"{{}}\n{WHOLE}", f"{WHOLE}{{}}\n", WHOLE.replace("old", "{}"), "{}\n<!-- end -->\n"])
def test_a_marker_that_is_damaged_freezes_nothing(marker, page):
    with pytest.raises(LookupError, match=r"^'<!.*' is no part of"):
        documents.refreshed(page.format(marker))


def test_a_marker_that_is_spoken_of_is_none():
    text = "between `<!-- benchmark: FILE SUITE/TABLE -->` and `<!-- end -->`, <!-- bench --> and <!-- endless -->"
    assert documents.refreshed(text) == text


def test_show_names_what_is_out_of_date(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text(f"<!-- benchmark: {READ} -->\n<!-- end -->\n")
    monkeypatch.setattr(documents, "documents", lambda: [page])
    monkeypatch.setattr(documents, "_ROOT", tmp_path)
    run = CliRunner().invoke
    assert (found := run(app, ["show", "--check"])).exit_code == 1
    assert f"{page} is out of date" in found.output
    assert run(app, ["show"]).output == f"{page} changed\n"
    assert (run(app, ["show", "--check"]).output, run(app, ["show"]).output) == ("", "")
    page.write_text("<!-- benchmark: no-such-file read/x -->\n<!-- end -->\n")
    assert (found := run(app, ["show", "--check"])).exit_code == 1
    assert "page.md: there is no benchmarks/results/no-such-file.json" in found.output


def test_show_names_a_result_file_that_cannot_be_read(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("<!-- benchmark: bad read/x -->\n<!-- end -->\n")
    (tmp_path / "bad.json").write_text("{")
    for name, value in (("documents", lambda: [page]), ("_ROOT", tmp_path), ("FOLDER", tmp_path)):
        monkeypatch.setattr(documents, name, value)
    for command in (["show", "--check"], ["show"]):
        done = CliRunner().invoke(app, command)
        assert (done.exit_code, type(done.exception)) == (1, SystemExit)
        assert done.output.startswith(f"page.md: {tmp_path / 'bad.json'} is no result file: ")


def test_the_headline_of_readme():
    contenders = {"ours, 1": runs(3), "ours, 2": runs(2), "ours, linear, 2": runs(1), "OpenCV": runs(4)}
    sizes = {"500x375": contenders, "1920x1280": contenders | {"ours, 2": runs(1.6)}}
    tables = {size: Table("", "images", each, "OpenCV") for size, each in sizes.items()}
    lines = headline.headline({**tables, "PNG": tables["500x375"]}).splitlines()
    assert "medians of 3 rounds" in lines[0]
    assert lines[2] == "| | 500x375 | 1920x1280 |"
    assert lines[4:8] == [
        "| gpu-im2rec, 2 | 45 | 57 |", "| gpu-im2rec, linear, 2 | 91 | 91 |", "| OpenCV | 23 | 23 |",
        "| … times as quick as OpenCV | **2.00** | **2.50** |",
    ]  # fmt: skip
    assert lines[9] == "**What it means.** On the same cores, 2.00 to 2.50 times as many pictures as OpenCV."
    assert lines[10] == "**What bounds it.** Decoding."
    with pytest.raises(LookupError, match="of the suite pack"):
        headline.headline({})


@pytest.mark.parametrize(
    ("limits", "reached"),
    [
        (["libjpeg-turbo's limit, 1 core"], "gpu-im2rec, 1, reaches 0.33 to 0.33"),
        (["limit: libjpeg-turbo, 1 thread", "limit: libjpeg-turbo, 2 threads"], "gpu-im2rec, 2, reaches 0.50 to 0.50"),
        (["limit: libjpeg-turbo, 4 threads"], ""),
    ],
)
def test_what_bounds_the_headline(limits, reached):
    """The limit with as many cores, the most of them."""
    contenders = {"ours, 1": runs(3), "ours, 2": runs(2), "OpenCV": runs(4)} | {limit: runs(1) for limit in limits}
    told = headline.headline({"500x375": Table("", "images", contenders, "OpenCV")}).splitlines()[-1]
    assert told.partition("Decoding")[2] == (
        f": {reached} of libjpeg-turbo alone, which does not resize." if reached else "."
    )


def test_what_was_measured_on_what():
    text = machine.described(machine.machine())
    assert "cores" in text and " GB of memory" in text and "Linux" in text and "a load of" in text
    old = {"processor": "AMD EPYC", "virtual": False, "cores": 2, "load": 0.0, "date": "2026-11-24T06:34:24+00:00"}
    assert machine.described(old) == "AMD EPYC, 2 cores, a load of 0.0 before it, 2026-11-24."
    text = documents.refreshed("<!-- benchmark: epyc-2-cores-2026-11-28 quality/machine -->\n<!-- end -->\n")
    assert "\nAMD EPYC, 2 cores, 25 GB of memory, " in text


def runs(seconds):
    return [{"items": 100, "seconds": seconds * factor, "peak_mb": 50 * factor} for factor in (1, 1.1, 1.3)]


SUITES = {
    "pack": {size: Table("", "images", {"ours": runs(1), "OpenCV": runs(2)}) for size in ("500x375", "1920x1280")},
    "scale": {name: Table("", "entries", {"a": runs(0.01), "b": runs(9)}) for name in ("pack", "list")},
    "stages": {"alone": Table("", "pictures", {"read": runs(2), "loop": runs(1)}, references={"read": "loop"})},
}


@pytest.mark.parametrize("suite", SUITES)
def test_a_plot_is_the_same_text_every_time(suite):
    matplotlib = pytest.importorskip("matplotlib")
    drawn = plots.drawn(suite, SUITES[suite])
    with matplotlib.rc_context({"font.size": 20, "figure.facecolor": "red"}):
        assert plots.drawn(suite, SUITES[suite]) == drawn, "whatever the settings"
    texts = {text.text for text in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")}
    assert texts & {"ours", "0.01", "read"}, "text stays text"
    assert matplotlib.__version__ not in drawn


def test_a_bare_loop_is_no_list_of_the_plot():
    pytest.importorskip("matplotlib")
    tables = SUITES["scale"]
    bare = {name: replace(table, runs=table.runs | {BARE: runs(2)}) for name, table in tables.items()}
    assert plots.drawn("scale", bare) == plots.drawn("scale", tables)


def test_a_suite_without_a_plot():
    with pytest.raises(LookupError, match="the suite read has no plot; pack, scale, stages have one"):
        plots.drawn("read", {})
