"""What the files beside a record file are called."""

import re
from pathlib import Path

_PART = re.compile(r"\.part\d{3,}", re.ASCII)  # im2rec's parts: out.rec.part000, out.rec.part001 …


def beside(path: Path, suffix: str) -> Path:
    """``train.idx`` for ``train.rec`` and ".idx"; but ``out.rec.part003.idx``, as im2rec's parts differ there only."""
    return path.with_name(path.name + suffix) if _PART.fullmatch(path.suffix) else path.with_suffix(suffix)
