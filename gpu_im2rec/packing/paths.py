"""The arguments of a run, looked at before any work is done."""

from __future__ import annotations

from pathlib import Path

from gpu_im2rec.errors import ListError, UsageError
from gpu_im2rec.packing.journal import peek
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.outputs import check_outputs
from gpu_im2rec.packing.unfinished import CRC, FAILURES, PAGE, REPORT, journal_of, path_of, suffixes_of

_ORDER = "the order is LIST ROOT OUT"


def check_paths(list_path: Path, root: str, out: Path, options: PackOptions) -> None:
    """Raise what `pack` raises for arguments that cannot work, before any work is done."""
    if list_path.is_dir():
        raise UsageError(f"{list_path} is a folder and no list; {_ORDER}")
    if Path(root).is_file():
        raise UsageError(f"{root} is a file and no folder of pictures; {_ORDER}")
    if not Path(root).is_dir() and (options.dialect != "c++" or root.endswith("/")):  # else a name may start with it
        raise UsageError(f"{root}: no such folder; the root is the folder that the list's paths start from")
    if not list_path.is_file():
        named = list_path.with_name(f"{list_path.name}.lst")
        hint = f"did you mean {named}?" if named.is_file() else "`gpu-im2rec list PREFIX ROOT` makes one"
        raise ListError(f"{list_path}: no such list; {hint}")
    if out.is_dir() or out.suffix == ".idx":
        raise UsageError(f"{out}: the output needs a file name, usually one that ends in .rec")
    if options.append and not options.resume and path_of(out, CRC).is_file() != options.checksums:
        raise UsageError(_about_checksums(path_of(out, CRC), out, options))
    outputs = [path_of(out, suffix) for suffix in suffixes_of(options) if suffix not in (FAILURES, REPORT)]
    replaced = [*(path_of(out, suffix) for suffix in (FAILURES, REPORT, PAGE)), journal_of(out)]
    may_be_packed = options.resume and options.part is not None  # which is looked at when it is known what is asked
    may_be_there = options.overwrite or options.append or may_be_packed or _was_being_published(out, options)
    check_outputs(outputs, [list_path], overwrite=may_be_there)
    check_outputs(replaced, [list_path, *outputs], overwrite=True)


def _about_checksums(crc: Path, out: Path, options: PackOptions) -> str:
    if options.checksums:
        return f"{crc} is not there to append to; `gpu-im2rec index {out} --checksums` makes it"
    return f"{crc} would lack the new records: give --checksums, too, or remove it"


def _was_being_published(out: Path, options: PackOptions) -> bool:
    """Whether a run goes on with another that was all but done, and may have left some outputs behind."""
    last = peek(journal_of(out)) if options.resume else None
    return last is not None and last.publishing is not None
