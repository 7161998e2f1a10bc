"""Lines that are odd, and things at their paths that are no files."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests.corpus.case import Case, encoded

MAGIC = 0xCED7230A
MAGIC_LABEL = struct.unpack("<f", struct.pack("<I", MAGIC))[0]


def things(photo: Image.Image) -> Iterator[Case]:
    """What lies at a path, or does not. ``good.jpg`` is in the root, ``outside.jpg`` and the list beside it."""
    jpeg = encoded(photo, "jpeg")
    yield Case("missing file", None)
    yield Case("path through a file", None, line=b"{index}\t1\tgood.jpg/{name}")
    yield Case("directory", Path.mkdir)
    yield Case("pipe", os.mkfifo)
    yield Case("link to a file", lambda path: path.symlink_to("good.jpg"))
    yield Case("link to nothing", lambda path: path.symlink_to("nothing.jpg"))
    yield Case("link to itself", lambda path: path.symlink_to(path.name))
    yield Case("link that leaves the root", lambda path: path.symlink_to("../outside.jpg"))
    yield Case("name of 300 characters", None, line=b"{index}\t1\t" + b"x" * 300)
    if os.geteuid():
        yield Case("file that may not be read", lambda path: (path.write_bytes(jpeg), path.chmod(0)))


def lines(photo: Image.Image, root: Path) -> Iterator[Case]:
    """What a line says, of a picture that is good; the first of them begins the list."""
    jpeg = encoded(photo, "jpeg")

    def case(kind: str, line: bytes, index: int | None = None) -> Case:
        return Case(kind, jpeg, line=line, index=index)

    yield case("byte order mark ahead of the list", b"\xef\xbb\xbf{index}\t1\t{name}")
    yield case("line that ends in CR LF", b"{index}\t1\t{name}\r")
    yield case("blank line", b"")
    yield case("blank line", b" \t ")
    yield case("index of 2^64 - 1", b"%d\t1\t{name}" % (2**64 - 1), 2**64 - 1)
    for index in (2**64, 10**30, -1, -(2**64)):
        yield case("index of 2^64 and more, or below 0", b"%d\t1\t{name}" % index)
    yield case("index that is the mark of a record, 0xCED7230A", b"%d\t1\t{name}" % MAGIC, MAGIC)
    yield case("label that is the mark of a record", b"{index}\t%.1f\t{name}" % MAGIC_LABEL)
    for label in (b"nan", b"inf", b"-inf"):
        yield case("label of nan or inf", b"{index}\t%s\t{name}" % label)
    yield case("label that is no number", b"{index}\tcat\t{name}")
    yield case("line without a label", b"{index}\t{name}")
    yield case("NUL in a path", b"{index}\t1\t\0{name}")
    yield Case("path that is not UTF-8", jpeg, suffix="\udce9.jpg")
    yield case("absolute path into the root", b"{index}\t1\t" + os.fsencode(root) + b"/{name}")
    yield case("absolute path elsewhere", b"{index}\t1\t" + os.fsencode(root.parent) + b"/outside.jpg")
    yield case("path with .. that stays in the root", b"{index}\t1\tsub/../{name}")
    yield case("path with .. that leaves the root", b"{index}\t1\t../outside.jpg")
