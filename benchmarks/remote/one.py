"""One measurement in a fresh process: `python -m benchmarks.remote.one WAY THREADS PICTURES` prints its JSON.

The server is a process of its own on the same cores; its processor time is not counted, but its cores are shared.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from benchmarks.remote.server import CONTENT
from gpu_im2rec.storage import read, s3_objects

MILLISECONDS = 20  # until the server answers; S3 takes 30 to 100
OBSTORE, BOTOCORE, HTTP = "s3://, obstore", "s3://, botocore", "http://"
WAYS = (OBSTORE, BOTOCORE, HTTP)


def measure(way: str, threads: int, pictures: int) -> dict[str, float]:
    """Pictures, seconds, seconds of the processor, megabytes at the peak."""
    with _server() as port:
        os.environ |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "us-east-1"}
        os.environ |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        root = f"http://127.0.0.1:{port}" if way == HTTP else "s3://bucket"
        if way == BOTOCORE:
            s3_objects.TRIALS = 0
        names = [f"{root}/photos/{number:06}.jpg" for number in range(pictures)]
        with ThreadPoolExecutor(threads) as pool:
            [*pool.map(_size, names[: 2 * threads])]  # connections are made, threads started
            before, started = _processor_seconds(), time.perf_counter()
            sizes = sum(pool.map(_size, names))
            seconds, spent = time.perf_counter() - started, _processor_seconds() - before
    assert sizes == pictures * len(CONTENT)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"items": pictures, "seconds": seconds, "cpu_seconds": spent, "peak_mb": peak}


@contextmanager
def _server() -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.remote.server", str(MILLISECONDS)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as server:
        yield int(server.stdout.readline())
        server.stdin.close()


def _size(url: str) -> int:
    return len(read(url, limit=1 << 29))


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
