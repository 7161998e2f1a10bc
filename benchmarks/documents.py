"""What README and docs show of results: tables and plots made from the result files, nothing typed by hand.

A document says where a table stands, and of which file. In place of a table, ``plot`` is the suite's plot of all its
tables, ``goals`` what of its goals was reached, ``machine`` what all of it was measured on; of packing, ``headline`` is
a summary, and ``lists``, ``costs`` and ``cores`` are what is reckoned from it:

    <!-- benchmark: epyc-2-cores-2026-11-28 pack/500x375 -->
    …
    <!-- end -->
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from benchmarks import goals, headline, machine, plots, reckoned, suites
from benchmarks.results import FOLDER, BadResults, Suite, machines, read

_ROOT = Path(__file__).parents[1]
_PLOTS = _ROOT / "docs" / "img" / "benchmarks"
_REGION = re.compile(
    r"^(?P<begin><!-- benchmark: (?P<file>\S+) (?P<suite>[^/ ]+)/(?P<table>[^\n]+?) -->\n)(?P<shown>.*?)"
    r"^(?P<end><!-- end -->)$",
    re.DOTALL | re.MULTILINE,
)
_MARKER = re.compile(r"(?<!`)<\s*![\s-]*(benchmark|end\b)[^\n]*", re.IGNORECASE)  # and what was meant to be one


def documents() -> list[Path]:
    """Those that may show tables."""
    return [_ROOT / "README.md", _ROOT / "benchmarks" / "README.md", *sorted((_ROOT / "docs").rglob("*.md"))]


def refreshed(text: str, folder: Path = _ROOT) -> str:
    """A document of ``folder`` with its tables made anew.

    Raises LookupError for a marker that is not of a region, and a region that names a file, a suite or a table that is
    not there; BadResults for a file that cannot be read.
    """
    if stray := _MARKER.search(_REGION.sub(lambda region: region["shown"], text)):
        raise LookupError(f"'{stray[0]}' is no part of '<!-- benchmark: FILE SUITE/TABLE -->' … '<!-- end -->'")
    return _REGION.sub(lambda region: f"{region['begin']}\n{_shown(region, folder)}\n\n{region['end']}", text)


def stale() -> list[Path]:
    """The documents and plots that differ from the result files. Raises as ``refreshed``."""
    return [*_differing()]


def refresh() -> list[Path]:
    """Bring them up to date; which were changed. Raises as ``refreshed``, and changes nothing then."""
    differing = _differing()
    for path, text in differing.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [*differing]


def _differing() -> dict[Path, str]:
    """Those of which the files are otherwise, as they have to be."""
    return {
        path: text for path, text in _made().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def _made() -> dict[Path, str]:
    """What documents and plots have to be."""
    made: dict[Path, str] = {}
    for path in documents():
        text = path.read_text(encoding="utf-8")
        try:
            made[path] = refreshed(text, path.parent)
            for region in _REGION.finditer(text):
                if region["table"] == plots.NAME:
                    made[_picture(region)] = plots.drawn(region["suite"], _suite(region))
        except KeyError as error:
            raise LookupError(f"{path.relative_to(_ROOT)}: what it shows lacks the figure {error}") from error
        except (LookupError, BadResults) as error:
            raise type(error)(f"{path.relative_to(_ROOT)}: {error}") from None
    return made


def _shown(region: re.Match[str], folder: Path) -> str:
    suite, name = _suite(region), region["table"]
    if name == plots.NAME:
        return f"![{plots.title(region['suite'])}]({os.path.relpath(_picture(region), folder)})"
    if name == headline.NAME:
        return headline.headline(suite)
    if name == goals.NAME:
        return goals.told(region["suite"], suite)
    if name in reckoned.PARTS:
        return reckoned.PARTS[name](suite)
    if name == machine.NAME:
        return machine.described(machines(FOLDER / f"{region['file']}.json")[region["suite"]])
    if name not in suite:
        raise LookupError(f"{region['file']}.json has no table {region['suite']}/{name}; it has {', '.join(suite)}")
    return suites.of(region["suite"]).table(name, suite[name])


def _suite(region: re.Match[str]) -> Suite:
    path = FOLDER / f"{region['file']}.json"
    if not path.exists():
        raise LookupError(f"there is no benchmarks/results/{path.name}")
    found = read(path)
    if region["suite"] not in found:
        raise LookupError(f"{path.name} has no suite {region['suite']}; it has {', '.join(found)}")
    return found[region["suite"]]


def _picture(region: re.Match[str]) -> Path:
    return _PLOTS / f"{region['suite']}.svg"
