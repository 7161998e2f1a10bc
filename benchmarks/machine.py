"""What a result was measured on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime

from gpu_im2rec.machine import PACKAGES, installed, processor


def machine() -> dict[str, object]:
    """Processor, cores, kernel, Python, versions of what takes part, date."""
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "packages": {name: found for name in ("gpu-im2rec", *PACKAGES, "torch") if (found := installed(name))},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
