import sys

import pytest

from benchmarks import results
from benchmarks.results import Table, add, grid, machines, read, spread
from benchmarks.rounds import Missing, fresh, module, rounds

TABLE = Table(
    "Two ways",
    "pictures",
    {"a": [{"items": 10, "seconds": 2.0}, {"items": 10, "seconds": 1.0}], "b": [{"items": 10, "seconds": 4.0}] * 2},
    reference="b",
    references={"b": "c"},
    facts={"size": "500x375"},
)


def test_what_is_added_is_read_again(tmp_path):
    path = tmp_path / "new" / "machine.json"
    add(path, "pack", {"500x375": TABLE}, {"processor": "one"})
    add(path, "read", {"records of 8 kB, at random": TABLE}, {"processor": "two"})
    add(path, "pack", {"1920x1280": TABLE}, {"processor": "three"})
    assert read(path) == {"pack": {"1920x1280": TABLE}, "read": {"records of 8 kB, at random": TABLE}}
    assert machines(path) == {"pack": {"processor": "three"}, "read": {"processor": "two"}}


def test_every_result_file_can_be_read():
    paths = sorted(results.FOLDER.glob("*.json"))
    assert paths
    for path in paths:
        for suite in read(path).values():
            for table in suite.values():
                assert all(table.has(name, "rate") or table.exact for name in table.runs)


def test_rates_are_compared_round_by_round():
    assert TABLE.values("a") == [5, 10]
    assert TABLE.against_reference("a") == [2, 4]
    assert TABLE.against_reference("b") == [], "what it is compared with was not measured"


def test_a_table_for_documents():
    assert spread([3, 1, 2000], 1) == "3.0 (1.0 … 2,000.0)"
    assert spread([2000]) == "2,000"
    assert grid(["", "a"], [["x", ""]]).splitlines() == ["| | a |", "| --- | ---: |", "| x | |"]


def test_contenders_take_turns_and_the_first_round_is_not_counted(tmp_path):
    log = tmp_path / "log"
    script = (
        f"import json, sys; open({str(log)!r}, 'a').write(sys.argv[1]); print(json.dumps(dict(items=1, seconds=1)))"
    )
    commands = {name: [sys.executable, "-S", "-c", script, name] for name in "ab"}
    commands["not there"] = [str(tmp_path / "python"), "-c", "pass"]
    commands["lacks something"] = [sys.executable, "-S", "-c", "import no_such_module"]
    assert rounds(commands, 2) == {name: [{"items": 1, "seconds": 1}] * 2 for name in "ab"}
    assert log.read_text() == "ababab"


def test_a_contender_that_fails_ends_the_program():
    with pytest.raises(SystemExit, match="ZeroDivisionError"):
        fresh([sys.executable, "-S", "-c", "1 / 0"])
    with pytest.raises(Missing, match="no_such"):
        fresh(module("no_such.module"))


@pytest.mark.parametrize("ours", ["benchmarks.no_such", "gpu_im2rec.no_such", "cpu_fallback.no_such"])
def test_a_module_of_ours_that_is_not_there_ends_the_program(ours):
    with pytest.raises(SystemExit, match="no_such"):
        fresh([sys.executable, "-c", f"import {ours}.module"])
    with pytest.raises(SystemExit, match="no_such"):
        fresh(module(f"{ours}.module"))


def test_only_what_ends_a_program_is_missing():
    says = "print('ModuleNotFoundError: No module named x', file=sys.stderr)"
    script = f"import json, sys; {says}; print(json.dumps(dict(items=1, seconds=1)))"
    assert fresh([sys.executable, "-S", "-c", script]) == {"items": 1, "seconds": 1}
    with pytest.raises(SystemExit, match="ZeroDivisionError"):
        fresh([sys.executable, "-S", "-c", f"import sys; {says}; 1 / 0"])
