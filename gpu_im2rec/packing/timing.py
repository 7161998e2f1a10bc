"""How fast each stage is alone and all of them together, on the user's own pictures, and with which settings."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from gpu_im2rec import devices
from gpu_im2rec.errors import ListError
from gpu_im2rec.lists import Entry, read_list
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.packing.list_here import list_here
from gpu_im2rec.packing.metering import ThreadsMeter
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.read_ahead import ReadMeter, read_ahead
from gpu_im2rec.packing.records import Records
from gpu_im2rec.packing.sample import sample
from gpu_im2rec.packing.transcoding import transcoded
from gpu_im2rec.recordio import RecordWriter, pack_header
from gpu_im2rec.storage import name_of
from gpu_im2rec.transcode import Encoded, Engine, Source
from gpu_im2rec.transcode.rate import rate

_PICTURES = 512
_FILES_BYTES = 256 << 20  # of the sample, held in memory
_SECONDS = 2.0  # of measuring, at least, after a warm-up
_BATCH = 16  # pictures handed to an engine at a time


@dataclass(frozen=True, slots=True)
class BenchReport:
    """Rates in pictures a second."""

    pictures: int  # of the sample
    skipped: int  # files of the sample that cannot be packed
    engine: str
    note: str
    stages: dict[str, float]  # read, the engine's own stages, transcode, write: each alone
    together: float
    settings: dict[str, float]  # of the engine alone, by setting
    bottleneck: str

    @property
    def best(self) -> str:
        """The setting with the highest rate."""
        return max(self.settings, key=lambda name: self.settings[name], default="")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self) | {"best": self.best}


def bench(
    list_path: PathLike, root: PathLike, folder: PathLike = ".", options: PackOptions | None = None,
    *, tell: Callable[[str], None] = lambda _: None,
) -> BenchReport:  # fmt: skip
    """Time a sample of up to 512 pictures of a list; what is written goes to a temporary file in ``folder``.

    ``tell`` is called with what is being measured. Raises ListError where not one picture of the sample can be packed.
    """
    options = options or PackOptions()
    tell("reading a sample")
    with list_here(list_path) as here:
        return _timed(here, name_of(root), Path(folder), options, tell)


def _timed(
    list_path: PathLike, root: str, folder: Path, options: PackOptions, tell: Callable[[str], None]
) -> BenchReport:
    bed = Bed(root, folder, options, sample(read_list(list_path), _PICTURES))
    choice = devices.choose(options.transcode, options.device, bed.workers, options.gpu)
    tell(f"each stage alone on {choice.engine.name}")
    encoded = bed.keep_the_good(choice.engine, list_path)
    stages = {"read": bed.read()} | choice.engine.stages(bed.sources)
    stages |= {"transcode": bed.transcode(choice.engine), "write": bed.write(encoded)}
    tell("all together")
    together = bed.together(choice.engine)
    settings = {}
    for name, other in _alternatives(choice.engine.name, bed.workers, options):
        tell(name)
        settings[name] = bed.transcode(
            devices.choose(options.transcode, other.device, other.workers or bed.workers, other.gpu).engine
        )
    return BenchReport(
        pictures=len(bed.sources),
        skipped=bed.skipped,
        engine=choice.engine.name,
        note=choice.note,
        stages=stages,
        together=together,
        settings=settings,
        bottleneck=_bottleneck(stages),
    )


class Bed:
    """A sample, in memory and on disk, and the measurements on it. Rates in pictures a second."""

    def __init__(self, root: str, folder: Path, options: PackOptions, entries: list[Entry]) -> None:
        self.workers = options.workers or devices.default_workers()
        self.skipped = 0
        self._options, self._root, self._folder = options, root, folder
        self._readers, self._ahead = options.readers(root), options.bytes_ahead(root)
        self._read = options.open_root(root).read
        self._entries: list[Entry] = []
        self.sources: list[Source] = []
        held, files, started = 0, 0, time.perf_counter()
        meter = ReadMeter(self._readers)
        for batch in read_ahead(entries, self._read, limit_bytes=self._ahead, meter=meter):
            files += len(batch.sources)
            for line, source in zip(batch.lines, batch.sources, strict=True):
                if isinstance(line, Entry) and held < _FILES_BYTES:
                    held += len(source.data)
                    self._entries.append(line)
                    self.sources.append(source)
        self.first_read = files / (time.perf_counter() - started)  # as cold as the files were

    def keep_the_good(self, engine: Engine, list_path: PathLike) -> list[Encoded]:
        """What the good pictures become; the others are dropped from the sample."""
        results = [result for batch in engine.transcode(self._batches()) for result in batch]
        good = [isinstance(result, Encoded) for result in results]
        self.skipped = good.count(False)
        self.sources = [source for source, is_good in zip(self.sources, good, strict=True) if is_good]
        self._entries = [entry for entry, is_good in zip(self._entries, good, strict=True) if is_good]
        if not self.sources:
            raise ListError(
                f"{list_path}: not one picture of the sample can be packed; try `gpu-im2rec pack` to see why"
            )
        return [result for result in results if isinstance(result, Encoded)]

    def read(self) -> float:
        """Reading the files once more, which are in the system's memory by now unless it is small."""

        def work() -> int:
            meter = ReadMeter(self._readers)
            batches = read_ahead(self._entries, self._read, limit_bytes=self._ahead, meter=meter)
            return sum(len(batch.sources) for batch in batches)

        return rate(work, _SECONDS)

    def transcode(self, engine: Engine) -> float:
        """The engine alone, on files in memory."""
        return rate(lambda: sum(map(len, engine.transcode(self._batches(8)))), _SECONDS)

    def write(self, encoded: list[Encoded]) -> float:
        """Framing and writing, and bringing it to the disk."""

        def work() -> int:
            with _Scratch(self._folder) as writer:
                for key, picture in enumerate(islice(cycle(encoded), 8 * len(encoded))):
                    writer.append(key, pack_header(key, [0.0], packed=False), picture.data)
            return writer.records

        return rate(work, _SECONDS)

    def together(self, engine: Engine, times: int = 8) -> float:
        """Reading, transcoding and writing, as `pack` does, of the sample so many ``times`` in a row."""

        def work() -> int:
            lines = islice(cycle(self._entries), times * len(self._entries))
            meter = ThreadsMeter(ReadMeter.of(self._options, self._root), engine.meter)
            with _Scratch(self._folder) as writer:
                records = Records(writer, self._options)
                for done in transcoded(lines, self._read, engine, meter, limit_bytes=self._ahead):
                    if isinstance(done.line, Entry) and isinstance(done.result, Encoded):
                        records.append(done.line, done.result.data)
            return writer.records

        return rate(work, _SECONDS)

    def _batches(self, times: int = 1) -> Iterator[list[Source]]:
        for _ in range(times):
            for start in range(0, len(self.sources), _BATCH):
                yield self.sources[start : start + _BATCH]


class _Scratch(RecordWriter):
    """A record file in a folder that vanishes with it."""

    def __init__(self, folder: Path) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="gpu-im2rec-bench-", dir=folder)
        super().__init__(Path(self._temporary.name) / "bench.rec")

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._temporary.cleanup()


def _alternatives(engine: str, workers: int, options: PackOptions) -> Iterator[tuple[str, PackOptions]]:
    """Settings worth trying, by what they are called on the command line."""
    if engine == "cpu":
        for number in sorted({1, max(1, workers // 2), workers, workers + 1}):
            yield f"--workers {number}", replace(options, device="cpu", workers=number)
    elif engine.startswith("gpu"):
        for size in (64, 128, 256, 512):
            yield f"--batch-size {size}", replace(options, gpu=replace(options.gpu, batch_size=size))
        for load in (0.5, 0.65, 0.8, 0.9, 1.0):
            yield f"--hw-decoder-load {load}", replace(options, gpu=replace(options.gpu, hw_decoder_load=load))
        yield "--gpu-decoder exact", replace(options, gpu=replace(options.gpu, decoder="exact"))


def _bottleneck(stages: dict[str, float]) -> str:
    """The slowest of reading, transcoding and writing; within transcoding, its slowest stage."""
    slowest = min(("read", "transcode", "write"), key=lambda name: stages[name])
    inner = {name: rate for name, rate in stages.items() if name not in ("read", "transcode", "write")}
    if slowest != "transcode" or not inner:
        return slowest
    return f"transcode, most of all {min(inner, key=lambda name: inner[name])}"
