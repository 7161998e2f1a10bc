"""A set that is remote: each shard appears when it is whole, the manifest when all are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from gpu_im2rec.errors import OutputExistsError, RecordError, StorageError
from gpu_im2rec.packing import PackOptions, Part
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.packing.unfinished import CRC, FAILURES, IDX, REC, REPORT, path_of
from gpu_im2rec.recordio.manifest import manifest_of, parse_manifest
from gpu_im2rec.sharding.names import outputs_of
from gpu_im2rec.sharding.replaced import own_files
from gpu_im2rec.sharding.sizing import Cut
from gpu_im2rec.sharding.unfinished_set import blocks_of, parts_of
from gpu_im2rec.storage import Upload, Url, downloaded, exists, read, remove

T = TypeVar("T")

_AT_ONCE = 32  # requests


class RemoteSet:
    """An ``UnfinishedSet``. The reports of its shards, beside them, say which are whole; they go when all are.

    There is no lock: two runs to one output at a time are not noticed. Raises OutputExistsError where another set is
    there, or an unfinished one, UsageError and ListError as ``parts_of`` does, StorageError and OSError.
    """

    def __init__(self, list_path: PathLike, root: str, out: Url, cut: Cut, options: PackOptions) -> None:
        self.out = out
        self.seconds = 0.0
        self.going: list[Url] = []
        self.parts = parts_of(list_path, cut.count or cut.sized(list_path, root, out, options))
        self._manifest = out.with_name(manifest_of(out))
        self._old = out.with_name(f"{manifest_of(out)}.old")  # of the set that this one replaces
        if not options.resume:
            self._make_room(options)
        elif exists(str(self._manifest)) and not options.overwrite:
            raise OutputExistsError(f"{self._manifest} is already there; --overwrite replaces the set")
        self._set_aside()

    def remember(self, seconds: float) -> None:
        """Nothing: the shard's report is there."""

    def begin(self, name: str) -> Upload:
        """A file called ``name`` beside the shards."""
        return Upload(self.out.with_name(name))

    def index(self, name: str) -> AbstractContextManager[PathLike]:
        """The shard's index called so, fetched."""
        return downloaded(str(self.out.with_name(name)))

    def failures(self, part: Part) -> Iterator[bytes]:
        """What the shard's ``.failures.jsonl`` holds."""
        url = str(path_of(part.output(self.out), FAILURES))
        with suppress(FileNotFoundError), downloaded(url) as copy:
            yield from blocks_of(Path(copy))

    def publish(self, shards: Sequence[str], told: Sequence[Upload], gone: Sequence[Url]) -> None:
        """The shards have their names; ``told`` get theirs. What is left of an older set goes, and all reports."""
        for file in told:
            file.finish()
        self._each(remove, gone)
        for file in told:
            file.commit()
        self._each(remove, [path_of(part.output(self.out), kind) for part in self.parts for kind in (FAILURES, REPORT)])
        remove(str(self._old))

    def discard(self) -> None:
        """Nothing of it is worth anything."""
        kinds = (REC, IDX, CRC, FAILURES, REPORT)
        self._each(remove, [path_of(part.output(self.out), kind) for part in self.parts for kind in kinds])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: object) -> None:
        if error and (whole := self._whole_at_a_glance()):
            error.add_note(f"{whole} of {len(self.parts)} shards are whole; --resume goes on")

    def _make_room(self, options: PackOptions) -> None:
        """Nothing may be there; with ``overwrite``, nothing may look like a part of this set that is finished."""
        reports = [path_of(part.output(self.out), REPORT) for part in self.parts]
        if options.overwrite:
            self._each(remove, reports)
            return
        if whole := self._whole():
            raise OutputExistsError(
                f"{self.out}: an unfinished set is there, {whole} of its shards are whole; "
                "--resume goes on with it, --overwrite starts anew"
            )
        outputs = outputs_of(self.out, self.parts, options)
        for path, is_there in zip(outputs, self._each(exists, outputs), strict=True):
            if is_there:
                raise OutputExistsError(f"{path} is already there; --overwrite replaces the set")

    def _set_aside(self) -> None:
        """The manifest of a set that will be replaced no longer says that it is whole; but it is not forgotten."""
        with suppress(FileNotFoundError):
            content = read(str(self._manifest))
            file = Upload(self._old)
            file.write([content])
            file.finish()
            file.commit()
            remove(str(self._manifest))
        with suppress(FileNotFoundError, RecordError, ValueError, LookupError, TypeError, AttributeError):
            self.going = own_files(self.out, parse_manifest(read(str(self._old))))

    def _whole(self, tries: int | None = None) -> int:
        reports = [path_of(part.output(self.out), REPORT) for part in self.parts]
        return sum(self._each(partial(exists, tries=tries), reports))

    def _whole_at_a_glance(self) -> int:
        """0 also where the storage does not answer, which may be what ends the run."""
        with suppress(OSError, StorageError):
            return self._whole(tries=1)
        return 0

    def _each(self, work: Callable[[str], T], urls: Sequence[Url]) -> list[T]:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="remote") as pool:
            return list(pool.map(work, map(str, urls)))
