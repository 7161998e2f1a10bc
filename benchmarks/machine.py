"""What a result was measured on."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from gpu_im2rec.gpu import probe
from gpu_im2rec.machine import PACKAGES, installed, memory, processor

_MAKERS = ("amd", "intel", "r", "tm", "cpu")
_OTHERS = ("torch", "webdataset", "litdata", "img2dataset")


def name() -> str:
    """The machine in a few words, for the names of result files: epyc-2-cores."""
    words = [word for word in re.findall(r"[a-z0-9]+", processor().lower()) if word not in _MAKERS]
    return "-".join([*(words[:2] or [platform.machine()]), str(_cores()), "cores"])


def machine() -> dict[str, object]:
    """Processor, memory, disk, system, GPUs, versions of what takes part, what else runs, date."""
    return {
        "processor": processor(),
        "cores": _cores(),
        "memory_gb": round((memory() or 0) / 1e9, 1),
        "disk": _disk(Path.cwd()),
        "kernel": platform.release(),
        "gpus": [gpu.name for gpu in probe.look().gpus],
        "python": platform.python_version(),
        "packages": {each: found for each in ("gpu-im2rec", *PACKAGES, *_OTHERS) if (found := installed(each))},
        "malloc": {key: value for key, value in os.environ.items() if key.startswith("MALLOC_") or key == "LD_PRELOAD"},
        "load": os.getloadavg()[0],  # of the minute before; what else ran
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _disk(path: Path) -> str:
    """The file system on which ``path`` lies, with its device."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    under = [mount[:3] for mount in mounts if path.is_relative_to(mount[1])]
    device, _, kind = max(under, key=lambda mount: len(mount[1]))
    return f"{kind} on {device}"
