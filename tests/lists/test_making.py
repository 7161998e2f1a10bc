"""Making lists: what im2rec.py writes, compared with its rules written down again here; and what it gets wrong."""

import io
import os
import random
import stat
import sys
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpu_im2rec import pack
from gpu_im2rec.errors import ListError, OutputExistsError, UsageError
from gpu_im2rec.lists import ListFile, make_list, read_list
from gpu_im2rec.lists.extensions import PACKABLE
from gpu_im2rec.lists.listing import Listing
from gpu_im2rec.lists.walking import Folder

odd_names = pytest.mark.skipif(sys.platform != "linux", reason="the file system refuses such names")


@pytest.fixture
def root(tmp_path):
    """A folder with pictures in it and below it, and with what is none."""
    root = tmp_path / "root"
    touch(root, "b.jpg", "a.PNG", "Z.jpeg", "c.gif", ".jpg", "..jpg", ".hidden.jpg", "jpg", "d.jpg.txt", "é.jpg")
    touch(root, "b/2.JPG", "b/1.jpg", "b/deep/3.jpg", "a/10.jpg", "a/9.jpg", "empty/notes.txt", "empty/in/5.png")
    touch(root, "C/x.jpg", "b.d/y.jpg", "folder.jpg/z.jpg")
    return root


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def upstream_lines(root, *, recursive, shuffle):
    """The lines of im2rec.py 1.9.1, as its description says it makes them."""

    def is_picture(path):
        return os.path.isfile(path) and os.path.splitext(path)[1].lower() in (".jpeg", ".jpg", ".png")

    rows = []
    if recursive:
        labels = {}
        for folder, subfolders, names in os.walk(root, followlinks=True):
            subfolders.sort()
            for path in (os.path.join(folder, name) for name in sorted(names)):
                if is_picture(path):
                    label = labels.setdefault(folder, len(labels))
                    rows.append((len(rows), label, os.path.relpath(path, root).replace(os.sep, "/")))
    else:
        for name in sorted(os.listdir(root)):
            if is_picture(os.path.join(root, name)):
                rows.append((len(rows), 0, name))
    if shuffle:
        random.seed(100)
        random.shuffle(rows)
    return [f"{index}\t{label:f}\t{path}" for index, label, path in rows]


def lines(path):
    content = path.read_bytes()
    assert content.endswith(b"\n") or not content
    return content.decode("utf-8", "surrogateescape").split("\n")[:-1]


# As im2rec.py


@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_lists_are_upstreams(tmp_path, root, recursive, shuffle):
    report = make_list(tmp_path / "out", root, recursive=recursive, shuffle=shuffle)
    expected = upstream_lines(root, recursive=recursive, shuffle=shuffle)
    assert lines(tmp_path / "out.lst") == expected
    assert report.files == (ListFile(tmp_path / "out.lst", len(expected)),)
    assert report.images == len(expected) == (14 if recursive else 5)


def test_a_line_byte_for_byte(tmp_path):
    touch(tmp_path / "root", "0.jpg", "a/1.jpg", "a/2.JPG")
    make_list(tmp_path / "out", tmp_path / "root", recursive=True, shuffle=False)
    assert (tmp_path / "out.lst").read_bytes() == b"0\t0.000000\t0.jpg\n1\t1.000000\ta/1.jpg\n2\t1.000000\ta/2.JPG\n"


def test_the_shuffle_is_pythons_with_seed_100(tmp_path):
    touch(tmp_path / "root", *(f"{number:02}.jpg" for number in range(10)))
    make_list(tmp_path / "out", tmp_path / "root")
    # What CPython's random.seed(100); random.shuffle(list(range(10))) has given since 3.2.
    assert [entry.index for entry in read_list(tmp_path / "out.lst")] == [4, 0, 5, 9, 3, 1, 6, 8, 7, 2]


def test_the_shuffle_leaves_everyone_elses_random_numbers_alone(tmp_path, root):
    random.seed(7)
    expected = random.random()
    random.seed(7)
    make_list(tmp_path / "out", root)
    assert random.random() == expected


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, {"": 14}),
        ({"chunks": 3}, {"_0": 5, "_1": 5, "_2": 4}),
        ({"train_ratio": 0.5}, {"_train": 7, "_val": 7}),
        ({"train_ratio": 0.5, "test_ratio": 0.25}, {"_test": 3, "_train": 7, "_val": 4}),
        ({"train_ratio": 0.7, "test_ratio": 0.3}, {"_test": 4, "_train": 10}),
        (
            {"chunks": 2, "train_ratio": 0.5, "test_ratio": 0.25},
            {"_0_test": 1, "_0_train": 3, "_0_val": 3, "_1_test": 1, "_1_train": 3, "_1_val": 3},
        ),
    ],
)
def test_names_and_sizes_of_chunks_and_splits(tmp_path, root, options, sizes):
    report = make_list(tmp_path / "out", root, recursive=True, **options)
    assert {file.path.name: file.entries for file in report.files} == {f"out{s}.lst": n for s, n in sizes.items()}
    assert {path.name for path in tmp_path.glob("*.lst")} == {f"out{suffix}.lst" for suffix in sizes}
    assert {file.path: file.entries for file in report.files} == {f.path: len(lines(f.path)) for f in report.files}
    written = [line for file in report.files for line in lines(file.path)]
    assert written == upstream_lines(root, recursive=True, shuffle=True)


def test_a_last_chunk_that_is_shorter_than_the_others_loses_nothing(tmp_path):
    touch(tmp_path / "root", *(f"{number}.jpg" for number in range(7)))
    report = make_list(tmp_path / "out", tmp_path / "root", chunks=2, train_ratio=0.5, test_ratio=0.5)
    assert [file.entries for file in report.files] == [2, 2, 2, 1]
    assert sorted(entry.index for file in report.files for entry in read_list(file.path)) == list(range(7))


def test_classes_are_named_beside_the_list_in_label_order(tmp_path, root):
    (tmp_path / "lists").mkdir()
    report = make_list(tmp_path / "lists" / "out", root, recursive=True)
    assert report.classes == (".", "C", "a", "b", "b/deep", "b.d", "empty/in", "folder.jpg")
    assert report.classes_file == tmp_path / "lists" / "classes.txt"
    assert report.classes_file.read_bytes() == b".\nC\na\nb\nb/deep\nb.d\nempty/in\nfolder.jpg\n"
    for entry in read_list(tmp_path / "lists" / "out.lst"):
        assert report.classes[int(entry.labels[0])] == str(PurePosixPath(entry.path).parent)


def test_without_recursive_there_are_no_classes(tmp_path, root):
    report = make_list(tmp_path / "out", root)
    assert (report.classes, report.classes_file) == ((), None)
    assert not (tmp_path / "classes.txt").exists()
    assert {entry.labels for entry in read_list(tmp_path / "out.lst")} == {(0.0,)}


def test_paths_may_be_relative_strings_and_prefixes_have_dots(tmp_path, root, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = make_list("data.v1", "root")
    assert report.files == (ListFile(Path("data.v1.lst"), 5),)
    assert (tmp_path / "data.v1.lst").is_file()


# Better than im2rec.py


@pytest.mark.parametrize("exts", [(".GIF",), ("gif",), (".gif", "GIF"), ["Gif"]])
def test_extensions_match_whatever_their_case_and_dot(tmp_path, exts):
    touch(tmp_path / "root", "a.gif", "b.GIF", "c.jpg", "gif", ".gif")
    make_list(tmp_path / "out", tmp_path / "root", exts=exts)
    assert sorted(entry.path for entry in read_list(tmp_path / "out.lst")) == ["a.gif", "b.GIF"]


def test_ratios_and_chunks_are_checked_before_the_walk(tmp_path):
    for options in ({"train_ratio": 1.5}, {"train_ratio": 0.7, "test_ratio": 0.7}, {"chunks": 0}):
        with pytest.raises(UsageError):
            make_list(tmp_path / "out", tmp_path / "no such root", **options)


@pytest.mark.parametrize(("chunks", "advice"), [(6, 5), (4, 3)])
def test_chunks_that_would_be_empty_are_refused(tmp_path, root, chunks, advice):
    with pytest.raises(UsageError, match=f"--chunks {chunks} would leave lists empty.* Use --chunks {advice}"):
        make_list(tmp_path / "out", root, chunks=chunks)
    assert not list(tmp_path.glob("out*"))


def test_no_picture_is_an_error_that_says_what_was_looked_for(tmp_path):
    (tmp_path / "root").mkdir()
    with pytest.raises(ListError) as caught:
        make_list(tmp_path / "out", tmp_path / "root", exts=[".tif", "webp"])
    assert str(caught.value) == (
        f"{tmp_path / 'root'}: no picture found; looked for files that end in .tif, webp. "
        "Check the folder, or name other endings with --exts"
    )
    assert not list(tmp_path.glob("out*"))


def test_pictures_that_nobody_asked_for_are_counted(tmp_path):
    touch(tmp_path / "root", "a.jpg", "b.webp", "c/d.WEBP", "c/e.tif", "c/f.png", "c/notes.txt", "g.crw", ".webp")
    (tmp_path / "root" / "folder.bmp").mkdir()
    assert make_list(tmp_path / "out", tmp_path / "root").left_out == {".webp": 1}
    report = make_list(tmp_path / "out", tmp_path / "root", recursive=True)
    assert list(report.left_out.items()) == [(".webp", 2), (".tif", 1)]
    assert report.images == 2
    report = make_list(tmp_path / "out", tmp_path / "root", recursive=True, exts=["webp", ".tif"])
    assert list(report.left_out.items()) == [(".jpg", 1), (".png", 1)]


def test_no_picture_but_others_says_how_to_list_those(tmp_path):
    touch(tmp_path / "root", "a.webp", "b.webp", "c.bmp", "d/e.jpg")
    with pytest.raises(ListError, match=r"others, \.webp 2, \.bmp 1: name their endings with --exts$"):
        make_list(tmp_path / "out", tmp_path / "root")


def test_what_counts_as_a_picture_is_what_pack_reads(folder):
    for extension in sorted(PACKABLE):
        content = io.BytesIO()
        Image.new("RGB", (8, 8)).save(content, Image.registered_extensions()[f".{extension}"])
        folder.add(f"a.{extension}", content.getvalue())
    assert pack(folder.list, folder.root, folder.out).packed == len(PACKABLE)


def test_no_picture_but_subfolders_suggests_recursive(tmp_path):
    touch(tmp_path / "root", "a/1.txt")
    with pytest.raises(ListError, match="Add --recursive to look into its subfolders"):
        make_list(tmp_path / "out", tmp_path / "root")
    with pytest.raises(ListError, match="--exts"):
        make_list(tmp_path / "out", tmp_path / "root", recursive=True)


@pytest.mark.parametrize("recursive", [False, True])
def test_a_root_that_is_not_there_or_no_folder(tmp_path, recursive):
    touch(tmp_path, "file")
    for root in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(ListError, match="the folder cannot be read"):
            make_list(tmp_path / "out", root, recursive=recursive)


@odd_names
def test_names_that_no_list_can_hold_are_skipped_and_reported(tmp_path):
    touch(tmp_path / "root", "a\tb.jpg", "c\nd.jpg", "e\rf.jpg", "g.jpg", "x\ty/1.jpg", "z/2.jpg", "c\td.txt")
    report = make_list(tmp_path / "out", tmp_path / "root", recursive=True, shuffle=False)
    assert report.skipped == ("a\tb.jpg", "c\nd.jpg", "e\rf.jpg", "x\ty/1.jpg")
    assert lines(tmp_path / "out.lst") == ["0\t0.000000\tg.jpg", "1\t1.000000\tz/2.jpg"]
    assert report.images == 2
    assert report.classes == (".", "z")


@odd_names
def test_only_names_that_no_list_can_hold_are_no_pictures(tmp_path):
    touch(tmp_path / "root", "a\tb.jpg")
    with pytest.raises(ListError, match="left 1 out whose names cannot stand in a list"):
        make_list(tmp_path / "out", tmp_path / "root")


def test_half_a_surrogate_pair_is_skipped():
    listing = Listing()
    listing.add(Folder("", ["\ud83d.jpg", "a.jpg"], [], []))
    assert (len(listing), listing.skipped) == (1, ["\ud83d.jpg"])
    assert listing.line(0) == b"0\t0.000000\ta.jpg\n"


@odd_names
def test_undecodable_names_survive(tmp_path):
    folder = tmp_path / "root" / os.fsdecode(b"caf\xe9")
    touch(folder, os.fsdecode(b"\xff.jpg"))
    report = make_list(tmp_path / "out", tmp_path / "root", recursive=True)
    assert (tmp_path / "out.lst").read_bytes() == b"0\t0.000000\tcaf\xe9/\xff.jpg\n"
    assert (tmp_path / "classes.txt").read_bytes() == b"caf\xe9\n"
    [entry] = read_list(tmp_path / "out.lst")
    assert (tmp_path / "root" / entry.path).is_file()
    assert report.classes == (os.fsdecode(b"caf\xe9"),)


# Links and what cannot be looked at


@pytest.fixture
def linked(tmp_path):
    """A folder with links to a file, to a folder, to itself, to nowhere, and round in a circle."""
    root = tmp_path / "root"
    touch(root, "a/1.jpg", "b/2.jpg")
    touch(tmp_path / "elsewhere", "3.jpg")
    try:
        (root / "a" / "copy.jpg").symlink_to(root / "b" / "2.jpg")
    except OSError:
        pytest.skip("no symbolic links here")
    (root / "c").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (root / "a" / "up").symlink_to(root, target_is_directory=True)
    (root / "self").symlink_to(".", target_is_directory=True)
    (root / "gone.jpg").symlink_to("nowhere")
    return root


def test_links_are_followed_but_not_round_in_a_circle(tmp_path, linked):
    report = make_list(tmp_path / "out", linked, recursive=True, shuffle=False)
    assert [entry.path for entry in read_list(tmp_path / "out.lst")] == ["a/1.jpg", "a/copy.jpg", "b/2.jpg", "c/3.jpg"]
    assert report.classes == ("a", "b", "c")
    assert report.skipped == ()


def test_a_folder_reached_twice_is_two_classes_as_upstream(tmp_path, linked):
    (linked / "d").symlink_to(linked / "b", target_is_directory=True)
    (linked / "a" / "up").unlink()
    (linked / "self").unlink()
    make_list(tmp_path / "out", linked, recursive=True, shuffle=False)
    assert lines(tmp_path / "out.lst") == upstream_lines(linked, recursive=True, shuffle=False)
    assert lines(tmp_path / "out.lst")[-1] == "4\t3.000000\td/2.jpg"


def test_a_circle_without_pictures_is_no_reason_to_look_deeper(tmp_path):
    (tmp_path / "root").mkdir()
    try:
        (tmp_path / "root" / "self").symlink_to(".", target_is_directory=True)
    except OSError:
        pytest.skip("no symbolic links here")
    with pytest.raises(ListError, match="Check the folder"):
        make_list(tmp_path / "out", tmp_path / "root", recursive=True)


def test_a_link_to_itself_is_skipped_and_reported(tmp_path, linked):
    (linked / "b" / "loop.jpg").symlink_to("loop.jpg")
    report = make_list(tmp_path / "out", linked, recursive=True)
    assert report.skipped == ("b/loop.jpg",)
    assert report.images == 4


def test_an_unreadable_subfolder_is_skipped_and_reported(tmp_path, root, monkeypatch):
    scandir = os.scandir

    def refuse_b(path):
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse_b)
        report = make_list(tmp_path / "out", root, recursive=True)
    assert report.skipped == ("b/",)
    assert report.images == 11
    assert "b" not in report.classes


# Writing


def test_existing_lists_are_replaced_and_nothing_else_is_left(tmp_path, root):
    (tmp_path / "out.lst").write_text("old\n" * 1_000)
    make_list(tmp_path / "out", root, recursive=True)
    assert len(lines(tmp_path / "out.lst")) == 14
    assert {path.name for path in tmp_path.iterdir()} == {"root", "out.lst", "classes.txt"}


def test_a_list_that_is_there_is_replaced_only_where_that_is_wanted(tmp_path, root):
    make_list(tmp_path / "out", root, chunks=2)
    before = {path: path.read_bytes() for path in tmp_path.glob("*.lst")}
    make_list(tmp_path / "out", root, chunks=2, overwrite=False)  # the same
    for change in (b"0\t0\ta.jpg\n", b"", before[tmp_path / "out_1.lst"][:-1], before[tmp_path / "out_1.lst"] + b"\n"):
        (tmp_path / "out_1.lst").write_bytes(change)
        (tmp_path / "out_0.lst").unlink(missing_ok=True)
        with pytest.raises(OutputExistsError, match=r"out_1\.lst: another list is already there; --overwrite"):
            make_list(tmp_path / "out", root, chunks=2, overwrite=False)
        assert {path: path.read_bytes() for path in tmp_path.glob("*.lst")} == {tmp_path / "out_1.lst": change}
    make_list(tmp_path / "out", root, chunks=2)
    assert {path: path.read_bytes() for path in tmp_path.glob("*.lst")} == before


def test_names_of_other_classes_are_kept(tmp_path, root):
    (tmp_path / "classes.txt").write_text("cats\ndogs\n")
    with pytest.raises(OutputExistsError, match=r"classes\.txt: the names of other classes .* of another list"):
        make_list(tmp_path / "out", root, recursive=True, overwrite=False)
    assert not (tmp_path / "out.lst").exists()
    make_list(tmp_path / "out", root, overwrite=False)  # has no classes
    make_list(tmp_path / "out", root, recursive=True)
    make_list(tmp_path / "other", root, recursive=True, overwrite=False)  # of the same classes


def test_a_half_written_list_never_bears_its_name(tmp_path, root, monkeypatch):
    (tmp_path / "out.lst").write_text("old\n")

    def interrupted(self, index):
        raise KeyboardInterrupt

    monkeypatch.setattr(Listing, "line", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_list(tmp_path / "out", root)
    assert (tmp_path / "out.lst").read_text() == "old\n"
    assert {path.name for path in tmp_path.iterdir()} == {"root", "out.lst"}


def test_a_list_that_cannot_be_written(tmp_path, root):
    (tmp_path / "out.lst").mkdir()
    with pytest.raises(ListError, match=r"out\.lst: the list cannot be written"):
        make_list(tmp_path / "out", root)
    assert {path.name for path in tmp_path.iterdir()} == {"root", "out.lst"}


def test_a_folder_for_the_list_that_does_not_exist(tmp_path, root):
    with pytest.raises(ListError, match=r"lists: the folder for the list does not exist\. Make it first"):
        make_list(tmp_path / "lists" / "out", root)


@pytest.mark.parametrize("prefix", ["", ".", "..", "a/..", "/"])
def test_a_prefix_without_a_name(root, prefix):
    with pytest.raises(UsageError, match="has no name"):
        make_list(prefix, root)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_lists_have_the_permissions_of_any_new_file(tmp_path, root):
    old = os.umask(0o027)
    try:
        make_list(tmp_path / "out", root)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "out.lst").stat().st_mode) == 0o640


# What is made is read

name_characters = st.characters(exclude_categories=["Cs"], exclude_characters="/\0")
names = st.text(name_characters, min_size=1, max_size=12).map(lambda stem: f"{stem}.jpg")
folders = st.lists(st.text(name_characters, min_size=1, max_size=8).map(lambda name: f"{name}d"), max_size=3)


@given(st.dictionaries(folders.map(lambda path: "/".join(path)), st.lists(names, unique=True, min_size=1), min_size=1))
def test_made_lists_read_back(tmp_path_factory, tree):
    listing = Listing()
    for folder, pictures in tree.items():
        listing.add(Folder(folder, pictures, [], []))
    path = tmp_path_factory.getbasetemp() / "made.lst"
    path.write_bytes(b"".join(map(listing.line, range(len(listing)))))
    entries = list(read_list(path, label_width=1))
    assert [entry.index for entry in entries] == list(range(len(listing)))
    rows = [(f"{folder}/{name}" if folder else name, folder or ".") for folder in tree for name in tree[folder]]
    kept = [row for row in rows if not set("\t\r\n") & set(row[0])]
    assert [(entry.path, listing.classes[int(entry.labels[0])]) for entry in entries] == kept
    assert listing.skipped == [path for path, _ in rows if set("\t\r\n") & set(path)]
