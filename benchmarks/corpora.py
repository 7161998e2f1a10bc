"""Corpora of pictures made from real photographs: the same files every time."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
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
    bytes_each: int  # what the quality of a JPEG is chosen for
    files: int
    repeats: int
    formats: tuple[str, ...] = ("JPEG",)  # in turn

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

    @property
    def names(self) -> tuple[str, ...]:
        """The files'."""
        extensions = islice(cycle(ENCODERS[each][0] for each in self.formats), self.files)
        return tuple(f"{number:04}.{extension}" for number, extension in enumerate(extensions))


CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus("small", 500, 375, 100_000, files=200, repeats=12),
        Corpus("middle", 1920, 1280, 480_000, files=40, repeats=10),
        Corpus("large", 4000, 3000, 2_900_000, files=12, repeats=6),
        Corpus("png", 500, 375, 0, files=60, repeats=10, formats=("PNG",)),
        Corpus(
            "mixed", 500, 375, 100_000, files=60, repeats=10,
            formats=("JPEG", "progressive JPEG", "grey JPEG", "PNG", "WebP", "BMP"),
        ),
    )
}  # fmt: skip


def picture_files(corpus: Corpus, count: int) -> Iterator[bytes]:
    """The first ``count`` files of ``corpus``, made in memory one by one."""
    paths = [path for files in photographs().values() for path in files]
    chance = np.random.default_rng(corpus.width)
    encoders = cycle(ENCODERS[each][1] for each in corpus.formats)
    for path, encoder in zip(islice(cycle(paths), count), encoders, strict=False):
        yield encoder(_variant(Image.open(path).convert("RGB"), corpus, chance), corpus.bytes_each)


def ensure(corpus: Corpus) -> Corpus:
    """Make the corpus's files and list unless they are there."""
    if not corpus.list.exists():
        corpus.root.mkdir(parents=True, exist_ok=True)
        for name, data in zip(corpus.names, picture_files(corpus, corpus.files), strict=True):
            (corpus.root / name).write_bytes(data)
        lines = (f"{index}\t{index % 10}\t{name}\n" for index, name in enumerate(corpus.names * corpus.repeats))
        corpus.list.write_text("".join(lines))
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


def _jpeg(picture: Image.Image, target: int, **options: bool) -> bytes:
    """The best JPEG of at most ``target`` bytes, 4:2:0."""
    low, high = 20, 99
    best = b""
    while low <= high:
        quality = (low + high) // 2
        content = _saved(picture, "jpeg", quality=quality, **options)
        if len(content) <= target or not best:
            best = content
        low, high = (quality + 1, high) if len(content) <= target else (low, quality - 1)
    return best


def _saved(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


# A format's extension, and what makes a file of at most so many bytes of a picture, where its quality can be chosen.
ENCODERS: dict[str, tuple[str, Callable[[Image.Image, int], bytes]]] = {
    "JPEG": ("jpg", _jpeg),
    "progressive JPEG": ("jpg", lambda picture, target: _jpeg(picture, target, progressive=True)),
    "grey JPEG": ("jpg", lambda picture, target: _jpeg(picture.convert("L"), target)),
    "PNG": ("png", lambda picture, _: _saved(picture, "png")),
    "WebP": ("webp", lambda picture, _: _saved(picture, "webp", quality=90)),
    "BMP": ("bmp", lambda picture, _: _saved(picture, "bmp")),
}
