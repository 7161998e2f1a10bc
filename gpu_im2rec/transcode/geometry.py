"""Integer maths of crop and resize, shared by every engine. Sizes are (width, height) in pixels.

Source of the rules: im2rec.py and im2rec.cc of MXNet 1.9.1.
"""

from typing import NamedTuple

from gpu_im2rec.transcode.spec import TranscodeSpec

Size = tuple[int, int]

_MARGIN = 2.0  # a scaled decode stays this much above the target: then it is within 50 dB of a full one
_ORIENTATIONS_THAT_SWAP = (5, 6, 7, 8)


class Box(NamedTuple):
    """A crop: left and top edge, width and height, in pixels; whole numbers unless the picture was decoded smaller."""

    left: float
    top: float
    width: float
    height: float

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.left + self.width, self.top + self.height


class Plan(NamedTuple):
    """What happens to one picture after it is decoded and turned upright."""

    crop: Box  # in pixels of the upright picture at full size
    size: Size  # what comes out


def plan(size: Size, spec: TranscodeSpec) -> Plan:
    """Crop and output size for an upright picture of ``size``."""
    cropped = (min(size), min(size)) if spec.center_crop else size
    crop = centered(size, cropped)
    if not spec.resize or (not spec.upscale and min(cropped) <= spec.resize):
        return Plan(crop, cropped)
    return Plan(crop, resized_shorter_edge(cropped, spec.resize))


def centered(size: Size, cropped: Size) -> Box:
    """``cropped`` in the middle of ``size``; an odd remainder stays on the right or at the bottom."""
    return Box((size[0] - cropped[0]) // 2, (size[1] - cropped[1]) // 2, *cropped)


def resized_shorter_edge(size: Size, edge: int) -> Size:
    """The size whose shorter edge is ``edge``; the longer one is rounded down, as im2rec does."""
    width, height = size
    if height > width:
        return edge, height * edge // width
    return width * edge // height, edge


def upright(size: Size, orientation: int) -> Size:
    """``size`` after the rotation that an EXIF orientation (1 … 8) asks for."""
    width, height = size
    return (height, width) if orientation in _ORIENTATIONS_THAT_SWAP else (width, height)


def decode_divisor(todo: Plan) -> int:
    """The largest of 1, 2, 4, 8 to divide a JPEG's edges by while decoding, with a margin above the target kept."""
    shrink = min(todo.crop.width / todo.size[0], todo.crop.height / todo.size[1])
    return next((divisor for divisor in (8, 4, 2) if shrink >= _MARGIN * divisor), 1)


def divided(crop: Box, divisor: int) -> Box:
    """``crop`` in fractional pixels of the picture decoded at 1/``divisor``; libjpeg rounds its edges up."""
    return Box(*(edge / divisor for edge in crop))


def enlarged(size: Size, least: Size) -> Size:
    """``size``, or where an edge is below that of ``least``, what it grows to with its proportions kept, rounded down.

    Source of the rule: MXNet's image_aug_default.cc.
    """
    width, height = size
    if height < least[1]:
        width, height = width * least[1] // height, least[1]
    if width < least[0]:
        width, height = least[0], height * least[0] // width
    return width, height


def within(crop: Box, resized: Size, size: Size) -> Box:
    """``crop`` of a picture that was ``resized``, in pixels of the picture of ``size`` that it came from.

    Multiplied before it is divided: then what reaches an edge of the one reaches that of the other, and not beyond it.
    """
    left, right = (edge * size[0] / resized[0] for edge in (crop.left, crop.left + crop.width))
    top, bottom = (edge * size[1] / resized[1] for edge in (crop.top, crop.top + crop.height))
    return Box(left, top, right - left, bottom - top)
