"""Pictures of a storage, by the names that a list has for them."""

import gzip
import http.server
import threading
from functools import partial
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import ListError, NothingPackedError, StorageError
from gpu_im2rec.packing import PackOptions, pack, remote_root
from gpu_im2rec.packing.list_here import list_here
from gpu_im2rec.packing.remote_root import RemoteRoot, joined
from gpu_im2rec.sharding import Cut, pack_shards
from gpu_im2rec.storage import patience
from gpu_im2rec.transcode import Reason, TranscodeSpec
from tests.storage.faulty import DENIED, EXPIRED, Fault, Proxy
from tests.storage.s3 import WAYS, read_by

NAMES = ["a.jpg", "a b/c#d?e%20f&g+h.jpg", "é/漢字.jpg", "x=1;y,z'\"!*()[]{}|^`.jpg", "%2e%2e%2fa.jpg", "a:b@c~$.jpg"]


def reason(content):
    return content if isinstance(content, bytes) else content.reason


@pytest.fixture(params=WAYS)
def bucket(bucket, request, monkeypatch):
    return read_by(request.param, bucket, monkeypatch)


@pytest.fixture
def web(tmp_path):
    """A plain server of HTTP: its URL, and the folder whose files it gives out."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=tmp_path))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", tmp_path
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", NAMES)
def test_names_on_s3(bucket, name):
    bucket.put(f"photos/{name}", b"content")
    assert RemoteRoot(f"{bucket.url}/photos").read(name) == b"content"
    assert RemoteRoot(f"{bucket.url}/photos/").read(name) == b"content"


@pytest.mark.parametrize("name", NAMES)
def test_names_on_the_web(web, name):
    url, folder = web
    (folder / "photos" / name).parent.mkdir(parents=True)
    (folder / "photos" / name).write_bytes(b"content")
    assert RemoteRoot(f"{url}/photos").read(name) == b"content"
    assert reason(RemoteRoot(f"{url}/photos").read(f"{name}.none")) is Reason.MISSING


def test_a_query_of_the_root_stays_behind_the_names():
    assert joined("https://host/a?sig=x%2F", "b c.jpg") == "https://host/a/b%20c.jpg?sig=x%2F"


def test_paths_that_leave_the_root_are_refused_unless_allowed(bucket):
    for name in ("root/a.jpg", "root/sub/b.jpg", "secret.jpg", "root_twin/c.jpg"):
        url = bucket.put(name, name.encode())
    root = f"{bucket.url}/root"
    for path in ("a.jpg", "./a.jpg", "sub/../a.jpg", f"{root}/a.jpg"):
        assert RemoteRoot(root).read(path) == b"root/a.jpg"
    leaving = {
        "../secret.jpg": b"secret.jpg",
        "sub/../../secret.jpg": b"secret.jpg",
        "/secret.jpg": b"secret.jpg",
        "../root_twin/c.jpg": b"root_twin/c.jpg",
        url: b"root_twin/c.jpg",
    }
    assert [reason(RemoteRoot(root).read(path)) for path in leaving] == [Reason.OUTSIDE_ROOT] * 5
    assert reason(RemoteRoot(root).read(f"{root}/../secret.jpg")) is Reason.OUTSIDE_ROOT
    assert reason(RemoteRoot(root).read("https://elsewhere/a.jpg")) is Reason.OUTSIDE_ROOT
    assert [RemoteRoot(root, allow_outside=True).read(path) for path in leaving] == list(leaving.values())


def test_a_bucket_may_be_the_root(bucket):
    bucket.put("a.jpg", b"a")
    assert RemoteRoot(bucket.url).read("a.jpg") == b"a"
    assert RemoteRoot(bucket.url, glue=True).read("a.jpg") == b"a"
    assert reason(RemoteRoot(bucket.url).read("../a.jpg")) is Reason.OUTSIDE_ROOT


def test_as_the_cpp_tool_reads_names(bucket):
    bucket.put("photos/a.jpg", b"behind a slash")
    bucket.put("photosb.jpg", b"glued")
    root = RemoteRoot(f"{bucket.url}/photos", glue=True)
    assert root.read("a.jpg") == b"behind a slash"
    assert root.read("b.jpg") == b"glued"


def test_names_with_blanks_are_tried_as_they_are_first(bucket):
    bucket.put(" a.jpg", b"with a blank")
    bucket.put("a.jpg", b"without")
    root = RemoteRoot(bucket.url)
    assert (root.read(" a.jpg"), root.read("a.jpg ")) == (b"with a blank", b"without")
    assert reason(root.read(" none.jpg ")) is Reason.MISSING


def test_what_cannot_be_read_has_a_reason(bucket, monkeypatch):
    bucket.put("a.jpg", b"a" * 100)
    root = RemoteRoot(bucket.url)
    assert reason(root.read("none.jpg")) is Reason.MISSING
    assert reason(root.read("\udce9.jpg")) is Reason.MISSING  # bytes that are no UTF-8, which S3 has no names for
    bucket.proxy.faults = [Fault("GET", "a.jpg", (403, DENIED))]
    assert reason(root.read("a.jpg")) is Reason.UNREADABLE
    monkeypatch.setattr(remote_root, "MAX_FILE", 100)
    assert reason(root.read("a.jpg")) is Reason.TOO_LARGE


def test_a_picture_that_cannot_be_read_while_others_can_is_a_failure(bucket, monkeypatch):
    monkeypatch.setattr(patience, "TRIES", 2)
    bucket.put("good.jpg", b"good")
    bucket.put("bad.jpg", b"bad")
    root = RemoteRoot(bucket.url)
    bucket.proxy.faults = [Fault("GET", "bad.jpg", (500, b""), times=1000)]
    with pytest.raises(StorageError, match="no other picture can be read either"):
        root.read("bad.jpg")  # nothing is known yet
    assert root.read("good.jpg") == b"good"
    bucket.proxy.requests.clear()
    assert reason(root.read("bad.jpg")) is Reason.UNREADABLE
    assert bucket.proxy.count("GET", "good.jpg") == 1  # which was asked


def test_a_storage_that_goes_away_ends_the_run(bucket, monkeypatch):
    monkeypatch.setattr(patience, "TRIES", 2)
    bucket.put("a.jpg", b"a")
    root = RemoteRoot(bucket.url)
    assert root.read("a.jpg") == b"a"
    bucket.proxy.faults = [Fault("GET", "", "reset", times=1000)]
    with pytest.raises(StorageError, match="no other picture"):
        root.read("a.jpg")


def test_credentials_that_expire_end_the_run(bucket):
    bucket.put("a.jpg", b"a")
    bucket.proxy.faults = [Fault("GET", "a.jpg", (403, EXPIRED))]
    with pytest.raises(StorageError, match="ExpiredToken"):
        RemoteRoot(bucket.url).read("a.jpg")


@pytest.mark.parametrize("does", [(503, b""), (429, b""), "cut", "reset"], ids=str)
def test_the_web_is_tried_again_too(web, does, environment):
    url, folder = web
    (folder / "a.jpg").write_bytes(bytes(10_000))
    with Proxy(urlsplit(url).port) as proxy:
        proxy.faults = [Fault("GET", "a.jpg", does, times=2)]
        assert RemoteRoot(proxy.url).read("a.jpg") == bytes(10_000)


def test_a_list_that_a_server_compresses_unasked_is_not_cut_short(web, monkeypatch, environment):
    url, folder = web
    sent = http.server.SimpleHTTPRequestHandler.send_header

    def send_header(handler, name, value):
        sent(handler, name, value)
        if name == "Content-type":
            sent(handler, "Content-Encoding", "gzip")

    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "send_header", send_header)
    (folder / "image.lst").write_bytes(gzip.compress(b"0\t0\ta.jpg\n" * 1000))
    with pytest.raises(ListError, match="does not tell how large"), list_here(f"{url}/image.lst"):
        pass
    assert RemoteRoot(url).read("image.lst") == b"0\t0\ta.jpg\n" * 1000  # the whole, as pictures are


def test_nothing_secret_is_written_down(web, photo_folder, environment, monkeypatch):
    url, there = web  # which has the list and the folder "root"
    photo_folder.add("none.jpg", None)
    monkeypatch.setattr(patience, "TRIES", 1)
    options = {"transcode": TranscodeSpec(resize=48), "workers": 1, "checkpoint_seconds": 0.0}
    with Proxy(urlsplit(url).port) as proxy:
        proxy.faults = [Fault("GET", "/00", (403, b""), 3), Fault("GET", "/01", (400, b""), 3)]
        proxy.faults.append(Fault("GET", "/11", (401, b"")))
        url = proxy.url.replace("//", "//user:pa55word@")
        names = [f"{url}/{name}?sig=pa55word" for name in ("image.lst", "root")]
        with pytest.raises(StorageError, match=r"http://…@127.*/11.webp\?…: Unauthorized \(401\)") as error:
            pack(*names, photo_folder.out, PackOptions(**options))
        assert "--resume goes on" in error.value.__notes__[0]
        names = [f"{name}2" for name in names]  # a signature that is valid for longer
        report = pack(*names, photo_folder.out, PackOptions(**options, resume=True))
        pack_shards(*names, photo_folder.out.with_name("set.rec"), Cut(count=2), PackOptions(**options))
        with pytest.raises(NothingPackedError) as error:
            pack(names[0], f"{url}/none?sig=pa55word", photo_folder.out.with_name("no.rec"), PackOptions(**options))
        assert "pa55word" not in str(error.value)
    assert report.reasons == {"unreadable": 2, "missing": 1}
    written = {path.name: path.read_bytes() for path in there.iterdir() if path.is_file()}
    assert {"out.report.json", "out.failures.jsonl", "set.report.json", "set.failures.jsonl"} <= set(written)
    assert not [name for name, content in written.items() if b"pa55word" in content]


def test_read_threads_by_the_root():
    assert PackOptions().readers("photos") < PackOptions().readers("s3://bucket/photos")
    assert PackOptions(read_threads=3).readers("s3://bucket/photos") == 3


names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: name not in (".", "..")
)


@given(st.lists(names, min_size=1, max_size=4))
def test_every_name_comes_out_as_it_went_in(parts):
    import yarl

    path = "/".join(parts)
    assert joined("s3://bucket/root", path) == f"s3://bucket/root/{path}"
    sent = yarl.URL(joined("https://host/root", path)).raw_path  # as fsspec hands it on
    assert unquote(sent) == f"/root/{path}"


@given(
    st.lists(names | st.sampled_from([".", "..", ""]), min_size=1, max_size=6),
    st.sampled_from(["s3://bucket/a/root", "s3://bucket"]),
)
def test_no_path_leaves_the_root(parts, root):
    path = "/".join(parts)
    url = joined(root, path)
    if url is not None:
        assert url.startswith(f"{root}/")
        assert ".." not in url.split("/")
    depth = 0
    for part in parts:
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            assert url is None
            break
