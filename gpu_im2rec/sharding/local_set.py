"""A set on this machine, or on a file system that all machines share: it waits in a folder until all of it is whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from gpu_im2rec.errors import OutputExistsError, ResumeError
from gpu_im2rec.packing import PackOptions, Part
from gpu_im2rec.packing.fingerprint import differences
from gpu_im2rec.packing.journal import Checkpoint, Journal
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.packing.unfinished import FAILURES, clear, journal_of, path_of, suffixes_of
from gpu_im2rec.recordio.part_file import PartFile, part_of
from gpu_im2rec.recordio.publishing import publish_all
from gpu_im2rec.sharding.names import outputs_of
from gpu_im2rec.sharding.replaced import old_shards
from gpu_im2rec.sharding.sizing import Cut
from gpu_im2rec.sharding.unfinished_set import blocks_of, parts_of
from gpu_im2rec.sharding.working_folder import WorkingFolder


class LocalSet:
    """An ``UnfinishedSet``: locked, and remembered in ``OUT.journal`` for the run that goes on with it.

    Raises OutputExistsError where another set or run is there, ResumeError where it was begun with something else,
    UsageError and ListError as ``parts_of`` does, and OSError.
    """

    def __init__(
        self, list_path: PathLike, root: str, out: Path, cut: Cut, options: PackOptions, asked: dict[str, Any]
    ) -> None:
        """``asked`` decides the set's bytes, see ``finished_set.asked_of``."""
        self.going: list[Path] = []
        self._options, self._final = options, out
        self._is_ours = False  # what the journal is about; it may be of another run
        self._publishing: dict[str, int] | None = None  # names given up for this set, by this run or the last
        self._folder = WorkingFolder(out)
        self.out = self._folder.out
        with ExitStack() as undo:
            self._journal = Journal(journal_of(out))
            undo.callback(self._let_go)
            self.parts = parts_of(list_path, self._count(cut, list_path, root))
            self._begin(asked | {"shards": len(self.parts)})
            undo.pop_all()

    @property
    def seconds(self) -> float:
        """What earlier runs took that this one goes on with."""
        last = self._journal.last
        return float(last.counts.get("seconds", 0.0)) if last else 0.0

    def remember(self, seconds: float) -> None:
        """One more shard is whole, after so many."""
        self._journal.add(Checkpoint(counts={"seconds": seconds}, publishing=self._publishing))

    def begin(self, name: str) -> PartFile:
        """A file called ``name`` beside the shards."""
        return PartFile(self._final.with_name(name), overwrite=True)

    @contextmanager
    def index(self, name: str) -> Iterator[Path]:
        """The shard's index called so."""
        yield self._folder.path / name

    def failures(self, part: Part) -> Iterator[bytes]:
        """What the shard's ``.failures.jsonl`` holds."""
        path = path_of(part.output(self.out), FAILURES)
        if path.exists():
            yield from blocks_of(path)

    def publish(self, shards: Sequence[str], told: Sequence[PartFile], gone: Sequence[Path]) -> None:
        """Give everything its name. Where that fails, a later run can still do it."""
        self._publishing = {path.name: 0 for path in gone}
        self.remember(self.seconds)
        publish_all([*self._folder.waiting(shards), *told], gone=gone)
        self._folder.remove()

    def discard(self) -> None:
        """Nothing of it is worth anything."""
        self._folder.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: object) -> None:
        self._let_go()
        if error and self._folder.path.exists():
            whole = self._folder.finished(self.parts)
            error.add_note(f"{whole} of {len(self.parts)} shards are whole in {self._folder.path}; --resume goes on")

    def _let_go(self) -> None:
        if self._is_ours and self._folder.is_worthless():
            self._folder.remove()
            self._journal.remove()
        elif self._journal.asked is None:
            self._journal.remove()
        else:
            self._journal.close()

    def _count(self, cut: Cut, list_path: PathLike, root: str) -> int:
        then = self._journal.asked or {}
        if self._options.resume and cut.size and isinstance(then.get("shards"), int):
            return int(then["shards"])
        return cut.count or cut.sized(list_path, root, self._final, self._options)

    def _begin(self, asked: dict[str, Any]) -> None:
        then = self._journal.asked
        is_there = then is not None and self._journal.last is not None
        if is_there and (self._options.resume or not self._options.overwrite):
            self._go_on(asked)
            return
        self._check_outputs(may_be_there=self._options.overwrite)
        self.going = old_shards(self._final)
        if self._folder.path.exists():
            if not self._options.overwrite:
                raise OutputExistsError(
                    f"{self._folder.path} is there, and nothing says what run left it; "
                    "remove it, or start with --overwrite"
                )
            self._folder.check_idle()
            self._folder.remove()
        self._is_ours = True
        if then is not None:
            clear(self._final, suffixes_of(self._options))
        self._journal.start(asked)
        self._journal.add(Checkpoint())
        self._folder.make()

    def _go_on(self, asked: dict[str, Any]) -> None:
        then, last, folder = self._journal.asked or {}, self._journal.last or Checkpoint(), self._folder
        if "shards" not in then:
            raise OutputExistsError(
                f"{part_of(self._final)}: an unfinished run is there, of one file; --resume without --shards goes on "
                "with it, --overwrite in place of --resume starts anew"
            )
        if not self._options.resume:
            raise OutputExistsError(
                f"{folder.path}: an unfinished set is there, {folder.finished(self.parts)} of its shards are whole; "
                "--resume goes on with it, --overwrite starts anew"
            )
        if changed := differences(then, asked):
            raise ResumeError(
                f"{folder.path} was begun otherwise: {changed}. "
                "Give what was given then, or start anew with --overwrite in place of --resume"
            )
        self._is_ours = True
        if not folder.path.exists():
            folder.make()
        self._publishing = last.publishing
        if last.publishing is not None:
            folder.take_back(self.parts)
        names = last.publishing or {}
        self.going = [*(self._final.with_name(name) for name in names), *old_shards(self._final)]
        self._check_outputs(may_be_there=self._options.overwrite or last.publishing is not None)

    def _check_outputs(self, *, may_be_there: bool) -> None:
        if self._final.exists() and not may_be_there:
            raise OutputExistsError(
                f"{self._final} is already there, and what tells of it would give way to what tells of the set; "
                "choose another name, or --overwrite"
            )
        for path in outputs_of(self._final, self.parts, self._options):
            if path.exists() and not (may_be_there and path.is_file()):
                raise OutputExistsError(f"{path} is already there; --overwrite replaces the set")
