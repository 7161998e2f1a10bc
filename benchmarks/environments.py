"""The baselines' virtual environments, `.venv/NAME`: made at first use, or by `python -m benchmarks.environments NAME`.

Their packages are of other times and want others beside them than this project does. The standard library alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.rounds import Missing

# What pip is told, one call after the other.
ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "mxnet": ("mxnet==1.9.1 numpy==1.23.5 opencv-python-headless==4.11.0.86",),  # on Linux, up to Python 3.11
    "webdataset": ("webdataset==1.0.2 pillow==13.0.0",),
    "img2dataset": ("img2dataset==1.47.0 webdataset==0.2.111 opencv-python-headless==4.14.0.94",),
    # PyTorch's builds for the CPU alone lie on an index of its own.
    "litdata": (
        "--retries 1 --extra-index-url https://download.pytorch.org/whl/cpu torch==2.13.0+cpu",
        "litdata==0.2.76 opencv-python-headless==5.0.0.93",
    ),
}
_INSTALL = "-m pip install --quiet --disable-pip-version-check --only-binary :all:"


def python(name: str) -> Path:
    """The interpreter of an environment, which is made unless it is there. Raises Missing where that cannot be."""
    if name not in ENVIRONMENTS:
        raise Missing("no environment of this name")
    folder, done = Path(sys.prefix) / name, Path(sys.prefix) / f"{name}.installed"
    interpreter = folder / "bin" / "python"
    if not done.exists():
        print(f"  making {folder} …", file=sys.stderr, flush=True)
        venv.create(folder, clear=True, with_pip=True)
        for requirements in ENVIRONMENTS[name]:
            command = [interpreter, *_INSTALL.split(), *requirements.split()]
            pip = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
            if pip.returncode:
                shutil.rmtree(folder)
                raise Missing(_reason(pip.stderr))
        done.touch()
    return interpreter


def versions(name: str) -> str:
    """What is asked for by version, such as `litdata 0.2.76, torch 2.13.0+cpu`."""
    words = " ".join(ENVIRONMENTS[name]).split()
    return ", ".join(sorted(word.replace("==", " ") for word in words if "==" in word))


def _reason(said: str) -> str:
    errors = [line for line in said.splitlines() if line.startswith("ERROR: ")]
    return errors[-1].removeprefix("ERROR: ") if errors else "pip failed"


if __name__ == "__main__":
    try:
        print(python(sys.argv[1]))
    except Missing as error:
        raise SystemExit(f"{sys.argv[1]} cannot be installed here: {error}") from None
