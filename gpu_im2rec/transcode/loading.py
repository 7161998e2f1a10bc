"""The contract of what decodes for training: how pictures become a batch of numbers, and who makes it.

The twin of contract.py: an engine makes files of files, a loader arrays of files.
"""

import math
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, get_args

from gpu_im2rec.errors import UsageError
from gpu_im2rec.transcode.contract import Failure
from gpu_im2rec.transcode.geometry import Plan, Size, centered, enlarged, resized_shorter_edge, within
from gpu_im2rec.transcode.spec import MAX_JPEG_EDGE, MAX_PIXELS

Dtype = Literal["float32", "uint8", "int8"]
Layout = Literal["NCHW", "NHWC"]


class Sample(NamedTuple):
    """One picture on its way into a batch, and the chances that were drawn for it."""

    data: bytes  # the whole image file
    crop: tuple[float, float] | None = None  # where the crop lies, each 0 ≤ x < 1, across and down; None: in the middle
    mirror: bool = False  # swap left and right


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What becomes of each picture: resize, crop to the shape, mirror, normalise.

    A number x of a channel becomes (x - mean) * scale / std. Bytes are not normalised: uint8 leaves x as it is, int8 is
    x - round(mean), cut to -128 … 127. Raises UsageError on construction for what contradicts itself.
    """

    channels: int  # 1 grey, 3 RGB, 4 RGBA, of pictures that have it
    height: int  # pixels
    width: int
    resize: int = 0  # pixels of the shorter edge before the crop; 0 keeps the size
    mean: tuple[float, ...] = (0, 0, 0, 0)  # of each channel, in levels of 0 … 255
    std: tuple[float, ...] = (1, 1, 1, 1)
    scale: float = 1
    dtype: Dtype = "float32"
    layout: Layout = "NCHW"
    max_pixels: int = MAX_PIXELS  # width x height beyond which a picture is refused undecoded

    def __post_init__(self) -> None:
        scales = any(value != 1 for value in (*self.std, self.scale))
        checks = {
            f"data_shape must be (channels, height, width) with 1, 3 or 4 channels, not {self.shape}": (
                self.channels in (1, 3, 4) and all(1 <= edge <= MAX_JPEG_EDGE for edge in self.shape[1:])
            ),
            f"resize must be 1 … {MAX_JPEG_EDGE} pixels, or -1 for none, not {self.resize}": (
                0 <= self.resize <= MAX_JPEG_EDGE
            ),
            "std must not be 0": all(self.std),
            "mean, std and scale must be finite": all(map(math.isfinite, (*self.mean, *self.std, self.scale))),
            f"dtype must be one of {', '.join(get_args(Dtype))}, not {self.dtype!r}": self.dtype in get_args(Dtype),
            f"layout must be NCHW or NHWC, not {self.layout!r}": self.layout in get_args(Layout),
            "dtype uint8 gives the levels as they are: leave mean, std and scale out, or take float32": (
                self.dtype != "uint8" or not (scales or any(self.mean))
            ),
            "dtype int8 takes a mean, but no std and no scale: leave them out, or take float32": (
                self.dtype != "int8" or not scales
            ),
        }
        for message, holds in checks.items():
            if not holds:
                raise UsageError(message)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.channels, self.height, self.width

    @property
    def shift(self) -> tuple[float, ...]:
        """What is taken off the levels of each channel: its mean, for int8 rounded half away from zero, as C does."""
        means = self.mean[: self.channels]
        if self.dtype != "int8":
            return tuple(float(mean) for mean in means)
        return tuple(math.copysign(math.floor(abs(mean) + 0.5), mean) for mean in means)

    @property
    def color(self) -> int:
        """The channels to decode to, as in ``TranscodeSpec.color``."""
        return {1: 0, 3: 1, 4: -1}[self.channels]

    def batch_shape(self, pictures: int) -> tuple[int, int, int, int]:
        """The shape of a batch, in the order of the layout."""
        if self.layout == "NCHW":
            return pictures, *self.shape
        return pictures, self.height, self.width, self.channels

    def plan(self, size: Size, crop: tuple[float, float] | None) -> Plan:
        """Which part of an upright picture of ``size`` is seen; the plan's own size is always (width, height).

        As MXNet's iterator: the shorter edge becomes ``resize``; what is then smaller than the shape grows; then comes
        the crop, and ``crop`` says where it lies, as ``Sample.crop``.
        """
        resized = resized_shorter_edge(size, self.resize) if self.resize else size
        resized = enlarged(resized, (self.width, self.height))
        box = centered(resized, (self.width, self.height))
        if crop:
            across, down = crop
            left, top = int(across * (resized[0] - self.width + 1)), int(down * (resized[1] - self.height + 1))
            box = box._replace(left=left, top=top)
        return Plan(within(box, resized, size), (self.width, self.height))


class Loaded(NamedTuple):
    """A batch, with zeros in the rows of the pictures that failed."""

    data: Any  # (pictures, …) as ``TensorSpec.batch_shape`` says; NumPy's on the host, CuPy's on a device
    failures: dict[int, Failure]  # by row


class Loader(Protocol):
    """A function from batches of samples to batches of numbers, in order.

    It never raises for a bad picture. Threads and devices are its own affair; it pulls no more batches than it needs to
    keep busy.
    """

    name: str

    def load(self, batches: Iterable[list[Sample]]) -> Generator[Loaded, None, None]:
        """Load ``batches`` lazily; closing the iterator stops the work."""
        ...
