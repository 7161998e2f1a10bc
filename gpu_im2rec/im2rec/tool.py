"""Which of the two tools is meant."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from gpu_im2rec.cli.output import exit_code_of, prepare


def main() -> None:
    """Entry point of the console script ``im2rec``."""
    prepare()
    arguments = sys.argv[1:]
    resume = "resume=1" if is_key_value_grammar(arguments) else "--resume"
    sys.exit(exit_code_of(lambda: run(arguments), resume=resume))


def run(arguments: Sequence[str]) -> int:
    """Do what ``arguments`` ask of either tool → the exit code. Raises what the library raises."""
    if is_key_value_grammar(arguments):
        from gpu_im2rec.im2rec import key_value_tool  # noqa: PLC0415 (loads numpy)

        return key_value_tool.run(arguments)
    from gpu_im2rec.im2rec import option_tool  # noqa: PLC0415

    return option_tool.run(arguments)


def is_key_value_grammar(arguments: Sequence[str]) -> bool:
    """Whether this is C++'s LIST ROOT OUT [key=value …] and not im2rec.py's PREFIX ROOT [--option …].

    Three words before any option leave no doubt: im2rec.py takes two, and wherever a third follows an option's name,
    that name is among the three.
    """
    return len(arguments) >= 3 and not any(word.startswith("-") for word in arguments[:3])
