"""The arguments of a run, looked at before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gpu_im2rec.errors import ListError, OutputExistsError, StorageError, UsageError
from gpu_im2rec.packing.journal import peek
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.outputs import check_outputs
from gpu_im2rec.packing.unfinished import CRC, FAILURES, PAGE, REPORT, journal_of, path_of, suffixes_of
from gpu_im2rec.recordio.naming import MANIFEST, beside
from gpu_im2rec.storage import Place, Url, exists, is_url, shown

_ORDER = "the order is LIST ROOT OUT"


def check_paths(list_path: PathLike, root: str, out: Place, options: PackOptions) -> None:
    """Raise what `pack` raises for arguments that cannot work, before any work is done.

    Of what is remote only an output is looked at: other things are noticed when they are read.
    """
    check_list_and_root(list_path, root, options)
    if isinstance(out, Url):
        check_remote(out, [str(list_path)], options)
    else:
        _check_local(Path(list_path), out, options)


def check_list_and_root(list_path: PathLike, root: str, options: PackOptions) -> None:
    """The part of it that is about what is read."""
    here = Path(list_path)
    if here.is_dir():
        raise UsageError(f"{list_path} is a folder and no list; {_ORDER}")
    if not is_url(root):
        if Path(root).is_file():
            raise UsageError(f"{root} is a file and no folder of pictures; {_ORDER}")
        if options.dialect != "c++" or root.endswith("/"):  # else it may begin a name
            check_root(root)
    if not here.is_file():
        named = here.with_name(f"{here.name}.lst")
        hint = f"did you mean {named}?" if named.is_file() else "`gpu-im2rec list PREFIX ROOT` makes one"
        raise ListError(f"{list_path}: no such list; {hint}")


def check_root(root: PathLike) -> None:
    """Raises UsageError where ``root`` is no folder."""
    if not Path(root).is_dir():
        raise UsageError(f"{root!s}: no such folder; the root is the folder that the list's paths start from")


def check_remote(out: Url, inputs: Sequence[str], options: PackOptions) -> None:
    """Whether ``out`` can be written: raises UsageError, OutputExistsError, StorageError, OSError."""
    if out.suffix == ".idx" or len(out.parts) < 3:
        raise UsageError(f"{out}: the output needs a file name, usually one that ends in .rec")
    name = shown(str(out))
    if name.startswith(("http:", "https:")):
        raise UsageError(f"{name}: https:// is for reading; an output goes to a file, or to s3:// and the like")
    if name != str(out):
        raise UsageError(f"{name}: reports name the output; give its password as docs/remote.md says")
    if options.append:
        raise UsageError(f"{out}: --append adds to files of this machine; pack to another name, or append there")
    if options.resume and not (options.staging or options.part):
        raise UsageError(
            f"{out}: a run that sends its output as it makes it leaves nothing to go on with: leave out --resume. "
            "With --staging DIR the output is made in that folder first, and --resume goes on"
        )
    may_be_packed = options.resume and options.part  # which is looked at when it is known what is asked
    for suffix in suffixes_of(options):
        path = path_of(out, suffix)
        if str(path) in inputs:
            raise UsageError(f"{path} would be overwritten by this very run; give the output another name")
        may_be_there = options.overwrite or may_be_packed or suffix in (FAILURES, REPORT)
        if not may_be_there and _is_there(path):
            raise OutputExistsError(f"{path} is already there; --overwrite replaces it")


def _is_there(path: Url) -> bool:
    try:
        return exists(str(path))
    except PermissionError as error:
        raise StorageError(
            f"{path}: the storage does not tell whether it is there: {error.strerror}. S3 tells those who may list the "
            "bucket; --overwrite does not ask"
        ) from error


def _check_local(list_path: Path, out: Path, options: PackOptions) -> None:
    if out.is_dir() or out.suffix == ".idx":
        raise UsageError(f"{out}: the output needs a file name, usually one that ends in .rec")
    if options.append and not options.resume and path_of(out, CRC).is_file() != options.checksums:
        raise UsageError(_about_checksums(path_of(out, CRC), out, options))
    outputs = [path_of(out, suffix) for suffix in suffixes_of(options) if suffix not in (FAILURES, REPORT)]
    replaced = [*(path_of(out, suffix) for suffix in (FAILURES, REPORT, PAGE)), journal_of(out)]
    may_be_packed = options.resume and bool(options.part or options.staging or out.exists())  # looked at later
    may_be_there = options.overwrite or options.append or may_be_packed or _was_being_published(out, options)
    check_outputs(outputs, [list_path], overwrite=may_be_there)
    if not may_be_there and (manifest := beside(out, MANIFEST)).exists():
        raise OutputExistsError(
            f"{manifest} is already there, and what tells of that set would give way to what tells of {out}; "
            "choose another name, or --overwrite"
        )
    check_outputs(replaced, [list_path, *outputs], overwrite=True)


def _about_checksums(crc: Path, out: Path, options: PackOptions) -> str:
    if options.checksums:
        return f"{crc} is not there to append to; `gpu-im2rec index {out} --checksums` makes it"
    return f"{crc} would lack the new records: give --checksums, too, or remove it"


def _was_being_published(out: Path, options: PackOptions) -> bool:
    """Whether a run goes on with another that was all but done, and may have left some outputs behind."""
    last = peek(journal_of(out)) if options.resume else None
    return last is not None and last.publishing is not None
