"""Where the threads of a run stand, for the person who must find out why it does not go on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from gpu_im2rec.lists import Entry
from gpu_im2rec.transcode import Source

_OURS = tuple(str(Path(__file__).parents[2] / package) for package in ("gpu_im2rec", "cpu_fallback"))


def whereabouts() -> Iterator[str]:
    """A line for each thread that is inside this project's code: what it does there, and to which file or picture."""
    frames = sys._current_frames()
    for thread in threading.enumerate():
        own = [
            frame for frame in _outwards(frames.get(thread.ident or 0)) if frame.f_code.co_filename.startswith(_OURS)
        ]
        if own and thread is not threading.current_thread():
            innermost = own[0]
            place = f"{Path(innermost.f_code.co_filename).name}:{innermost.f_lineno} {innermost.f_code.co_name}"
            yield f"{thread.name:<12} {place}{_subject(own)}"


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame:
        yield frame
        frame = frame.f_back


def _subject(frames: list[FrameType]) -> str:
    """What the thread has in hand, as its own variables tell."""
    for frame in frames:
        here = frame.f_locals
        if isinstance(path := here.get("full"), str):
            return f", {path!r}"
        if isinstance(line := here.get("line"), Entry):
            return f", {line.path!r}"
        if isinstance(source := here.get("source"), Source):
            return f", the picture with index {source.key}"
    return ""
