"""How often a second something can be done."""

import time
from collections.abc import Callable


def rate(work: Callable[[], int], seconds: float) -> float:
    """Pictures a second; ``work`` says how many it did. Once for warmth, then until it took at least ``seconds``."""
    work()
    pictures, started = 0, time.perf_counter()
    while not pictures or time.perf_counter() - started < seconds:
        pictures += work()
    return pictures / (time.perf_counter() - started)
