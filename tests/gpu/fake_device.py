"""A device of which every failure can be asked for."""

from __future__ import annotations

from collections import deque

from gpu_im2rec.gpu.admission import Job


class FakeDevice:
    """Gives ``b"done " + file`` for each file. What is in ``fails`` says what happens when a batch is collected."""

    def __init__(self, depth: int = 2) -> None:
        self.depth = depth
        self.batches: deque[list[bytes]] = deque()
        self.seen: list[int] = []  # sizes of all batches, as fed
        self.restarts = 0
        self.capacity = 10**9  # pictures that find memory when they are collected
        self.feed_capacity = 10**9  # pictures that find memory on the device at once
        self.bad: set[bytes] = set()  # files that fail their batch
        self.broken = False  # every batch fails until the restart
        self.restart_fails = False
        self.feed_fails = 0  # so many times

    def feed(self, jobs: list[Job]) -> None:
        if self.feed_fails:
            self.feed_fails -= 1
            raise RuntimeError("CUDA error on feeding")
        if len(jobs) + sum(map(len, self.batches)) > self.feed_capacity:
            raise MemoryError("cudaErrorMemoryAllocation")
        self.batches.append([bytes(job.data) for job in jobs])
        self.seen.append(len(jobs))
        assert len(self.batches) <= self.depth

    def collect(self) -> list[bytes]:
        files = self.batches.popleft()
        if len(files) > self.capacity:
            raise MemoryError("std::bad_alloc")
        if self.broken or self.bad & set(files):
            raise RuntimeError("Critical error in pipeline:\n\nnvImageCodec failure: '#3'\nno longer valid.")
        return [b"done " + file for file in files]

    def restart(self) -> None:
        self.restarts += 1
        self.batches.clear()
        if self.restart_fails:
            raise RuntimeError("CUDA driver gone")
        self.broken = False
