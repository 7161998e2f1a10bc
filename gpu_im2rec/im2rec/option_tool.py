"""MXNet's Python tool: ``im2rec PREFIX ROOT [--list] [--option …]``."""

from __future__ import annotations

import argparse
import difflib
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from gpu_im2rec.cli.key_values import ENCODINGS, KEYS, jpeg_quality
from gpu_im2rec.cli.output import exit_code_of, printable, say, say_skipped
from gpu_im2rec.errors import ListError, UsageError
from gpu_im2rec.im2rec.packing import DEFAULTS, pack
from gpu_im2rec.lists import make_list
from gpu_im2rec.packing import PackOptions
from gpu_im2rec.units import counted

_BY_A_SIGNAL = 128  # exit codes from here on

_USAGE = """im2rec PREFIX ROOT --list [option …]   make lists (as im2rec.py)
       im2rec PREFIX ROOT [option …]          pack PREFIX*.lst (as im2rec.py)
       im2rec LIST ROOT OUT [key=value …]     pack a list (as the C++ im2rec)"""


def run(arguments: Sequence[str]) -> int:
    """List or pack as the arguments ask → the exit code. Raises what `make_list` and `pack` raise."""
    parser = make_parser()
    if not arguments:
        parser.print_help()
        return 2
    args, others = parser.parse_known_args(arguments)
    if others:
        raise UsageError(_not_understood(others[0], parser))
    return _make_lists(args) if args.list else _pack_lists(args)


def _make_lists(args: argparse.Namespace) -> int:
    """The classes go to standard output, line by line as im2rec.py prints them."""
    report = make_list(
        args.prefix,
        _absolute(args.root),
        recursive=args.recursive,
        exts=args.exts,
        chunks=args.chunks,
        train_ratio=args.train_ratio,
        test_ratio=args.test_ratio,
        shuffle=args.shuffle,
        classes_file=False,
        empty_chunks=True,
    )
    for number, name in enumerate(report.classes):
        print(printable(name), number)
    say_skipped(report.skipped)
    for file in report.files:
        say(f"{file.path}: {counted(file.entries, 'picture')}")
    return 0


def _pack_lists(args: argparse.Namespace) -> int:
    prefix, root = _absolute(args.prefix), _absolute(args.root)
    lists = _lists(prefix)
    options = _options(args)
    codes = set()
    if len(lists) > 1:
        names = ", ".join(path.name for path in lists)
        say(f"{len(lists)} lists begin with {prefix}, and all are packed, as im2rec.py does: {names}")
    for path in lists:
        if len(lists) > 1:
            say(f"{path}:")
        codes.add(exit_code_of(partial(pack, path, root, path.with_suffix(".rec"), options)))
        if max(codes) >= _BY_A_SIGNAL:
            break
    return 1 if 1 in codes else max(codes)


def _absolute(path: str) -> str:
    """As im2rec.py makes it: ``..`` is taken away without asking the file system."""
    return os.path.abspath(path)  # noqa: PTH100


def _lists(prefix: str) -> list[Path]:
    """Every list whose path begins with ``prefix``. Where that is a folder: all in it or, if there are none, beside it.

    Raises ListError if there is none.
    """
    folders = [Path(prefix), Path(prefix).parent] if os.path.isdir(prefix) else [Path(prefix).parent]  # noqa: PTH112
    for folder in folders:
        try:
            lists = [path for path in folder.iterdir() if str(path).startswith(prefix) and path.name.endswith(".lst")]
        except OSError as error:
            raise ListError(f"{folder}: the folder of the lists cannot be read: {error.strerror}") from error
        if lists := sorted(path for path in lists if path.is_file()):
            return lists
    raise ListError(
        f"no list begins with {prefix} and ends in .lst; `im2rec PREFIX ROOT --list` makes one (in this order)"
    )


def _options(args: argparse.Namespace) -> PackOptions:
    encoding = ENCODINGS[args.encoding]
    level = min(max(args.quality, 0), 9)  # as OpenCV takes it: the default, meant for JPEG, is the slowest for PNG
    picture = replace(
        DEFAULTS.transcode,
        resize=args.resize,
        center_crop=args.center_crop,
        color=args.color,
        encoding=encoding,
        pass_through=args.pass_through,
        accept_truncated=args.accept_truncated,
        **(jpeg_quality(args.quality) if encoding == "jpg" else {"png_level": level}),
    )
    threads = None if args.num_thread is None else max(1, args.num_thread)
    run = {"pack_label": args.pack_label, "workers": threads, "resume": args.resume, "allow_empty": True}
    return replace(DEFAULTS, transcode=picture, **run)


def _not_understood(word: str, parser: argparse.ArgumentParser) -> str:
    near = difflib.get_close_matches(word.partition("=")[0], parser._option_string_actions, 2, 0.7)
    if near:
        return f"{word!r} is not understood; did you mean {' or '.join(sorted(near))}?"
    if word in ("True", "False", "1", "0"):
        return f"{word!r} is not understood: since 2018, im2rec.py's switches such as --recursive take no value"
    return f"{word!r} is not understood; `im2rec --help` shows what is"


def make_parser() -> argparse.ArgumentParser:
    """im2rec.py's options; its help shows both command lines."""
    keys = "\n".join(f"  {name + '=':<18}{key.meaning}" for name, key in KEYS.items())
    parser = argparse.ArgumentParser(
        prog="im2rec",
        usage=_USAGE,
        description="MXNet's im2rec and im2rec.py without mxnet: the same command lines and records.",
        epilog=f"keys of LIST ROOT OUT [key=value …]:\n{keys}\n\n`gpu-im2rec` has more to offer than both.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("prefix", metavar="PREFIX", help="lists are PREFIX.lst, PREFIX_train.lst …")
    parser.add_argument("root", metavar="ROOT", help="the folder with the pictures")

    listing = parser.add_argument_group("making lists")
    listing.add_argument("--list", action="store_true", help="make lists; without it, lists are packed")
    listing.add_argument("--exts", nargs="+", default=[".jpeg", ".jpg", ".png"], help="extensions, in any case")
    listing.add_argument("--chunks", type=int, default=1, help="split into this many lists")
    listing.add_argument("--train-ratio", type=float, default=1.0, help="share of the pictures for training")
    listing.add_argument("--test-ratio", type=float, default=0.0, help="share for testing; the rest is for validation")
    listing.add_argument("--recursive", action="store_true", help="look into subfolders; each is a class")
    listing.add_argument("--no-shuffle", dest="shuffle", action="store_false", help="keep the order of the folder")

    packing = parser.add_argument_group("packing lists")
    packing.add_argument("--pass-through", action="store_true", help="store the files' own bytes")
    packing.add_argument("--resize", type=int, default=0, help="shorter edge in pixels; 0 keeps the size")
    packing.add_argument("--center-crop", action="store_true", help="cut to the square in the middle first")
    packing.add_argument("--quality", type=int, default=95, help="JPEG 1 … 100 (95), PNG 0 … 9 (9)")
    packing.add_argument("--num-thread", type=int, help="threads; default: one a core. The records are the same")
    packing.add_argument("--color", type=int, default=1, choices=[-1, 0, 1], help="1 colour, 0 grey, -1 as the file is")
    packing.add_argument("--encoding", default=".jpg", choices=list(ENCODINGS), help="format in the records")
    packing.add_argument("--resume", action="store_true", help="go on where an interrupted run stopped")
    packing.add_argument("--accept-truncated", action="store_true", help="pack what decodes of cut JPEGs")
    packing.add_argument("--pack-label", action="store_true", help="store all label columns, not only the first")
    return parser
