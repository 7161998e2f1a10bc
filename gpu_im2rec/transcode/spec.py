"""What to do to a picture."""

from dataclasses import dataclass
from typing import Literal, get_args

from gpu_im2rec.errors import UsageError

Interp = Literal["antialias", "nearest", "linear", "cubic", "area", "lanczos", "auto", "random"]
Color = Literal[-1, 0, 1]
Encoding = Literal["jpg", "png"]

INTERPS: tuple[Interp, ...] = get_args(Interp)
MAX_JPEG_EDGE = 65_500  # pixels; libjpeg's limit
MAX_PIXELS = 178_956_970  # as Pillow draws the line: 512 MiB of RGB


@dataclass(frozen=True, slots=True)
class TranscodeSpec:
    """Everything an engine needs to know besides the pictures. Same spec, same file: same bytes.

    Raises UsageError on construction for a value outside its range.
    """

    resize: int = 0  # pixels of the shorter edge; 0 keeps the size
    center_crop: bool = False  # to a square of the shorter edge, before the resize
    interp: Interp = "antialias"
    upscale: bool = True  # False: a picture whose shorter edge is below `resize` keeps its size
    color: Color = 1  # 1 three channels, 0 one channel, -1 as the file has them
    encoding: Encoding = "jpg"
    quality: int = 95  # JPEG, 1 … 100
    png_level: int = 3  # zlib level, 0 … 9
    pass_through: bool = False  # store the file's own bytes; nothing above applies
    accept_truncated: bool = False  # JPEGs that end early: what is there is packed, the rest is grey
    max_pixels: int = MAX_PIXELS  # width x height beyond which a picture is refused undecoded
    seed: int = 0  # for `interp="random"`

    def __post_init__(self) -> None:
        checks = {
            f"resize must be 0 … {MAX_JPEG_EDGE} pixels, not {self.resize}": 0 <= self.resize <= MAX_JPEG_EDGE,
            f"interp must be one of {', '.join(INTERPS)}, not {self.interp!r}": self.interp in INTERPS,
            f"color must be 1, 0 or -1, not {self.color}": self.color in (1, 0, -1),
            f"encoding must be jpg or png, not {self.encoding!r}": self.encoding in ("jpg", "png"),
            f"quality must be 1 … 100, not {self.quality}": 1 <= self.quality <= 100,
            f"png_level must be 0 … 9, not {self.png_level}": 0 <= self.png_level <= 9,
            f"max_pixels must be at least 1, not {self.max_pixels}": self.max_pixels >= 1,
        }
        for message, holds in checks.items():
            if not holds:
                raise UsageError(message)
