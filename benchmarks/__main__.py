"""What gpu-im2rec is measured with: `python -m benchmarks run`, `compare`, `show`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import documents, results, suites
from benchmarks.compare import compare as compared
from benchmarks.machine import machine, name

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


@app.command()
def run(
    suite: Annotated[list[str] | None, typer.Option(help="Of these alone; again for more.")] = None,
    runs: Annotated[int, typer.Option(min=1, help="Rounds that count, after one that warms up.")] = 5,
    out: Annotated[Path | None, typer.Option(help="Result file; what it has of other suites stays.")] = None,
) -> None:
    """Measure, print the tables, keep every run in a result file."""
    out = out or results.FOLDER / f"{name()}-{datetime.now(UTC):%Y-%m-%d}.json"
    unknown = set(suite or []) - set(suites.NAMES)
    if unknown:
        raise typer.BadParameter(f"no such suite: {', '.join(sorted(unknown))}; there are {', '.join(suites.NAMES)}")
    for each in suite or suites.NAMES:
        about, before = suites.of(each), machine()
        measured = about.measure(runs)
        results.add(out, each, measured, before)
        for key, table in measured.items():
            print(f"\n{about.table(key, table)}")
    print(f"\nwritten: {out}")


@app.command()
def compare(before: Path, after: Path) -> None:
    """What has changed between two result files, where that is more than noise."""
    try:
        print(compared(before, after))
    except results.BadResults as error:
        raise _failed(error) from None


@app.command()
def show(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail where a document is out of date.")
    ] = False,
) -> None:
    """Make the tables and plots of README and docs from the result files."""
    try:
        changed = documents.stale() if check else documents.refresh()
    except (LookupError, results.BadResults) as error:
        raise _failed(error) from None
    for path in changed:
        print(f"{path} {'is out of date: python -m benchmarks show' if check else 'changed'}")
    raise typer.Exit(code=int(check and bool(changed)))


def _failed(error: Exception) -> typer.Exit:
    """Told in a line."""
    typer.echo(error, err=True)
    return typer.Exit(code=1)


if __name__ == "__main__":
    app()
