"""The page itself: one HTML file that needs nothing else, no network and no script."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from gpu_im2rec import __version__
from gpu_im2rec.recordio import beside
from gpu_im2rec.showing.captions import of_labels, of_record
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.class_names import ClassNames
from gpu_im2rec.showing.report import charts, sections
from gpu_im2rec.showing.report.contents import Contents
from gpu_im2rec.showing.report.run import Run
from gpu_im2rec.showing.tile import Tile, tiles_of
from gpu_im2rec.units import duration, size

_QUALITY = 85


class Picture(NamedTuple):
    """A picture on the page."""

    label: str
    caption: str
    source: str  # a data: URL; empty where it cannot be shown
    problem: str  # why not


def render(catalog: Catalog, contents: Contents, run: Run | None, names: ClassNames, note: str) -> str:
    """The page's text. ``note`` is said where there is no ``run``."""
    environment = Environment(
        loader=PackageLoader("gpu_im2rec.showing.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = environment.get_template("report.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    found = [
        sections.labels(contents, names),
        sections.dimensions(contents, run),
        sections.record_sizes(contents),
        sections.pace(run) if run else None,
        sections.failures(run) if run else None,
    ]
    return environment.get_template("report.html").render(
        style=Markup(style),
        style_hash=f"sha256-{digest}",
        version=__version__,
        name=contents.rec.name,
        failures_name=beside(contents.rec, ".failures.jsonl").name,
        facts=facts(contents, run),
        note=note,
        sections=[section for section in found if section],
        pictures=[_picture(tile, names) for tile in tiles_of(catalog, contents.shown)],
        run=run,
        tables=_tables(run) if run else [],
        box=charts,
    )


def facts(contents: Contents, run: Run | None) -> list[tuple[str, str]]:
    """Names and values that stand at the head of the page."""
    formats = ", ".join(name for name, _ in contents.formats.most_common(3))
    rows = [
        ("records", f"{contents.records:,}"),
        ("size", size(contents.bytes)),
        ("labels", f"{len(contents.labels):,}{'' if contents.labels_complete else ' or more'}"),
        ("formats", formats),
        ("unreadable", f"{contents.unreadable:,}" if contents.unreadable else ""),
    ]
    if run:
        result = run.result
        rows += [
            ("packed", f"{result.packed:,}"),
            ("failed", f"{result.failed:,}"),
            ("time", duration(result.seconds)),
            ("pictures a second", f"{result.packed / result.seconds:,.0f}" if result.seconds else ""),
            ("engine", result.engine),
            ("read", size(result.bytes_in)),
        ]
    return [(name, value) for name, value in rows if value]


def _picture(tile: Tile, names: ClassNames) -> Picture:
    label, caption = of_labels(tile, names), of_record(tile)
    if tile.pixels is None:
        return Picture(label, caption, "", tile.failure)
    file = io.BytesIO()
    Image.fromarray(tile.pixels).save(file, "jpeg", quality=_QUALITY)
    source = f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
    return Picture(label, caption, source, "")


def _tables(run: Run) -> list[tuple[str, list[tuple[str, str]]]]:
    """How the run was asked for, and where it ran."""
    asked = [(name.replace("_", "-"), _told(value)) for name, value in run.options.items()]
    where = [(name, _told(value, name)) for name, value in run.machine.items()]
    versions = [(name, str(value)) for name, value in run.versions.items()]
    return [("Options", [row for row in asked if row[1]]), ("Machine", where), ("Versions", versions)]


def _told(value: Any, name: str = "") -> str:
    """Plain words for a value of JSON; empty for what was not asked."""
    if name == "memory" and isinstance(value, int) and value < 1 << 64:
        return size(value)
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or ("none" if name else "")
    if isinstance(value, dict):
        flat = {key: each for key, each in value.items() if not isinstance(each, dict)}  # as ours are
        return ", ".join(f"{key.replace('_', '-')} {_told(each) or 'no'}" for key, each in flat.items())
    return "" if value is None else str(value)
