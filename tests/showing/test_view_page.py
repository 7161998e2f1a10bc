"""The viewer's page in a browser: 100,000 records, by mouse, by keys, on a phone."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.recordio import RecordWriter, pack_header

from ..conftest import encoded
from .conftest import faults_of
from .serving import site_of

RECORDS = 100_000
NAMES = ["tabby", "<i>lynx</i>", "puma", "ocelot"]
BAD = 7  # holds no picture
BOXED = 9
TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.fixture(scope="session")
def many(tmp_path_factory, photo):
    """A file of small pictures; labels 0 … 3 in turns, ids from 500 on, the larger the later within each thousand."""
    small = [encoded(photo.resize((48, 32)).rotate(90 * turn), "jpeg") for turn in range(4)]
    rec = tmp_path_factory.mktemp("many") / "many.rec"
    rec.with_name("classes.txt").write_text("\n".join(NAMES))
    with RecordWriter(rec) as writer:
        for number in range(RECORDS):
            content = small[number % 4] + bytes(number % 1000)
            labels = [2, 5, 1, 0.25, 0.25, 0.75, 1] if number == BOXED else [float(number % 4)]
            header = pack_header(500 + number, labels, packed=True)
            writer.append(number, header, b"no picture" if number == BAD else content)
    with site_of(rec) as site:
        yield site


@pytest.fixture
def opened(page, many):
    page.set_viewport_size({"width": 800, "height": 560})
    page.goto(many.url)
    page.wait_for_selector(".cell img.ready")
    return page


def texts(page, selector):
    return page.locator(selector).all_inner_texts()


def positions(page):
    """Of the cells that are seen."""
    return page.evaluate("""() => {
        const view = document.getElementById("viewport").getBoundingClientRect();
        return [...document.querySelectorAll(".cell:not([hidden])")]
            .filter((cell) => { const box = cell.getBoundingClientRect();
                                return box.bottom > view.top && box.top < view.bottom; })
            .map((cell) => Number(cell.dataset.position)).sort((a, b) => a - b);
    }""")


def told(page, words):
    page.get_by_role("status").filter(has_text=words).wait_for()


def scroll_to(page, share):
    page.evaluate(
        """(share) => { const view = document.getElementById("viewport");
                     view.scrollTop = share * (view.scrollHeight - view.clientHeight); }""",
        share,
    )


def focused(page):
    return page.evaluate("() => document.activeElement.getAttribute('aria-label')")


def has_focus(page, number):
    """A dialog that closes says so a moment later, and only then the focus goes to its record."""
    page.locator(f".cell:focus[aria-label^='record {number}, ']").wait_for()


def test_the_first_records(opened):
    assert opened.get_by_role("heading", level=1).inner_text() == "many.rec"
    told(opened, "100,000 records, ")
    first = opened.get_by_role("gridcell", name="record 0, id 500, label 0 tabby, ", exact=False)
    assert re.search(r"\d(\.\d)? (kB|B)$", first.get_attribute("aria-label"))
    opened.get_by_role("gridcell", name="record 1, id 501, label 1 <i>lynx</i>, ").wait_for()  # a name is a text
    opened.get_by_role(
        "gridcell", name=f"record {BAD}, id 507, label 3 ocelot, 44 B, no picture: not an image"
    ).wait_for()
    opened.get_by_role("gridcell", name=f"record {BOXED}, id 509, label 2 and 6 more, ").wait_for()
    assert opened.locator(".cell").count() < 100
    assert positions(opened)[0] == 0
    assert faults_of(opened) == []


def test_scrolling_to_the_end_and_back(opened):
    scroll_to(opened, 1)
    opened.get_by_role("gridcell", name=f"record {RECORDS - 1}, ").locator("img.ready").wait_for()
    assert positions(opened)[-1] == RECORDS - 1
    assert opened.locator(".cell").count() < 100
    scroll_to(opened, 0.5)
    opened.get_by_role("gridcell", name=re.compile(r"record (49|50)\d\d\d, ")).first.locator("img.ready").wait_for()
    opened.get_by_role("combobox", name="Order").focus()
    opened.keyboard.press("Tab")
    opened.keyboard.press("Tab")  # leads to what is seen
    assert opened.evaluate("() => Number(document.activeElement.dataset.position)") in positions(opened)
    scroll_to(opened, 0)
    opened.get_by_role("gridcell", name="record 0, ").locator("img.ready").wait_for()
    asked = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.evaluate("""async () => {
        const view = document.getElementById("viewport");
        for (let step = 1; step <= 60; step++) {
            view.scrollTop = (step / 60) * (view.scrollHeight - view.clientHeight);
            await new Promise(requestAnimationFrame);
        }
    }""")
    opened.get_by_role("gridcell", name=f"record {RECORDS - 1}, ").locator("img.ready").wait_for()
    assert len(asked) < 60, "sixty views hold 1,200 pictures and more"


def test_a_wheel_moves_by_its_own_steps_where_the_rows_are_higher_than_a_browser_lays_out(page, many):
    page.set_viewport_size({"width": 330, "height": 600})
    page.goto(many.url)
    page.wait_for_selector(".cell img.ready")
    assert page.evaluate("() => document.getElementById('runway').offsetHeight") == 4_000_000
    scroll_to(page, 0.5)
    page.wait_for_timeout(300)
    page.locator(".cell img.ready").first.wait_for()
    seen = positions(page)
    assert 45_000 < seen[0] < 55_000
    for _ in range(10):
        page.mouse.move(100, 400)
        page.mouse.wheel(0, 100)
        page.wait_for_timeout(30)
    page.wait_for_timeout(300)
    rows = (positions(page)[0] - seen[0]) / 2
    assert 3 <= rows <= 7, "1,000 pixels are about five rows of 200"
    scroll_to(page, 1)
    page.get_by_role("gridcell", name=f"record {RECORDS - 1}, ").locator("img.ready").wait_for()


def test_a_scrollbar_for_heights_beyond_the_browser_s(page, many):
    """The mapping alone: every place can be reached, in order, and rest changes nothing."""
    page.goto(many.url)
    assert (
        page.evaluate(
            """async (url) => {
        const { Runway } = await import(url);
        const faults = [];
        for (const real of [300, 4e6, 4e6 + 1, 5e6, 9e7, 4e9]) {
            const runway = new Runway();
            runway.resize(real, 700);
            const end = runway.height - 700;
            let before = -1;
            for (let step = 0; step <= 1000; step++) {
                runway.scrolled(Math.max(0, Math.round((end * step) / 1000)));
                const { top } = runway;
                if (top < before || top < 0 || top > Math.max(0, real - 700)) faults.push([real, step, top]);
                before = top;
                const scroll = runway.jump(top);
                if (runway.top !== top || scroll < 0 || scroll > Math.max(0, end)) faults.push(["rest", real, top]);
            }
            if (before !== Math.max(0, real - 700)) faults.push(["end", real, before]);
            runway.jump(real / 2);
            const { top, scroll } = runway;
            for (let step = 1; step <= 20; step++) runway.scrolled(scroll + 50 * step);
            if (real > 3000 && runway.top !== top + 1000) faults.push(["steps", real, runway.top - top]);
        }
        return faults;
    }""",
            f"{many.url}static/runway.js",
        )
        == []
    )


def test_filters_and_orders(opened):
    label, id_ = opened.get_by_role("combobox", name="Label"), opened.get_by_role("textbox", name="Id")
    label.fill("puma")
    label.press("Enter")
    told(opened, "25,001 of 100,000 records: label 2 puma")
    opened.get_by_role("gridcell", name="record 2, id 502, label 2 puma").wait_for()
    opened.get_by_role("combobox", name="Order").select_option("largest first")
    opened.get_by_role("gridcell", name="record 998, ").wait_for()
    assert opened.evaluate("() => location.hash") == "#order=largest&label=2"
    opened.reload()
    opened.get_by_role("gridcell", name="record 998, ").wait_for()
    assert label.input_value() == "2 puma"
    opened.go_back()
    opened.get_by_role("gridcell", name="record 2, ").wait_for()
    opened.get_by_role("button", name="Clear").click()
    told(opened, "100,000 records, ")
    id_.fill("77777")
    id_.press("Enter")
    told(opened, "1 of 100,000 records: id 77777")
    opened.get_by_role("gridcell", name="record 77277, ").wait_for()
    assert positions(opened) == [0]
    id_.fill("3")
    id_.press("Enter")
    opened.get_by_text("No record has id 3.").wait_for()
    id_.fill("three")
    id_.press("Enter")
    told(opened, "An id is a whole number")
    id_.fill(str(1 << 64))
    id_.press("Enter")
    told(opened, "An id is a whole number, and less than 2^64")
    opened.get_by_role("button", name="Clear").click()
    label.fill("1e300")
    label.press("Enter")
    told(opened, "No label is called “1e300”")
    label.fill("lion")
    label.press("Enter")
    told(opened, "No label is called “lion”")


def test_back_from_a_detail_leads_to_other_records(opened):
    id_ = opened.get_by_role("textbox", name="Id")
    for text, number in ("600", 100), ("", 0):
        id_.fill(text)
        id_.press("Enter")
        opened.get_by_role("gridcell", name=f"record {number}, ").wait_for()
    opened.get_by_role("gridcell", name="record 3, ").click()
    opened.get_by_role("dialog", name="Record 3").wait_for()
    opened.go_back()
    opened.get_by_role("gridcell", name="record 100, ").wait_for()
    assert opened.get_by_role("dialog").count() == 0
    assert positions(opened) == [0]


def test_with_keys_alone(opened):
    opened.get_by_role("combobox", name="Label").focus()
    for _ in range(4):
        opened.keyboard.press("Tab")
    assert focused(opened).startswith("record 0, ")
    columns = opened.evaluate("() => Number(document.querySelector('[role=grid]').ariaColCount)")
    for keys, position in [
        ("ArrowRight ArrowRight", 2), ("ArrowDown", 2 + columns), ("ArrowLeft", 1 + columns), ("ArrowUp", 1),
        ("End", RECORDS - 1), ("ArrowRight", RECORDS - 1), ("Home", 0), ("ArrowLeft", 0), ("PageDown", 2 * columns),
        ("PageUp", 0), ("ArrowDown ArrowDown ArrowDown ArrowDown ArrowDown", 5 * columns),
    ]:  # fmt: skip
        for key in keys.split():
            opened.keyboard.press(key)
        assert opened.evaluate("() => Number(document.activeElement.dataset.position)") == position, keys
        assert position in positions(opened)
    opened.get_by_role("gridcell", name=f"record {5 * columns}, ").wait_for()
    opened.keyboard.press("Enter")
    dialog = opened.get_by_role("dialog", name=f"Record {5 * columns}")
    dialog.get_by_text(f"48 {TIMES} 32 pixels").wait_for()
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("ArrowLeft")
    opened.get_by_role("dialog", name=f"Record {5 * columns + 1}").wait_for()
    opened.keyboard.press("Escape")
    assert opened.get_by_role("dialog").count() == 0
    has_focus(opened, 5 * columns + 1)
    opened.keyboard.press("End")
    opened.keyboard.press("Enter")
    opened.get_by_role("dialog", name="Record 99,999").wait_for()
    opened.keyboard.press("ArrowRight")  # there is none
    assert opened.get_by_role("button", name="Next record").get_attribute("aria-disabled") == "true"
    opened.get_by_role("button", name="Previous record").click()
    opened.get_by_role("dialog", name="Record 99,998").wait_for()
    opened.get_by_role("button", name="Close").click()
    has_focus(opened, 99_998)


def test_the_detail_shows_boxes_and_problems(opened):
    opened.get_by_role("gridcell", name=f"record {BOXED}, ").click()
    dialog = opened.get_by_role("dialog", name=f"Record {BOXED}")
    dialog.get_by_text("1 <i>lynx</i>: 0.25 0.25 0.75 1").wait_for()
    picture, box = dialog.locator(".framed img").bounding_box(), dialog.locator(".box").bounding_box()
    assert box["x"] - picture["x"] == pytest.approx(picture["width"] / 4, abs=1.5)
    assert box["y"] - picture["y"] == pytest.approx(picture["height"] / 4, abs=1.5)
    assert (box["width"], box["height"]) == (
        pytest.approx(picture["width"] / 2, abs=1.5), pytest.approx(picture["height"] * 3 / 4, abs=1.5)
    )  # fmt: skip
    assert (
        dialog.get_by_role("img").get_attribute("alt")
        == f"48 {TIMES} 32 · JPEG · " + dialog.locator("figcaption").inner_text().split(" · ")[-1]
    )
    opened.keyboard.press("ArrowLeft")
    opened.keyboard.press("ArrowLeft")
    opened.get_by_role("dialog", name=f"Record {BAD}").get_by_text("not an image: ").wait_for()
    assert opened.locator("dialog img").count() == 0
    assert faults_of(opened) == []


def test_in_the_dark(opened):
    opened.emulate_media(color_scheme="dark", reduced_motion="reduce")
    background = opened.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert background == "rgb(21, 22, 23)"
    opened.get_by_text("not an image").wait_for()
    assert faults_of(opened) == []
    opened.get_by_role("gridcell", name=f"record {BOXED}, ").click()
    opened.locator("dialog .box").wait_for()
    assert faults_of(opened) == []


def test_on_a_phone(opened):
    scroll_to(opened, 0.5)
    opened.wait_for_timeout(200)
    before = positions(opened)
    opened.set_viewport_size({"width": 390, "height": 844})
    opened.locator(".cell img.ready").nth(8).wait_for()
    assert positions(opened)[0] in range(before[0] - 4, before[-1]), "the same records stay in view"
    assert opened.evaluate("() => document.documentElement.scrollWidth") == 390
    assert opened.evaluate("() => document.querySelector('[role=grid]').ariaColCount") == "3"
    assert faults_of(opened) == []
    scroll_to(opened, 0)
    opened.get_by_role("gridcell", name="record 1, ").click()
    opened.locator("dialog dd").first.wait_for()
    box = opened.locator("dialog").bounding_box()
    assert (box["x"], box["width"]) == (0, 390)
    assert opened.evaluate("() => document.querySelector('dialog .body').scrollWidth") <= 390


def test_before_and_after(page, folder, photo):
    folder.add("a.png", encoded(photo, "png"))
    folder.add("b.png", encoded(Image.new("RGB", (10, 20)), "png"))
    pack(folder.list, folder.root, folder.out, PackOptions(transcode=TranscodeSpec(resize=100)))
    (folder.root / "b.png").unlink()
    with site_of(folder.out, root=folder.root, list_path=folder.list) as site:
        page.goto(site.url)
        page.get_by_role("gridcell", name="record 0, ").click()
        assert page.locator(".frame:visible").count() == 2
        dialog = page.get_by_role("dialog", name="Record 0")
        dialog.get_by_text(f"Original: 300 {TIMES} 200 · PNG · ").wait_for()
        dialog.get_by_text(f"In the record: 150 {TIMES} 100 · JPEG · ").wait_for()
        widths = [picture.bounding_box()["width"] for picture in dialog.locator("img").all()]
        assert len(widths) == 2
        assert widths == [pytest.approx(300, abs=1)] * 2, "the same, to compare them, and no larger than the original"
        page.keyboard.press("ArrowRight")
        page.get_by_role("dialog", name="Record 1").get_by_text("missing: no such file").wait_for()
        assert dialog.count() == 0
        page.get_by_role("dialog").get_by_role("img", name=f"In the record: 100 {TIMES} 200").wait_for()


def test_labels_that_are_still_being_read(page, many, monkeypatch):
    """The page works meanwhile, says how far it is, and finds the rest when it is read."""
    columns = many.gallery.columns
    monkeypatch.setattr(columns, "read", 1000)
    monkeypatch.setattr(columns.reading, "done", False)
    page.goto(f"{many.url}#label=3")
    told(page, "250 of 100,000 records so far: label 3 ocelot")
    page.get_by_text("labels read: 1 %").wait_for()
    monkeypatch.undo()
    told(page, "25,000 of 100,000 records: label 3 ocelot")
    page.get_by_text("labels read").wait_for(state="hidden")


def test_a_server_that_has_gone(chromium, many, tmp_path):
    rec = tmp_path / "a.rec"
    with RecordWriter(rec) as writer:
        for number in range(1000):
            writer.append(number, pack_header(number, [0.0], packed=False), b"")
    page = chromium.new_page()
    with site_of(rec) as site:
        page.goto(site.url)
        page.get_by_role("gridcell", name="record 0, ").wait_for()
    scroll_to(page, 1)
    told(page, "The viewer does not answer")
    page.close()
