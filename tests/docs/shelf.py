"""Files that the pages speak of and do not make. A section that names one borrows it."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image

from gpu_im2rec import PackOptions, TranscodeSpec, make_list, pack
from tests.conftest import encoded
from tests.docs.typing_in import words_of

# Where the words of a command say what it makes, counted without options.
MADE = {"list": 0, "pack": 2, "unpack": 1, "merge": -1, "split": 1, "convert": 1, "sheet": 1, "repair": 1, "plan": 2}


def fill(shelf: Path, photo: Image.Image) -> None:
    """Eighteen tiny pictures of two classes, lists of them, and records."""
    for number in range(18):
        path = shelf / "photos" / ("cats", "dogs")[number % 2] / f"{number // 2}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(photo.rotate(number * 20).resize((48, 36)), "jpeg"))
    shutil.copytree(shelf / "photos", shelf / "root")
    make_list(shelf / "faces", shelf / "photos", recursive=True)
    shutil.copy(shelf / "faces.lst", shelf / "train.lst")
    (shelf / "image.lst").write_text("0\t1\t0\t0\t0.5\tcats/0.jpg\n1\t0\t1\t0\t0.25\tdogs/0.jpg\n")
    (shelf / "many.lst").write_text((shelf / "image.lst").read_text())
    pack(shelf / "faces.lst", shelf / "photos", shelf / "faces.rec", PackOptions(transcode=TranscodeSpec(resize=256)))
    for name in ("photos", "train"):
        for kind in (".rec", ".idx"):
            shutil.copy(shelf / f"faces{kind}", shelf / f"{name}{kind}")
    (shelf / "photos" / "cats" / "0.jpg").rename(shelf / "away")
    pack(shelf / "faces.lst", shelf / "photos", shelf / "out.rec", PackOptions(transcode=TranscodeSpec(resize=256)))
    (shelf / "away").rename(shelf / "photos" / "cats" / "0.jpg")  # it is mended
    damaged = bytearray((shelf / "faces.rec").read_bytes())
    damaged[5000:5100] = bytes(100)
    (shelf / "damaged.rec").write_bytes(damaged)


def borrow_for(command: str, shelf: Path) -> None:
    """What ``command`` reads and this folder lacks."""
    words = words_of(command)
    plain = [word for word in words[2:] if not word.startswith("-")]
    makes = words[0] == "gpu-im2rec" and words[1] in MADE and len(plain) > 1 and "--append" not in words
    made = plain[MADE[words[1]]] if makes else None
    for word in words:
        if word != made:
            borrow(word, shelf)


def borrow(name: str, shelf: Path) -> None:
    """The file or folder of that name, if it is on the shelf and not here; with records, what lies beside them."""
    there = shelf / name.rstrip("/")
    if "/" in name.rstrip("/") or not name or not there.exists() or Path(name).exists():
        return
    if there.is_dir():
        shutil.copytree(there, name)
        return
    shutil.copy(there, name)
    if name.endswith(".rec"):
        for beside in (Path(name).with_suffix(".idx").name, "classes.txt"):
            borrow(beside, shelf)


def borrow_for_snippet(code: str, shelf: Path) -> None:
    """What its strings name."""
    for text in code.split('"')[1::2]:
        borrow(text, shelf)
