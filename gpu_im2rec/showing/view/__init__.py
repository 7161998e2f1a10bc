"""The viewer: a page on this machine that shows the records of one or several files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from gpu_im2rec.showing.view.gallery import Gallery
from gpu_im2rec.showing.view.serving import listen, serve, url_of


def view(
    recs: Sequence[Path], *, root: Path | None = None, list_path: Path | None = None, classes: Path | None = None,
    port: int | None = None, tell: Callable[[str, int], None],
) -> None:  # fmt: skip
    """Serve the page over ``recs`` until Ctrl-C; ``tell`` gets its address and the number of records.

    Raises RecordError, ListError and UsageError before that, as ``Gallery`` and ``listen`` do.
    """
    gallery = Gallery(recs, root=root, list_path=list_path, classes=classes)
    listener = listen(port)
    with closing(gallery), suppress(KeyboardInterrupt):
        tell(url_of(listener), len(gallery.catalog))
        serve(gallery, listener)
