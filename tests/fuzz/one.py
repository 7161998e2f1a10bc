"""`python -m tests.fuzz.one TARGET FOLDER [OPTION …]`: one target under libFuzzer, in a process of its own.

Every place in the code where the target fails is one finding: its first input goes to ``FOLDER/findings``, and the run
goes on. What ends the process (a crash, a hang, too much memory) leaves its input there, too.
"""

import sys
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gpu_im2rec", "cpu_fallback"]):
    from tests.fuzz.targets import TARGETS


def main(name: str, folder: Path, options: list[str]) -> None:
    """Does not return: libFuzzer ends the process."""
    target, findings = TARGETS[name], folder / "findings"

    def run(data: bytes) -> None:
        try:
            target.run(data)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            file = findings / f"{Path(place.filename).stem}-{place.lineno}-{type(error).__name__}"
            if not file.exists():
                file.write_bytes(data)

    atheris.Setup([sys.argv[0], *options], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
