"""`python -m tests.breaking [--times N]`: the long run of what the tests do briefly. Says what it broke, how often.

Everything is compared with an undisturbed run, so the figures count only what came out with the same bytes; the first
difference ends the command.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
from pathlib import Path

from PIL import Image

from examples.photos import photographs
from tests.breaking.calls import fail_each, kill_at_each
from tests.breaking.killing import OPTIONS, Arena
from tests.breaking.scenes import SCENES, scene_of


def main() -> None:
    """Break, go on, compare, count."""
    arguments = argparse.ArgumentParser(prog="python -m tests.breaking", description=__doc__)
    arguments.add_argument("--times", type=int, default=200, help="signals of each kind, for each engine")
    arguments.add_argument("--seed", type=int, default=time.time_ns() % 100_000)
    chosen = arguments.parse_args()
    path = next(path for path in photographs()["things"] if path.name == "coffee.png")
    photo = Image.open(path).convert("RGB").resize((300, 200))
    print(f"seed {chosen.seed}\n\n| what | how often | when; results compared |\n| --- | ---: | --- |")
    for name in SCENES:
        with tempfile.TemporaryDirectory() as home:
            scene = scene_of(name, Path(home), photo)
            for what, count in (
                ("a call fails once", fail_each(scene, lasting=False)),
                ("a call fails, and all later ones of its kind", fail_each(scene, lasting=True)),
                ("killed at a call", kill_at_each(scene, power_cut=False)),
                ("power cut at a call", kill_at_each(scene, power_cut=True)),
            ):
                print(f"| {name}: {what} | {count} | |", flush=True)
    for engine in OPTIONS:
        for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
            with tempfile.TemporaryDirectory() as home:
                arena = Arena(Path(home), photo, engine, seed=chosen.seed)
                arena.strike(chosen.times, number)
                where = ", ".join(f"{count} {what}" for what, count in arena.struck.most_common())
                print(
                    f"| {engine}: {number.name} | {arena.struck.total()} | {where}; {arena.wholes} results |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
