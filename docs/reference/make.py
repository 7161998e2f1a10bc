"""The reference, made from the code: `python docs/reference/make.py`; with `--check` it only says whether it is so."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

from api_page import api_page  # noqa: E402
from cli_page import cli_page  # noqa: E402

PAGES = {"cli.md": cli_page, "api.md": api_page}


def stale() -> list[str]:
    """Pages that are not what the code says."""
    return [name for name, page in PAGES.items() if not _is(HERE / name, page())]


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def main() -> int:
    names = stale()
    if "--check" in sys.argv:
        for name in names:
            print(f"docs/reference/{name} is not what the code says: python docs/reference/make.py", file=sys.stderr)
        return 1 if names else 0
    for name in names:
        (HERE / name).write_text(PAGES[name](), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
