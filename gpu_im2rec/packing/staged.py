"""A remote output that is made on this machine first, with all that keeps it safe there, and then sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gpu_im2rec.errors import UsageError
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.paths import check_remote
from gpu_im2rec.packing.report import Sent
from gpu_im2rec.packing.streamed import complete_all
from gpu_im2rec.packing.supervision import Pulse, supervised
from gpu_im2rec.packing.unfinished import REPORT, journal_of, path_of, suffixes_of
from gpu_im2rec.storage import Place, Upload, Url

_BLOCK_BYTES = 1 << 20


class Staging:
    """The place on this machine, ``out``, of an output that goes to ``target``.

    Raises what `pack` raises for arguments that cannot work.
    """

    def __init__(self, target: Place, options: PackOptions) -> None:
        if not isinstance(target, Url):
            raise UsageError(f"{target} is on this machine: --staging is for outputs that are not")
        folder = Path(options.staging or "")
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder for --staging; make it first")
        self.out = folder / target.name
        self._target = target
        self._options = options
        goes_on = options.resume and (journal_of(self.out).exists() or path_of(self.out, REPORT).exists())
        check_remote(target, [], replace(options, overwrite=options.overwrite or goes_on))  # it may be there in part

    def send(self, tell: Callable[[Sent], object]) -> None:
        """Upload the finished files, then remove them here. ``tell`` is called from this thread, ten times a second.

        Nothing is done where there are none, as an earlier run sent them. Raises OSError, StorageError and
        StalledError, with a note that they are still there; what is on its way by then is discarded.
        """
        here = {suffix: path_of(self.out, suffix) for suffix in suffixes_of(self._options)}
        here = {suffix: path for suffix, path in here.items() if path.is_file()}
        if not here:
            return
        pulse, started, total = Pulse(), time.perf_counter(), sum(path.stat().st_size for path in here.values())
        files = {suffix: Upload(path_of(self._target, suffix), beat=pulse.beat) for suffix in here}

        def work() -> None:
            for suffix, file in files.items():
                _fill(file, here[suffix], pulse.beat)
            complete_all(self._target, files)

        def look() -> None:
            sent = sum(file.sent for file in files.values())
            tell(Sent(sent, total, time.perf_counter() - started))

        try:
            supervised(work, pulse, stall_timeout=self._options.stall_timeout, look=look)
        except BaseException as error:
            error.add_note(f"{self.out} and what belongs to it are whole; --resume sends them")
            for file in files.values():
                file.discard()
                if file.left:
                    error.add_note(file.left)
            raise
        for path in reversed(here.values()):  # the report first: without it nothing claims to be whole
            path.unlink()


def _fill(file: Upload, source: Path, beat: Callable[[], object]) -> None:
    with source.open("rb", buffering=0) as content:
        while block := content.read(_BLOCK_BYTES):
            file.write([block])
            beat()
