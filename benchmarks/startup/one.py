"""One measurement: `python -m benchmarks.startup.one TIMES COMMAND…` runs a command so often, prints JSON."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.measuring import measured


def _run(times: int, command: list[str]) -> int:
    return len([subprocess.run(command, check=True, capture_output=True) for _ in range(times)])


if __name__ == "__main__":
    figures = measured(lambda: _run(int(sys.argv[1]), sys.argv[2:]))
    del figures["peak_mb"]  # of this program, not of the command
    print(json.dumps(figures))
