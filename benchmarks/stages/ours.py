"""Each stage as a run has it, on what is in memory or in the page cache. The work says how many it did."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.stages.inputs import SPEC, Inputs
from cpu_fallback import jpeg
from cpu_fallback.antialias import Filter
from cpu_fallback.decoder import Decoded, Decoder
from cpu_fallback.picture import Picture
from gpu_im2rec import PackOptions
from gpu_im2rec.lists import Entry, read_list
from gpu_im2rec.packing.read_ahead import ReadMeter, read_ahead
from gpu_im2rec.recordio import RecordWriter, frame, pack_header
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.recordio.writer import RecordAppender
from gpu_im2rec.transcode.geometry import divided, plan

Work = Callable[[], int]


def listing(inputs: Inputs) -> Work:
    """The lines of a list to entries."""
    path = inputs.list()
    return lambda: sum(1 for _ in read_list(path))


def reading(inputs: Inputs) -> Work:
    """Files to memory, by the threads that read ahead."""
    options, root = PackOptions(), str(inputs.folder)
    entries = [Entry(number, (0.0,), name, number + 1) for number, name in enumerate(inputs.names())]
    read, meter = options.open_root(root).read, ReadMeter(options.readers(root))

    def work() -> int:
        batches = read_ahead(entries, read, limit_bytes=options.bytes_ahead(root), meter=meter)
        return sum(len(batch.sources) for batch in batches)

    return work


def decoding(inputs: Inputs) -> Work:
    """Files to pixels, at the size that is needed."""
    files, decode = inputs.files(), _decoding()
    return lambda: len([None for data in files if decode(data)])


def resizing(inputs: Inputs) -> Work:
    """Pixels to fewer pixels, by the antialiased filter."""
    decoded, turns, resizer = decoded_pictures(inputs), inputs.turns(), Filter()
    return lambda: len([None for number in turns if _resized(resizer, decoded[number])])


def encoding(inputs: Inputs) -> Work:
    """Pixels to JPEGs."""
    small, turns = _resized_pictures(inputs), inputs.turns()
    return lambda: len([None for number in turns if jpeg.encode(small[number], SPEC.quality)])


def framing(inputs: Inputs) -> Work:
    """A header and a head for each picture, and the search for the magic in it."""
    records, turns = records_of(inputs), inputs.turns(many=True)
    return lambda: len([None for key, number in enumerate(turns) if frame(_header(key), records[number])])


def handing_over(inputs: Inputs) -> Work:
    """Framed records and their index to the system."""
    fill = _filling(inputs)
    rec, idx = (PartFile(inputs.scratch / f"handed-over.{name}", overwrite=False) for name in ("rec", "idx"))

    def work() -> int:
        records = fill(RecordAppender(rec, idx))
        for file in (rec, idx):
            file.flush()
            file.keep()
        return records

    return work


def writing(inputs: Inputs) -> Work:
    """The same, until they are on the disk and bear their names."""
    fill = _filling(inputs)

    def work() -> int:
        with RecordWriter(inputs.scratch / "written.rec") as writer:
            return fill(writer)

    return work


def decoded_pictures(inputs: Inputs) -> list[Decoded]:
    """Some pictures, decoded as for a run."""
    decode = _decoding()
    made = map(decode, inputs.distinct())
    return [one._replace(picture=Picture(one.picture.pixels.copy(), one.picture.mode)) for one in made]


def records_of(inputs: Inputs) -> list[bytes]:
    """The same pictures as they are written."""
    return [jpeg.encode(picture, SPEC.quality) for picture in _resized_pictures(inputs)]


def _decoding() -> Callable[[bytes], Decoded]:
    decoder = Decoder(color=SPEC.color, max_pixels=SPEC.max_pixels, scaled=True, padded=True)
    return lambda data: decoder.decode(data, lambda size: plan(size, SPEC))


def _resized(resizer: Filter, decoded: Decoded) -> Picture:
    picture, todo, divisor = decoded
    return resizer.resize(picture, divided(todo.crop, divisor), todo.size)


def _resized_pictures(inputs: Inputs) -> list[Picture]:
    made = [_resized(Filter(), one) for one in decoded_pictures(inputs)]
    return [Picture(np.array(one.pixels), one.mode) for one in made]


def _filling(inputs: Inputs) -> Callable[[RecordAppender], int]:
    records, turns = records_of(inputs), inputs.turns(many=True)

    def fill(writer: RecordAppender) -> int:
        for key, number in enumerate(turns):
            writer.append(key, _header(key), records[number])
        return writer.records

    return fill


def _header(key: int) -> bytes:
    return pack_header(key, [0.0], packed=False)
