"""What a run is asked to do, besides what happens to each picture."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from gpu_im2rec.devices import GpuTuning
from gpu_im2rec.errors import UsageError
from gpu_im2rec.lists import Dialect
from gpu_im2rec.packing.part import Part
from gpu_im2rec.packing.remote_root import RemoteRoot
from gpu_im2rec.packing.root import Root
from gpu_im2rec.storage import is_url
from gpu_im2rec.transcode import TranscodeSpec

READ_THREADS = 8  # reading waits more than it works
REMOTE_READ_THREADS = 64  # whose pictures each take a round trip or two
_AHEAD_BYTES, _REMOTE_AHEAD_BYTES = 16 << 20, 64 << 20


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """How many pictures may fail: a count, or a share of the list's lines."""

    count: int | None = None
    percent: float | None = None

    @classmethod
    def parse(cls, text: str) -> FailureLimit:
        """From "12" or "0.5%". Raises UsageError for anything else."""
        match = re.fullmatch(r"(\d+)|(\d+(?:\.\d*)?)\s*%", text.strip(), re.ASCII)
        if not match or (match[2] and float(match[2]) > 100):
            raise UsageError(f"--max-failures must be a number such as 12 or a share such as 0.5%, not {text!r}")
        return cls(count=int(match[1])) if match[1] else cls(percent=float(match[2]))

    def allows(self, failed: int, lines: int) -> bool:
        """Whether ``failed`` of ``lines`` is still within the limit."""
        if self.count is not None:
            return failed <= self.count
        return self.percent is None or failed * 100 <= self.percent * lines

    def __str__(self) -> str:
        return f"{self.count}" if self.count is not None else f"{self.percent:g}%"


@dataclass(frozen=True, slots=True)
class PackOptions:
    """Options of `pack`. Raises UsageError on construction for a value outside its range."""

    transcode: TranscodeSpec = field(default_factory=TranscodeSpec)
    label_width: int | None = None  # label columns of the list; None: each line tells
    pack_label: bool = False  # store all label columns, not only the first
    check_labels: Literal["detection"] | None = None  # refuse lines whose labels are none of this kind
    part: Part | None = None  # pack only this share of the list, into a file named after it
    layout: Literal["plain", "insightface"] = "plain"
    dialect: Dialect = "python"  # "c++": lists, root and packed labels as im2rec has them, not im2rec.py
    allow_empty: bool = False  # a list that names nothing makes an empty file
    device: str = "auto"  # "auto", "cpu", "gpu", or a certain GPU such as "gpu:1"
    devices: tuple[str, ...] = ()  # several of these, one process each, in place of ``device``
    gpu: GpuTuning = field(default_factory=GpuTuning)
    workers: int | None = None  # None: one per core
    read_threads: int | None = None  # that read files ahead of the engine; None: ``readers``
    isolate: bool = False  # decode on the CPU in processes of their own: a crash costs its picture, not the run
    on_error: Literal["skip", "fail"] = "skip"
    max_failures: FailureLimit | None = None  # None: no limit
    overwrite: bool = False
    resume: bool = False  # go on with what an earlier run of the same list and options left unfinished
    append: bool = False  # to a .rec and its .idx that are there
    checksums: bool = False  # write OUT.crc too, by which `verify` sees every flipped bit
    allow_outside_root: bool = False
    stall_timeout: float = 120.0  # seconds without progress that end the run; 0: it may take for ever
    checkpoint_seconds: float = 5.0  # what was done is durable after at most about so long
    read_ahead_bytes: int | None = None  # of undecoded files held in memory; None: ``bytes_ahead``
    staging: str | None = None  # a folder of this machine in which a remote output is made before it is sent

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise UsageError(f"--workers must be at least 1, not {self.workers}")
        if self.read_threads is not None and not 1 <= self.read_threads <= 256:
            raise UsageError(f"--read-threads must be 1 … 256, not {self.read_threads}")
        if self.label_width is not None and self.label_width < 1:
            raise UsageError(f"--label-width must be at least 1, not {self.label_width}")
        if self.check_labels and not self.pack_label:
            raise UsageError("--check-labels detection checks what --pack-label stores: give both")
        if self.check_labels and self.transcode.center_crop and not self.transcode.pass_through:
            raise UsageError("boxes do not follow --center-crop: leave it out")
        if self.layout == "insightface" and (self.pack_label or self.part):
            raise UsageError("--layout insightface holds one label and a whole list: leave out --pack-label and --part")
        if self.append and (self.overwrite or self.layout == "insightface"):
            raise UsageError("--append adds plain records to a file: leave out --overwrite and --layout insightface")
        if self.stall_timeout < 0:
            raise UsageError(f"--stall-timeout must be 0 seconds or more, not {self.stall_timeout:g}")
        if self.on_error not in ("skip", "fail"):
            raise UsageError(f"--on-error must be skip or fail, not {self.on_error!r}")
        if self.on_error == "fail" and self.max_failures:
            raise UsageError("--on-error fail allows no failure at all: leave out --max-failures")

    @property
    def limit(self) -> FailureLimit:
        """The failures that the run survives."""
        if self.on_error == "fail":
            return FailureLimit(count=0)
        return self.max_failures or FailureLimit()

    def readers(self, root: str) -> int:
        """The threads that read files below ``root``."""
        return self.read_threads or (REMOTE_READ_THREADS if is_url(root) else READ_THREADS)

    def bytes_ahead(self, root: str) -> int:
        """Bytes of undecoded files below ``root`` that are held in memory."""
        return self.read_ahead_bytes or (_REMOTE_AHEAD_BYTES if is_url(root) else _AHEAD_BYTES)

    def open_root(self, folder: str) -> Root | RemoteRoot:
        """What reads the files below ``folder``, which may be a URL."""
        kind = RemoteRoot if is_url(folder) else Root
        return kind(folder, allow_outside=self.allow_outside_root, glue=self.dialect == "c++")
