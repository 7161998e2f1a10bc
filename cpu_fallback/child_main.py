"""What a child process does: pictures come in on its standard input, results go out, until the input ends.

First comes a pickle of what makes the transcoder, and of the seconds that a picture may take; READY answers. Then each
picture is a ``PICTURE`` and its file, each result a ``RESULT`` and its content. The parent unpickles nothing: a picture
may have taken the child over.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from typing import BinaryIO

from gpu_im2rec.transcode import Encoded, Reason, Source
from gpu_im2rec.transcode.memory import keep_freed_memory

READY = b"!"
PICTURE = struct.Struct("<QQ")  # key; bytes of the file
RESULT = struct.Struct("<B?Q")  # 0, or the reason's place in REASONS; cut, and accepted; bytes of picture or message
REASONS: tuple[Reason | None, ...] = (None, *Reason)


def main() -> None:
    """The life of a child."""
    null = os.open(os.devnull, os.O_RDWR)  # before the dup, lest that becomes the standard error, where it is closed
    pictures, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(null, 1)  # what a library prints must not come between the results
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    keep_freed_memory()
    make, seconds = pickle.load(pictures)
    transcoder = make()
    _send(results, READY)
    while head := pictures.read(PICTURE.size):
        key, size = PICTURE.unpack(head)
        source = Source(key, pictures.read(size))
        _end_after(2 * seconds)
        result = transcoder.transcode(source)
        _end_after(0)
        if isinstance(result, Encoded):
            _send(results, RESULT.pack(0, result.truncated, len(result.data)), result.data)
        else:
            message = result.message.encode("utf-8", "surrogatepass")
            _send(results, RESULT.pack(REASONS.index(result.reason), False, len(message)), message)


def _send(results: BinaryIO, *parts: bytes) -> None:
    try:
        results.writelines(parts)
        results.flush()
    except OSError:  # the parent has ended
        os._exit(1)


def _end_after(seconds: float) -> None:
    """Have the system end this process then; never after 0. The parent does so earlier, unless it has been killed."""
    if hasattr(signal, "setitimer"):  # not on Windows
        signal.setitimer(signal.ITIMER_REAL, seconds)
