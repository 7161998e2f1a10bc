"""Who packs, with how many processes or threads, and by which Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from benchmarks import environments
from benchmarks.rounds import Missing

OURS = "ours"  # how the names of this project's contenders begin
LIMIT = "limit: "  # and those of what nobody can pass


@dataclass(frozen=True, slots=True)
class Contender:
    """A function of `benchmarks.pack`, with its packages."""

    function: str  # MODULE:FUNCTION
    workers: int
    environment: str = ""  # this Python's own, or one of `benchmarks.environments`

    def command(self, *files: str, size: str) -> list[str]:
        """What runs it on list, root and output folder. Raises Missing where it cannot be installed."""
        python = _python(self.environment) if self.environment else sys.executable
        if isinstance(python, Missing):
            raise python
        return [python, "-m", "benchmarks.pack.one", self.function, *files, size, str(self.workers)]


def resizing(cores: int, *, jpeg: bool) -> dict[str, Contender]:
    """Those that decode, resize and encode; a limit where all files are JPEGs."""
    ours = {f"{OURS}, {_many(count, 'worker')}": Contender("ours:antialias", count) for count in _up_to(cores)}
    limits = {f"{LIMIT}libjpeg-turbo, {_many(n, 'thread')}": Contender("turbojpeg:transcode", n) for n in _ends(cores)}
    return {
        **ours,
        f"{OURS}, `--interp linear`, {_many(cores, 'worker')}": Contender("ours:linear", cores),
        **{f"OpenCV, {_many(count, 'process')}": Contender("opencv_steps:pack", count) for count in _ends(cores)},
        f"MXNet's im2rec.py, {_many(cores, 'process')}": Contender("mxnet_im2rec:resize", cores, "mxnet"),
        "DALI, OpenCV encodes": Contender("dali_opencv:pack", cores),
        "Pillow, webdataset's ShardWriter": Contender("shard_writer:resize", cores, "webdataset"),
        "img2dataset": Contender("img2dataset_local:resize", cores, "img2dataset"),
        "litdata's optimize, OpenCV": Contender("litdata_optimize:resize", cores, "litdata"),
        **(limits if jpeg else {}),
    }


def passing_through(cores: int) -> dict[str, Contender]:
    """Those that store the files' own bytes."""
    return {
        f"{OURS}, `--pass-through`": Contender("ours:pass_through", cores),
        **{
            f"MXNet's im2rec.py, {_many(count, 'process')}": Contender("mxnet_im2rec:pass_through", count, "mxnet")
            for count in _ends(cores)
        },
        "webdataset's ShardWriter": Contender("shard_writer:pass_through", 1, "webdataset"),
        "img2dataset": Contender("img2dataset_local:pass_through", cores, "img2dataset"),
        "litdata's optimize": Contender("litdata_optimize:pass_through", cores, "litdata"),
        f"{LIMIT}a bare loop, 1 thread": Contender("bare_loop:pass_through", 1),
    }


def commands(
    contenders: Mapping[str, Contender], *files: str, size: str
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """What runs each; and why not, of those whose environment cannot be made."""
    runnable, left_out = {}, {}
    for name, contender in contenders.items():
        try:
            runnable[name] = contender.command(*files, size=size)
        except Missing as error:
            left_out[name] = str(error)
            print(f"{name} is left out: {error}", file=sys.stderr)
    return runnable, left_out


@cache
def _python(environment: str) -> str | Missing:
    try:
        return str(environments.python(environment))
    except Missing as error:
        return error


def _up_to(cores: int) -> Iterator[int]:
    """1, 2, 4 … cores."""
    count = 1
    while count < cores:
        yield count
        count *= 2
    yield cores


def _ends(cores: int) -> list[int]:
    return sorted({1, cores})


def _many(count: int, what: str) -> str:
    plural = f"{what}es" if what.endswith("s") else f"{what}s"
    return f"{count} {what if count == 1 else plural}"
