"""Corpora of JPEGs made from real photographs: the same files every time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from PIL import Image

from examples.photos import photographs

FOLDER = Path(__file__).parent / "corpora"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Pictures of one size, and how often each stands in the list."""

    name: str
    width: int
    height: int
    bytes_each: int  # what the JPEG quality is chosen for
    files: int
    repeats: int

    @property
    def root(self) -> Path:
        """The folder with the pictures."""
        return FOLDER / self.name

    @property
    def list(self) -> Path:
        """The list file."""
        return FOLDER / f"{self.name}.lst"

    @property
    def entries(self) -> int:
        """Lines of the list."""
        return self.files * self.repeats


CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus("small", 500, 375, 100_000, files=200, repeats=12),
        Corpus("middle", 1920, 1280, 480_000, files=40, repeats=10),
        Corpus("large", 4000, 3000, 2_900_000, files=12, repeats=6),
    )
}


def picture_files(corpus: Corpus, count: int) -> Iterator[bytes]:
    """The first ``count`` files of ``corpus``, made in memory one by one."""
    paths = [path for files in photographs().values() for path in files]
    chance = np.random.default_rng(corpus.width)
    for path in islice(cycle(paths), count):
        yield _jpeg(_variant(Image.open(path).convert("RGB"), corpus, chance), corpus.bytes_each)


def ensure(corpus: Corpus) -> Corpus:
    """Make the corpus's files and list unless they are there."""
    if not corpus.list.exists():
        corpus.root.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(picture_files(corpus, corpus.files)):
            (corpus.root / f"{number:04}.jpg").write_bytes(data)
        names = [f"{number:04}.jpg" for number in range(corpus.files)] * corpus.repeats
        corpus.list.write_text("".join(f"{index}\t{index % 10}\t{name}\n" for index, name in enumerate(names)))
    return corpus


def _variant(photograph: Image.Image, corpus: Corpus, chance: np.random.Generator) -> Image.Image:
    """A crop of the right shape, at the right size; film grain where enlarging left nothing fine to encode."""
    width = min(photograph.width, photograph.height * corpus.width // corpus.height) * chance.uniform(0.75, 1)
    height = width * corpus.height / corpus.width
    left, top = chance.uniform(0, photograph.width - width), chance.uniform(0, photograph.height - height)
    size = (corpus.width, corpus.height)
    picture = photograph.resize(size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))
    if corpus.width < 1.5 * width:
        return picture
    grain = chance.normal(0, 3, (corpus.height, corpus.width, 1))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


def _jpeg(picture: Image.Image, target: int) -> bytes:
    """The best JPEG of at most ``target`` bytes, 4:2:0."""
    low, high = 20, 99
    best = b""
    while low <= high:
        quality = (low + high) // 2
        out = io.BytesIO()
        picture.save(out, "jpeg", quality=quality)
        if out.tell() <= target or not best:
            best = out.getvalue()
        low, high = (quality + 1, high) if out.tell() <= target else (low, quality - 1)
    return best
