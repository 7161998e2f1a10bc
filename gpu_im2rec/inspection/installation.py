"""What works on this machine, what does not, and what would mend it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from gpu_im2rec import devices
from gpu_im2rec.errors import DeviceError
from gpu_im2rec.gpu import probe
from gpu_im2rec.machine import installed
from gpu_im2rec.transcode import Encoded, Failure, Source, TranscodeSpec

# One white pixel, as the smallest PNG there is: what the self-test transcodes.
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a4944415478da63f80f00010101001cb08c990000000049454e44ae426082"
)

_GPU_PACKAGES = {
    "DALI": ("nvidia-dali-cuda120", "nvidia-dali-cuda130"),
    "nvImageCodec": ("nvidia-nvimgcodec-cu12", "nvidia-nvimgcodec-cu13"),
    "CuPy": ("cupy-cuda12x", "cupy-cuda13x"),
    "NVRTC": ("nvidia-cuda-nvrtc-cu12", "nvidia-cuda-nvrtc"),
}
_REINSTALL = "pip install --force-reinstall gpu-im2rec"


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
    yield Check("gpu-im2rec", True, f"{installed('gpu-im2rec')}, {devices.default_workers()} cores to use")
    yield Check("Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")


def _codecs() -> Iterator[Check]:
    for package, use in (
        ("numpy", "arrays"),
        ("simplejpeg", "JPEG decode"),
        ("imagecodecs", "JPEG encode, PNG decode"),
        ("pillow", "WebP, TIFF, GIF, BMP, CMYK …"),
    ):
        found = installed(package)
        advice = "" if found else f"pip install {package}"
        yield Check(package, bool(found), f"{found or 'missing'} ({use})", advice)
    found = installed("cykooz-resizer")
    detail = f"{found} (SIMD resize)" if found else "missing; Pillow resizes instead, several times slower"
    yield Check("cykooz-resizer", bool(found), detail, "" if found else "pip install cykooz-resizer", required=False)
    found = installed("opencv-python-headless") or installed("opencv-python")
    detail = (
        f"{found} (faster --interp linear, area …)" if found else "missing; only slows --interp linear, area … down"
    )
    yield Check("OpenCV", bool(found), detail, "" if found else "pip install 'gpu-im2rec[opencv]'", required=False)
    yield _self_test("CPU engine", "cpu", _PIXEL, required=True)


def _self_test(name: str, device: str, picture: bytes, *, required: bool) -> Check:
    try:
        engine = devices.choose(TranscodeSpec(resize=8), device, 1).engine
        [[result]] = engine.transcode([[Source(0, picture)]])
    except (ImportError, DeviceError) as error:
        return Check(name, False, str(error), _REINSTALL if required else "", required)
    if isinstance(result, Failure):
        return Check(name, False, f"{result.reason}: {result.message}", "pip install -U pillow imagecodecs", required)
    if result.rescue:
        return Check(name, False, result.rescue, "", required)
    return Check(name, True, f"self-test passed: a picture became a JPEG of {len(result.data)} bytes", "", required)


def _gpu() -> Iterator[Check]:
    facts = probe.look()
    version = probe.cuda_version(facts.driver) if facts.driver else "not found"
    yield Check("NVIDIA driver", bool(facts.driver), version, required=False)
    for gpu in facts.gpus:
        detail = f"{gpu.name}, {gpu.memory / 2**30:.0f} GiB, compute capability {gpu.capability}"
        yield Check(f"GPU {gpu.number}", True, detail, required=False)
    if facts.gpus:
        hardware = probe.jpeg_hardware()
        yield Check("JPEG hardware", bool(hardware), hardware or "nvJPEG cannot be asked", required=False)
    for name, packages in _GPU_PACKAGES.items():
        found = next(filter(None, map(installed, packages)), "")
        advice = "" if found or not facts.driver else "pip install 'gpu-im2rec[gpu]'"
        yield Check(name, bool(found), found or "not installed", advice, required=False)
    obstacle = probe.obstacle(facts, 0)
    if obstacle:
        yield Check("GPU engine", False, obstacle, required=False)
    else:
        for gpu in facts.gpus:
            yield _self_test(f"GPU engine on {gpu.number}", f"gpu:{gpu.number}", _grey_jpeg(), required=False)


def _grey_jpeg() -> bytes:
    """What the GPU engine's self-test transcodes: its decoder takes JPEGs only."""
    [[picture]] = devices.choose(TranscodeSpec(resize=16, color=0), "cpu", 1).engine.transcode([[Source(0, _PIXEL)]])
    return picture.data if isinstance(picture, Encoded) else b""
