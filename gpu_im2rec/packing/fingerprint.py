"""What decides a run's bytes: a run may only go on with what another one began where all of it is the same."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict
from typing import Any

from gpu_im2rec import __version__
from gpu_im2rec.lists import Span
from gpu_im2rec.lists.files import BLOCK, open_list
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.storage import is_url, shown

_OF_A_RUN = (
    "label_width",
    "pack_label",
    "check_labels",
    "layout",
    "dialect",
    "allow_outside_root",
    "append",
    "checksums",
)
_OF_DALI = ("batch_size", "hw_decoder_load")
_EXACT = "exact"  # in place of the engine, where the bytes are every engine's


def fingerprint(
    list_path: PathLike, root: str, options: PackOptions, engine: str, span: Span | None = None
) -> dict[str, Any]:
    """Plain values by what people call them. Of a part of the list, its ``span`` counts and not what is around it.

    Raises ListError where the list cannot be read.
    """
    where = {
        "version": __version__,
        "list": digest_of_list(list_path, span),
        "root": shown(root) if is_url(root) else os.path.realpath(root),
        "engine": _EXACT if options.gpu.exact else engine,
    }
    run = {name: getattr(options, name) for name in _OF_A_RUN} | {"part": str(options.part or "")}
    gpu = {}
    if "gpu" in engine and not options.gpu.exact_engine:
        gpu = {name: getattr(options.gpu, name) for name in _OF_DALI}
    return where | run | gpu | asdict(options.transcode)


def digest_of_list(list_path: PathLike, span: Span | None) -> str:
    """SHA-256 of the list; or of some of its lines, and which ones they are. Raises ListError."""
    with open_list(list_path) as file:
        if not span:
            return hashlib.file_digest(file, "sha256").hexdigest()
        digest = hashlib.sha256(b"%d " % span.first_line)
        file.seek(span.start)
        left = span.stop - span.start
        while block := file.read(min(BLOCK, left)):
            digest.update(block)
            left -= len(block)
        return digest.hexdigest()


def differences(then: dict[str, Any], now: dict[str, Any]) -> str:
    """What is not the same, in words; empty where nothing is."""
    names = [name for name in now | then if then.get(name) != now.get(name)]
    return ", ".join(_difference(name, then.get(name), now.get(name)) for name in names)


def _difference(name: str, then: object, now: object) -> str:
    if name == "list":
        return "the list has changed"
    return f"{name.replace('_', '-')} was {then}, is {now}"
