"""Extensions of file names: which are asked for, and which are of pictures that nobody asked for."""

from collections.abc import Iterable, Mapping

PACKABLE = {
    *("avif", "bmp", "gif", "j2c", "j2k", "jfif", "jp2", "jpc", "jpe", "jpeg", "jpg", "pgm", "png", "ppm"),
    *("tif", "tiff", "webp"),
}  # of the formats that `pack` reads


def extensions_in(exts: Iterable[str]) -> set[str]:
    """``exts`` as ``extension_of`` gives them."""
    return {ext.lower().removeprefix(".") for ext in exts}


def extension_of(name: str) -> str | None:
    """In lower case, without its dot; None for a name without one. Leading dots begin no extension: ".jpg" has none."""
    stem, _, extension = name.lower().rpartition(".")
    return extension if stem.strip(".") else None


def how_many(counts: Mapping[str, int]) -> str:
    """For people: ".webp 12, .bmp 1"."""
    return ", ".join(f"{ext} {count:,}" for ext, count in counts.items())


def as_options(exts: Iterable[str]) -> str:
    """What asks for ``exts`` on the command line: "--exts .jpg --exts .webp". Of "jpg,webp" each is one."""
    words = (word.strip().removeprefix(".") for ext in exts for word in ext.split(","))
    return " ".join(f"--exts .{word}" for word in words if word)
