"""One measurement in a fresh process: `python -m benchmarks.cluster.one CONTENDER PICTURES SHARDS` prints its JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded, as the command line does
os.environ |= {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
os.environ.pop("RAY_ADDRESS", None)

import cpu_fallback.transcoder  # noqa: F401 (loaded before the clock starts)
from benchmarks.cluster.contenders import ALONE, CONTENDERS, START, TOGETHER, Contender
from benchmarks.corpora import CORPORA, ensure
from gpu_im2rec import PackOptions, TranscodeSpec
from gpu_im2rec.cluster import OnRay
from gpu_im2rec.packing import Progress
from gpu_im2rec.sharding import Cut, pack_shards
from gpu_im2rec.sharding.here import pack_here
from gpu_im2rec.sharding.task import Runner

_STORE = 100 << 20  # bytes of shared memory
_SECONDS_TO_SETTLE = 8.0  # while the machines' own programs start


def measure(name: str, pictures: int, shards: int) -> dict[str, float]:
    """Seconds: ``connect`` to Ray, ``first`` word of a task from then on, ``seconds`` of the whole run from then on."""
    if name == START:
        return _packed(OnRay("ray", lambda _: None), "small", 2, 2, workers=1)
    if name == TOGETHER:
        return _together(pictures, shards // 2)
    contender = (CONTENDERS | ALONE)[name]
    pictures *= contender.times
    if not contender.machines:
        os.sched_setaffinity(0, contender.cores)
        return {"connect": 0.0} | _packed(pack_here, contender.corpus, pictures, shards, contender.workers)
    import ray

    with _cluster(contender) as address:
        started = time.perf_counter()
        ray.init(address, log_to_driver=False, logging_level="ERROR")
        connect = time.perf_counter() - started
        try:
            packed = _packed(OnRay("ray", print), contender.corpus, pictures, shards, contender.workers)
            return {"connect": connect} | packed
        finally:
            ray.shutdown()


def _together(pictures: int, shards: int) -> dict[str, float]:
    """Two processes that know nothing of each other; ``pictures`` each."""
    command = [sys.executable, "-m", "benchmarks.cluster.one"]
    words = [[*command, name, str(pictures), str(shards)] for name in ALONE]
    children = [subprocess.Popen(each, stdout=subprocess.PIPE, text=True) for each in words]
    figures = [json.loads(child.communicate()[0]) for child in children]
    largest = {name: max(each[name] for each in figures) for name in figures[0]}
    return largest | {"items": sum(each["items"] for each in figures)}


def _packed(runner: Runner, corpus_name: str, pictures: int, shards: int, workers: int) -> dict[str, float]:
    corpus = ensure(CORPORA[corpus_name])
    names = [f"{number % corpus.files:04}.jpg" for number in range(pictures)]
    options = PackOptions(transcode=TranscodeSpec(resize=256), device="cpu", workers=workers)
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "image.lst"
        listed.write_text("".join(f"{index}\t{index % 10}\t{name}\n" for index, name in enumerate(names)))
        first: list[float] = []
        started = time.perf_counter()

        def tell(_: Progress) -> None:
            if not first:
                first.append(time.perf_counter() - started)

        cut = Cut(shards, None)
        report = pack_shards(listed, corpus.root, Path(folder) / "out.rec", cut, options, runner=runner, progress=tell)
        seconds = time.perf_counter() - started
    assert report.packed == pictures
    return {"items": pictures, "seconds": seconds, "first": first[0]}


@contextmanager
def _cluster(contender: Contender) -> Iterator[str]:
    """Its machines, each held to its cores; a head without cores beside them."""
    from ray.cluster_utils import Cluster

    home = tempfile.mkdtemp(prefix="ray", dir="/tmp")
    os.environ["RAY_TMPDIR"] = home
    head = {"num_cpus": 0, "object_store_memory": _STORE, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    every = os.sched_getaffinity(0)
    try:
        for cores in contender.machines:
            os.sched_setaffinity(0, cores)
            cluster.add_node(num_cpus=len(cores), object_store_memory=_STORE)
            os.sched_setaffinity(0, every)
        time.sleep(_SECONDS_TO_SETTLE)
        yield cluster.address
    finally:
        cluster.shutdown()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
