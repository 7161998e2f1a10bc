"""The viewer's server on a port of its own, and what it answers."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from gpu_im2rec.showing.view.gallery import Gallery
from gpu_im2rec.showing.view.serving import listen, server_of, url_of


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]  # names in small letters
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Site:
    """Asks the server at ``url``, byte by byte what it is told to ask."""

    def __init__(self, url: str, gallery: Gallery) -> None:
        self.url, self.gallery = url, gallery
        self.host = url.split("/")[2]

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.putrequest(method, path, skip_host="Host" in headers)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())
        finally:
            connection.close()


@contextmanager
def site_of(*recs: Any, **options: Any) -> Iterator[Site]:
    """Serve ``recs`` while the ``with`` lasts; all labels, and the list, are read before it begins."""
    gallery = Gallery(recs, **options)
    listener = listen(0)
    server = server_of(gallery)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        gallery.begin()
        while not gallery.is_ready:
            threading.Event().wait(0.005)
        yield Site(url_of(listener), gallery)
    finally:
        server.should_exit = True
        thread.join()
        gallery.close()
