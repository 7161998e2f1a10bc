"""What this machine offers to the GPU engine, asked of the driver itself: in milliseconds, without DALI or CuPy."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

_OLDEST_CUDA = 12_000  # as the driver counts: 12.0
_CAPABILITY_MAJOR, _CAPABILITY_MINOR = 75, 76  # CUdevice_attribute
_INSTALL = "pip install 'gpu-im2rec[gpu]'"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One CUDA device."""

    number: int
    name: str
    memory: int  # bytes in all
    capability: str  # compute capability, such as "9.0"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found. ``driver`` is the newest CUDA that the driver supports, such as 12080 for 12.8; 0: no driver."""

    platform: str
    driver: int = 0
    gpus: tuple[Gpu, ...] = ()
    missing: tuple[str, ...] = ()  # packages
    complaint: str = ""  # the driver's


def look() -> Facts:
    """Ask the driver and look for the packages. Never raises."""
    missing = tuple(name for name, module in (("DALI", "nvidia.dali"), ("CuPy", "cupy")) if not _installed(module))
    try:
        driver = _load_driver()
    except OSError:
        return Facts(sys.platform, missing=missing)
    version = ctypes.c_int()
    driver.cuDriverGetVersion(ctypes.byref(version))
    failed = driver.cuInit(0)
    gpus = () if failed else tuple(_gpus(driver))
    return Facts(sys.platform, version.value, gpus, missing, f"cuInit gives error {failed}" if failed else "")


def obstacle(facts: Facts, number: int) -> str:
    """What keeps GPU ``number`` from being used, and what would mend that, in one line; empty where nothing does."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    hidden = f"; CUDA_VISIBLE_DEVICES is {visible!r}" if visible is not None else ""
    said = f" ({facts.complaint})" if facts.complaint else ""
    are = "are" if len(facts.missing) > 1 else "is"
    obstacles = {
        "the GPU engine works on Linux only, for DALI does": facts.platform != "linux",
        "no NVIDIA driver found; with an NVIDIA GPU, install its driver": not facts.driver,
        f"the NVIDIA driver supports {cuda_version(facts.driver)} and 12.0 is needed; install a newer driver": (
            facts.driver < _OLDEST_CUDA
        ),
        f"the NVIDIA driver shows no GPU{said}{hidden}; `nvidia-smi -L` lists what there is": not facts.gpus,
        f"there is no GPU {number}: they are numbered 0 … {len(facts.gpus) - 1}; `nvidia-smi -L` lists them": (
            number >= len(facts.gpus)
        ),
        f"{' and '.join(facts.missing)} {are} not installed; {_INSTALL}": bool(facts.missing),
    }
    return next((text for text, holds in obstacles.items() if holds), "")


def cuda_version(number: int) -> str:
    """ "CUDA 12.8" for 12080."""
    return f"CUDA {number // 1000}.{number % 1000 // 10}"


def jpeg_hardware() -> str:
    """What the GPU's own JPEG decoder is, in a few words; empty where nvJPEG cannot be asked."""
    handle, engines, cores = ctypes.c_void_p(), ctypes.c_uint(), ctypes.c_uint()
    try:
        folder = Path(next(iter(import_module("nvidia.nvjpeg").__path__)))
        library = ctypes.CDLL(str(folder / "lib" / "libnvjpeg.so.12"))
        if library.nvjpegCreateSimple(ctypes.byref(handle)):
            return ""
        failed = library.nvjpegGetHardwareDecoderInfo(handle, ctypes.byref(engines), ctypes.byref(cores))
        library.nvjpegDestroy(handle)
    except (ImportError, OSError, AttributeError):
        return ""
    return "none; CUDA cores decode" if failed or not engines.value else f"{engines.value} x {cores.value} cores"


def _load_driver() -> Any:
    """Raises OSError where there is none."""
    return ctypes.CDLL({"linux": "libcuda.so.1", "win32": "nvcuda.dll"}.get(sys.platform, "no CUDA here"))


def _gpus(driver: Any) -> list[Gpu]:
    count = ctypes.c_int()
    driver.cuDeviceGetCount(ctypes.byref(count))
    return [_gpu(driver, number) for number in range(count.value)]


def _gpu(driver: Any, number: int) -> Gpu:
    device, memory, name = ctypes.c_int(), ctypes.c_size_t(), ctypes.create_string_buffer(256)
    driver.cuDeviceGet(ctypes.byref(device), number)
    driver.cuDeviceGetName(name, len(name), device)
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    major, minor = ctypes.c_int(), ctypes.c_int()
    driver.cuDeviceGetAttribute(ctypes.byref(major), _CAPABILITY_MAJOR, device)
    driver.cuDeviceGetAttribute(ctypes.byref(minor), _CAPABILITY_MINOR, device)
    return Gpu(number, name.value.decode(errors="replace"), memory.value, f"{major.value}.{minor.value}")


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ModuleNotFoundError, ValueError):  # its parent is missing, or is something else
        return False
