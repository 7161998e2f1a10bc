"""The kernels' own text, built with g++ and run on the host: same arithmetic, same buffers, no device."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpu_im2rec.gpu.kernels import source

HERE = Path(__file__).parent


class HostKernels:
    """Implements ``Kernels`` with NumPy arrays."""

    arrays = np

    def __init__(self, file: str, folder: Path) -> None:
        compiler = shutil.which("g++") or pytest.skip("needs g++")
        kernels = re.findall(r'extern "C" __global__ void (\w+)\(([^)]*)\)', source(file))
        text = '#include "host_cuda.h"\n' + source(file)
        for name, parameters in kernels:
            names = ", ".join(re.findall(r"(\w+)(?:,|$)", parameters))
            text += f'extern "C" void run_{name}(int threads, {parameters}) {{ run(threads, {name}, {names}); }}\n'
        (folder / "kernels.cpp").write_text(text)
        library = folder / "kernels.so"
        subprocess.run(
            [compiler, "-O2", "-std=c++17", "-shared", "-fPIC", f"-I{HERE}", folder / "kernels.cpp", "-o", library],
            check=True,
        )
        self._library = ctypes.CDLL(str(library))

    def here(self) -> AbstractContextManager[None]:
        return nullcontext()

    def free_memory(self) -> None:
        pass

    def launch(self, name: str, threads: int, *arguments: Any) -> None:
        passed = [
            ctypes.c_void_p(value.ctypes.data) if isinstance(value, np.ndarray) else ctypes.c_int(value)
            for value in arguments
        ]
        self._library[f"run_{name}"](ctypes.c_int(threads), *passed)

    def to_host(self, array: np.ndarray) -> np.ndarray:
        return array
