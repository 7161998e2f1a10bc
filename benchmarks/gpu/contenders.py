"""One measurement in a fresh process: `python -m benchmarks.gpu.contenders NAME CORPUS PICTURES [--rehearse]`.

A rehearsal runs the graph on the CPU and the kernels built by g++: the same program, and figures that mean nothing.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import gpu_im2rec.gpu
from benchmarks.corpora import CORPORA, Corpus
from benchmarks.gpu.loading import dalis_reader, our_iterator, records
from benchmarks.gpu.nv_encoder import NvEncoder
from benchmarks.pack import opencv_steps
from benchmarks.pack.task import Task as Packing
from gpu_im2rec import PackOptions, TranscodeSpec, devices, pack
from gpu_im2rec.devices import GpuDecoder, GpuTuning
from gpu_im2rec.gpu import GpuEngine, GpuLoader, GraphDevice, GraphSettings, Limits, TensorGraph
from gpu_im2rec.gpu.admission import Job, admit
from gpu_im2rec.gpu.device import Encoder
from gpu_im2rec.gpu.exact_admission import exact_admission
from gpu_im2rec.gpu.exact_device import coded
from gpu_im2rec.gpu.graph import Graph
from gpu_im2rec.gpu.jpeg_batch import batch_of
from gpu_im2rec.gpu.jpeg_decoder import JpegDecoder
from gpu_im2rec.packing import bench
from gpu_im2rec.transcode import Rescue, Source
from gpu_im2rec.transcode.loading import Loader, TensorSpec

SPEC = TranscodeSpec(resize=256)
BATCH = 256
LOADS = (0.0, 0.5, 0.75, 0.9, 1.0)  # of the hardware decoder
_WARM_UP = 2  # batches
_ENCODES = 40  # batches

Figures = dict[str, object]


class Task:
    """A corpus, repeated to so many pictures, and where its list and the output lie: in memory where there is some."""

    def __init__(self, corpus: Corpus, pictures: int, folder: Path, device_id: int | None) -> None:
        self.corpus, self.pictures, self.device_id = corpus, pictures, device_id
        self.list, self.out = folder / "image.lst", folder / "out.rec"
        names = islice(cycle(sorted(path.name for path in corpus.root.iterdir())), pictures)
        self.list.write_text("".join(f"{index}\t0\t{name}\n" for index, name in enumerate(names)))

    def jobs(self, count: int) -> list[Job]:
        """The first ``count`` pictures as jobs for a graph."""
        jobs = [admit(SPEC, Source(0, data), 1 << 40) for data in self.files(count)]
        return [job for job in jobs if isinstance(job, Job)]

    def files(self, count: int) -> list[bytes]:
        """The first ``count`` pictures' files."""
        return list(islice(cycle([path.read_bytes() for path in sorted(self.corpus.root.iterdir())[:count]]), count))

    def batch(self) -> int:
        """Pictures a batch: 256, or fewer of large ones."""
        return min(BATCH, max(1, (64 << 20) // self.corpus.bytes_each))


def ceiling(task: Task) -> Figures:
    """DALI's decode and resize, and nothing else: files in memory, nothing is encoded or written."""
    return _by_dali(task, SPEC, GraphSettings(task.batch(), devices.default_decode_threads()))


def dali_alone(task: Task, load: float) -> Figures:
    """DALI's decoder with a share of the hardware, if there is any, and nothing else."""
    settings = GraphSettings(task.batch(), devices.default_decode_threads(), load)
    return _by_dali(task, replace(SPEC, resize=0), settings)


def _by_dali(task: Task, spec: TranscodeSpec, settings: GraphSettings) -> Figures:
    size = settings.batch_size
    graph, jobs = Graph(spec, settings, task.device_id), task.jobs(size)
    for _ in range(settings.depth - 1):
        graph.feed(jobs)
    return _timed(lambda: (graph.feed(jobs), graph.collect()), size, -(-task.pictures // size))


def exact_decoder_alone(task: Task) -> Figures:
    """Our decoder at full size, and nothing else; files in memory are brought to the device anew."""
    size = task.batch()
    kernels = gpu_im2rec.gpu.CudaKernels(gpu_im2rec.gpu.EXACT, 0)
    decoder = JpegDecoder(kernels)
    admit = exact_admission(replace(SPEC, resize=0))
    jobs = [job for job in (admit(Source(0, data), 1 << 40) for data in task.files(size)) if isinstance(job, Job)]
    assert len(jobs) == size, "it does not take every picture"
    batch = [coded(job) for job in jobs]
    with kernels.here():
        (flags,) = kernels.sent(decoder.decode(batch_of(batch)).flags)()
    assert not flags.any(), f"the CPU must decode {(flags != 0).sum()} of {size}"
    waiting: deque[Callable[[], object]] = deque()

    def one_more() -> None:
        with kernels.here():
            waiting.append(kernels.sent(decoder.decode(batch_of(batch)).flags))
        if len(waiting) > 1:
            waiting.popleft()()

    return _timed(one_more, size, -(-task.pictures // size))


def whole_pack(task: Task, device: str = "gpu", decoder: GpuDecoder = "dali") -> Figures:
    """Our `pack`, to a file."""
    options = PackOptions(transcode=SPEC, device=device, gpu=GpuTuning(decoder=decoder))
    report = pack(task.list, task.corpus.root, task.out, options)
    assert not report.rescued, report.rescued
    return {"images": report.packed, "seconds": report.seconds}


def pack_with_nv_encoder(task: Task) -> Figures:
    """The same with nvImageCodec's encoder in place of ours."""
    gpu_im2rec.gpu.JpegEncoder = lambda _, quality: NvEncoder(quality, devices.default_decode_threads(), task.device_id)  # type: ignore[assignment, misc]
    return whole_pack(task)


def encoder_alone(task: Task) -> Figures:
    """Our encoder on one batch of pixels, again and again; the files come to the host."""
    kernels = gpu_im2rec.gpu.CudaKernels(gpu_im2rec.gpu.ENCODE, 0)
    return _encode(task, gpu_im2rec.gpu.JpegEncoder(kernels, SPEC.quality))


def nv_encoder_alone(task: Task) -> Figures:
    """nvImageCodec's encoder on the same."""
    return _encode(task, NvEncoder(SPEC.quality, devices.default_decode_threads(), task.device_id))


def stages(task: Task) -> Figures:
    """Every stage alone, as `gpu-im2rec bench` measures them."""
    report = bench(task.list, task.corpus.root, task.out.parent, PackOptions(transcode=SPEC, device="gpu"))
    return {"images": report.together, "seconds": 1.0} | report.to_dict()


def opencv(task: Task) -> Figures:
    """im2rec.py's steps with OpenCV, one process a core."""
    started = time.perf_counter()
    opencv_steps.pack(Packing(task.list, task.corpus.root, task.out.parent, devices.default_workers()))
    return {"images": task.pictures, "seconds": time.perf_counter() - started}


def iterator(task: Task, device: str = "gpu") -> Figures:
    """Batches of 224x224 by our `ImageRecordIter`, on the device."""
    return our_iterator(records(task.list, task.corpus.root, task.out), task.batch(), device)


def reader(task: Task) -> Figures:
    """The same by DALI's own reader of records."""
    return dalis_reader(records(task.list, task.corpus.root, task.out), task.batch(), task.device_id)


CONTENDERS: dict[str, Callable[[Task], Figures]] = {
    "decode and resize only (the ceiling)": ceiling,
    **{f"DALI's decoder alone, load {load}": partial(dali_alone, load=load) for load in LOADS},
    "our decoder alone": exact_decoder_alone,
    "our pack": whole_pack,
    "our pack, exact": lambda task: whole_pack(task, decoder="exact"),
    "our pack with nvimgcodec.Encoder": pack_with_nv_encoder,
    "our CPU engine, all cores": lambda task: whole_pack(task, "cpu"),
    "OpenCV, a process a core": opencv,
    "our encoder alone": encoder_alone,
    "nvimgcodec.Encoder alone": nv_encoder_alone,
    "our ImageRecordIter": iterator,
    "DALI's own reader": reader,
    "our ImageRecordIter, CPU": lambda task: iterator(task, "cpu"),
    "stages": stages,
}
ON_THE_CPU = ("our CPU engine, all cores", "OpenCV, a process a core", "our ImageRecordIter, CPU")


def _encode(task: Task, encoder: Encoder) -> Figures:
    size = task.batch()
    graph, jobs = Graph(SPEC, GraphSettings(size, devices.default_decode_threads()), task.device_id), task.jobs(size)
    graph.feed(jobs)
    pixels = graph.collect()
    return _timed(lambda: encoder.encode(pixels), size, min(_ENCODES, -(-task.pictures // size)))


def _timed(work: Callable[[], object], pictures: int, times: int) -> Figures:
    for _ in range(_WARM_UP):
        work()
    started = time.perf_counter()
    for _ in range(times):
        work()
    return {"images": pictures * times, "seconds": time.perf_counter() - started}


def _rehearse() -> None:
    """Let the CPU and g++ stand in for the GPU."""
    from tests.gpu.host_arrays import HostArrays
    from tests.gpu.host_kernels import HostKernels

    folder = Path(tempfile.mkdtemp(prefix="kernels-"))

    def on_the_host(names: Sequence[str], _device: int) -> HostKernels:
        return HostKernels(names, folder)

    def open_engine(
        spec: TranscodeSpec, number: int, rescue: Rescue, batch_size: int, threads: int, load: float, seam: int
    ) -> GpuEngine:
        encoder = gpu_im2rec.gpu.JpegEncoder(on_the_host(gpu_im2rec.gpu.ENCODE, 0), spec.quality)  # type: ignore[arg-type]
        device = GraphDevice(spec, GraphSettings(batch_size, threads, load), encoder, None)
        return GpuEngine(spec, device, rescue, Limits(batch_size, 1 << 34, seam=seam))

    def open_exact_engine(spec: TranscodeSpec, number: int, rescue: Rescue, batch_size: int) -> GpuEngine:
        device = gpu_im2rec.gpu.ExactDevice(spec, on_the_host(gpu_im2rec.gpu.EXACT, 0))
        return gpu_im2rec.gpu.exact_engine(spec, device, rescue, Limits(batch_size, 1 << 34), "gpu:0 exact")

    def open_loader(
        spec: TensorSpec, number: int, rescue: Loader, batch_size: int, threads: int, load: float
    ) -> GpuLoader:
        arrays = HostArrays()
        graph = TensorGraph(spec, GraphSettings(batch_size, threads, load), arrays, None)
        return GpuLoader(spec, graph, arrays, rescue, batch_size, 1 << 34)

    gpu_im2rec.gpu.CudaKernels = on_the_host  # type: ignore[assignment, misc]
    gpu_im2rec.gpu.open_engine = open_engine
    gpu_im2rec.gpu.open_exact_engine = open_exact_engine
    gpu_im2rec.gpu.open_loader = open_loader
    devices.why_no_gpu = lambda number=0: ""


def main() -> None:
    """Measure one contender and print its figures."""
    name, corpus, pictures, rehearse = sys.argv[1], CORPORA[sys.argv[2]], int(sys.argv[3]), "--rehearse" in sys.argv
    if rehearse:
        _rehearse()
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        figures = CONTENDERS[name](Task(corpus, pictures, Path(folder), None if rehearse else 0))
    print(json.dumps(figures | {"cpu_seconds": time.process_time()}))


if __name__ == "__main__":
    main()
