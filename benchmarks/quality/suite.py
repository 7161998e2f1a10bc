"""How near to an exact reduction the pictures are, and how large: for every method of `--interp` and each engine."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.corpora import CORPORA, ensure
from benchmarks.quality.contenders import CONTENDERS, QUALITY, RESIZE, Make
from benchmarks.quality.reference import Pixels, reference
from benchmarks.results import Figures, Suite, Table, grid
from benchmarks.rounds import OURS
from gpu_im2rec import TranscodeSpec
from gpu_im2rec.transcode.geometry import plan

_PICTURES = {"small": 40, "middle": 20, "large": 8}


def measure(runs: int) -> Suite:
    """Once: the figures are the same every time."""
    corpora = {name: ensure(CORPORA[name]) for name in _PICTURES}
    files = {name: sorted(corpus.root.iterdir())[: _PICTURES[name]] for name, corpus in corpora.items()}
    return {f"{about.width}x{about.height}": of(files[name]) for name, about in corpora.items()}


def of(files: Sequence[Path], contenders: dict[str, Make] = CONTENDERS) -> Table:
    """All contenders on ``files``, in one folder."""
    ideals = [_ideal(file.read_bytes()) for file in files]
    runs = {}
    for contender, make in contenders.items():
        try:
            records, exact = make([*files], "jpg"), make([*files], "png")
        except ModuleNotFoundError as error:
            if error.name and error.name.partition(".")[0] in OURS:
                raise
            print(f"  {contender} is left out: {error}", file=sys.stderr)
            continue
        runs[contender] = [_figures(ideals, records, exact)]
    title = f"Shorter edge {RESIZE}, JPEG {QUALITY}, means of {len(files)} pictures"
    return Table(title, "pictures", runs, exact=True, facts={"pictures": len(files)})


def _ideal(data: bytes) -> Pixels:
    size = plan(Image.open(io.BytesIO(data)).size, TranscodeSpec(resize=RESIZE)).size
    return reference(data, size)


def _figures(ideals: list[Pixels], records: list[bytes], exact: list[bytes]) -> Figures:
    from skimage.metrics import structural_similarity

    assert len(records) == len(exact) == len(ideals)
    stored, resized = ([_pixels(one) for one in files] for files in (records, exact))
    similar = [
        structural_similarity(ideal, one, channel_axis=2, data_range=255)
        for ideal, one in zip(ideals, stored, strict=True)
    ]
    return {
        "items": len(records),
        "resized_psnr": float(np.mean([*map(_psnr, ideals, resized)])),
        "psnr": float(np.mean([*map(_psnr, ideals, stored)])),
        "ssim": float(np.mean(similar)),
        "bytes": float(np.mean([len(one) for one in records])),
    }


def _pixels(data: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float64)


def _psnr(one: Pixels, other: Pixels) -> float:
    return float(10 * np.log10(255**2 / np.mean((one - other) ** 2)))


def table(name: str, table: Table) -> str:
    """In Markdown."""
    rows = [
        [
            contender,
            f"{run['resized_psnr']:.1f}",
            f"{run['psnr']:.1f}",
            f"{run['ssim']:.4f}",
            f"{run['bytes'] / 1e3:.1f}",
        ]
        for contender, (run,) in table.runs.items()
    ]
    head = [name, "resized, dB", "as stored, dB", "as stored, SSIM", "kB"]
    return f"{table.heading}\n\n{grid(head, rows)}\n\n{_MEANING}"


_MEANING = """\
Likeness to Lanczos's filter with three lobes, as wide as the reduction asks, in float64: a sharp reference. `antialias`
and `area` weigh every pixel and are softer than it. The others look at a few pixels, whatever the reduction: they are
near to it where pictures lose little of their size, and alias where they lose much, and false detail costs bytes too.
What is stored is bounded by the JPEG's quality."""
