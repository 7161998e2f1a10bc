"""The engine that touches no pixels: records hold the files' own bytes."""

from collections.abc import Generator, Iterable

from gpu_im2rec.transcode.contract import Encoded, Failure, Reason, Source
from gpu_im2rec.transcode.formats import check_whole, shows_something
from gpu_im2rec.transcode.memory import keep_freed_memory
from gpu_im2rec.transcode.meter import Meter


class PassThroughEngine:
    """Stores every file as it is, after the checks that need no decoder."""

    name = "pass-through"
    seam = 1

    def __init__(self, *, accept_truncated: bool = False) -> None:
        self.meter = Meter(1)
        self._accept_truncated = accept_truncated

    def transcode(self, batches: Iterable[list[Source]]) -> Generator[list[Encoded | Failure], None, None]:
        """One ``Encoded`` with the source's own bytes, or a ``Failure``, per source."""
        keep_freed_memory()
        for batch in batches:
            with self.meter:
                results = [source.failure or self._stored(source.data) for source in batch]
            self.meter.count(len(batch))
            yield results

    def stages(self, sources: list[Source]) -> dict[str, float]:
        """None: no pixel is touched."""
        return {}

    def _stored(self, data: bytes) -> Encoded | Failure:
        failure = check_whole(data)
        if failure and failure.reason is Reason.TRUNCATED and self._accept_truncated and shows_something(data):
            return Encoded(data, truncated=True)
        return failure or Encoded(data)
