"""Numbers as people read and write them."""

import re

from gpu_im2rec.errors import UsageError

_PREFIXES = "kMGTP"
_FACTORS: dict[str, int] = {"": 1, "b": 1} | {
    f"{prefix}{unit}".lower(): base**power
    for power, prefix in enumerate(_PREFIXES, 1)
    for unit, base in (("B", 1000), ("iB", 1024))
}


def size(count: float) -> str:
    """Bytes for people: 1.5 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.2f} TB"


def counted(number: int, noun: str, plural: str = "") -> str:
    """So many of something for people: 1 picture, 1,437 pictures."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def duration(seconds: float) -> str:
    """Seconds for people: 57 days 22 h, 1 h 02 min, 3 min 20 s, 12 s, 0.4 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} days {hours % 24} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def percent(share: float) -> str:
    """A share 0 … 1 for people: 71 %."""
    return f"{share * 100:.0f} %"


def parse_size(text: str) -> int:
    """Bytes from what people write: 1GiB, 500 MB, 1.5GB, 1000000. Raises UsageError for anything else, and below 1."""
    match = re.fullmatch(r"(\d{1,18})(\.\d{1,9})? ?([a-z]{0,3})", text.strip().lower(), re.ASCII)
    if not match or match[3] not in _FACTORS:
        raise UsageError(f"{text!r} is no size; write it such as 1GiB, 500MB or 1000000")
    factor = _FACTORS[match[3]]
    fraction = match[2] or ".0"
    count: int = int(match[1]) * factor + int(fraction[1:]) * factor // 10 ** len(fraction[1:])
    if count < 1:
        raise UsageError(f"{text!r} is less than a byte; write a size such as 1GiB or 500MB")
    return count
