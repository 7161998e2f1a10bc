"""What works on this machine, what does not, and what would mend it."""

from __future__ import annotations

import ctypes
import importlib.util
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from gpu_im2rec import devices
from gpu_im2rec.transcode import Failure, Source, TranscodeSpec

# One white pixel, as the smallest PNG there is: what the self-test transcodes.
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a4944415478da63f80f00010101001cb08c990000000049454e44ae426082"
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``advice`` says what to do where ``ok`` is False and something can be done."""

    name: str
    ok: bool
    detail: str
    advice: str = ""
    required: bool = True


def examine() -> list[Check]:
    """Look at everything. Never raises for what is broken: that is what it reports."""
    return [*_platform(), *_codecs(), *_gpu()]


def _platform() -> Iterator[Check]:
    yield Check("gpu-im2rec", True, f"{_version('gpu-im2rec')}, {devices.default_workers()} cores to use")
    yield Check("Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")


def _codecs() -> Iterator[Check]:
    for package, use in (
        ("numpy", "arrays"),
        ("simplejpeg", "JPEG decode"),
        ("imagecodecs", "JPEG encode"),
        ("pillow", "PNG, WebP, TIFF, GIF, BMP, CMYK …"),
    ):
        found = _version(package)
        advice = "" if found else f"pip install {package}"
        yield Check(package, bool(found), f"{found or 'missing'} ({use})", advice)
    found = _version("cykooz-resizer")
    detail = f"{found} (SIMD resize)" if found else "missing; Pillow resizes instead, several times slower"
    yield Check("cykooz-resizer", bool(found), detail, "" if found else "pip install cykooz-resizer", required=False)
    found = _version("opencv-python-headless") or _version("opencv-python")
    detail = (
        f"{found} (faster --interp linear, area …)" if found else "missing; only slows --interp linear, area … down"
    )
    yield Check("OpenCV", bool(found), detail, "" if found else "pip install 'gpu-im2rec[opencv]'", required=False)
    yield _self_test()


def _self_test() -> Check:
    try:
        engine = devices.choose(TranscodeSpec(resize=8), "cpu", 1).engine
        [[result]] = engine.transcode([[Source(0, _PIXEL)]])
    except ImportError as error:
        return Check("CPU engine", False, str(error), "pip install --force-reinstall gpu-im2rec")
    if isinstance(result, Failure):
        return Check("CPU engine", False, f"{result.reason}: {result.message}", "pip install -U pillow imagecodecs")
    return Check("CPU engine", True, f"self-test passed: a PNG became a JPEG of {len(result.data)} bytes")


def _gpu() -> Iterator[Check]:
    driver = _cuda_driver()
    yield Check("NVIDIA driver", bool(driver), driver or "not found", required=False)
    for package, module in (("nvidia-dali-cuda120", "nvidia.dali"), ("cupy-cuda12x", "cupy")):
        found = _version(package) if _importable(module) else ""
        advice = "" if found or not driver else "pip install 'gpu-im2rec[gpu]'"
        yield Check(package, bool(found), found or "not installed", advice, required=False)
    yield Check("GPU engine", False, devices.why_no_gpu(), required=False)


def _cuda_driver() -> str:
    """The driver's CUDA version, such as "CUDA 12.8"; empty without a driver."""
    library = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}.get(sys.platform)
    if not library:
        return ""
    try:
        number = ctypes.c_int()
        failed = ctypes.CDLL(library).cuDriverGetVersion(ctypes.byref(number))
    except (OSError, AttributeError):
        return ""
    return "" if failed else f"CUDA {number.value // 1000}.{number.value % 1000 // 10}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # its parent is missing
        return False
