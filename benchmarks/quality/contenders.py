"""Who makes the pictures: engine and method. Each makes, of a corpus's first files, image files: JPEG at 95, or PNG."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from gpu_im2rec import TranscodeSpec
from gpu_im2rec.recordio import iter_records
from gpu_im2rec.transcode import Encoded, Source
from gpu_im2rec.transcode.geometry import plan
from gpu_im2rec.transcode.spec import Encoding

RESIZE, QUALITY = 256, 95
_MXNET = Path(sys.executable).parent.parent / "mxnet"  # where the Makefile puts it
_OPENCV = {
    "nearest": "INTER_NEAREST", "linear": "INTER_LINEAR", "cubic": "INTER_CUBIC", "area": "INTER_AREA",
    "lanczos": "INTER_LANCZOS4",
}  # fmt: skip

Make = Callable[[list[Path], Encoding], list[bytes]]


def cpu(files: list[Path], encoding: Encoding, *, interp: str) -> list[bytes]:
    """The CPU engine."""
    from cpu_fallback.transcoder import Transcoder

    transcoder = Transcoder(_spec(interp, encoding))
    made = [transcoder.transcode(Source(number, file.read_bytes())) for number, file in enumerate(files)]
    assert all(isinstance(one, Encoded) for one in made)
    return [one.data for one in made if isinstance(one, Encoded)]


def dali(files: list[Path], encoding: Encoding, *, interp: str) -> list[bytes]:
    """The GPU engine's graph on DALI's CPU operators; its encoder makes the bytes that libjpeg-turbo makes."""
    from cpu_fallback import jpeg, png_encode
    from cpu_fallback.picture import Picture
    from gpu_im2rec.gpu.admission import Job, admit
    from gpu_im2rec.gpu.flow import GraphSettings
    from gpu_im2rec.gpu.graph import Graph

    spec = _spec(interp, encoding)
    graph = Graph(spec, GraphSettings(batch_size=1, threads=2), None)
    made = []
    for number, file in enumerate(files):
        job = admit(Source(number, file.read_bytes()), spec, 1 << 40)
        assert isinstance(job, Job)
        graph.feed([job])
        (one,) = graph.collect()
        shape = (one.height, one.width, one.channels)
        interface = {"data": (one.address, True), "shape": shape, "typestr": "|u1", "version": 3}
        picture = Picture(np.array(type("There", (), {"__array_interface__": interface})()), "RGB")
        made.append(jpeg.encode(picture, QUALITY) if encoding == "jpg" else png_encode.encode(picture, 3))
    return made


def opencv(files: list[Path], encoding: Encoding, *, interp: str) -> list[bytes]:
    """im2rec.py's steps with the newest OpenCV."""
    import cv2

    parameters = [cv2.IMWRITE_JPEG_QUALITY, QUALITY] if encoding == "jpg" else [cv2.IMWRITE_PNG_COMPRESSION, 3]
    made = []
    for file in files:
        pixels = cv2.imread(str(file), cv2.IMREAD_COLOR)
        size = plan(pixels.shape[1::-1], _spec("linear", encoding)).size
        small = cv2.resize(pixels, size, interpolation=getattr(cv2, _OPENCV[interp]))
        made.append(cv2.imencode(f".{encoding}", small, parameters)[1].tobytes())
    return made


def im2rec_py(files: list[Path], encoding: Encoding) -> list[bytes]:
    """MXNet's own tool, by the Python that has it."""
    tools = [*_MXNET.glob("lib/python3*/site-packages/mxnet/tools/im2rec.py")]
    if not tools:
        raise ModuleNotFoundError("MXNet is not installed: make test")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "image.lst").write_text("".join(f"{number}\t0\t{file.name}\n" for number, file in enumerate(files)))
        level = str(QUALITY if encoding == "jpg" else 3)
        asked = ["--resize", str(RESIZE), "--quality", level, "--encoding", f".{encoding}"]
        command = [_MXNET / "bin" / "python", tools[0], folder / "image", files[0].parent, *asked]
        subprocess.run(command, check=True, capture_output=True)
        return [bytes(record.content) for record in iter_records(folder / "image.rec")]


def _spec(interp: str, encoding: Encoding) -> TranscodeSpec:
    return TranscodeSpec(resize=RESIZE, interp=interp, encoding=encoding, quality=QUALITY)  # type: ignore[arg-type]


CONTENDERS: dict[str, Make] = {
    **{f"CPU engine, {interp}": partial(cpu, interp=interp)
       for interp in ("antialias", "linear", "cubic", "area", "lanczos", "nearest", "auto")},
    **{f"GPU engine's graph, {interp}": partial(dali, interp=interp) for interp in ("antialias", "linear")},
    "im2rec.py of MXNet 1.9.1": im2rec_py,
    **{f"OpenCV, {name}": partial(opencv, interp=interp) for interp, name in _OPENCV.items()},
}  # fmt: skip
