"""Record files to read: packed by this project from the corpora, the same every time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpora import CORPORA, FOLDER, Corpus, ensure


@dataclass(frozen=True, slots=True)
class Source:
    """A record file, and how it is read."""

    corpus: str
    pack: dict[str, object]  # what `TranscodeSpec` is told in packing
    resize: int  # shorter edge in pixels before the crop; 0: none
    epochs: int  # that are timed

    @property
    def about(self) -> Corpus:
        """The pictures that it is packed from."""
        return CORPORA[self.corpus]

    @property
    def rec(self) -> Path:
        """The record file; the index lies beside it."""
        words = "-".join(f"{name}-{value}" for name, value in self.pack.items())
        return FOLDER / f"{self.corpus}-{words}.rec"

    def ensure(self) -> Source:
        """Pack the records unless they are there."""
        if not self.rec.exists():
            from gpu_im2rec import PackOptions, TranscodeSpec, pack

            corpus = ensure(self.about)
            options = PackOptions(transcode=TranscodeSpec(**self.pack), device="cpu")  # type: ignore[arg-type]
            assert pack(corpus.list, corpus.root, self.rec, options).packed == corpus.entries
        return self


SOURCES = {
    "records of 341x256": Source("small", {"resize": 256}, resize=0, epochs=3),
    "records of 500x375, resized": Source("small", {"pass_through": True}, resize=256, epochs=2),
    "records of 1920x1280, resized": Source("middle", {"pass_through": True}, resize=256, epochs=3),
}
RANDOM_ACCESS = {
    "records of 35 kB": Source("small", {"resize": 256}, resize=0, epochs=0),
    "records of 8 kB": Source("small", {"center_crop": True, "resize": 120}, resize=0, epochs=0),
}
