"""Whom every request must be for, and what every answer says: the page is for this machine's browser alone.

A stranger's name that resolves to 127.0.0.1 would make the stranger's page one of ours (DNS rebinding). So the Host
must be this machine's; any port will do, as a tunnel may have another one.
"""

from __future__ import annotations

import re

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST = re.compile(rb"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; img-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

_REFUSAL = PlainTextResponse("This page answers to 127.0.0.1 and localhost only.\n", 421)


class Guard:
    """Lets through to ``app`` what was sent to this machine by its own name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_RAW_HEADERS]
            await send(message)

        hosts = [value for name, value in scope["headers"] if name == b"host"]
        is_ours = len(hosts) == 1 and _HOST.fullmatch(hosts[0])
        await (self._app if is_ours else _REFUSAL)(scope, receive, send_with_headers)
