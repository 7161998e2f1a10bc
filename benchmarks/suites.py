"""The suites, by name: each is a package `benchmarks.NAME` with a module `suite`."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from benchmarks.results import Suite, Table

NAMES = ("pack", "scale", "stages", "quality", "read", "startup", "host", "remote", "cluster")


class SuiteModule(Protocol):
    """What such a module has."""

    __doc__: str

    def measure(self, runs: int) -> Suite:
        """Run it: ``runs`` rounds that count."""

    def table(self, name: str, table: Table) -> str:
        """One of its tables in Markdown, with a sentence that says what it means, and what bounds the result."""


def of(name: str) -> SuiteModule:
    """The suite that is called so."""
    return cast("SuiteModule", import_module(f"benchmarks.{name}.suite"))
