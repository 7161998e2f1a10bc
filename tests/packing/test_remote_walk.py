"""Lists of pictures in a storage: the same bytes as of the same folder on a disk."""

import json

import pytest

from gpu_im2rec.errors import ListError, StorageError, UsageError
from gpu_im2rec.lists import make_list
from gpu_im2rec.lists.walking import walk
from gpu_im2rec.packing.remote_walk import walk_remote
from gpu_im2rec.storage import listing
from tests.cli.test_cli import run
from tests.storage.faulty import DENIED, Fault

NAMES = [
    "b.jpg", "a.PNG", "Z.jpeg", "c.gif", "c/d.webp", ".jpg", "jpg", "d.jpg.txt", "é.jpg", "b/2.JPG", "b/1.jpg",
    "b/deep/3.jpg", "b-c/x.jpg", "b.d/y.jpg", "a/10.jpg", "a/9.jpg", "a/ 9#?%20.jpg", "empty/notes.txt",
    "empty/in/5.png", "C/x.jpg", "folder.jpg/z.jpg", "a b/q.jpg", "漢/字.jpg", "\U0001f600/f.jpg", "\uff5e/g.jpg",
    "a/tab\t.jpg",
]  # fmt: skip


def both(tmp_path, url, **options):
    """The lists of the folder and of the URL, file by file."""
    found = []
    for name, root, way in (("here", tmp_path / "root", walk), ("there", url, walk_remote)):
        folder = tmp_path / name
        folder.mkdir()
        report = make_list(folder / "out", root, walk=way, **options)
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        found.append((files, report.classes, report.skipped, report.images, report.left_out))
    return found


@pytest.fixture
def there(bucket, tmp_path):
    """The URL of a folder beside others; the same is in ``tmp_path / "root"``."""
    for name in NAMES:
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        bucket.put(f"photos/{name}", b"")
    for name in ("photos/", "photos/a/", "photos2/n.jpg", "n.jpg"):
        bucket.put(name, b"")
    return f"{bucket.url}/photos"


@pytest.mark.parametrize("recursive", [True, False])
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_list_is_that_of_the_folder(there, tmp_path, recursive, slash, monkeypatch):
    monkeypatch.setattr(listing, "_KEYS_A_PAGE", 4)
    here, remote = both(tmp_path, there + slash, recursive=recursive)
    assert remote == here
    assert here[3] == (19 if recursive else 4)
    assert here[4] == ({".gif": 1, ".webp": 1} if recursive else {".gif": 1})


def test_chunks_and_extensions(there, tmp_path):
    here, remote = both(tmp_path, there, recursive=True, chunks=2, train_ratio=0.5, exts=["gif", ".TXT"], shuffle=False)
    assert remote == here


def test_a_thousand_names_are_one_request(there, bucket, tmp_path):
    bucket.proxy.requests.clear()
    make_list(tmp_path / "out", there, walk=walk_remote, recursive=True)
    assert len(bucket.proxy.requests) == 1


def test_a_bucket_is_a_folder_too(bucket, tmp_path):
    bucket.put("n/n.jpg", b"")
    make_list(tmp_path / "out", bucket.url, walk=walk_remote, recursive=True)
    assert (tmp_path / "out.lst").read_bytes() == b"0\t0.000000\tn/n.jpg\n"


def test_keys_that_are_no_paths_are_left_out_and_named(bucket, tmp_path):
    for key in ("/a.jpg", "b/../c.jpg", "./d.jpg", "http://e/f.jpg", "g//h.jpg"):
        bucket.put(f"photos/{key}", b"")
    root = f"{bucket.url}/photos"
    report = make_list(tmp_path / "out", root, walk=walk_remote, recursive=True)
    assert report.skipped == ("./d.jpg", "/a.jpg", "b/../c.jpg", "http://e/f.jpg")
    assert (tmp_path / "out.lst").read_bytes() == b"0\t0.000000\tg//h.jpg\n"


def test_a_page_that_fails_is_asked_for_again(there, bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(listing, "_KEYS_A_PAGE", 4)
    bucket.proxy.faults = [Fault("GET", "list-type", does, after=after) for after, does in enumerate(("cut", "reset"))]
    here, remote = both(tmp_path, there, recursive=True)
    assert remote == here


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("s3://no-such-bucket/photos", StorageError, "bucket does not exist"),
        ("https://host/photos", UsageError, "does not list its files"),
        ("memory://nowhere", ListError, "cannot be read: no such file"),
    ],
)
def test_what_cannot_be_listed(url, error, words, tmp_path, bucket):
    with pytest.raises(error, match=words):
        make_list(tmp_path / "out", url, walk=walk_remote)


def test_where_listing_is_forbidden_or_nothing_is_found(there, bucket, tmp_path):
    with pytest.raises(ListError, match="no picture found"):
        make_list(tmp_path / "out", f"{there}/none", walk=walk_remote)
    bucket.proxy.faults = [Fault("GET", "list-type", (403, DENIED))]
    with pytest.raises(ListError, match="Access Denied"):
        make_list(tmp_path / "out", there, walk=walk_remote)


@pytest.mark.parametrize("recursive", [True, False])
def test_other_file_systems(tmp_path, recursive):
    import fsspec

    fs = fsspec.filesystem("memory")
    for name in NAMES:
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        fs.pipe(f"/walked/root/{name}", b"")
    here, remote = both(tmp_path, "memory://walked/root", recursive=recursive)
    assert remote == here
    fs.rm("/walked", recursive=True)


def test_on_the_command_line(there, tmp_path):
    said = json.loads(run("list", tmp_path / "out", there, "--recursive", "--json").stdout)
    assert said["images"] == 19
    assert "does not list" in run("list", tmp_path / "out", "http://host/photos", code=2).stderr
