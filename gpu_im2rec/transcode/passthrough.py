"""The engine that touches no pixels: records hold the files' own bytes."""

from collections.abc import Generator, Iterable

from gpu_im2rec.transcode.contract import Encoded, Failure, Source
from gpu_im2rec.transcode.formats import check_whole
from gpu_im2rec.transcode.memory import keep_freed_memory


class PassThroughEngine:
    """Stores every file as it is, after the checks that need no decoder."""

    name = "pass-through"
    seam = 1

    def transcode(self, batches: Iterable[list[Source]]) -> Generator[list[Encoded | Failure], None, None]:
        """One ``Encoded`` with the source's own bytes, or a ``Failure``, per source."""
        keep_freed_memory()
        for batch in batches:
            yield [source.failure or check_whole(source.data) or Encoded(source.data) for source in batch]

    def stages(self, sources: list[Source]) -> dict[str, float]:
        """None: no pixel is touched."""
        return {}
