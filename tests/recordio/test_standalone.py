import subprocess
import sys

import gpu_im2rec.recordio as room

IMPORT = """
import sys
import numpy
before = set(sys.modules)
import gpu_im2rec.recordio
loaded = {name.split(".")[0] for name in set(sys.modules) - before}
print(*sorted(loaded - sys.stdlib_module_names - {"numpy"}))
print(*sorted(name for name in sys.modules if name.startswith("gpu_im2rec.") and "recordio" not in name))
"""


def test_needs_numpy_alone() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    third_party, rooms = done.stdout.splitlines()
    assert third_party == "gpu_im2rec"
    assert rooms == "gpu_im2rec.errors"


def test_documentation_names_everything_public() -> None:
    assert all(hasattr(room, name) for name in room.__all__)
    assert "NumPy alone" in (room.__doc__ or "")
