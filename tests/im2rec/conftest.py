"""Pictures of many kinds, lists of them, and the console script as people call it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cpu.test_im2rec_parity import sample_files

SCRIPT = Path(sys.executable).with_name("im2rec")


class Corpus:
    """A root with pictures, and the lists `one` and `three`, named after how many labels their lines have."""

    def __init__(self, folder: Path, pictures: dict[str, bytes]) -> None:
        self.root = folder / "root"
        self.one, self.three = folder / "one.lst", folder / "three.lst"
        names = []
        for number, (kind, content) in enumerate(pictures.items()):
            name = f"{('', 'a/', 'b/', 'c/deep/')[number % 4]}{kind}.{kind.split()[0]}"
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_bytes(content)
            names.append(name)
        keys = [(7 * number + 3) % 1000 for number in range(len(names))]  # no running numbers
        rows = list(zip(keys, names, strict=True))
        self.one.write_text("".join(f"{key}\t{key % 5}.000000\t{name}\n" for key, name in rows))
        self.three.write_text("".join(f"{key}\t{key % 5}\t0.1\t-2.5e3\t{name}\n" for key, name in rows))


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, photo) -> Corpus:
    """Without 16 bit, where ours is better on purpose."""
    pictures = {kind: content for kind, content in sample_files(photo).items() if "16 bit" not in kind}
    return Corpus(tmp_path_factory.mktemp("corpus"), pictures)


def im2rec(*arguments, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the console script."""
    command = [SCRIPT, *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done
