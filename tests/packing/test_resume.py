"""Going on, appending, and being refused both; what else ends a run."""

import errno
import json
import re
import shutil
import threading
import time
from dataclasses import replace

import pytest

from cpu_fallback.transcoder import Transcoder
from gpu_im2rec import FailureLimit, PackOptions, RecordReader, TranscodeSpec, pack
from gpu_im2rec.errors import (
    NothingPackedError,
    OutputExistsError,
    RecordError,
    ResumeError,
    StalledError,
    StorageError,
    TooManyFailuresError,
    UsageError,
)
from gpu_im2rec.inspection import verify
from gpu_im2rec.packing.journal import Journal
from gpu_im2rec.packing.root import Root
from gpu_im2rec.recordio import write_checksums
from tests.conftest import settled

QUICK = PackOptions(transcode=TranscodeSpec(resize=32), checkpoint_seconds=0, workers=2)


def packed(folder, **options):
    return pack(folder.list, folder.root, folder.out, replace(QUICK, **options))


def contents(folder):
    return {path.name: settled(path.name, path.read_bytes()) for path in folder.out.parent.glob("out.*")}


@pytest.fixture
def stopped(photo_folder):
    """A run that ended at its sixth line."""
    (photo_folder.root / "05.webp").rename(photo_folder.root / "05.hidden")
    with pytest.raises(TooManyFailuresError) as caught:
        packed(photo_folder, max_failures=FailureLimit(count=0))
    assert caught.value.__notes__ == [
        f"5 lines of the list are kept in {photo_folder.out}.part; --resume goes on from there"
    ]
    return photo_folder


def test_the_limit_may_be_raised_and_the_pictures_mended(stopped):
    report = packed(stopped, resume=True, max_failures=FailureLimit(count=1))
    assert (report.packed, report.failed, report.resumed_at) == (11, 1, 5)
    assert json.loads(report.failures.read_text())["path"] == "05.webp"
    found = contents(stopped)
    packed(stopped, overwrite=True)
    assert contents(stopped) == found


def test_failures_of_both_runs_count(stopped):
    packed(stopped, resume=True, max_failures=FailureLimit(count=1))
    (stopped.root / "02.webp").unlink()
    with pytest.raises(TooManyFailuresError, match="line 6"):
        packed(stopped, overwrite=True, max_failures=FailureLimit(count=1))
    with pytest.raises(TooManyFailuresError, match=r"line 6.*2 failed"):
        packed(stopped, overwrite=True, resume=True, max_failures=FailureLimit(count=1))
    report = packed(stopped, overwrite=True, resume=True)
    assert (report.failed, report.resumed_at) == (2, 5)


def test_an_unfinished_run_is_not_thrown_away_unasked(stopped):
    before = contents(stopped)
    with pytest.raises(
        OutputExistsError, match=r"out\.rec\.part: an unfinished run is there, 5 lines.*--resume.*--overwr"
    ):
        packed(stopped)
    assert contents(stopped) == before
    assert packed(stopped, overwrite=True).resumed_at == 0
    assert sorted(contents(stopped)) == ["out.failures.jsonl", "out.idx", "out.rec", "out.report.json"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"transcode": TranscodeSpec(resize=33)}, "resize was 32, is 33"),
        ({"transcode": TranscodeSpec(resize=32, quality=90)}, "quality was 95, is 90"),
        ({"pack_label": True}, "pack-label was False, is True"),
        ({"transcode": TranscodeSpec(resize=32, pass_through=True)}, "engine was cpu, is pass-through"),
    ],
)
def test_other_options_are_refused_with_the_reason(stopped, changes, words):
    before = contents(stopped)
    with pytest.raises(ResumeError, match=words):
        packed(stopped, resume=True, **changes)
    assert contents(stopped) == before


def test_another_list_root_or_version_is_refused(stopped, monkeypatch, tmp_path):
    shutil.copytree(stopped.root, tmp_path / "copy")
    with pytest.raises(ResumeError, match=r"root was .*root, is .*copy"):
        pack(stopped.list, tmp_path / "copy", stopped.out, replace(QUICK, resume=True))
    with monkeypatch.context() as patch:
        patch.setattr("gpu_im2rec.packing.fingerprint.__version__", "9.9")
        with pytest.raises(ResumeError, match=r"version was .*, is 9\.9"):
            packed(stopped, resume=True)
    stopped.add_line("99\t1\t00.jpeg")
    with pytest.raises(ResumeError, match="the list has changed"):
        packed(stopped, resume=True)


def test_other_workers_are_not_another_run(stopped):
    packed(stopped, resume=True, workers=1, read_ahead_bytes=1)
    found = contents(stopped)
    packed(stopped, overwrite=True)
    assert contents(stopped) == found


@pytest.mark.parametrize("suffix", [".rec.part", ".idx.part"])
def test_files_that_lost_what_the_journal_promises_are_refused(stopped, suffix):
    part = stopped.out.with_suffix(suffix)
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(RecordError, match=r"of the .* that were written; start anew"):
        packed(stopped, resume=True)
    assert part.exists()


def test_what_a_crash_left_behind_a_checkpoint_is_cut_off(stopped):
    for suffix in (".rec.part", ".idx.part", ".failures.jsonl.part", ".journal"):
        with stopped.out.with_suffix(suffix).open("ab") as file:
            file.write(b'{"half of')
    packed(stopped, resume=True)
    found = contents(stopped)
    packed(stopped, overwrite=True)
    assert contents(stopped) == found


def test_resume_without_anything_to_go_on_with_begins(photo_folder):
    report = packed(photo_folder, resume=True)
    assert report.resumed_at == 0
    assert not report.was_there


def test_resume_of_what_is_finished_does_nothing(photo_folder):
    first = packed(photo_folder)
    found = contents(photo_folder)
    again = packed(photo_folder, resume=True)
    assert again.was_there
    assert again.packed == first.packed
    assert contents(photo_folder) == found


def test_resume_of_what_was_packed_otherwise_is_refused(photo_folder):
    packed(photo_folder)
    found = contents(photo_folder)
    photo_folder.add("one-more.jpg", b"")
    with pytest.raises(ResumeError, match="packed otherwise: the list has changed; --overwrite"):
        packed(photo_folder, resume=True)
    photo_folder.out.with_suffix(".report.json").unlink()
    with pytest.raises(ResumeError, match="no report that says how it was packed"):
        packed(photo_folder, resume=True)
    assert contents(photo_folder).items() <= found.items()


def test_somebody_else_s_journal_is_not_overwritten(photo_folder):
    journal = photo_folder.out.with_suffix(".journal")
    for content in (b"Monday: rain\n", b'{"format": 2, "asked": {}}\n', b"no line"):
        journal.write_bytes(content)
        with pytest.raises(OutputExistsError, match="no journal of a run"):
            packed(photo_folder, overwrite=True)
        assert journal.read_bytes() == content


@pytest.mark.parametrize("rest", [b"", b"\0\0\0", b'{"for', b'{"format": 1, "asked": {"versi'])
def test_a_journal_of_which_a_crash_left_little_is_no_obstacle(photo_folder, rest):
    photo_folder.out.with_suffix(".journal").write_bytes(rest)
    assert packed(photo_folder).packed == 12


def test_part_files_that_are_gone_are_named(stopped):
    stopped.out.with_suffix(".idx.part").unlink()
    with pytest.raises(RecordError, match=r"out\.idx\.part is gone"):
        packed(stopped, resume=True)


def test_two_runs_cannot_write_the_same_output(photo_folder, monkeypatch):
    inside, go_on = threading.Event(), threading.Event()
    read = Root.read

    def waiting(self, path):
        inside.set()
        go_on.wait(10)
        return read(self, path)

    monkeypatch.setattr(Root, "read", waiting)
    first = threading.Thread(target=packed, args=(photo_folder,))
    first.start()
    assert inside.wait(10)
    for options in ({}, {"overwrite": True}, {"resume": True}):
        with pytest.raises(OutputExistsError, match="another run is writing this output"):
            packed(photo_folder, **options)
    go_on.set()
    first.join()
    assert sorted(contents(photo_folder)) == ["out.idx", "out.rec", "out.report.json"]


def test_a_run_of_which_nothing_is_packed_leaves_nothing(folder):
    folder.add("a.jpg", None)
    with pytest.raises(NothingPackedError):
        packed(folder)
    assert contents(folder) == {}


# --- appending -------------------------------------------------------------------------------------------------------


def test_appended_records_follow_those_that_are_there(photo_folder, jpeg):
    packed(photo_folder)
    before = contents(photo_folder)
    photo_folder.lines.clear()
    photo_folder.add("gone.jpg", None, index=50)
    photo_folder.add("more.jpg", jpeg, index=3)
    report = packed(photo_folder, append=True)
    assert (report.packed, report.failed, report.appended_to, report.duplicates) == (1, 1, 12, 1)
    after = contents(photo_folder)
    for name in ("out.rec", "out.idx"):
        assert after[name].startswith(before[name])
    assert report.bytes_out == len(after["out.rec"])
    with RecordReader(photo_folder.out) as records:
        assert [record.key for record in records] == [*range(12), 3]
        assert records[12].header.index == 3
    packed(photo_folder, append=True)
    assert [json.loads(row)["path"] for row in contents(photo_folder)["out.failures.jsonl"].splitlines()] == [
        "gone.jpg"
    ] * 2


def test_appending_needs_a_whole_pair(photo_folder):
    with pytest.raises(UsageError, match=r"out\.rec is not there: --append adds to"):
        packed(photo_folder, append=True)
    packed(photo_folder)
    rec, idx = photo_folder.out, photo_folder.out.with_suffix(".idx")
    whole, index = rec.read_bytes(), idx.read_bytes()
    rec.write_bytes(whole[:-4])
    with pytest.raises(RecordError, match="the file ends inside this record; nothing can be appended"):
        packed(photo_folder, append=True)
    rec.write_bytes(whole + whole)
    with pytest.raises(RecordError, match="they do not belong together"):
        packed(photo_folder, append=True)
    rec.write_bytes(whole)
    idx.write_bytes(index + b"no number\n")
    with pytest.raises(RecordError, match="line 13"):
        packed(photo_folder, append=True)
    assert sorted(contents(photo_folder)) == ["out.idx", "out.rec", "out.report.json"]


def test_appending_goes_on_only_where_the_pair_is_the_same(stopped):
    packed(stopped, resume=True)
    with pytest.raises(TooManyFailuresError):
        packed(stopped, append=True, max_failures=FailureLimit(count=0))
    assert packed(stopped, append=True, resume=True).resumed_at == 5
    with pytest.raises(TooManyFailuresError):
        packed(stopped, append=True, max_failures=FailureLimit(count=0))
    whole = stopped.out.read_bytes()
    stopped.out.write_bytes(whole[: len(whole) // 2])
    with pytest.raises((ResumeError, RecordError)):
        packed(stopped, append=True, resume=True)


def test_checksums_are_of_all_records_whatever_happened(stopped):
    """Of a run that was gone on with, and of one that was appended; not of others."""
    crc = stopped.out.with_suffix(".crc")
    packed(stopped, resume=True)
    write_checksums(stopped.out)
    with pytest.raises(UsageError, match="would lack the new records"):
        packed(stopped, append=True)
    with pytest.raises(TooManyFailuresError):
        packed(stopped, append=True, checksums=True, max_failures=FailureLimit(count=0))
    with pytest.raises(ResumeError, match="checksums was True, is False"):
        packed(stopped, append=True, resume=True)
    report = packed(stopped, append=True, checksums=True, resume=True)
    assert (report.checksums, report.resumed_at, report.appended_to) == (crc, 5, 11)
    ours = crc.read_bytes()
    write_checksums(stopped.out, overwrite=True)
    assert crc.read_bytes() == ours
    packed(stopped, overwrite=True, checksums=True)
    assert verify(stopped.out).exit_code == 0
    packed(stopped, overwrite=True)
    assert not crc.exists()
    with pytest.raises(UsageError, match="--checksums` makes it"):
        packed(stopped, append=True, checksums=True)


def test_faces_are_not_appended_to(photo_folder):
    photo_folder.list.write_text("".join(f"{n}\t{n}\t{n:02}.{('jpeg', 'png', 'webp')[n % 3]}\n" for n in range(12)))
    packed(photo_folder, layout="insightface")
    with pytest.raises(RecordError, match="insightface"):
        packed(photo_folder, append=True)
    with pytest.raises(UsageError, match="leave out"):
        packed(photo_folder, append=True, layout="insightface")


# --- storage and standstills -----------------------------------------------------------------------------------------


def test_a_root_that_vanishes_ends_the_run_and_fails_no_picture(photo_folder, monkeypatch):
    read = Root.read

    def vanishing(self, path):
        if path.startswith("05"):
            photo_folder.root.rename(photo_folder.root.with_name("unplugged"))
        return read(self, path)

    with monkeypatch.context() as patch:
        patch.setattr(Root, "read", vanishing)
        with pytest.raises(StorageError, match="the folder of the pictures has gone"):
            packed(photo_folder)
    photo_folder.root.mkdir()  # as an empty mount point
    photo_folder.root.rmdir()
    photo_folder.root.with_name("unplugged").rename(photo_folder.root)
    report = packed(photo_folder, resume=True)
    assert (report.packed, report.failed) == (12, 0)


@pytest.mark.parametrize("where", ["reading", "decoding"])
def test_a_standstill_ends_the_run_and_says_where_each_thread_stands(photo_folder, monkeypatch, where):
    go_on = threading.Event()
    read, transcode = Root.read, Transcoder.transcode

    def slow_read(self, path):
        if where == "reading" and path.startswith("07"):
            go_on.wait(20)
        return read(self, path)

    def slow_transcode(self, source):
        if where == "decoding" and source.key == 7:
            go_on.wait(20)
        return transcode(self, source)

    monkeypatch.setattr(Root, "read", slow_read)
    monkeypatch.setattr(Transcoder, "transcode", slow_transcode)
    with pytest.raises(StalledError, match=r"no progress for 0\.5 seconds") as caught:
        packed(photo_folder, stall_timeout=0.5)
    go_on.set()
    subject = {"reading": r"read_\d .*to_source, '07", "decoding": r"transcode_\d .*the picture with index 7"}[where]
    assert re.search(subject, str(caught.value)), caught.value
    deadline = time.monotonic() + 20
    while (
        photo_folder.out.with_suffix(".journal").exists() and _is_locked(photo_folder) and time.monotonic() < deadline
    ):
        time.sleep(0.05)
    monkeypatch.undo()
    report = packed(photo_folder, resume=True)
    assert (report.packed, report.failed) == (12, 0)


def _is_locked(folder):
    try:
        Journal(folder.out.with_suffix(".journal")).close()
    except OutputExistsError:
        return True
    return False


# --- what an attack found --------------------------------------------------------------------------------------------


def test_two_links_to_one_output_are_one_output(stopped, tmp_path):
    link = tmp_path / "link.rec"
    link.symlink_to(stopped.out)
    with pytest.raises(OutputExistsError, match="an unfinished run is there"):
        pack(stopped.list, stopped.root, link, QUICK)


@pytest.mark.parametrize("index", [lambda text: text[:-1], lambda text: text.replace("\t", " ") + "\n"])
def test_an_index_that_others_wrote_is_appended_to(photo_folder, index):
    """Without its last line end; with blanks for TABs, and a blank line."""
    packed(photo_folder)
    idx = photo_folder.out.with_suffix(".idx")
    idx.write_text(index(idx.read_text()))
    packed(photo_folder, append=True)
    with RecordReader(photo_folder.out) as records:
        assert [record.header.index for record in records] == [*range(12), *range(12)]


def test_somebody_else_s_crc_is_left_alone(photo_folder):
    crc = photo_folder.out.with_suffix(".crc")
    crc.write_text("mine")
    packed(photo_folder)
    assert crc.read_text() == "mine"


def test_a_system_without_files_to_give_fails_no_picture(photo_folder, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("gpu_im2rec.packing.root._read_file", refuse)
    with pytest.raises(StorageError, match="not the picture's fault"):
        packed(photo_folder)


def test_appending_is_not_repeated_by_going_on(photo_folder):
    packed(photo_folder)
    packed(photo_folder, append=True)
    before = contents(photo_folder)
    with pytest.raises(ResumeError, match="nothing is unfinished"):
        packed(photo_folder, append=True, resume=True)
    assert contents(photo_folder) == before


def test_a_lower_limit_counts_the_failures_that_were_there(stopped):
    with pytest.raises(TooManyFailuresError, match="2 failed"):
        (stopped.root / "07.png").unlink()
        packed(stopped, resume=True, max_failures=FailureLimit(count=1))
    with pytest.raises(TooManyFailuresError, match="1 failed, 0 may"):
        packed(stopped, resume=True, max_failures=FailureLimit(count=0))


def test_duplicates_of_the_file_appended_to_are_not_the_new_ones(folder, jpeg):
    for index in (1, 1, 2):
        folder.add("a.jpg", jpeg, index=index)
    packed(folder)
    folder.lines.clear()
    folder.add("a.jpg", jpeg, index=3)
    assert packed(folder, append=True).duplicates == 0


@pytest.mark.parametrize("suffix", [".idx.part", ".failures.jsonl.part", ".rec.part"])
def test_files_that_were_edited_are_refused(stopped, suffix):
    (stopped.root / "07.png").unlink()
    with pytest.raises(TooManyFailuresError):
        packed(stopped, resume=True, max_failures=FailureLimit(count=1))
    part = stopped.out.with_suffix(suffix)
    part.write_bytes(b"x" * len(part.read_bytes()))
    with pytest.raises((RecordError, ResumeError)):
        packed(stopped, resume=True)
