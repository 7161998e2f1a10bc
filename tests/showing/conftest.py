"""A real browser, for what people see in one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")


@pytest.fixture(scope="session")
def chromium():
    """The machine's Chromium, headless."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no page is tried")
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip("no Chromium on this machine (apt install chromium): no page is tried in a browser")
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium) -> Iterator:
    """A page of its own, which must not complain on its console, nor ask any other host for anything."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: _is_near(request.url) or complaints.append(f"asked for {request.url}"))
    yield page
    context.close()
    assert not complaints


def _is_near(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "http://localhost:", "file:", "data:", "blob:"))


def faults_of(page) -> list[str]:
    """What axe-core finds serious or critical on ``page``, and where."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    page.evaluate(Path(axe.__file__).with_name("axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
