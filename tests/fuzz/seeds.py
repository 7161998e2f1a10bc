"""Small real files for each target to start from, made here."""

import io
import json
import struct
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from gpu_im2rec.recordio import FaceWriter, RecordWriter, frame, pack_header
from gpu_im2rec.recordio.manifest import Manifest, Shard, ShardFile
from tests.recordio.reference import MAGIC

_EXIF_TURN = 0x0112


def record_files() -> list[bytes]:
    """Records whole and cut, with an image header and without."""
    payloads = [b"", b"abcde", MAGIC, b"abcd" + MAGIC + b"efgh" + MAGIC, MAGIC * 3 + b"x", b"y" * 600 + MAGIC]
    images = [pack_header(7, [1.5], packed=False), pack_header(1 << 40, [1, 2, 3], packed=True), *_cut_headers()]
    records = [b"".join(frame(payload)) for payload in [*payloads, *(header + b"jpeg" for header in images)]]
    return [*records, b"".join(records), b"".join(records)[:-1]]


def crumbs() -> list[bytes]:
    """For ``framing_again``."""
    return [bytes([0x00, 0x90, 0xFF, 0x41, 0x62, 0xF0, 0x01]), bytes(range(0, 256, 5))]


def indexes() -> list[bytes]:
    """Well formed ones, tolerated ones, wrong ones."""
    return [
        b"0\t0\n1\t8\n2\t24\n",
        b"3 0\r\n \r\n\n1 \t 40",
        b"%d\t%d\n" % (2**64 - 1, 2**64 - 1),
        b"7\t" + b" " * 250 + b"8\n9\t9\n",
        b"7\t" + b" " * 300 + b"8\n",
        b"7\t" + b" " * 16 + b"8\n9\t9" + b" " * 260 + b"\n",  # a block of 20 bytes ends where the long line starts
        b"x\t1\n",
    ]


def manifests() -> list[bytes]:
    """Of two shards, of none, and what comes near."""
    files = [ShardFile(name, 8, "0123456789abcdef" * 2) for name in ("a.rec", "a.idx", "a.crc", "b.rec", "b.idx")]
    shards = (Shard(0, 1, 0, 1, 2, *files[:3]), Shard(2, 3, 1, None, None, *files[3:]))
    whole = Manifest(3, shards, "a.dali.idx", 2, {"resize": 256, "part": None}, {"python": "3"}).to_json()
    return [whole, Manifest(1, (), "a.dali.idx").to_json(), json.dumps(json.loads(whole)).encode(), b"[{}]"]


def checksums() -> list[bytes]:
    """A good file of them, one with other line ends, wrong ones."""
    line = b"%d\t2d06800538d394c2\n"
    return [line % 0 + line % 8, (line % 7).replace(b"\n", b"\r\n") + line % 10**19, line % 8 + line % 8, b"0\tx\n"]


def readers() -> list[bytes]:
    """For ``reader``: an index, FF, a record file."""
    return [indexes()[0] + b"\xff" + record_files()[-2], b"7\t4\n8\t2\n%d\t%d\n\xff" % (2**63, 2**64 - 1)]


def headers() -> list[bytes]:
    """Image headers."""
    return [pack_header(7, [1.5], packed=False) + b"jpeg", pack_header(7, [1, 2], packed=True), b"\xff" * 40]


def lists() -> list[bytes]:
    """Lists in both dialects; the first byte is the label width."""
    return [
        b"\0" + b"0\t1.000000\ta/0.jpg\n1\t-2\t3e2\tb.jpg\n",
        b"\0" + b"\xef\xbb\xbf0\t1\tcaf\xe9 \xc3\xa9.jpg\r\n\r\n \t\n5\tnan\tx\n",
        b"\1" + b"  7 1 2 my photo.jpg \n7  1  a.jpg\r8 1 b.jpg",
        b"\2" + b"18446744073709551615\t1\t2\ta.jpg\n+3 3.4028236e38 2 a\n-1 0 0 a\0b\n",
        b"\0" + b"0\t2\t5\t3\t0.1\t0.2\t0.9\t0.8\ta.jpg\n1\t2\t5\t3\t0.1\t0.2\t0.9\t0.8\t3\t0\t0\t1\t1\tb.jpg\n",
        b"\0" + b"\xff\xfe0\0\n\0",
    ]


def detections() -> list[bytes]:
    """Lists with boxes, good and bad."""
    return [each[1:] for each in lists()] + [b"0\t3\t6\t0\t1\t0\t0\t.5\t.5\t9\ta\n1\t2\t5\t1\t.5\t0\t.5\t1\tb\n"]


def jpegs() -> list[bytes]:
    """Baseline, progressive, grey, CMYK, RGB and turned ones."""
    exif = Image.Exif()
    exif[_EXIF_TURN] = 6
    return [
        _picture("jpeg", exif=exif),
        _picture("jpeg", progressive=True),
        _picture("jpeg", mode="L"),
        _picture("jpeg", mode="CMYK"),
        _picture("jpeg", keep_rgb=True),
    ]


def pngs() -> list[bytes]:
    """With comments, gamma and a turn."""
    exif = Image.Exif()
    exif[_EXIF_TURN] = 3
    plain, turned = _picture("png"), _picture("png", exif=exif, mode="P")
    notes = b"".join(struct.pack(">I4s", len(text), name) + text + bytes(4) for name, text in _NOTES)
    return [plain, turned, plain[:33] + notes + plain[33:]]


def other_pictures() -> list[bytes]:
    """Of formats whose ends are told by their structure."""
    kinds = ("gif", "bmp", "tiff", "webp")
    return [_picture(kind) for kind in kinds] + [_picture("gif", mode="P"), _picture("tiff", compression="tiff_lzw")]


_NOTES = [(b"gAMA", struct.pack(">I", 45455)), (b"sRGB", b"\0"), (b"tEXt", b"a\0b")]


def face_files() -> list[bytes]:
    """insightface's layout, and a plain file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faces.rec"
        with RecordWriter(path) as writer:
            faces = FaceWriter(writer)
            for label in (0.0, 0.0, 1.0):
                faces.append(label, b"jpeg")
            faces.finish()
        whole = path.read_bytes()
    return [whole, whole[28:], record_files()[6]]


def _cut_headers() -> list[bytes]:
    """An index and a label that are the magic, so that the header itself is cut."""
    magic = int.from_bytes(MAGIC, "little")
    return [pack_header(magic, [1.0], packed=False), pack_header(7, np.frombuffer(MAGIC * 2, "<f4"), packed=True)]


def _picture(kind: str, mode: str = "RGB", **options: object) -> bytes:
    pixels = np.arange(6 * 5 * 3, dtype=np.uint8).reshape(6, 5, 3)
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, kind, **options)
    return out.getvalue()
