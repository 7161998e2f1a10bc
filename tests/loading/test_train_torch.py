"""The example learns from the records, and from what is in them: with the labels shuffled it does not."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

if not find_spec("torch"):
    pytest.skip("torch is not installed", allow_module_level=True)

ROOT = Path(__file__).parents[2]
SHUFFLED = """
import random, sys
from pathlib import Path
from examples import train_torch
from gpu_im2rec import PackOptions, TranscodeSpec, pack

folder = Path(sys.argv[1])
train_torch.pack_digits(folder)
lines = [line.split("\\t") for line in (folder / "digits_train.lst").read_text().splitlines()]
labels = [label for _, label, _ in lines]
random.Random(0).shuffle(labels)
wrong = [f"{index}\\t{label}\\t{path}\\n" for (index, _, path), label in zip(lines, labels)]
(folder / "wrong.lst").write_text("".join(wrong))
options = PackOptions(transcode=TranscodeSpec(resize=32), overwrite=True)
pack(folder / "wrong.lst", folder / "pictures", folder / "train.rec", options)
print(list(train_torch.train(folder, epochs=1))[-1][1])
"""


def run(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_learns(tmp_path):
    *epochs, summary = run("-m", "examples.train_torch", tmp_path).splitlines()
    losses = [float(re.search(r"loss ([\d.]+)", line)[1]) for line in epochs]
    shares = [float(re.search(r"([\d.]+)% of the held-out", line)[1]) for line in epochs]
    assert losses[-1] < losses[0] / 3
    assert shares[-1] > 95
    assert f"Of 360 digits that it was never shown, the network tells {shares[-1]}%" in summary


def test_it_learns_nothing_from_wrong_labels(tmp_path):
    assert float(run("-c", SHUFFLED, tmp_path)) < 0.25
