"""The page, answered on this machine's own interface."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from gpu_im2rec.errors import UsageError
from gpu_im2rec.showing.view.app import make_app
from gpu_im2rec.showing.view.gallery import Gallery

ADDRESS = "127.0.0.1"
PORT = 8765

_GOODBYE = 1  # seconds that answers under way have when the end is asked for


def listen(port: int | None = None) -> socket.socket:
    """A socket on ``port`` of 127.0.0.1; without one on PORT or, where that is taken, any free one.

    Raises UsageError where ``port`` cannot be had.
    """
    try:
        return _bound(PORT if port is None else port)
    except OSError as error:
        if port is None:
            return _bound(0)
        raise UsageError(
            f"port {port} cannot be had: {error.strerror or error}; leave --port out for a free one"
        ) from None


def _bound(port: int) -> socket.socket:
    # With its protocol named asyncio turns TCP's delay off, which would cost every answer 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two programs have the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, port))
        listener.listen()  # who is told the address may come before the server has begun, and waits
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """What to open."""
    return f"http://{ADDRESS}:{listener.getsockname()[1]}/"


def server_of(gallery: Gallery) -> uvicorn.Server:
    """Answers for ``gallery``; ``run(sockets=[…])`` begins, ``should_exit`` ends."""
    return uvicorn.Server(
        uvicorn.Config(
            make_app(gallery), loop="asyncio", http="h11", ws="none", lifespan="off", log_config=None,
            log_level="error", access_log=False, proxy_headers=False, server_header=False,
            timeout_graceful_shutdown=_GOODBYE,
        )
    )  # fmt: skip


def serve(gallery: Gallery, listener: socket.socket) -> None:
    """Answer until Ctrl-C, or being asked to end otherwise."""
    server = server_of(gallery)
    with _quiet_end(server), _ended_by_signals(server):
        server.run(sockets=[listener])


@contextmanager
def _quiet_end(server: uvicorn.Server) -> Iterator[None]:
    """Answers that are cut off at the end are no errors."""

    def matters(_: logging.LogRecord) -> bool:
        return not server.should_exit

    logger = logging.getLogger("uvicorn.error")
    logger.addFilter(matters)
    try:
        yield
    finally:
        logger.removeFilter(matters)


@contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end ``server``, also before it heeds them, unless ignored (nohup)."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    before = {number: signal.getsignal(number) for number in numbers if signal.getsignal(number) is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
