"""Running a program under one of the compiler's sanitizers, which must be there before Python is."""

from __future__ import annotations

import os
import subprocess
import sys


def under(library: str, module: str, **options: str) -> None:
    """Return where ``library``, libasan or libtsan, is loaded; else run ``python -m module`` with it, and end so."""
    if library in os.environ.get("LD_PRELOAD", ""):
        return
    found = subprocess.run(["g++", f"-print-file-name={library}.so"], check=True, capture_output=True, text=True)
    environment = {**os.environ, **options, "LD_PRELOAD": found.stdout.strip()}
    sys.exit(subprocess.run([sys.executable, "-m", module, *sys.argv[1:]], env=environment, check=False).returncode)
