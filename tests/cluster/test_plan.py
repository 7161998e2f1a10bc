"""What `plan` reckons follows from what it measured, and never promises more than the storage gives."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.cluster import measuring
from gpu_im2rec.cluster.measuring import Measured, measure
from gpu_im2rec.cluster.plan import SHARD_BYTES, advised_shards, plan
from gpu_im2rec.errors import ListError, UsageError
from gpu_im2rec.packing import timing
from gpu_im2rec.sharding import Cut
from gpu_im2rec.sharding.sizing import MOST
from tests.conftest import encoded

SMALL = PackOptions(transcode=TranscodeSpec(resize=48), device="cpu", workers=1)


def measured(pictures: int = 1_000_000, **others) -> Measured:
    """A machine that packs 1,000 pictures of 100 kB a second, into 40 kB each."""
    values = {"sampled": 500, "skipped": 0, "file_bytes": 1e5, "record_bytes": 4e4, "read": 5e3, "packed": 1e3}
    values |= {"cut": 0.0, "gather": 0.0, "engine": "cpu", "workers": 2, "note": ""}
    return Measured(pictures=pictures, **values | others)


def only_row(*args, **options):
    (row,) = plan(*args, **options).rows
    return row


def test_twice_the_machines_take_half_the_time():
    one, two, ten = plan(measured(), [1, 2, 10]).rows
    assert (one.seconds, two.seconds, ten.seconds) == pytest.approx((1000, 500, 100))
    assert (one.reads, one.writes, one.files) == pytest.approx((1e8, 4e7, 1e3))
    assert (ten.reads, ten.writes, ten.files) == pytest.approx((1e9, 4e8, 1e4))
    assert (ten.speedup, ten.idle, ten.limit) == (pytest.approx(10), pytest.approx(0), "machines")


def test_what_the_storage_does_not_give_no_machine_makes_good():
    rows = plan(measured(), [1, 2, 10, 100], storage=700_000_000)
    assert [row.seconds for row in rows.rows] == pytest.approx([1000, 500, 200, 200])  # 140 GB at 0.7 GB/s
    assert [row.limit for row in rows.rows] == ["machines", "machines", "storage", "storage"]
    assert rows.enough_for == 5
    assert plan(measured(), [1]).enough_for is None


def test_the_drivers_work_is_not_shared():
    row = only_row(measured(cut=2.0, gather=18.0), [100])
    assert (row.seconds, row.limit) == (pytest.approx(30), "driver")
    assert row.speedup == pytest.approx(1020 / 30)


def test_the_last_round_may_leave_machines_idle():
    row = only_row(measured(), [4], cut=Cut(5))  # two rounds of 200 seconds for the first, one for three others
    assert (row.seconds, row.idle) == (pytest.approx(400), pytest.approx(3 / 8))
    row = only_row(measured(), [8], cut=Cut(2))
    assert (row.seconds, row.files, row.idle) == (pytest.approx(500), pytest.approx(2000), pytest.approx(3 / 4))


def test_reading_may_be_what_bounds_a_machine():
    assert only_row(measured(read=200.0), [1]).seconds == pytest.approx(5000)


def test_pictures_that_fail_are_read_and_not_written():
    half = plan(measured(skipped=250), [1])
    assert (half.bytes_in, half.bytes_out) == (10**11, 2 * 10**10)
    assert half.rows[0].writes == pytest.approx(2e7)


def test_a_size_of_shards_gives_their_number():
    assert only_row(measured(), [3], cut=Cut(size=4 * 10**9)).shards == 10
    assert only_row(measured(pictures=10, record_bytes=1e9), [3], cut=Cut(size=1 << 20)).shards == 10
    with pytest.raises(UsageError, match="fewer than 11 shards"):
        plan(measured(pictures=10), [1], cut=Cut(11))
    with pytest.raises(UsageError, match=r"makes some 953,675 shards; the most are 99,999"):
        plan(measured(pictures=10**9, record_bytes=1e3), [1], cut=Cut(size=1 << 20))
    with pytest.raises(UsageError, match="1 or more machines"):
        plan(measured(), [0])


@given(
    pictures=st.integers(1, 10**10), machines=st.integers(1, 10**5), record=st.floats(10, 1e8),
    storage=st.none() | st.integers(1, 10**12),
)  # fmt: skip
def test_always(pictures, machines, record, storage):
    here = measured(pictures, record_bytes=record, cut=1.0, gather=2.0)
    row = only_row(here, [machines], storage=storage)
    assert 1 <= row.shards <= min(pictures, MOST)
    assert row.seconds >= 3 + pictures / (machines * here.rate) * (1 - 1e-9)
    assert 0 <= row.idle < 1
    assert row.speedup <= machines * (1 + 1e-9)
    if storage:
        assert row.seconds >= (1 - 1e-9) * pictures * (here.file_bytes + record - 1) / storage


@given(pictures=st.integers(1, 10**10), machines=st.integers(1, 10**5), record=st.floats(10, 1e8))
def test_the_advice(pictures, machines, record):
    here = measured(pictures, record_bytes=record)
    shards = advised_shards(here, machines)
    most = min(MOST, pictures // 1000)
    assert shards % machines == 0 or shards in (most, 1)
    assert pictures / shards >= 1000 or shards == 1
    if shards + machines <= most:
        assert shards >= 4 * machines
        assert pictures * record / shards <= SHARD_BYTES + record


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(timing, "_SECONDS", 0.01)
    monkeypatch.setattr(measuring, "_RECORDS", 100)


def test_a_small_list_is_measured_exactly(photo_folder, quick):
    photo_folder.add("broken.jpg", b"no picture")
    photo_folder.add_line("")
    photo_folder.add_line("nonsense")
    found = measure(photo_folder.list, photo_folder.root, photo_folder.out, SMALL)
    assert photo_folder.left_behind() == []
    report = pack(photo_folder.list, photo_folder.root, photo_folder.out, SMALL)
    assert (found.pictures, found.sampled, found.skipped) == (15, 13, 1)
    assert found.record_bytes == pytest.approx(report.bytes_out / 12, abs=4)
    assert found.file_bytes == pytest.approx(report.bytes_in / 12, abs=1)
    assert min(found.read, found.packed, found.cut, found.gather) > 0
    assert (found.engine, found.workers) == ("cpu", 1)


def test_of_a_long_list_pictures_from_everywhere_are_measured(folder, photo, quick, monkeypatch):
    monkeypatch.setattr(measuring, "_PICTURES", 128)
    for number in range(4):  # a list that goes round its classes, of which one has large pictures
        size = (300, 200) if number == 3 else (30, 20)
        folder.add(f"{number}.jpg", encoded(photo.resize(size), "jpeg"))
    folder.list.write_text("".join(f"{number}\t0\t{number % 4}.jpg\n" for number in range(128 * 100)))
    found = measure(folder.list, folder.root, folder.out, SMALL)
    files = [path.stat().st_size for path in folder.root.iterdir()]
    assert (found.pictures, found.sampled) == (12_800, 128)
    assert found.file_bytes == pytest.approx(sum(files) / 4, rel=0.25)


def test_a_list_without_a_picture_is_an_error(folder, quick):
    folder.list.write_text("")
    with pytest.raises(ListError, match="names no picture"):
        measure(folder.list, folder.root, folder.out, SMALL)
    folder.add("broken.jpg", b"no picture")
    with pytest.raises(ListError, match="not one picture"):
        measure(folder.list, folder.root, folder.out, SMALL)


def plan_command(folder, *words: str) -> int:
    from gpu_im2rec.cli.app import app

    with pytest.raises(SystemExit) as end:
        app(["plan", str(folder.list), str(folder.root), str(folder.out), "--resize", "48", *words])
    return end.value.code


def test_the_command(photo_folder, quick, capsys):
    assert plan_command(photo_folder, "--machines", "1,4", "--shards", "4", "--storage", "1kB/s") == 0
    out = capsys.readouterr().out
    assert "12 lines of the list; 12 were looked at" in out
    rows = [line.split() for line in out.splitlines() if re.match(r" *[\d,]+  +\d", line)]
    assert [row[:3] for row in rows] == [["1", "4", "3"], ["4", "4", "3"]]
    assert len(re.findall("(1 machine|4 machines): the storage bounds the run", out)) == 2
    assert "1.0 kB/s of storage, as you say, is enough for 0 machines" in out
    assert photo_folder.left_behind() == []


def test_the_command_as_json(photo_folder, quick, capsys):
    assert plan_command(photo_folder, "--machines", "2", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["measured"]["pictures"], said["rows"][0]["machines"], said["storage"]) == (12, 2, None)


@pytest.mark.parametrize(
    "words",
    [
        ("--machines", "1,,2"), ("--machines", "0"), ("--storage", "fast"), ("--storage", "10Gb/s"),
        ("--shards", "0"), ("--shards", "100000"),
        ("--shard-size", "4B"), ("--shards", "2", "--shard-size", "1GiB"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(photo_folder, quick, words):
    assert plan_command(photo_folder, *words) == 2


def test_everything_may_be_remote(photo_folder, bucket, quick):
    for path in photo_folder.root.iterdir():
        bucket.put(f"photos/{path.name}", path.read_bytes())
    listed = bucket.put("train.lst", photo_folder.list.read_bytes())
    found = measure(listed, f"{bucket.url}/photos", f"{bucket.url}/train.rec", SMALL)
    assert (found.pictures, found.sampled, found.skipped) == (12, 12, 0)
    assert not [name for name in bucket.names() if "plan" in name or name.startswith("train.rec")]
