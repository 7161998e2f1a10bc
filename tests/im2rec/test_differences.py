"""Where MXNet's tools stop, hang, lose or store garbage, and this one does not: the rows of docs/im2rec.md."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gpu_im2rec import RecordReader
from tests.conftest import encoded
from tests.im2rec.conftest import im2rec

DOCS = Path(__file__).parent.parent.parent.joinpath("docs", "im2rec.md").read_text(encoding="utf-8")


class Outcome:
    """What a tool made of a list of three pictures, of which the second is the odd one."""

    def __init__(self, folder: Path, tool: str, code: int) -> None:
        out = folder / ("o.rec" if tool == "c++" else "image.rec")
        self.keys, self.sizes = [], []
        if code != 1:
            with RecordReader(out) as records:
                self.keys = list(records.keys)
                self.sizes = [Image.open(io.BytesIO(record.content)).size for record in records]
        log = out.with_suffix(".failures.jsonl")
        self.failures = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    @property
    def reasons(self) -> list[str]:
        return [failure["reason"] for failure in self.failures]


def run(folder: Path, tool: str, *, code: int = 0, words: tuple[str, ...] = ()) -> Outcome:
    if tool == "c++":
        im2rec("image.lst", "root/", "o.rec", *(words or ("resize=64",)), cwd=folder, code=code)
    else:
        options = ("--pass-through",) if words == ("unchanged=1",) else ("--resize", "64")
        im2rec("image", "root", *options, *(("--num-thread", "2") if tool == "python 2" else ()), cwd=folder, code=code)
    return Outcome(folder, tool, code)


@pytest.fixture(params=["python 1", "python 2", "c++"])
def tool(request):
    return request.param


@pytest.fixture
def odd(folder, jpeg):
    """A list whose second of three lines or pictures is odd."""

    def make(line: str | None = None, *, content: bytes | None = None, name: str = "odd.jpg") -> Path:
        folder.add("a.jpg", jpeg)
        if line is not None:
            for odd_name in ("odd.jpg", "odd\udcff.jpg"):
                (folder.root / odd_name).write_bytes(jpeg)
            folder.add_line(line)
        else:
            folder.add(name, content)
        folder.add("b.jpg", jpeg, index=2)
        return folder.list.parent

    return make


def damaged(jpeg: bytes) -> bytes:
    scan = jpeg.index(b"\xff\xda") + 200
    return jpeg[:scan] + bytes(64) + jpeg[scan + 64 :]


BAD_PICTURES = {
    "garbage": (lambda jpeg: b"no picture at all" * 20, "not an image"),
    "missing": (lambda jpeg: None, "missing"),
    "empty": (lambda jpeg: b"", "empty"),
    "cut in half": (lambda jpeg: jpeg[: len(jpeg) // 2], "truncated"),
    "cut after its header": (lambda jpeg: jpeg[:700], "truncated"),
    "damaged": (damaged, "corrupt"),
    "long and thin": (lambda jpeg: encoded(Image.new("RGB", (1, 2000)), "jpeg"), "too large"),
    "65500 x 65500": (lambda jpeg: giant(jpeg), "too large"),
}


def giant(jpeg: bytes) -> bytes:
    frame = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:frame] + (65500).to_bytes(2, "big") * 2 + jpeg[frame + 4 :]


@pytest.mark.parametrize("kind", BAD_PICTURES)
def test_a_bad_picture_costs_itself_and_is_named_at_any_number_of_threads(odd, jpeg, tool, kind):
    make, reason = BAD_PICTURES[kind]
    outcome = run(odd(content=make(jpeg)), tool, code=3)
    assert outcome.keys == [0, 2]
    assert outcome.reasons == [reason]
    assert (outcome.failures[0]["path"], outcome.failures[0]["line"]) == ("odd.jpg", 2)


@pytest.mark.parametrize("kind", ["garbage", "missing", "empty", "cut in half"])
def test_a_bad_file_is_not_stored_as_it_is(odd, jpeg, tool, kind):
    make, reason = BAD_PICTURES[kind]
    outcome = run(odd(content=make(jpeg)), tool, code=3, words=("unchanged=1",))
    assert (outcome.keys, outcome.reasons) == ([0, 2], [reason])


def test_a_cut_picture_is_packed_where_that_is_asked_for(odd, jpeg):
    folder = odd(content=jpeg[: len(jpeg) // 2])
    im2rec("image", "root", "--resize", "64", "--accept-truncated", cwd=folder)
    im2rec("image.lst", "root/", "o.rec", "resize=64", "accept_truncated=1", cwd=folder)
    for tool in ("python", "c++"):
        assert Outcome(folder, tool, 0).sizes == [(96, 64)] * 3


def test_a_folder_in_the_list(odd, tool):
    folder = odd(name="sub/x.jpg", content=b"")
    (folder / "image.lst").write_text("0\t1\ta.jpg\n1\t1\tsub\n2\t1\tb.jpg\n")
    assert run(folder, tool, code=3).reasons == ["unreadable"]


GOOD_PICTURES = {
    "GIF called .jpg": lambda photo: encoded(photo, "gif"),
    "WebP": lambda photo: encoded(photo, "webp"),
    "16 bit grey PNG": lambda photo: encoded(Image.fromarray(np.full((200, 300), 40000, np.uint16)), "png"),
    "CMYK": lambda photo: encoded(photo.convert("CMYK"), "jpeg"),
}


@pytest.mark.parametrize("kind", GOOD_PICTURES)
def test_a_picture_that_can_be_decoded_is_packed(odd, photo, tool, kind):
    assert run(odd(content=GOOD_PICTURES[kind](photo)), tool).sizes == [(96, 64)] * 3


@pytest.mark.parametrize("name", ["ä.jpg", "a b.jpg", "x.jpgé", " leading.jpg"])
def test_odd_names(odd, jpeg, tool, name):
    if tool == "c++" and name.startswith(" "):  # there, blanks before a path separate columns
        assert run(odd(content=jpeg, name=name), tool, code=3).reasons == ["missing"]
    else:
        assert run(odd(content=jpeg, name=name), tool).keys == [0, 1, 2]


LINES = {  # line: (keys by im2rec.py's grammar, by C++'s), where a missing key is a named failure
    "two columns": ("1\todd.jpg", [0, 2], [0, 2]),
    "blanks for TABs": ("1 1 odd.jpg", [0, 1, 2], [0, 1, 2]),
    "a blank line": ("", [0, 2], [0, 2]),
    "a comment": ("# comment\t\t", [0, 2], [0, 2]),
    "a label that is no number": ("1\tx\todd.jpg", [0, 2], [0, 2]),
    "a label of nan": ("1\tnan\todd.jpg", [0, 1, 2], [0, 1, 2]),
    "an index of 1.0": ("1.0\t1\todd.jpg", [0, 2], [0, 2]),
    "an index of -1": ("-1\t1\todd.jpg", [0, 2], [0, 2**64 - 1, 2]),
    "an index of 2^63": (f"{2**63}\t1\todd.jpg", [0, 2**63, 2], [0, 2**63, 2]),
    "an index of 2^64": (f"{2**64}\t1\todd.jpg", [0, 2], [0, 2]),
    "a CR LF": ("1\t1\todd.jpg\r", [0, 1, 2], [0, 1, 2]),
    "a TAB at the end": ("1\t1\todd.jpg\t", [0, 1, 2], [0, 1, 2]),
    "an index that was there before": ("0\t1\todd.jpg", [0, 0, 2], [0, 0, 2]),
    "an invalid byte": ("1\t1\todd\udcff.jpg", [0, 1, 2], [0, 1, 2]),
}


@pytest.mark.parametrize("kind", LINES)
def test_an_odd_line(odd, tool, kind):
    line, python, c_plus_plus = LINES[kind]
    keys = c_plus_plus if tool == "c++" else python
    complete = len(keys) == 3 or line == ""
    outcome = run(odd(line), tool, code=0 if complete else 3)
    assert outcome.keys == keys
    assert len(outcome.failures) == (0 if complete else 1)


def test_a_byte_order_mark(odd, jpeg, tool):
    folder = odd(content=jpeg)
    (folder / "image.lst").write_bytes(b"\xef\xbb\xbf" + (folder / "image.lst").read_bytes())
    assert run(folder, tool).keys == [0, 1, 2]


def test_an_absolute_path(odd, jpeg, tool):
    folder = odd(content=jpeg)
    list_path = folder / "image.lst"
    list_path.write_text(list_path.read_text().replace("odd.jpg", str(folder / "root" / "odd.jpg")))
    assert run(folder, tool).keys == [0, 1, 2]


def test_a_root_without_its_slash(odd, jpeg):
    folder = odd(content=jpeg)
    im2rec("image.lst", "root", "o.rec", cwd=folder)
    assert Outcome(folder, "c++", 0).keys == [0, 1, 2]


def test_a_root_that_is_the_start_of_a_name(folder, jpeg):
    """Root and path follow each other without a slash, in the C++ tool alone."""
    (folder.root / "pre_a.jpg").write_bytes(jpeg)
    folder.list.write_text("0\t1\ta.jpg\n")
    im2rec("image.lst", "root/pre_", "o.rec", cwd=folder.list.parent)
    assert Outcome(folder.list.parent, "c++", 0).keys == [0]


def test_an_empty_list(folder):
    folder.list.write_text("")
    run(folder.list.parent, "python 1")
    assert folder.list.with_name("image.rec").read_bytes() == b""
    run(folder.list.parent, "c++", code=1)
    assert not (folder.list.parent / "o.rec").exists()


def test_labels_of_another_number(folder, jpeg):
    folder.add("a.jpg", jpeg, labels="1\t2")
    folder.add("b.jpg", jpeg, labels="1\t2\t3")
    folder.add("c.jpg", jpeg, labels="1")
    im2rec("image.lst", "root/", "o.rec", "label_width=2", cwd=folder.list.parent, code=3)
    outcome = Outcome(folder.list.parent, "c++", 3)
    assert (outcome.keys, outcome.reasons) == ([0], ["malformed line", "malformed line"])


def test_what_cannot_be_packed_at_all_replaces_nothing(odd, jpeg, tool):
    folder = odd(content=jpeg)
    run(folder, tool)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "image.lst"}
    (folder / "image.lst").write_text("0\t1\tgone.jpg\n")
    run(folder, tool, code=1)
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "image.lst"}
    assert after == before


@pytest.mark.parametrize("kind", [*BAD_PICTURES, *GOOD_PICTURES, *LINES])
def test_the_table_has_a_row(kind):
    assert f"| {kind}" in DOCS
