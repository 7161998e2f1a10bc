"""What a call costs before it does anything: the command line and the package, beside Python and NumPy."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from statistics import median

from PIL import Image

from benchmarks.measuring import scratch
from benchmarks.results import Suite, Table, grid, spread
from benchmarks.rounds import module, rounds

_PYTHON, _NUMPY = "python -c pass", "python -c 'import numpy'"
_TIMES = 5  # starts in a run


def measure(runs: int, times: int = _TIMES) -> Suite:
    """Programs that begin and end, so many ``times`` a run."""
    program = shutil.which("gpu-im2rec", path=str(Path(sys.executable).parent)) or "gpu-im2rec"
    with scratch() as name:
        folder = Path(name)
        Image.linear_gradient("L").convert("RGB").save(folder / "one.jpg")
        (folder / "one.lst").write_text("0\t0\tone.jpg\n")
        pack = [program, "pack", folder / "one.lst", folder, folder / "one.rec", "--resize", 128, "--overwrite"]
        commands = {
            _PYTHON: [sys.executable, "-c", "pass"],
            _NUMPY: [sys.executable, "-c", "import numpy"],
            "import gpu_im2rec": [sys.executable, "-c", "import gpu_im2rec"],
            "gpu-im2rec --version": [program, "--version"],
            "gpu-im2rec --help": [program, "--help"],
            "gpu-im2rec pack, one picture": pack,
        }
        starts = {name: module("benchmarks.startup.one", times, *command) for name, command in commands.items()}
        title = "Programs from their start to their end"
        return {"starts": Table(title, "starts", rounds(starts, runs), reference=_PYTHON, facts={"times": times})}


def table(name: str, table: Table) -> str:
    """In Markdown."""
    rows = [
        [
            f"`{contender}`" if "," not in contender else "`gpu-im2rec pack` of one picture",
            spread([1000 / rate for rate in table.values(contender)]),
            f"{median(1 / ratio for ratio in table.against_reference(contender)):.1f}",
        ]
        for contender in table.runs
    ]
    return f"{table.heading}\n\n{grid(['', 'ms', 'times Python alone'], rows)}\n\n{_MEANING}"


_MEANING = """\
What is waited for before a command says a word. The package itself loads nothing until it is used; `--help` and
`--version` are bounded by what draws the command line, `pack` by NumPy, the codecs and the look for a GPU."""
