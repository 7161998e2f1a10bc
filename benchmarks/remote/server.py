"""A server of HTTP that answers every request with the same bytes, after a while: what is measured is the client."""

from __future__ import annotations

import asyncio
import sys

CONTENT = bytes(range(256)) * 196  # 50 kB, as a photograph of 500x375
_HEAD = (
    f'HTTP/1.1 200 OK\r\nContent-Length: {len(CONTENT)}\r\nETag: "0"\r\nContent-Type: image/jpeg\r\n'
    "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n"
)


class _Answering(asyncio.Protocol):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._asked = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            self._asked = self._asked.partition(b"\r\n\r\n")[2]
            asyncio.get_running_loop().call_later(self._seconds, self._answer)

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.writelines([_HEAD.encode(), CONTENT])


async def _serve(seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Answering(seconds), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]) / 1000))
