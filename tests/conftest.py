"""Real photographs, and files made from them."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import settings
from PIL import Image

from examples.photos import photographs
from gpu_im2rec import devices
from tests.storage.s3 import bucket, environment, s3_port, s3_proxy  # noqa: F401

_MEMORY = Path("/dev/shm")
if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 4 << 30:
    # What is written is synced hundreds of thousands of times: waiting for a disk would be half of the time.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

settings.register_profile("here", deadline=None)  # a busy machine is no defect
settings.load_profile("here")


@pytest.fixture(autouse=True)
def no_gpu(request, monkeypatch):
    """Only tests marked ``gpu`` see the machine's GPU: the others find the same everywhere."""
    if not request.node.get_closest_marker("gpu"):
        monkeypatch.setattr(devices, "why_no_gpu", lambda number=0: "no NVIDIA driver")
    elif obstacle := devices.why_no_gpu():
        pytest.skip(obstacle)


@pytest.fixture(scope="session")
def photo_files() -> list[Path]:
    return [path for paths in photographs().values() for path in paths]


@pytest.fixture(scope="session")
def photo() -> Image.Image:
    """A colour photograph with fine detail, 300x200."""
    path = next(path for path in photographs()["things"] if path.name == "coffee.png")
    return Image.open(path).convert("RGB").resize((300, 200), Image.Resampling.LANCZOS)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """``image`` as a file of ``kind``, in memory."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.fixture(scope="session")
def jpeg(photo: Image.Image) -> bytes:
    return encoded(photo, "jpeg", quality=92)


def settled(name: str, content: bytes) -> bytes:
    """The content of a file that a run wrote; of its report, which must be whole, only what equal runs agree on."""
    if not name.endswith(".report.json"):
        return content
    report = json.loads(content)
    result = [report["result"][name] for name in ("packed", "failed", "reasons", "bytes_in", "appended_to")]
    return json.dumps([report["rec"], report["bytes"], *result]).encode()


def heed_ctrl_c() -> None:
    """In a child: a shell's background job, as these tests may be, ignores Ctrl-C, and nohup's SIGHUP."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Folder:
    """A root folder and the list that names its files, line by line."""

    def __init__(self, path: Path) -> None:
        self.root = path / "root"
        self.list = path / "image.lst"
        self.out = path / "out.rec"
        self.root.mkdir()
        self.lines: list[str] = []

    def add(self, name: str, content: bytes | None, *, labels: str = "1", index: int | None = None) -> None:
        """A file (None: it is missing) and its line."""
        if content is not None:
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        self.add_line(f"{len(self.lines) if index is None else index}\t{labels}\t{name}")

    def add_line(self, line: str) -> None:
        self.lines.append(line)
        self.list.write_bytes("".join(line + "\n" for line in self.lines).encode("utf-8", "surrogateescape"))

    def left_behind(self) -> list[str]:
        """Names beside the list and the root."""
        return sorted(path.name for path in self.list.parent.iterdir() if path not in (self.root, self.list))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def photo_folder(folder: Folder, photo: Image.Image) -> Folder:
    """Twelve different pictures of several formats."""
    for number in range(12):
        image = photo.rotate(number * 7).crop((0, 0, 300 - 5 * number, 200))
        kind = ("jpeg", "png", "webp")[number % 3]
        folder.add(f"{number:02}.{kind}", encoded(image, kind), labels=str(number % 4))
    return folder
