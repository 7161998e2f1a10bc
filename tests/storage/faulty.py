"""A proxy in front of a server of HTTP that does to certain requests what networks and storages do now and then."""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLOW_DOWN = (
    b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
EXPIRED = b"<?xml version='1.0'?><Error><Code>ExpiredToken</Code><Message>The token has expired.</Message></Error>"


@dataclass
class Fault:
    """What becomes of requests of ``method`` whose path holds ``path``: the first ``times`` behind ``after``.

    ``does``: a status with its body; "cut": half of the answer's body, "short": the same and honest about it; "reset":
    no answer, and nothing done; "lost": all is done, and no answer; "silent": no answer for a while, then a reset.
    """

    method: str
    path: str
    does: str | tuple[int, bytes]
    times: int = 1
    after: int = 0
    seen: int = 0

    def strikes(self, method: str, path: str) -> bool:
        if method != self.method or self.path not in path:
            return False
        self.seen += 1
        return self.after < self.seen <= self.after + self.times


class Proxy:
    """``url`` leads to the server at ``port``; a context manager. With ``tls`` it is ``https://``."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.headers: list[http.client.HTTPMessage] = []  # of them
        self.before: Callable[[str, str], object] = lambda method, path: None  # is called with each request
        self.latency = 0.0  # seconds
        self.silence = 3.0
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each answer would wait 40 ms

            def log_message(self, *arguments: object) -> None:
                pass

            def handle(self) -> None:
                with suppress(OSError):  # the other side has gone
                    super().handle()

            def do(self) -> None:
                proxy._serve(self, port)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.request_queue_size = 256
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Proxy:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def count(self, method: str, path: str = "") -> int:
        return sum(one == method and path in other for one, other in self.requests)

    def _serve(self, handler: BaseHTTPRequestHandler, port: int) -> None:
        method, path = handler.command, handler.path
        body = self._body(handler)
        self.before(method, path)
        with self._lock:
            self.requests.append((method, path))
            self.headers.append(handler.headers)
            fault = next((fault for fault in self.faults if fault.strikes(method, path)), None)
        time.sleep(self.latency)
        does = fault.does if fault else ""
        if isinstance(does, tuple):
            self._answer(handler, does[0], {"Content-Type": "application/xml"}, does[1], len(does[1]))
        elif does in ("reset", "silent"):
            if does == "silent":
                time.sleep(self.silence)
            _reset(handler)
        else:
            self._forward(handler, port, body, str(does))

    def _forward(self, handler: BaseHTTPRequestHandler, port: int, body: bytes, does: str) -> None:
        there = http.client.HTTPConnection("127.0.0.1", port)
        there.request(handler.command, handler.path, body, dict(handler.headers))
        answer = there.getresponse()
        content = answer.read()
        there.close()
        if does == "lost":
            return _reset(handler)
        kept = content[: len(content) // 2] if does in ("cut", "short") else content
        announced = len(kept) if does == "short" else len(content)
        if handler.command == "HEAD":
            announced = int(answer.headers.get("Content-Length") or 0)
        self._answer(handler, answer.status, dict(answer.headers), kept, announced)
        if does == "cut":
            _reset(handler)

    def _answer(
        self, handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: bytes, announced: int
    ) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "server", "date"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(announced))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)
        handler.wfile.flush()

    def _body(self, handler: BaseHTTPRequestHandler) -> bytes:
        if "100-continue" in handler.headers.get("Expect", ""):
            del handler.headers["Expect"]
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.shutdown(socket.SHUT_RDWR)
