"""All targets by name, with what an input of each may hold."""

from collections.abc import Callable
from typing import NamedTuple

from tests.fuzz import damaged, faces, framing, header, index, lists, loading, manifest, pictures, records, seeds
from tests.recordio.reference import MAGIC

_PARTS = tuple(MAGIC + bytes([length, 0, 0, cflag << 5]) for cflag in range(4) for length in (0, 2, 4))
_WORDS = tuple(b"\t,\n,\r\n, ,nan,inf,3.4028236e38,18446744073709551615,\xef\xbb\xbf,0.5,2\t5".split(b","))
_JSON = (
    b"null",
    b"true",
    b"-1",
    b"1.5",
    b"NaN",
    b'"\\ud800"',
    b'"../a"',
    b'"\\u0000"',
    b"[]",
    b"{}",
    b"9" * 20,
    b"1e999",
)
_MARKERS = (b"\xff\xe1", b"Exif\0\0", b"II*\0", b"MM\0*", b"\xff\xee", b"Adobe", b"\xff\xc0", b"\xff\xc2", b"\xff\xda")
_CHUNKS = (b"IHDR", b"IDAT", b"IEND", b"PLTE", b"gAMA", b"sRGB", b"eXIf", b"\x89PNG\r\n\x1a\n")


class Target(NamedTuple):
    """A function that raises only on a defect."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    longest: int  # bytes of an input
    words: tuple[bytes, ...] = ()  # what such files are made of


TARGETS = {
    "framing": Target(framing.framing, seeds.record_files, 1024, _PARTS),
    "framing_again": Target(framing.framing_again, seeds.crumbs, 64),
    "records": Target(records.records, seeds.record_files, 1024, _PARTS),
    "reader": Target(records.reader, seeds.readers, 1024, _PARTS),
    "index": Target(index.index, seeds.indexes, 1024, _WORDS),
    "manifest": Target(manifest.manifest, seeds.manifests, 2048, _JSON),
    "header": Target(header.header, seeds.headers, 128),
    "line": Target(lists.line, seeds.lists, 256, _WORDS),
    "python_list": Target(lists.python_list, seeds.lists, 512, _WORDS),
    "cpp_list": Target(lists.cpp_list, seeds.lists, 512, _WORDS),
    "detection": Target(lists.detection, seeds.detections, 512, _WORDS),
    "jpeg": Target(pictures.jpeg, seeds.jpegs, 1024, _MARKERS),
    "png": Target(pictures.png, seeds.pngs, 1024, _CHUNKS),
    "picture": Target(pictures.any_picture, seeds.other_pictures, 1024),
    "salvaged": Target(damaged.salvaged, seeds.record_files, 1024, _PARTS),
    "verified": Target(damaged.verified, seeds.readers, 1024, _PARTS),
    "checksums": Target(damaged.checksums, seeds.checksums, 256, _WORDS),
    "dataset": Target(loading.dataset, seeds.readers, 1024, _PARTS),
    "parts": Target(loading.parts, seeds.record_files, 1024, _PARTS),
    "image_record": Target(loading.image_record, seeds.record_files, 1024, _PARTS),
    "faces": Target(faces.faces, seeds.face_files, 1024, _PARTS),
}
