"""The pictures of the documentation: `python docs/img/make.py`, one function each. Needs a Chromium."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from examples.photos import copy_to  # noqa: E402
from gpu_im2rec import PackOptions, TranscodeSpec, make_list, pack  # noqa: E402
from gpu_im2rec.showing.report import make_report, page_of  # noqa: E402
from gpu_im2rec.showing.sheet import Choice, make_sheet  # noqa: E402
from tests.showing.serving import site_of  # noqa: E402


def view_grid(page: Page) -> None:
    page.set_viewport_size({"width": 1180, "height": 520})
    save(page, "view-grid")


def view_detail(page: Page) -> None:
    page.set_viewport_size({"width": 1180, "height": 640})
    page.get_by_role("gridcell", name="things").first.click()
    page.locator("dialog img").nth(1).wait_for()
    save(page, "view-detail")


def view_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    page.emulate_media(color_scheme="dark")
    save(page, "view-phone")


def report(browser: Browser, rec: Path) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    make_report(rec, page_of(rec), overwrite=True)
    page.goto(page_of(rec).as_uri())
    page.locator("section").last.evaluate("section => section.remove()")  # the options, which are many
    whole = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    whole.resize((whole.width * 7 // 10, whole.height * 7 // 10), Image.Resampling.LANCZOS).save(
        HERE / "report.webp", quality=80, method=6
    )


def digits(folder: Path) -> None:
    """The tutorial's contact sheet, by the tutorial's own commands."""
    tutorial = HERE.parent.joinpath("tutorial.md").read_text(encoding="utf-8")
    make_pictures = re.findall(r"```python\n(.*?)```", tutorial, re.DOTALL)[0]
    with contextlib.chdir(folder):
        exec(make_pictures, {})
        make_list("digits", "pictures", recursive=True, train_ratio=0.8)
        pack("digits_train.lst", "pictures", "train.rec", PackOptions(transcode=TranscodeSpec(resize=32)))
        make_sheet(Path("train.rec"), Path("sheet.png"), Choice("per class", 8))
        upper = Image.open("sheet.png").convert("RGB").crop((0, 0, 1434, 1030))  # four classes of ten
        upper.resize((860, 618), Image.Resampling.LANCZOS).save(HERE / "digits.webp", quality=80, method=6)


def save(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    Image.open(io.BytesIO(page.screenshot())).save(HERE / f"{name}.webp", quality=86, method=6)


def photographs(folder: Path) -> dict[str, Any]:
    """A file of the example photographs, and where they are: what ``site_of`` takes."""
    copy_to(folder / "photos")
    make_list(folder / "photos", folder / "photos", recursive=True, exts=[".jpg", ".png"])
    pack(
        folder / "photos.lst",
        folder / "photos",
        folder / "photos.rec",
        PackOptions(transcode=TranscodeSpec(resize=256)),
    )
    return {"root": folder / "photos"}


def main(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as name:
        digits(Path(name))
        options = photographs(Path(name))
        report(browser, Path(name, "photos.rec"))
        with site_of(Path(name, "photos.rec"), **options) as site:
            for picture in (view_grid, view_detail, view_phone):
                page = browser.new_page()
                page.goto(site.url)
                page.locator("img.ready").nth(5).wait_for()
                picture(page)
                page.close()


if __name__ == "__main__":
    with sync_playwright() as tools:
        main(
            tools.chromium.launch(
                executable_path=sys.argv[1] if sys.argv[1:] else "/usr/bin/chromium", args=["--no-sandbox"]
            )
        )
