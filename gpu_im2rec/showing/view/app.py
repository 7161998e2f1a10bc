"""The addresses of the page. No path of a file comes from a client: only numbers, and names from a fixed table."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gpu_im2rec import devices
from gpu_im2rec.errors import RecordError
from gpu_im2rec.lists.parsing import to_number
from gpu_im2rec.showing.view import pictures
from gpu_im2rec.showing.view.gallery import Gallery
from gpu_im2rec.showing.view.guard import Guard
from gpu_im2rec.showing.view.selection import ORDERS, Wanted
from gpu_im2rec.transcode import Failure

MOST_RECORDS = 500  # that are told at a time

_BEYOND_FLOAT32 = (2 - 2**-24) * 2.0**127  # from here on a number rounds to infinity
_NUMBER = re.compile(r"\d{1,20}", re.ASCII)
_KEPT = "private, max-age=31536000, immutable"
_STATIC = {
    "viewer.css": "text/css",
    "icon.svg": "image/svg+xml",
    **dict.fromkeys(
        (f"{name}.js" for name in ("main", "server", "windows", "runway", "grid", "cells", "detail", "boxes", "words")),
        "text/javascript",
    ),
}


def make_app(gallery: Gallery) -> ASGIApp:
    """The page over ``gallery``, for any ASGI server."""
    app = Starlette(routes=_Answers(gallery).routes(), exception_handlers={OSError: _tell_disk})
    app.router.redirect_slashes = False
    return Guard(app)


class _Answers:
    """Each method answers one address, in a thread."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._turns = asyncio.Semaphore(2 * devices.default_workers())

    def routes(self) -> list[Route]:
        return [
            Route("/", self.page),
            Route("/static/{name}", self.static),
            Route("/api/summary", self.summary),
            Route("/api/records", self.records),
            Route("/api/record/{number}", self.record),
            Route("/small/{number}", self._in_turn(self.small)),
            Route("/picture/{number}", self._in_turn(self.picture)),
            Route("/original/{number}", self._in_turn(self.original)),
        ]

    def page(self, request: Request) -> Response:
        return _file("index.html", "text/html")

    def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            raise HTTPException(404)
        return _file(name, _STATIC[name])

    def summary(self, request: Request) -> Response:
        self._gallery.begin()
        return _json(self._gallery.summary())

    def records(self, request: Request) -> Response:
        query = request.query_params
        count = _integer(query.get("count", "100"), "count")
        if count > MOST_RECORDS:
            raise HTTPException(400, f"count: {MOST_RECORDS} at most")
        order = query.get("order", "file")
        if order not in ORDERS:
            raise HTTPException(400, f"order: {', '.join(ORDERS)}")
        wanted = Wanted(order, _label(query.get("label")), _id(query.get("id")))
        return _json(self._gallery.window(wanted, _integer(query.get("start", "0"), "start"), count))

    def record(self, request: Request) -> Response:
        return _json(self._gallery.detail(self._number(request)))

    def small(self, request: Request) -> Response:
        return self._shown(request, pictures.thumbnail)

    def picture(self, request: Request) -> Response:
        return self._shown(request, pictures.whole)

    def original(self, request: Request) -> Response:
        content = self._gallery.original(self._number(request)).content
        return _picture(pictures.whole(content) if content else None, "no-store")

    def _in_turn(self, show: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
        """``show``, for a few requests at a time: pictures are large, and slow to convert; all else goes on meanwhile.

        Whoever scrolled past and has gone costs nothing.
        """

        async def shown(request: Request) -> Response:
            async with self._turns:
                gone = await request.is_disconnected()
                return Response(status_code=204) if gone else await run_in_threadpool(show, request)

        return shown

    def _shown(self, request: Request, show: Callable[[bytes], pictures.Shown | Failure]) -> Response:
        try:
            content = self._gallery.content(self._number(request))
        except RecordError:
            return _picture(None, "no-store")
        is_this = request.query_params.get("v") == self._gallery.version
        return _picture(show(content), _KEPT if is_this else "no-store")

    def _number(self, request: Request) -> int:
        number = _integer(request.path_params["number"], "number")
        if number >= len(self._gallery.catalog):
            raise HTTPException(404, f"There are {len(self._gallery.catalog):,} records, numbered from 0.")
        return number


def _picture(shown: pictures.Shown | Failure | None, cache: str) -> Response:
    """No content where there is no picture: a browser is content with that, and the record's detail says why."""
    if not isinstance(shown, pictures.Shown):
        return Response(status_code=204, headers={"cache-control": cache})
    return Response(shown.data, media_type=shown.media_type, headers={"cache-control": cache})


def _json(value: dict[str, Any]) -> Response:
    # Names of files may hold bytes that are no text: as escaped surrogates they pass.
    return Response(
        json.dumps(value, allow_nan=False), media_type="application/json", headers={"cache-control": "no-store"}
    )


def _file(name: str, media_type: str) -> Response:
    return Response(_bytes_of(name), media_type=media_type, headers={"cache-control": "no-cache"})


@cache
def _bytes_of(name: str) -> bytes:
    return files("gpu_im2rec.showing.view").joinpath("static", name).read_bytes()


def _tell_disk(request: Request, error: Exception) -> Response:
    return Response(f"The records cannot be read: {error}", 500, media_type="text/plain")


def _integer(text: str, name: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise HTTPException(400, f"{name}: a whole number from 0")
    return int(text)


def _id(text: str | None) -> int | None:
    if not text:
        return None
    id_ = _integer(text, "id")
    if id_ >= 1 << 64:
        raise HTTPException(400, "id: 0 … 2^64-1")
    return id_


def _label(text: str | None) -> float | None:
    if not text:
        return None
    label = to_number(text)
    if label is None or _BEYOND_FLOAT32 <= abs(label) < math.inf:
        raise HTTPException(400, "label: a number, in float32")
    return label
