"""What the viewer's server answers, and what it refuses."""

from __future__ import annotations

import http.client
import io
import math
import socket
import threading

import numpy as np
import pytest
from PIL import Image

from gpu_im2rec import PackOptions, pack
from gpu_im2rec.devices import default_workers
from gpu_im2rec.errors import UsageError
from gpu_im2rec.recordio import FaceWriter, RecordWriter, pack_header
from gpu_im2rec.showing.view import pictures
from gpu_im2rec.showing.view.app import _STATIC
from gpu_im2rec.showing.view.guard import HEADERS
from gpu_im2rec.showing.view.originals import list_of
from gpu_im2rec.showing.view.serving import listen, url_of

from ..conftest import encoded
from .serving import site_of

JPEG_2000 = (100, 60)


@pytest.fixture(scope="module")
def contents(photo, jpeg) -> dict[str, bytes]:
    """Of records, in this order; the last is cut."""
    large = photo.resize((1500, 1000))
    return {
        "JPEG": jpeg,
        "PNG": encoded(photo, "png"),
        "WebP": encoded(photo, "webp"),
        "GIF": encoded(photo, "gif"),
        "TIFF": encoded(photo, "tiff"),
        "JPEG 2000": encoded(photo.resize(JPEG_2000), "jpeg2000"),
        "large": encoded(large, "jpeg", quality=95),
        "bomb": encoded(Image.new("L", (3000, 3000)), "png"),
        "text": b"no picture at all",
        "nothing": b"",
        "bad PNG": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "cut TIFF": encoded(photo, "tiff")[:5000],
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory, contents):
    rec = tmp_path_factory.mktemp("view") / "mixed <b>.rec"
    rec.with_name("classes.txt").write_text("zero\n<script>alert(1)</script>\n")
    with RecordWriter(rec) as writer:
        for number, content in enumerate(contents.values()):
            writer.append(number, pack_header(100 + number, [float(number % 2)], packed=False), content)
    with site_of(rec) as found:
        yield found


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:1", "[::1]:8765", "127.0.0.1:65535"])
def test_hosts_of_this_machine(site, host):
    assert site.ask("/api/summary", Host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "0.0.0.0", "127.0.0.1:x", "", "::1"]
)
def test_other_hosts_are_refused(site, host):
    answer = site.ask("/small/0", Host=host)
    assert answer.status == 421
    assert b"127.0.0.1" in answer.body
    assert b"JFIF" not in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_it_only_reads(site, method):
    answer = site.ask("/api/summary", method)
    assert (answer.status, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
    assert HEADERS.items() <= answer.headers.items()


def test_head_is_a_get_without_the_body(site):
    head, get = site.ask("/small/0", "HEAD"), site.ask("/small/0")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(get.body)))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *(("/nothing", 404), ("/small", 404), ("/small/", 404), ("/small/0/", 404), ("/static/", 404)),
        *(("/static/../app.py", 404), ("/static/..%2fapp.py", 404), ("/static/%2e%2e%2fapp.py", 404)),
        *(("/static/index.html", 404), ("//etc/passwd", 404), ("/static/%2fetc%2fpasswd", 404), ("/small/..", 400)),
        *((f"/{kind}/{number}", 400) for kind in ("small", "picture", "original", "api/record") for number in (
            *("-1", "x", "1e3", "0x1", "1.0", "%D9%A3", "1" * 21, "+1", "%201", "1%00"),
        )),
        *((f"/{kind}/{number}", 404) for kind in ("small", "picture", "original", "api/record") for number in (
            *("12", "1" * 20),
        )),
        *((f"/api/records?{query}", 400) for query in (
            *("start=-1", "count=x", "count=501", "order=random", "label=tabby", "id=-1", "id=1.5", f"id={1 << 64}"),
            *("start=", "count=", "label=1_0", "label=1e300", "start=%D9%A3"),
        )),
    ],
)  # fmt: skip
def test_what_is_no_number_or_no_address(site, path, status):
    answer = site.ask(path)
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/plain")
    assert len(answer.body) < 100
    assert HEADERS.items() <= answer.headers.items()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/static/main.js", 200), ("/api/summary", 200), ("/api/records", 200), ("/api/record/0", 200),
     ("/small/0", 200), ("/picture/0", 200), ("/small/8", 204), ("/original/0", 204)],
)  # fmt: skip
def test_every_answer_says_what_a_page_may_do(site, path, status):
    answer = site.ask(path)
    assert answer.status == status
    assert HEADERS.items() <= answer.headers.items()
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


def test_the_page_loads_nothing_but_its_own(site):
    page = site.ask("/").body.decode()
    assert "style=" not in page
    assert "<style" not in page
    assert "://" not in page
    types = {name: site.ask(f"/static/{name}").headers["content-type"].split(";")[0] for name in _STATIC}
    assert types == _STATIC
    for name in _STATIC:
        text = site.ask(f"/static/{name}").body.decode()
        assert "innerHTML" not in text
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("number", "media_type"), [(0, "image/jpeg"), (1, "image/png"), (2, "image/webp"), (3, "image/gif")]
)
def test_pictures_are_their_own_thumbnails(site, contents, number, media_type):
    content = list(contents.values())[number]
    for path in (f"/picture/{number}", f"/small/{number}")[: 2 if len(content) <= 64 << 10 else 1]:
        answer = site.ask(path)
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, media_type, content)


@pytest.mark.parametrize(
    ("path", "size"),
    [("small/4", (300, 200)), ("picture/4", (300, 200)), ("small/5", JPEG_2000), ("small/6", (320, 213)),
     ("small/7", (320, 320))],
)  # fmt: skip
def test_what_browsers_do_not_show_is_converted_and_what_is_large_made_small(site, path, size):
    answer = site.ask(f"/{path}")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(answer.body)).size == size


def test_pictures_wait_for_their_turn_and_all_else_does_not(site, monkeypatch):
    begun, free = [], threading.Event()

    def slow(content):
        begun.append(content)
        free.wait()
        return pictures.Shown("image/jpeg", content)

    monkeypatch.setattr(pictures, "thumbnail", slow)
    asked = [http.client.HTTPConnection(site.host) for _ in range(60)]
    try:
        for connection in asked:
            connection.request("GET", "/small/0")
        while not begun:
            threading.Event().wait(0.005)
        assert site.ask("/api/summary").status == 200
        for connection in asked:
            connection.close()
        assert site.ask("/api/summary").status == 200  # by then the server knows
    finally:
        free.set()
    assert site.ask("/small/0").status == 200
    assert len(begun) <= 2 * default_workers() + 1, "nobody waits for the others"


def test_what_is_no_picture_has_no_content_and_a_reason(site, contents):
    for number, (name, words) in enumerate(
        [("text", "not an image"), ("nothing", "empty"), ("bad PNG", ""), ("cut TIFF", "")], 8
    ):
        detail = site.ask(f"/api/record/{number}").json
        assert detail["problem"].startswith(f"{detail['reason']}: "), name
        assert words in detail["reason"], name
        assert detail["problem"], name
        assert detail["content"] == len(contents[name])
        if name != "bad PNG":  # which the browser finds out
            assert site.ask(f"/small/{number}")[0] == 204
            assert site.ask(f"/picture/{number}").body == b""


def test_a_browser_keeps_pictures_for_as_long_as_the_file_is_the_same(site, tmp_path):
    version = site.ask("/api/summary").json["version"]
    assert "immutable" in site.ask(f"/small/0?v={version}").headers["cache-control"]
    for path in ("/small/0?v=other", "/small/0", "/api/records", "/api/summary"):
        assert site.ask(path).headers["cache-control"] == "no-store"
    rec = tmp_path / "a.rec"
    versions = set()
    for content in (b"one", b"another"):
        with RecordWriter(rec, overwrite=True) as writer:
            writer.append(0, pack_header(0, [0.0], packed=False), content)
        with site_of(rec) as other:
            versions.add(other.ask("/api/summary").json["version"])
    assert len(versions | {version}) == 3


def test_the_detail_of_a_record(site, contents):
    detail = site.ask("/api/record/1").json
    assert detail.pop("file").endswith("mixed <b>.rec")
    assert detail.pop("bytes") == 8 + 24 + len(contents["PNG"]) + -len(contents["PNG"]) % 4
    assert detail == {
        "number": 1, "offset": 8 + 24 + len(contents["JPEG"]) + -len(contents["JPEG"]) % 4,
        "id": "101", "id2": "0", "flag": 0, "label": "1", "label_count": 1, "boxes": [],
        "labels": [{"text": "1", "name": "<script>alert(1)</script>"}],
        "content": len(contents["PNG"]), "format": "PNG", "size": [300, 200], "reason": "", "problem": "",
    }  # fmt: skip


def test_the_summary(site):
    summary = site.ask("/api/summary").json
    assert (summary["records"], summary["read"], summary["reading"]) == (12, 12, False)
    assert [(label["label"], label["name"], label["count"]) for label in summary["labels"]] == [
        ("0", "zero", 6), ("1", "<script>alert(1)</script>", 6),
    ]  # fmt: skip


def test_packed_labels_boxes_and_odd_numbers(tmp_path, jpeg):
    rec = tmp_path / "a.rec"
    with RecordWriter(rec) as writer:
        writer.append(0, pack_header(0, [2, 5, 1, 0.1, 0.25, 0.5, 1], packed=True), jpeg)
        writer.append(1, pack_header(1, [2, 5, 1, 0.1, 0.2, 7, 1], packed=True), jpeg)  # leaves 0 … 1
        writer.append((1 << 64) - 1, pack_header((1 << 64) - 1, [math.nan], packed=False, id2=9), jpeg)
        writer.append(3, pack_header(3, [-math.inf], packed=False), jpeg)
        writer.append(4, pack_header(4, [np.float32(0.1)], packed=False), jpeg)
    with site_of(rec) as site:
        first, second, third, *_ = (site.ask(f"/api/record/{number}").json for number in range(5))
        assert [label["text"] for label in first["labels"]] == ["2", "5", "1", "0.1", "0.25", "0.5", "1"]
        assert first["boxes"] == [{"name": "1", "corners": [pytest.approx(0.1), 0.25, 0.5, 1.0]}]
        assert (second["boxes"], second["label_count"]) == ([], 7)
        assert (third["id"], third["id2"], third["label"]) == (str((1 << 64) - 1), "9", "nan")
        rows = site.ask("/api/records").json["records"]
        assert [row["label"] for row in rows] == ["2", "2", "nan", "-inf", "0.1"]
        assert [row["labels"] for row in rows] == [7, 7, 1, 1, 1]
        for label, numbers in (("nan", [2]), ("-inf", [3]), ("0.1", [4]), ("2", [0, 1])):
            assert [row["number"] for row in site.ask(f"/api/records?label={label}").json["records"]] == numbers
        found = site.ask(f"/api/records?id={(1 << 64) - 1}").json
        assert [row["number"] for row in found["records"]] == [2]
        assert [label["label"] for label in site.ask("/api/summary").json["labels"]] == ["-inf", "0.1", "2", "nan"]


def test_several_files_and_what_is_damaged(tmp_path, jpeg):
    for name in "ab":
        with RecordWriter(tmp_path / f"{name}.rec") as writer:
            for number in range(3):
                writer.append(number, pack_header(number, [1.0], packed=False), jpeg)
    damaged = bytearray((tmp_path / "b.rec").read_bytes())
    damaged[len(damaged) // 3] ^= 255  # the second one's first head
    (tmp_path / "b.rec").write_bytes(damaged)
    with site_of(tmp_path / "a.rec", tmp_path / "b.rec") as site:
        assert [path.rsplit("/")[-1] for path in site.ask("/api/summary").json["files"]] == ["a.rec", "b.rec"]
        assert site.ask("/api/record/3").json["file"] == str(tmp_path / "b.rec")
        detail = site.ask("/api/record/4").json
        assert "no head of a record" in detail["problem"]
        assert detail["reason"] == "unreadable record"
        assert "id" not in detail
        assert site.ask("/small/4")[0] == site.ask("/picture/4")[0] == 204
        assert [row.get("id") for row in site.ask("/api/records").json["records"]] == [*"0120", None, "2"]
        assert site.ask("/api/records?label=1").json["total"] == 5


@pytest.fixture
def packed(folder, photo):
    """Two good originals, one outside the root, one that has gone, and an id that the list has twice."""
    for number in range(5):
        folder.add(f"{number}.jpg", encoded(photo.rotate(number), "jpeg"), index=number if number < 4 else 3)
    pack(folder.list, folder.root, folder.out, PackOptions())
    (folder.list.parent / "secret.jpg").write_bytes(encoded(photo, "jpeg"))
    folder.list.write_text(folder.list.read_text().replace("\t1.jpg", "\t../secret.jpg"))
    (folder.root / "2.jpg").unlink()
    return folder


def test_originals_are_read_below_the_root_alone(packed):
    with site_of(packed.out, root=packed.root, list_path=packed.list) as site:
        answer = site.ask("/original/0")
        assert (answer.status, answer.body) == (200, (packed.root / "0.jpg").read_bytes())
        original = site.ask("/api/record/0").json["original"]
        assert (original["path"], original["size"], original["bytes"]) == ("0.jpg", [300, 200], len(answer.body))
        for number, words in ((1, "outside root"), (2, "missing"), (3, "2 lines of id 3"), (4, "2 lines of id 3")):
            assert site.ask(f"/original/{number}")[0] == 204
            assert words in site.ask(f"/api/record/{number}").json["original"]["problem"]


def test_faces_have_no_originals_as_their_ids_are_no_lists(packed, jpeg):
    rec = packed.out.with_name("faces.rec")
    with RecordWriter(rec) as writer:
        faces = FaceWriter(writer)
        for label in (0.0, 0.0, 1.0):
            faces.append(label, jpeg)
        faces.finish()
    with site_of(rec, root=packed.root, list_path=packed.list) as site:
        assert site.ask("/api/summary").json["records"] == 3
        assert "insightface" in site.ask("/api/record/0").json["original"]["problem"]
        assert site.ask("/original/0")[0] == 204


def test_which_list_is_meant(tmp_path):
    recs = [tmp_path / "a.rec", tmp_path / "b.rec"]
    with pytest.raises(UsageError, match=r"no list is beside .*a\.rec: give .* --list"):
        list_of(recs)
    (tmp_path / "a.lst").touch()
    assert list_of(recs) == tmp_path / "a.lst"
    (tmp_path / "other.lst").touch()
    for text in ('{"options": {"list": 3}}', "[]", "no JSON", '{"options": {"list": "/nowhere.lst"}}'):
        (tmp_path / "a.report.json").write_text(text)
        assert list_of(recs) == tmp_path / "a.lst"
    (tmp_path / "a.report.json").write_text(f'{{"options": {{"list": "{tmp_path}/other.lst"}}}}')
    assert list_of(recs[:1]) == tmp_path / "other.lst"
    (tmp_path / "b.lst").touch()
    with pytest.raises(UsageError, match="2 lists are"):
        list_of(recs)


def test_a_disk_that_fails_is_said(site, monkeypatch):
    def fail(numbers):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(site.gallery.catalog, "glance_at", fail)
    answer = site.ask("/api/records")
    assert (answer.status, answer.body) == (500, b"The records cannot be read: [Errno 5] Input/output error")
    assert HEADERS.items() <= answer.headers.items()


def test_a_port_that_is_taken(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {taken} cannot be had"):
            listen(taken)
        monkeypatch.setattr("gpu_im2rec.showing.view.serving.PORT", taken)
        with listen() as listener:
            assert listener.getsockname()[0] == "127.0.0.1"
            assert listener.proto == socket.IPPROTO_TCP, "without it asyncio leaves TCP's delay on"
            assert url_of(listener) != f"http://127.0.0.1:{taken}/"
