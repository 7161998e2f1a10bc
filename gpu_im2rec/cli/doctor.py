"""`gpu-im2rec doctor`."""

from dataclasses import asdict
from typing import Annotated

from gpu_im2rec.cli.output import JsonOption, command, show_json, show_table


@command
def doctor(as_json: Annotated[bool, JsonOption] = False) -> int:
    """Show what works on this machine, what does not, and what would mend it."""
    from gpu_im2rec.inspection import examine  # noqa: PLC0415 (loads numpy and codecs)

    checks = examine()
    if as_json:
        show_json({"checks": [asdict(check) for check in checks]})
    else:
        marks = {True: "ok  ", False: "--  "}
        show_table(
            (f"{marks[check.ok]}{check.name}", check.detail + (f" → {check.advice}" if check.advice else ""))
            for check in checks
        )
    return 0 if all(check.ok for check in checks if check.required) else 1
