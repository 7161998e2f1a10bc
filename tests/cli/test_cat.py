"""`cat` as a person types it."""

import os
import pty
import subprocess
import sys

import pytest

from gpu_im2rec.recordio import RecordWriter, pack_header

from .test_cli import run

CONTENTS = [b"first", b"second", b"third \x0a\x23\xd7\xce\r\n", b""]


@pytest.fixture
def rec(tmp_path):
    """Keys that are no ids; the id 7, and the key 20, twice."""
    with RecordWriter(tmp_path / "a.rec") as writer:
        for key, index, content in zip((10, 20, 20, 40), (7, 8, 7, 9), CONTENTS, strict=True):
            writer.append(key, pack_header(index, [1.0, 2.0], packed=True), content)
    return tmp_path / "a.rec"


def cat(*arguments, **pipes):
    command = [sys.executable, "-m", "gpu_im2rec", "cat", *map(str, arguments)]
    return subprocess.run(command, **({"stdout": subprocess.PIPE} | pipes), stderr=subprocess.PIPE, check=False)


@pytest.mark.parametrize(("key", "content"), [(10, CONTENTS[0]), (20, CONTENTS[2]), (40, b"")])
def test_by_the_index_the_last_one_counts(rec, key, content):
    assert run("cat", rec, key).stdout_bytes == content


@pytest.mark.parametrize(("key", "content"), [(7, CONTENTS[2]), (8, CONTENTS[1]), (9, b"")])
def test_without_an_index_by_the_id(rec, key, content):
    rec.with_suffix(".idx").unlink()
    assert run("cat", rec, key).stdout_bytes == content


def test_nothing_is_changed_on_the_way(rec):
    done = cat(rec, 20)
    assert (done.returncode, done.stdout, done.stderr) == (0, CONTENTS[2], b"")


def test_a_key_that_is_not_there(rec):
    for key in (30, 2**64):
        said = run("cat", rec, key, code=1).stderr
        assert said == f"error: {rec.with_suffix('.idx')}: no key {key}; there are 4 keys, 10 … 40\n"
    rec.with_suffix(".idx").unlink()
    assert run("cat", rec, 10, code=1).stderr == f"error: {rec}: no key 10; there are 4 keys, 7 … 9\n"
    rec.write_bytes(b"")
    assert run("cat", rec, 10, code=1).stderr == f"error: {rec}: no key 10; there is none at all\n"
    rec.with_suffix(".idx").touch()
    assert "there is none at all" in run("cat", rec, 10, code=1).stderr


def test_records_without_an_image_header(rec):
    with RecordWriter(rec, overwrite=True) as writer:
        writer.append(0, b"", b"text")
    assert f"{rec}: offset 0: no image record" in run("cat", rec, 0, code=1).stderr
    rec.with_suffix(".idx").unlink()
    assert f"{rec}: offset 0: no image record" in run("cat", rec, 0, code=1).stderr


@pytest.mark.parametrize("size", [10, 10_000_000])
def test_a_reader_that_has_seen_enough(rec, size):
    with RecordWriter(rec, overwrite=True) as writer:
        writer.append(1, pack_header(1, [1.0], packed=False), bytes(size))
    reader, writer = os.pipe()
    os.close(reader)
    done = cat(rec, 1, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
def test_a_terminal_is_spared(rec):
    there, here = pty.openpty()
    done = cat(rec, 10, stdout=here)
    os.close(here)
    os.close(there)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: a terminal cannot show the bytes of a picture")
    assert done.stderr.endswith(b"> 10.jpg\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is always full")
def test_a_full_disk(rec):
    with open("/dev/full", "wb") as full:
        done = cat(rec, 10, stdout=full)
    assert (done.returncode, done.stderr) == (1, b"error: standard output: No space left on device; make room there\n")


def test_standard_output_that_is_closed(rec):
    script = 'exec "$0" -m gpu_im2rec cat "$1" 10 >&-'
    done = subprocess.run(["sh", "-c", script, sys.executable, rec], stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (2, b"error: standard output is closed; the picture goes there\n")
