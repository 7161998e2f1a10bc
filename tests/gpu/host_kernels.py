"""The kernels' own text, built with g++ and run on the host: same arithmetic, same buffers, no device."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpu_im2rec.gpu.kernels import source

HERE = Path(__file__).parent


class _Arrays:
    """NumPy, in whose new arrays there is something, as there may be on a device."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty(self, shape: int | tuple[int, ...], dtype: Any) -> np.ndarray:
        array = np.empty(shape, dtype)
        array.view(np.uint8)[...] = 0xA5
        return array


class HostKernels:
    """Implements ``Kernels`` with NumPy arrays."""

    arrays = _Arrays()

    def __init__(self, files: Sequence[str], folder: Path, *options: str) -> None:
        compiler = shutil.which("g++") or pytest.skip("needs g++")
        kernels = re.findall(r'extern "C" __global__ void (\w+)\(([^)]*)\)', source(files))
        text = '#include "host_cuda.h"\n' + source(files)
        for name, parameters in kernels:
            names = ", ".join(re.findall(r"(\w+)(?:,|$)", parameters))
            text += f'extern "C" void run_{name}(int threads, {parameters}) {{ run(threads, {name}, {names}); }}\n'
        (folder / "kernels.cpp").write_text(text)
        library = folder / "kernels.so"
        subprocess.run(
            [
                compiler, "-O2", "-std=c++17", "-Wall", "-Werror", "-Wno-unknown-pragmas", "-ffp-contract=off",
                "-shared", "-fPIC", f"-I{HERE}", *options, folder / "kernels.cpp", "-o", library,
            ],
            check=True,
        )  # fmt: skip
        self._library = ctypes.CDLL(str(library))

    def here(self) -> AbstractContextManager[None]:
        return nullcontext()

    def free_memory(self) -> None:
        pass

    def launch(self, name: str, threads: int, *arguments: Any) -> None:
        passed = [
            ctypes.c_void_p(value.ctypes.data)
            if isinstance(value, np.ndarray)
            else ctypes.c_uint64(int(value))
            if isinstance(value, np.uint64)
            else ctypes.c_int(value)
            for value in arguments
        ]
        self._library[f"run_{name}"](ctypes.c_int(threads), *passed)

    def address(self, array: np.ndarray) -> int:
        return array.ctypes.data

    def recorded(self, launches: Callable[[], None]) -> Callable[[], None]:
        return launches

    def upload(self, array: np.ndarray, target: np.ndarray) -> None:
        target[: array.nbytes] = array.view(np.uint8)

    def staging(self, size: int) -> tuple[np.ndarray, Callable[[], np.ndarray]]:
        memory = self.arrays.empty(size, np.uint8)
        return memory, lambda: memory

    def sent(self, *arrays: np.ndarray) -> Callable[[], list[np.ndarray]]:
        return lambda: list(arrays)
