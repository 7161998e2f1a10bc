"""What docs/loading.md says is so."""

import inspect
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from gpu_im2rec import ImageRecordIter
from gpu_im2rec.recordio import RecordWriter, pack_header
from tests.conftest import encoded
from tests.docs.pages import sections

DOCS = Path(__file__).parents[2].joinpath("docs", "loading.md").read_text(encoding="utf-8")
SNIPPETS = [block for section in sections("docs/loading.md") for block in section.blocks]


def test_every_parameter_is_in_the_table():
    assert [name for name in inspect.signature(ImageRecordIter).parameters if f"`{name}" not in DOCS] == []


def test_links_lead_somewhere():
    titles = re.findall(r"^#+ (.*)$", DOCS, re.MULTILINE)
    anchors = {re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#(.*?)\)", DOCS)) <= anchors


@pytest.fixture
def train_rec(tmp_path, monkeypatch, photo):
    """As `gpu-im2rec pack --center-crop --resize 224` makes it, in the current folder."""
    monkeypatch.chdir(tmp_path)
    with RecordWriter("train.rec") as writer:
        for number in range(14):
            picture = photo.crop((number, 0, number + 200, 200)).resize((224, 224))
            writer.append(number, pack_header(number, [number % 5], packed=False), encoded(picture, "jpeg"))


@pytest.mark.parametrize("package", [None, "torch", "jax"])
def test_the_snippets_run(train_rec, capsys, package):
    """One after the other, as they stand: those that need none of the packages, and with these those that need one."""
    if package and not find_spec(package):
        pytest.skip(f"{package} is not installed")
    names: dict[str, object] = {}
    ran = 0
    for snippet in SNIPPETS:
        needed = set(re.findall(r"\b(?:torch|jax)\b", snippet.content))
        assert len(needed) < 2, "is run by nobody"
        if needed <= {package}:
            exec(snippet.content, names)
            ran += 1
    assert capsys.readouterr().out.startswith("(7, 3, 224, 224) (7,)")
    assert ran > 2
