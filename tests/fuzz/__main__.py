"""`python -m tests.fuzz [--runs N] [--folder FOLDER] [TARGET …]`: the targets for long, guided by coverage.

Prints a line a target. Inputs worth keeping are in ``FOLDER/TARGET/corpus``, from where the next run goes on, and those
that show a defect in ``FOLDER/TARGET/findings``; `python -m tests.fuzz --replay FILE TARGET` runs one again.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.targets import TARGETS, Target

_SECONDS_AN_INPUT = 20  # beyond that it is a hang
_MEGABYTES = 1024  # of the process; an input has a kilobyte


def make_parser() -> argparse.ArgumentParser:
    """Of the command line."""
    arguments = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    arguments.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; default: all")
    arguments.add_argument("--runs", type=int, default=100_000, help="inputs a target (default: 100,000)")
    arguments.add_argument("--folder", type=Path, default=Path(".fuzz"), help="where inputs are kept (default: .fuzz)")
    arguments.add_argument("--replay", type=Path, metavar="FILE", help="run this input alone, without coverage")
    return arguments


def main() -> None:
    """Run what the command line names."""
    arguments = make_parser()
    chosen = arguments.parse_args()
    names = chosen.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        arguments.error(f"no target {', '.join(sorted(unknown))}")
    if chosen.replay:
        for name in names:
            TARGETS[name].run(chosen.replay.read_bytes())
        return
    if find_spec("atheris") is None:
        arguments.error("atheris is missing: pip install -e '.[fuzz]', on Linux")
    print(f"{'target':<15}{'inputs':>12}{'a second':>10}  findings", flush=True)
    went_well = [_fuzz(name, chosen.runs, chosen.folder / name) for name in names]
    sys.exit(not all(went_well))


def _fuzz(name: str, runs: int, folder: Path) -> bool:
    """Run one target and print its line, and how to replay its findings → whether all went well."""
    target = TARGETS[name]
    for part in ("corpus", "findings"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for file in (folder / "findings").iterdir():  # an earlier run's: whether they are mended shows in this one
        file.rename(folder / "corpus" / file.name)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch, (folder / "log").open("wb") as log:
        options = [f"-runs={runs}", f"-artifact_prefix={folder}/findings/", *_options(target, Path(scratch))]
        command = [sys.executable, "-m", "tests.fuzz.one", name, str(folder), *options]
        started = time.perf_counter()
        code = subprocess.run(
            [*command, str(folder / "corpus"), f"{scratch}/seeds"],
            stdout=log,
            stderr=log,
            env={**os.environ, "TMPDIR": scratch},
            check=False,
        ).returncode
    seconds = time.perf_counter() - started
    counts = re.findall(rb"^(?:#|Done )(\d+)", (folder / "log").read_bytes(), re.MULTILINE)
    done = int(counts[-1]) if counts else 0
    findings = sorted((folder / "findings").iterdir())
    ended = f", and ended early with code {code}: see {folder}/log" if code else ""
    print(f"{name:<15}{done:>12,}{done / seconds:>10,.0f}  {len(findings)}{ended}", flush=True)
    for file in findings:
        print(f"  python -m tests.fuzz --replay {file} {name}", flush=True)
    return not (code or findings)


def _options(target: Target, scratch: Path) -> list[str]:
    """libFuzzer's, with the files that they name."""
    (scratch / "seeds").mkdir()
    for number, seed in enumerate(target.seeds()):
        (scratch / "seeds" / str(number)).write_bytes(seed)
    words = ('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in target.words)
    (scratch / "words").write_text("".join(words))
    limits = [f"-max_len={target.longest}", f"-timeout={_SECONDS_AN_INPUT}", f"-rss_limit_mb={_MEGABYTES}"]
    return [*limits, f"-dict={scratch}/words"] if target.words else limits


if __name__ == "__main__":
    main()
