"""A file of a storage without uploads that can be completed: it is written as ``NAME.part`` and then renamed."""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import Any

from gpu_im2rec.storage.opening import Store
from gpu_im2rec.storage.patience import Patience, named
from gpu_im2rec.storage.reading import path_in
from gpu_im2rec.storage.trouble import ShortBodyError

_PART_BYTES = 8 << 20


class Renamed:
    """Written by one thread, from its start to its end: what a stream could not take is not tried again."""

    parallel = 1

    def __init__(self, store: Store, url: str) -> None:
        self._fs, self._url = store.fs, url
        self._path = path_in(store, url)
        self._part = f"{self._path}.part"
        self._file: Any = None
        self._size = 0

    def part_bytes(self, number: int) -> int:
        """How much is written at a time."""
        return _PART_BYTES

    def send(self, number: int, content: bytes, patience: Patience, *, is_last: bool) -> None:
        """The next bytes."""
        try:
            if self._file is None:
                self._file = self._fs.open(self._part, "wb")
            self._file.write(content)
            self._size += len(content)
            if is_last:
                self._file.close()
        except Exception as error:
            raise named(error, self._url) from error

    def complete(self, patience: Patience) -> None:
        """The file appears."""
        patience.with_(self._url, self._rename)
        self._file = None

    def abort(self, patience: Patience) -> None:
        """Nothing remains."""
        if self._file is None:
            return
        with suppress(Exception):  # it may refuse to close what it refused to take
            self._file.close()
        with suppress(FileNotFoundError):
            patience.with_(self._url, lambda: self._fs.rm_file(self._part))
        self._file = None

    def _rename(self) -> None:
        """Where an earlier try did it and only its answer was lost, it is done."""
        try:
            self._fs.info(self._part)  # not ``exists``, which takes all trouble for no
        except FileNotFoundError:
            if self._fs.info(self._path)["size"] != self._size:
                raise ShortBodyError(errno.EIO, "what was written is gone, and another file is there") from None
            return
        if self._fs.async_impl:  # stores of objects, whose mv copies, too, but guesses whether a folder is meant
            self._fs.cp_file(self._part, self._path)
            self._fs.rm_file(self._part)
            return
        with suppress(FileNotFoundError):
            self._fs.rm_file(self._path)  # which some do not replace
        self._fs.mv(self._part, self._path)
