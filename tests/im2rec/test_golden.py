"""Records as the format's description says them: headers by `struct`, pixels by OpenCV in the tools' own order.

Here nothing of ours makes what ours is held against; `test_real_tools.py` holds it against the tools themselves.
"""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

from tests.im2rec.conftest import im2rec
from tests.im2rec.pairs import all_pairs
from tests.im2rec.test_real_tools import PACKING, WORDS, as_options
from tests.recordio.reference import frame_slowly


def header(index, flag, label, *labels):
    return struct.pack("<IfQQ", flag, label, index, 0) + struct.pack(f"<{len(labels)}f", *labels)


def rows(list_path):
    for line in list_path.read_text().splitlines():
        index, *labels, path = line.split("\t")
        yield int(index), [float(label) for label in labels], path


def encoded(content, *, color, resize, crop, flag, encoding, quality):
    """imdecode → crop → resize → imencode."""
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), color)
    height, width = pixels.shape[:2]
    if crop:
        edge = min(width, height)
        top, left = (height - edge) // 2, (width - edge) // 2
        pixels = pixels[top : top + edge, left : left + edge]
        height = width = edge
    if resize > 0 and min(width, height) != resize:
        size = (resize, height * resize // width) if height > width else (width * resize // height, resize)
        pixels = cv2.resize(pixels, size, interpolation=flag)
    parameter = cv2.IMWRITE_JPEG_QUALITY if encoding == ".jpg" else cv2.IMWRITE_PNG_COMPRESSION
    return cv2.imencode(encoding, pixels, [parameter, quality])[1].tobytes()


def expected_files(payloads):
    """.rec and .idx of (key, payload) in order."""
    rec, idx = b"", b""
    for key, payload in payloads:
        idx += b"%d\t%d\n" % (key, len(rec))
        rec += frame_slowly(payload)
    return rec, idx


@pytest.mark.parametrize("chosen", all_pairs(PACKING), ids=lambda chosen: " ".join(as_options(chosen)) or "-")
def test_the_options_of_im2rec_py(corpus, tmp_path, chosen):
    encoding, quality = chosen["--encoding"] or ".jpg", chosen["--quality"] or 95
    payloads = []
    list_path = getattr(corpus, chosen["list"])
    for index, labels, path in rows(list_path):
        content = (corpus.root / path).read_bytes()
        if not chosen["--pass-through"]:
            content = encoded(
                content,
                color=1 if chosen["--color"] is None else chosen["--color"],
                resize=chosen["--resize"] or 0,
                crop=chosen["--center-crop"],
                flag=cv2.INTER_LINEAR,
                encoding=encoding,
                quality=min(quality, 100 if encoding == ".jpg" else 9),
            )
        packed = chosen["--pack-label"] and len(labels) > 1
        head = header(index, len(labels), 0.0, *labels) if packed else header(index, 0, labels[0])
        payloads.append((index, head + content))
    (tmp_path / "p.lst").write_bytes(list_path.read_bytes())
    im2rec("p", corpus.root, *as_options(chosen), cwd=tmp_path)
    assert ((tmp_path / "p.rec").read_bytes(), (tmp_path / "p.idx").read_bytes()) == expected_files(payloads)


WORDS_OF_ONE_FILE = {name: values for name, values in WORDS.items() if name != "nsplit"}


@pytest.mark.parametrize("chosen", all_pairs(WORDS_OF_ONE_FILE), ids=lambda chosen: str(chosen))
def test_the_words_of_the_c_plus_plus_tool(corpus, tmp_path, chosen):
    width, pack_label = chosen["labels"]
    list_path = corpus.one if width == 1 else corpus.three
    encoding = chosen["encoding"] or ".jpg"
    quality = 95 if chosen["quality"] is None else chosen["quality"]
    resize = chosen["resize"] or 0
    payloads = []
    for index, labels, path in rows(list_path):
        content = (corpus.root / path).read_bytes()
        if chosen["unchanged"] != 1:
            content = encoded(
                content,
                color=1 if chosen["color"] is None else chosen["color"],
                resize=resize,
                crop=chosen["center_crop"] and resize > 0,
                flag=1 if chosen["inter_method"] is None else chosen["inter_method"],
                encoding=encoding,
                quality=quality if encoding == ".jpg" or quality <= 9 else 3,
            )
        head = header(index, 3, labels[0], *labels) if pack_label else header(index, 0, labels[0])
        payloads.append((index, head + content))
    words = [f"{key}={value}" for key, value in chosen.items() if key != "labels" and value is not None]
    words += [f"label_width={width}"] * (width > 1) + ["pack_label=1"] * pack_label
    im2rec(list_path, f"{corpus.root}/", "o.rec", *words, cwd=tmp_path)
    assert ((tmp_path / "o.rec").read_bytes(), (tmp_path / "o.idx").read_bytes()) == expected_files(payloads)


def test_bytes_of_one_record_as_the_format_has_them(tmp_path):
    """By hand: magic, length, flag, label, id, id2, then labels and content, padded to 4."""
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\nIEND\xaeB`\x82")
    (tmp_path / "x.lst").write_text("5 2.5 -1 x.png\n")
    im2rec("x.lst", f"{tmp_path}/", "cc.rec", "label_width=2", "pack_label=1", "unchanged=1", cwd=tmp_path)
    (tmp_path / "py.lst").write_text("5\t2.5\t-1\tx.png\n")
    im2rec("py", tmp_path, "--pack-label", "--pass-through", cwd=tmp_path)
    record = (
        "0a23d7ce 30000000"  # the magic; cflag 0, 48 bytes: 24 header, 8 labels, 16 content
        "02000000 {label} 0500000000000000 0000000000000000"
        "00002040 000080bf"  # 2.5, -1.0
        "89504e470d0a1a0a 49454e44 ae426082"
    )
    assert (tmp_path / "cc.rec").read_bytes() == bytes.fromhex(record.format(label="00002040"))
    assert (tmp_path / "py.rec").read_bytes() == bytes.fromhex(record.format(label="00000000"))
    assert (tmp_path / "cc.idx").read_bytes() == (tmp_path / "py.idx").read_bytes() == b"5\t0\n"
