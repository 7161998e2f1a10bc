"""How long each step takes: a transcoder that looks at the clock."""

from __future__ import annotations

import time

from cpu_fallback.picture import Picture
from cpu_fallback.transcoder import Transcoder
from gpu_im2rec.transcode import Source
from gpu_im2rec.transcode.geometry import Plan


class Stopwatch(Transcoder):
    """Adds up the seconds of each step."""

    decode = resize = encode = 0.0

    def run(self, sources: list[Source]) -> None:
        """Transcode ``sources``, for the time that it takes."""
        started = time.perf_counter()
        for source in sources:
            self.transcode(source)
        self.decode += time.perf_counter() - started - self.resize - self.encode

    def _resized(self, picture: Picture, todo: Plan, divisor: int, key: int) -> Picture:
        started = time.perf_counter()
        try:
            return super()._resized(picture, todo, divisor, key)
        finally:
            self.resize += time.perf_counter() - started

    def _encode(self, picture: Picture) -> bytes:
        started = time.perf_counter()
        try:
            return super()._encode(picture)
        finally:
            self.encode += time.perf_counter() - started


def rates(stopwatches: list[Stopwatch], pictures: int) -> dict[str, float]:
    """Pictures a second of each step on as many threads as there are ``stopwatches``, which shared ``pictures``."""
    seconds = {
        "decode": sum(one.decode for one in stopwatches),
        "resize": sum(one.resize for one in stopwatches),
        "encode": sum(one.encode for one in stopwatches),
    }
    return {step: pictures * len(stopwatches) / spent for step, spent in seconds.items() if spent > 0}
