import errno
import gc
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import OutputExistsError, RecordError, UsageError
from gpu_im2rec.recordio import RecordReader, RecordWriter, pack_header
from gpu_im2rec.recordio.publishing import sync_directory

from .reference import MAGIC, frame_slowly, payloads


@pytest.fixture
def rec(tmp_path: Path) -> Path:
    return tmp_path / "a.rec"


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), payloads, payloads), max_size=6))
def test_what_is_written(tmp_path_factory: pytest.TempPathFactory, records: list[tuple[int, bytes, bytes]]) -> None:
    rec = tmp_path_factory.getbasetemp() / "written.rec"
    file = index = b""
    with RecordWriter(rec, overwrite=True) as writer:
        for number, (key, header, payload) in enumerate(records):
            assert (writer.records, writer.bytes_written) == (number, len(file))
            assert writer.append(key, header, payload) == len(file)
            index += b"%d\t%d\n" % (key, len(file))
            file += frame_slowly(header + payload)
    assert (writer.records, writer.bytes_written) == (len(records), len(file))
    assert rec.read_bytes() == file
    assert rec.with_suffix(".idx").read_bytes() == index


@given(st.lists(payloads, max_size=6))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, stored: list[bytes]) -> None:
    rec = tmp_path_factory.getbasetemp() / "round.rec"
    with RecordWriter(rec, overwrite=True) as writer:
        for key, payload in enumerate(stored):
            writer.append(key, b"", payload)
    with RecordReader(rec) as reader:
        assert [bytes(record.payload) for record in reader] == stored


def test_names_appear_only_when_the_block_ends(rec: Path) -> None:
    with RecordWriter(str(rec)) as writer:
        writer.append(1, b"", b"abcd")
        assert names(rec.parent) == ["a.idx.part", "a.rec.part"]
    assert names(rec.parent) == ["a.idx", "a.rec"]


def test_index_may_be_elsewhere(rec: Path) -> None:
    elsewhere = rec.parent / "sub"
    elsewhere.mkdir()
    with RecordWriter(rec, index_path=str(elsewhere / "b.index")) as writer:
        writer.append(1, b"", b"abcd")
    assert names(rec.parent) == ["a.rec", "sub"]
    assert contents(elsewhere) == {"b.index": b"1\t0\n"}


@pytest.mark.parametrize("failure", [ValueError("no"), KeyboardInterrupt()])
def test_an_exception_inside_the_block_leaves_nothing(rec: Path, failure: BaseException) -> None:
    with pytest.raises(type(failure)), RecordWriter(rec) as writer:
        writer.append(1, b"", bytes(3_000_000))
        raise failure
    assert names(rec.parent) == []


@pytest.mark.parametrize("failure", [None, ValueError("no")])
def test_an_exception_leaves_the_old_files_alone(rec: Path, failure: Exception | None) -> None:
    with RecordWriter(rec) as writer:
        writer.append(1, b"", b"old")
    before = contents(rec.parent)
    with pytest.raises(ValueError, match="no"), RecordWriter(rec, overwrite=True) as writer:
        writer.append(1, b"", b"new")
        assert {name: contents(rec.parent)[name] for name in before} == before
        raise ValueError("no")
    assert contents(rec.parent) == before


@pytest.mark.parametrize("name", ["a.rec", "a.idx", "a.rec.part", "a.idx.part"])
def test_what_is_there_already_is_kept(rec: Path, name: str) -> None:
    (rec.parent / name).write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match=f"{name} is there already.*overwrite") as caught:
        RecordWriter(rec)
    assert ("another run is writing it, or was killed" in str(caught.value)) == name.endswith(".part")
    assert contents(rec.parent) == {name: b"precious"}


def test_overwriting_replaces_all_four(rec: Path) -> None:
    for name in ("a.rec", "a.idx", "a.rec.part", "a.idx.part"):
        (rec.parent / name).write_bytes(b"old" * 100)
    with RecordWriter(rec, overwrite=True) as writer:
        writer.append(1, b"", b"abcd")
    assert contents(rec.parent) == {"a.rec": frame_slowly(b"abcd"), "a.idx": b"1\t0\n"}


def test_a_directory_is_not_overwritten(rec: Path) -> None:
    rec.mkdir()
    with pytest.raises(OutputExistsError):
        RecordWriter(rec, overwrite=True)
    assert names(rec.parent) == ["a.rec"]


def test_a_new_record_file_never_stands_beside_an_old_index(rec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    replace = Path.replace

    def watched(self: Path, target: Path) -> Path:
        if self.exists():
            seen.append({name: data for name, data in contents(rec.parent).items() if ".part" not in name})
        return replace(self, target)

    rec.write_bytes(b"old")
    rec.with_suffix(".idx").write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", watched)
    with RecordWriter(rec, overwrite=True) as writer:
        writer.append(1, b"", b"abcd")
    old, new = b"old", frame_slowly(b"abcd")
    assert seen == [{"a.rec": old, "a.idx": old}, {"a.rec": old}, {"a.rec": new}]
    assert contents(rec.parent) == {"a.rec": new, "a.idx": b"1\t0\n"}


def test_both_files_are_synced_before_either_has_its_name(rec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def watched_fsync(descriptor: int) -> None:
        files = {path.name: path.stat() for path in [*rec.parent.iterdir(), rec.parent]}
        synced = os.fstat(descriptor)
        events.extend(f"sync {name}" for name, stat in files.items() if os.path.samestat(synced, stat))
        fsync(descriptor)

    def watched_replace(self: Path, target: Path) -> Path:
        if not target.name.endswith(".old"):
            events.append(f"publish {target.name}")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    with RecordWriter(rec) as writer:
        writer.append(1, b"", b"abcd")
    directory = [] if sys.platform == "win32" else [f"sync {rec.parent.name}"]
    assert events == [
        "sync a.rec.part",
        "sync a.idx.part",
        "publish a.rec",
        *directory,
        "publish a.idx",
        *directory,
    ]


def test_one_name_for_both_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.idx cannot be both"):
        RecordWriter(tmp_path / "a.idx")
    assert names(tmp_path) == []


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere.a\.rec\.part"):
        RecordWriter(tmp_path / "nowhere" / "a.rec")
    with pytest.raises(FileNotFoundError, match=r"nowhere.a\.idx\.part"):
        RecordWriter(tmp_path / "a.rec", index_path=tmp_path / "nowhere" / "a.idx")
    assert names(tmp_path) == []


def test_refused_records_leave_no_trace(rec: Path) -> None:
    with RecordWriter(rec) as writer:
        writer.append(0, b"", b"abcd")
        with pytest.raises(RecordError, match=r"a\.rec: key -1 is outside 0 … 2.64-1"):
            writer.append(-1, b"", b"no")
        with pytest.raises(RecordError, match=r"a\.rec: key 18446744073709551616 is outside"):
            writer.append(2**64, b"", b"no")
        with pytest.raises(RecordError, match=r"a\.rec: key 5: a record holds at most 536870911 bytes"):
            writer.append(5, bytes(24), memoryview(bytearray(2**29 - 24)))
        with pytest.raises(TypeError):
            writer.append(5, b"", "text")  # type: ignore[arg-type]
        assert writer.append(2**64 - 1, b"", MAGIC) == 12
    assert contents(rec.parent) == {
        "a.rec": frame_slowly(b"abcd") + frame_slowly(MAGIC),
        "a.idx": b"0\t0\n18446744073709551615\t12\n",
    }


def test_buffers_may_be_reused_after_append(rec: Path) -> None:
    buffer = bytearray(b"abcd")
    with RecordWriter(rec) as writer:
        writer.append(0, b"", buffer)
        buffer[:] = b"efgh"
        writer.append(1, b"", buffer)
    assert rec.read_bytes() == frame_slowly(b"abcd") + frame_slowly(b"efgh")


# --- faults ----------------------------------------------------------------------------------------------------------


class FaultyFile(io.FileIO):
    """Fails with EIO in ``fault``: "write", after two megabytes, or "close"; where the name has ``suffix``."""

    fault = "write"
    suffix = ".rec.part"

    def _fails(self, call: str) -> None:
        if call == self.fault and str(self.name).endswith(self.suffix):
            raise OSError(errno.EIO, "broken disk")

    def write(self, data: object) -> int:
        if self.tell() > 2_000_000:
            self._fails("write")
        return super().write(data)  # type: ignore[arg-type]

    def close(self) -> None:
        was_closed = self.closed
        super().close()
        if not was_closed:
            self._fails("close")


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> type[FaultyFile]:
    class Faulty(FaultyFile):
        pass

    monkeypatch.setattr("gpu_im2rec.recordio.part_file.io.FileIO", Faulty)
    return Faulty


def test_a_failing_write_is_named_and_leaves_nothing(rec: Path, faulty: type[FaultyFile]) -> None:
    with pytest.raises(OSError, match="broken disk") as caught, RecordWriter(rec) as writer:
        for key in range(40):
            writer.append(key, b"", bytes(100_000))
        pytest.fail("the disk did not break")
    assert (caught.value.errno, caught.value.filename) == (errno.EIO, f"{rec}.part")
    assert names(rec.parent) == []
    gc.collect()  # what the buffer still holds must not be tried again


@pytest.mark.parametrize("suffix", [".rec.part", ".idx.part"])
def test_a_failing_close_is_named_and_leaves_nothing(rec: Path, faulty: type[FaultyFile], suffix: str) -> None:
    faulty.fault, faulty.suffix = "close", suffix
    with pytest.raises(OSError, match="broken disk") as caught, RecordWriter(rec) as writer:
        writer.append(1, b"", b"abcd")
    assert caught.value.filename == str(rec.with_suffix(suffix))
    assert names(rec.parent) == []


def test_a_failing_close_after_another_error_leaves_nothing(rec: Path, faulty: type[FaultyFile]) -> None:
    faulty.fault = "close"
    with pytest.raises(OSError, match="broken disk") as caught, RecordWriter(rec) as writer:
        writer.append(1, b"", b"abcd")
        raise ValueError("no")
    assert caught.value.filename == f"{rec}.part"
    assert names(rec.parent) == []


def test_a_failing_sync_is_named_and_leaves_nothing(rec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space left") as caught, RecordWriter(rec) as writer:
        writer.append(1, b"", b"abcd")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, f"{rec}.part")
    assert names(rec.parent) == []


def test_a_swallowed_error_does_not_publish_half_a_record(rec: Path, faulty: type[FaultyFile]) -> None:
    faulty.suffix = ".rec.part"
    with (
        pytest.raises(RecordError, match=r"a\.rec: an earlier record was written in part"),
        RecordWriter(rec) as writer,
    ):
        with pytest.raises(OSError, match="broken disk"):
            writer.append(0, b"", bytes(4_000_000))
            writer.append(1, b"", bytes(4_000_000))
        faulty.fault = "none"
        with pytest.raises(RecordError, match="an earlier record was written in part"):
            writer.append(2, b"", b"abcd")
    assert names(rec.parent) == []


FULL_DISK = """
import resource, signal, sys
from gpu_im2rec.recordio import RecordWriter

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, 5_000_000))
size = int(sys.argv[2])
try:
    with RecordWriter(sys.argv[1]) as writer:
        for key in range(6_000_000 // size):
            writer.append(key, b"", bytes(size))
        print("all appended")
except OSError as error:
    print(type(error).__name__, error.filename)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limits")
@pytest.mark.parametrize(("size", "output"), [(100_000, ""), (5_990_000, "all appended\n")])
def test_a_full_disk(rec: Path, size: int, output: str) -> None:
    command = [sys.executable, "-W", "error", "-c", FULL_DISK, str(rec), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{output}OSError {rec}.part\n"
    assert done.stderr == ""
    assert names(rec.parent) == []


@pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be removed there")
def test_a_run_whose_part_file_was_taken_over_publishes_nothing(rec: Path) -> None:
    with pytest.raises(OutputExistsError, match="taken over by another run"), RecordWriter(rec) as first:
        first.append(1, b"", b"first")
        second = RecordWriter(rec, overwrite=True)
        second.append(2, b"", b"second")
    assert names(rec.parent) == ["a.idx.part", "a.rec.part"]
    with second:
        pass
    assert contents(rec.parent) == {"a.rec": frame_slowly(b"second"), "a.idx": b"2\t0\n"}


def test_part_files_that_are_gone_are_noticed(rec: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("open files cannot be removed there")
    with pytest.raises(OutputExistsError, match="taken over"), RecordWriter(rec) as writer:
        writer.append(1, b"", b"abcd")
        rec.with_suffix(".rec.part").unlink()
    assert names(rec.parent) == []


@pytest.mark.skipif(sys.platform == "win32", reason="directories are not synced there")
def test_directories_that_cannot_be_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails_with(number: int) -> None:
        def fails(*_: object) -> int:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", fails)

    fails_with(errno.EINVAL)
    sync_directory(tmp_path)
    fails_with(errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        sync_directory(tmp_path)

    def refuses(*_: object) -> int:
        raise PermissionError(errno.EACCES, "denied")

    monkeypatch.setattr(os, "open", refuses)
    sync_directory(tmp_path)


def test_headers_and_content_come_back(rec: Path) -> None:
    with RecordWriter(rec) as writer:
        writer.append(7, pack_header(7, [1.5], packed=False), b"jpeg")
    with RecordReader(rec) as reader:
        assert reader[0].header.index == 7
        assert reader[0].labels.tolist() == [1.5]
        assert bytes(reader[0].content) == b"jpeg"
