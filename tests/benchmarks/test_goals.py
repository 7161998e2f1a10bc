"""Whether a goal was reached is told from what was measured."""

import pytest

from benchmarks import goals
from benchmarks.cluster.contenders import CONTENDERS as cluster
from benchmarks.host.one import CONTENDERS as host
from benchmarks.pack.contenders import resizing
from benchmarks.read import one as reading
from benchmarks.results import Table
from benchmarks.scale.bare import BARE


def runs(rate, **more):
    return [{"items": 100.0, "seconds": 100 / rate * factor, **more} for factor in (0.9, 1, 1.2)]


def rows(suite, tables):
    return [line.split(" | ", 1)[1].rstrip(" |") for line in goals.told(suite, tables).splitlines()[2:]]


def packed(small=100, middle=100, large=100, peak=400):
    rates = {"500x375": small, "1920x1280": middle, "4000x3000": large}
    others = {"ours, 1 worker": runs(50), "OpenCV, 2 processes": runs(50)}
    return {
        size: Table("", "pictures", {"ours, 2 workers": runs(rate, peak_mb=peak), **others})
        for size, rate in rates.items()
    }


def test_packing():
    tables = packed(small=94, middle=120, large=134, peak=401)
    tables["500x375"].runs["limit: libjpeg-turbo, 2 threads"] = runs(100)
    assert rows("pack", tables) == [
        "1.2 times as quick | 1.88 | reached", "1.9 times as quick | 1.88 | **missed**",
        "2.2 times as quick | 2.40 | reached", "1.9 times as quick | 2.40 | reached",
        "2.7 times as quick | 2.68 | **missed**", "1.9 times as quick | 2.68 | reached",
        "0.85 times as quick | 0.94 | reached", "at most 400 MB | 401 MB | **missed**",
    ]  # fmt: skip
    tables["500x375"].runs["limit: libjpeg-turbo, 2 threads"] = runs(112)
    assert rows("pack", tables)[-2] == "0.85 times as quick | 0.84 | **missed**"


def test_what_was_not_measured_is_neither_reached_nor_missed():
    assert rows("pack", packed())[-2:] == ["0.85 times as quick | | not measured", "at most 400 MB | 400 MB | reached"]


@pytest.mark.parametrize(("rate", "peak", "said"), [(84, 54, ("1.19 | reached", "1.08 | reached")),
                                                    (82, 56, ("1.22 | **missed**", "1.12 | **missed**"))])  # fmt: skip
def test_long_lists(rate, peak, said):
    """The two longest are held against each other, wherever they stand, and not the bare loop over the longest."""
    each = {"few": 10.0, "most": 1000.0, "many": 100.0, BARE: 1000.0}
    rates, peaks = {"few": 1, "most": rate, "many": 100, BARE: 900}, {"few": 1, "most": peak, "many": 50, BARE: 9}
    measured = {
        name: [{"items": count, "seconds": count / rates[name], "peak_mb": peaks[name]}] for name, count in each.items()
    }
    time, memory = goals.told("scale", {"pack": Table("", "entries", measured)}).splitlines()[2:]
    assert time == f"| pack: time an entry, of most against many | linear: at most 1.2 times | {said[0]} |"
    assert memory == f"| pack: memory, of most against many | flat: at most 1.1 times | {said[1]} |"


@pytest.mark.parametrize(("rate", "said"), [(3.4, "0.29 s | reached"), (3.2, "0.31 s | **missed**")])
def test_startup(rate, said):
    assert rows("startup", {"starts": Table("", "starts", {"gpu-im2rec --help": runs(rate)})}) == [
        f"at most 0.3 s | {said}"
    ]


@pytest.mark.parametrize(
    ("rate", "micros", "said"),
    [
        (10_001, 59, ("10,001 | reached", "59 µs at most | reached")),
        (9_999, 61, ("9,999 | **missed**", "61 µs at most | **missed**")),
    ],
)
def test_host(rate, micros, said):
    table = Table("", "pictures", {"pack, stand-in device": runs(rate, user_seconds=100e-6 * micros)})
    assert rows("host", {"feeding": table}) == [f"10,000 | {said[0]}", f"less than 60 µs | {said[1]}"]


@pytest.mark.parametrize(("seconds", "said"), [(24e-6, "24 µs | reached"), (26e-6, "26 µs | **missed**")])
def test_parsing(seconds, said):
    feeding = Table("", "pictures", {"pack, stand-in device": runs(10_001, user_seconds=1e-3)})
    parsing = Table("", "pictures", {"headers that repeat": [{"items": 1, "seconds": seconds}]})
    assert rows("host", {"feeding": feeding, "parsing": parsing})[-1] == f"less than 25 µs | {said}"


@pytest.mark.parametrize(
    ("quickest", "said"), [(reading.DALI_VIEW, "0.50 | **missed**"), (reading.OPENCV, "0.50 | **missed**"),
                           (reading.FUSED_LEVELS, "1.33 | reached"), (reading.LIMIT, "1.33 | reached")],
)  # fmt: skip
def test_reading_is_held_against_the_quickest_that_do_the_same(quickest, said):
    others = {reading.DALI: runs(75), reading.OPENCV: runs(50)} | {quickest: runs(200)}
    batches = Table("", "pictures", {reading.OURS: runs(100)} | others)
    records = Table("", "records", {"RecordDataset[i]": runs(200_001)})
    told = goals.told("read", {"records of 341x256": batches, "records of 8 kB": records}).splitlines()[2:]
    assert told[0].endswith(f" | 1.3 times as quick | {said} |")
    assert told[1] == "| records of 8 kB: records a second at random | 200,000 | 200,001 | reached |"


def test_cluster():
    one, two = "Ray, one machine of one core", "Ray, two machines of one core"
    table = Table("", "images", {one: runs(100), two: runs(189)})
    unmeasured = "0.95 times as quick | | not measured"
    assert rows("cluster", {"ray": table}) == ["1.9 times as quick | 1.89 | **missed**", unmeasured, unmeasured]


def test_a_suite_without_goals():
    with pytest.raises(LookupError, match="the suite quality has no goals; pack, scale, "):
        goals.told("quality", {})


def test_goals_name_the_contenders_as_the_suites_do():
    def of(names):
        return Table("", "pictures", {name: runs(100, peak_mb=50, user_seconds=1e-3) for name in names})

    pack = dict.fromkeys(("500x375", "1920x1280", "4000x3000"), of(resizing(2, jpeg=True)))
    for suite, tables in (("pack", pack), ("cluster", {"ray": of(cluster)}), ("host", {"feeding": of(host)})):
        assert "not measured" not in goals.told(suite, tables)
