"""The same files, byte for byte, as MXNet's own tools write.

im2rec.py comes with the mxnet package; `make test` installs it beside this environment where it can. The C++ tool comes
in no package: build it from mxnet's sources (tools/im2rec.cc) and name it in IM2REC_CC to compare with it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.im2rec.conftest import im2rec
from tests.im2rec.pairs import all_pairs

MXNET = Path(sys.prefix, "mxnet", "bin", "python")
IM2REC_CC = os.environ.get("IM2REC_CC", "")

needs_mxnet = pytest.mark.skipif(not MXNET.exists(), reason="mxnet is not installed beside this environment")
needs_cc = pytest.mark.skipif(not IM2REC_CC, reason="IM2REC_CC names no im2rec")

LISTING = {
    "--recursive": [False, True],
    "--no-shuffle": [False, True],
    "--chunks": [None, 3],
    "--train-ratio": [None, 0.6],
    "--test-ratio": [None, 0.25],
    "--exts": [None, (".jpeg",), (".png", ".jpeg")],
}
PACKING = {
    "--resize": [None, 64, 240],
    "--center-crop": [False, True],
    "--quality": [None, 7, 200],
    "--color": [None, 0, -1],
    "--encoding": [None, ".png"],
    "--pass-through": [False, True],
    "--pack-label": [False, True],
    "--num-thread": [None, 2],
    "list": ["one", "three"],
}
WORDS = {
    "resize": [None, 64, 240, -1],
    "center_crop": [None, 1],
    "quality": [None, 7, 0],
    "color": [None, 0, -1],
    "encoding": [None, ".png"],
    "unchanged": [None, 1],
    "inter_method": [None, 0, 1, 3, 4],
    "labels": [(1, 0), (3, 0), (3, 1)],
    "nsplit": [None, 5],
}


@pytest.fixture(scope="session")
def deep_list(tmp_path_factory, photo):
    """A list of PNGs with 16 bits a channel, beside it."""
    folder = tmp_path_factory.mktemp("deep")
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3))
    deep = (np.asarray(photo).astype(np.uint16) * 256 + noise).astype(np.uint16)
    for name, channels in (("grey", 0), ("colour", [0, 1, 2]), ("alpha", [0, 1, 2, 1])):
        cv2.imwrite(str(folder / f"{name}.png"), deep[..., channels])
    (folder / "deep.lst").write_text("".join(f"{n}\t1\t{path.name}\n" for n, path in enumerate(folder.glob("*.png"))))
    return folder / "deep.lst"


def as_options(chosen):
    """The command line of ``chosen``, as im2rec.py takes it."""
    words = []
    for name, value in chosen.items():
        if name.startswith("--") and value is not None and value is not False:
            words += [name, *map(str, value if isinstance(value, tuple) else [] if value is True else [value])]
    return words


def produced(folder: Path) -> dict[str, bytes]:
    """What both tools write: ours alone also reports on its run."""
    files = (path for path in folder.iterdir() if path.is_file() and not path.name.endswith(".report.json"))
    return {path.name: path.read_bytes() for path in files}


def run_both(runs: list[list[str]], theirs: Path, ours: Path, *more: str) -> tuple[str, list[str]]:
    """What the real tool printed in all runs, and what ours, which gets ``more`` options, printed in each."""
    lines = "".join(json.dumps(arguments) + "\n" for arguments in runs)
    real = [MXNET, Path(__file__).with_name("real_im2rec_py.py")]
    printed = subprocess.run(real, input=lines, cwd=theirs, capture_output=True, text=True, check=True).stdout
    return printed, [im2rec(*arguments, *more, cwd=ours).stdout for arguments in runs]


@needs_mxnet
def test_lists_of_every_pair_of_options(corpus, tmp_path):
    sets = [chosen for chosen in all_pairs(LISTING) if not (chosen["--test-ratio"] and not chosen["--train-ratio"])]
    sets.append({"--train-ratio": 0.0, "--recursive": True})
    theirs, ours = (tmp_path / name for name in ("theirs", "ours"))
    for folder in (theirs, ours):
        folder.mkdir()
    runs = [[f"l{number}", str(corpus.root), "--list", *as_options(chosen)] for number, chosen in enumerate(sets)]
    runs += [[f"in_folder{number}", str(corpus.root / "a"), "--list", "--chunks", str(number)] for number in (1, 2, 5)]
    printed, said = run_both(runs, theirs, ours)
    assert "".join(said) == printed  # the classes
    assert produced(ours) == produced(theirs)
    assert len(produced(ours)) > len(runs)


@needs_mxnet
def test_records_of_every_pair_of_options(corpus, tmp_path):
    theirs, ours = (tmp_path / name for name in ("theirs", "ours"))
    runs = []
    for number, chosen in enumerate(all_pairs(PACKING)):
        runs.append([f"p{number}", str(corpus.root), *as_options(chosen)])
        for folder in (theirs, ours):
            folder.mkdir(exist_ok=True)
            shutil.copy(getattr(corpus, chosen["list"]), folder / f"p{number}.lst")
    run_both(runs, theirs, ours)
    expected = produced(theirs)
    found = produced(ours)
    assert found.keys() == expected.keys()
    different = [runs[int(name.split(".")[0][1:])][2:] for name in found if found[name] != expected[name]]
    assert different == []
    assert len(runs) > 10


@needs_mxnet
def test_cut_jpegs_where_they_are_accepted(corpus, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    for name, path in {path.name: path for path in corpus.root.rglob("*.jpeg")}.items():
        whole = path.read_bytes()
        for percent in (40, 80):
            (root / f"{percent} {name}").write_bytes(whole[: len(whole) * percent // 100])
    names = sorted(path.name for path in root.iterdir())
    theirs, ours = (tmp_path / name for name in ("theirs", "ours"))
    for folder in (theirs, ours):
        folder.mkdir()
        (folder / "cut.lst").write_text("".join(f"{number}\t1\t{name}\n" for number, name in enumerate(names)))
    run_both([["cut", str(root), "--resize", "64"]], theirs, ours, "--accept-truncated")
    assert produced(ours) == produced(theirs)
    assert len(names) > 20


@needs_mxnet
def test_16_bit_stays_where_it_can(deep_list, tmp_path):
    """A linear resize of 16 bits is left out: OpenCV's own depends on the processor (tests/cpu/test_deep.py)."""
    theirs, ours = (tmp_path / name for name in ("theirs", "ours"))
    for folder in (theirs, ours):
        folder.mkdir()
        shutil.copy(deep_list, folder)
    options = ["--color", "-1", "--encoding", ".png", "--quality", "3"]
    run_both([["deep", str(deep_list.parent), *options, "--center-crop"]], theirs, ours)
    assert produced(ours) == produced(theirs)


@needs_mxnet
def test_a_folder_as_prefix_packs_all_its_lists_and_paths_may_be_absolute(corpus, tmp_path):
    theirs, ours = (tmp_path / name for name in ("theirs", "ours"))
    for folder in (theirs, ours):
        (folder / "lists").mkdir(parents=True)
        for name in ("t.lst", "t2.lst", "u.lst"):
            rows = corpus.one.read_text().splitlines()[:4]
            rows += [f"9\t1\t{corpus.root}/{row.split(chr(9))[2]}" for row in rows[:2]]
            (folder / "lists" / name).write_text("\n".join(rows))
    run_both([["lists", str(corpus.root)], ["lists/t", "/nowhere/../" + str(corpus.root)]], theirs, ours)
    assert produced(ours / "lists") == produced(theirs / "lists")
    assert len(produced(ours / "lists")) == 9


@needs_cc
def test_every_pair_of_words(corpus, tmp_path):
    theirs, ours = (tmp_path / name for name in ("theirs", "ours"))
    theirs.mkdir(), ours.mkdir()
    for number, chosen in enumerate(all_pairs(WORDS)):
        width, packed = chosen["labels"]
        words = [f"{key}={value}" for key, value in chosen.items() if key != "labels" and value is not None]
        words += [f"label_width={width}", f"pack_label={packed}"]
        list_path = corpus.one if width == 1 else corpus.three
        for part in range(chosen["nsplit"] or 1):
            command = [list_path, f"{corpus.root}/", f"{number}.rec", *words, f"part={part}"]
            subprocess.run([IM2REC_CC, *command], cwd=theirs, check=True, capture_output=True)
            im2rec(*command, cwd=ours)
    expected, found = produced(theirs), produced(ours)
    for name, content in expected.items():
        assert found.pop(name) == content, name
    assert all(name.endswith(".idx") for name in found)


@needs_cc
@pytest.mark.parametrize("words", [[], ["resize=60", "inter_method=0"], ["resize=60", "inter_method=3"]], ids=str)
def test_16_bit_stays_in_the_real_tools_way(deep_list, tmp_path, words):
    theirs, ours = (tmp_path / name for name in ("theirs", "ours"))
    command = [deep_list, f"{deep_list.parent}/", "o.rec", "color=-1", "encoding=.png", *words]
    theirs.mkdir(), ours.mkdir()
    subprocess.run([IM2REC_CC, *command], cwd=theirs, check=True, capture_output=True)
    im2rec(*command, cwd=ours)
    assert produced(ours)["o.rec"] == produced(theirs)["o.rec"]


@needs_cc
def test_lists_as_the_real_tool_reads_them(corpus, tmp_path):
    """Blanks of all kinds, negative ids, CR LF, no last line end, a root that is the start of a name."""
    picture = next(path for path in corpus.root.rglob("*") if path.is_file())
    for name in ("pre_a b.jpg", "pre_c.jpg"):
        shutil.copy(picture, tmp_path / name)
    content = "1 2 a b.jpg\r\n\n  -7\t1e1  c.jpg \t \n+3\v.5\tc.jpg\n18446744073709551615 0 c.jpg"
    (tmp_path / "x.lst").write_bytes(content.encode())
    command = ["x.lst", "pre_", "x.rec", "resize=32"]
    subprocess.run([IM2REC_CC, *command], cwd=tmp_path, check=True, capture_output=True)
    expected = (tmp_path / "x.rec").read_bytes()
    im2rec(*command, cwd=tmp_path)
    assert (tmp_path / "x.rec").read_bytes() == expected
    assert len(expected) > 1000


@needs_cc
def test_parts_are_cut_where_the_real_tool_cuts(tmp_path):
    (tmp_path / "x").write_bytes(b"\x89PNG\r\n\x1a\nIEND\xaeB`\x82")
    lists = ["0 1 x\n" * 100, "0 1 x\n\n\n" * 30 + "0 1     x", "0 1 x\r\n" * 57, "0 1 x\n0 1  x\n0 1 x"]
    for content in lists:
        (tmp_path / "x.lst").write_bytes(content.encode())
        for parts in (1, 2, 3, 7, 40):
            for part in islice(range(parts), 12):
                command = ["x.lst", "./", "x.rec", "unchanged=1", f"nsplit={parts}", f"part={part}"]
                name = tmp_path / ("x.rec" if parts == 1 else f"x.rec.part{part:03}")
                subprocess.run([IM2REC_CC, *command], cwd=tmp_path, check=True, capture_output=True)
                expected = name.read_bytes()
                im2rec(*command, cwd=tmp_path)
                assert name.read_bytes() == expected, (content[:20], parts, part)
