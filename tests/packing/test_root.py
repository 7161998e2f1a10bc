import os
import sys

import pytest

from gpu_im2rec.packing import root as root_module
from gpu_im2rec.packing.root import Root
from gpu_im2rec.transcode import Reason


@pytest.fixture
def tree(tmp_path):
    """root/a.jpg, root/sub/b.jpg, and a file outside."""
    inside = tmp_path / "root"
    (inside / "sub").mkdir(parents=True)
    (inside / "a.jpg").write_bytes(b"a")
    (inside / "sub" / "b.jpg").write_bytes(b"b")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "root_twin").mkdir()
    (tmp_path / "root_twin" / "c.jpg").write_bytes(b"c")
    return inside


def reason(content):
    return content if isinstance(content, bytes) else content.reason


def test_files_below_the_root_are_read(tree):
    root = Root(tree)
    assert root.read("a.jpg") == b"a"
    assert root.read("sub/b.jpg") == b"b"
    assert root.read("sub/../a.jpg") == b"a"
    assert root.read(str(tree / "a.jpg")) == b"a"


def test_paths_that_leave_the_root_are_refused_unless_allowed(tree):
    (tree / "link.jpg").symlink_to(tree.parent / "secret.jpg")
    (tree / "folder").symlink_to(tree.parent)
    (tree / "fine.jpg").symlink_to(tree / "a.jpg")
    leaving = [
        "../secret.jpg",
        str(tree.parent / "secret.jpg"),
        "link.jpg",
        "folder/secret.jpg",
        "sub/../../secret.jpg",
    ]
    assert [reason(Root(tree).read(path)) for path in leaving] == [Reason.OUTSIDE_ROOT] * 5
    assert [Root(tree, allow_outside=True).read(path) for path in leaving] == [b"secret"] * 5
    assert Root(tree).read("fine.jpg") == b"a"
    assert reason(Root(tree).read("../root_twin/c.jpg")) is Reason.OUTSIDE_ROOT


def test_a_root_that_is_a_link_is_no_way_out(tree, tmp_path):
    (tmp_path / "alias").symlink_to(tree)
    assert Root(tmp_path / "alias").read("a.jpg") == b"a"


def test_what_cannot_be_read_has_a_reason(tree):
    root = Root(tree)
    assert reason(root.read("none.jpg")) is Reason.MISSING
    assert reason(root.read("a.jpg/b.jpg")) is Reason.MISSING
    assert reason(root.read("nul\0.jpg")) is Reason.MISSING
    assert reason(root.read("sub")) is Reason.UNREADABLE
    assert reason(root.read("x" * 300)) is Reason.UNREADABLE


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in the file system")
def test_a_pipe_is_refused_and_does_not_hang(tree):
    os.mkfifo(tree / "pipe.jpg")
    assert reason(Root(tree).read("pipe.jpg")) is Reason.UNREADABLE


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tree):
    (tree / "a.jpg").chmod(0)
    assert reason(Root(tree).read("a.jpg")) is Reason.UNREADABLE


def test_names_with_blanks_are_tried_as_they_are_first(tree):
    (tree / " a.jpg").write_bytes(b"with a blank")
    assert Root(tree).read(" a.jpg") == b"with a blank"
    assert Root(tree).read("a.jpg ") == b"a"
    assert reason(Root(tree).read(" none.jpg ")) is Reason.MISSING


def test_undecodable_names(tree):
    name = b"caf\xe9.jpg"
    with open(os.path.join(os.fsencode(tree), name), "wb") as file:
        file.write(b"latin")
    assert Root(tree).read(os.fsdecode(name)) == b"latin"


def test_a_file_beyond_the_limit_is_not_read(tree, monkeypatch):
    monkeypatch.setattr(root_module, "MAX_FILE", 4)
    (tree / "big.jpg").write_bytes(b"12345")
    assert reason(Root(tree).read("big.jpg")) is Reason.TOO_LARGE


def test_a_file_that_is_read_in_pieces(tree, monkeypatch):
    (tree / "long.jpg").write_bytes(bytes(range(200)))
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, count: read(descriptor, min(count, 7)))
    assert Root(tree).read("long.jpg") == bytes(range(200))


def test_a_file_that_shrinks_while_it_is_read(tree, monkeypatch):
    read = os.read
    (tree / "shrinks.jpg").write_bytes(bytes(100))
    monkeypatch.setattr(os, "read", lambda descriptor, count: read(descriptor, count)[:60] if count == 100 else b"")
    assert Root(tree).read("shrinks.jpg") == bytes(60)
