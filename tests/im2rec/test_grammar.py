"""Telling the two command lines apart, and every word of them that is refused or taken otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec import RecordReader
from gpu_im2rec.im2rec import option_tool
from gpu_im2rec.im2rec.packing import DEFAULTS, pack
from gpu_im2rec.im2rec.tool import is_key_value_grammar
from gpu_im2rec.transcode import TranscodeSpec
from tests.im2rec.conftest import SCRIPT, im2rec
from tests.im2rec.test_real_tools import LISTING, PACKING, as_options

plain = st.sampled_from(["a.lst", "root/", "out.rec", "/x y/z", "ä", "a=b"])
listing_sets = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in (LISTING | PACKING).items()})


@given(words=st.lists(plain, min_size=3, max_size=3), rest=st.lists(st.sampled_from(["resize=1", "-x", "--y"])))
def test_three_words_first_are_the_c_plus_plus_tool(words, rest):
    assert is_key_value_grammar(words + rest)


@given(chosen=listing_sets, place=st.integers(0, 2), data=st.data())
def test_options_anywhere_are_im2rec_py(chosen, place, data):
    """PREFIX and ROOT may stand before, behind or between the options (but not behind --exts, which takes them all)."""
    chosen["--exts"] = None
    options = as_options(chosen)
    starts = [at for at, word in enumerate(options) if word.startswith("--")] + [len(options)]
    cut = data.draw(st.sampled_from(starts))
    words = {0: ["p", "r", *options], 1: ["p", *options, "r"], 2: [*options[:cut], "p", "r", *options[cut:]]}[place]
    assert not is_key_value_grammar(words)


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["reszie=256"], "did you mean resize=256?"),
        (["size=256"], "did you mean resize=256?"),
        (["--resize=256"], "did you mean resize=256?"),
        (["--resize", "256"], "did you mean resize=…?"),
        (["center-crop=1"], "did you mean center_crop=1?"),
        (["xyz=1"], "where key is one of resize, center_crop"),
        (["resize=256px"], "resize=256px: not a whole number"),
        (["resize="], "resize=: not a whole number"),
        (["resize=1", "resize=2"], "resize= is there twice"),
        (["color=2"], "color must be 1, 0 or -1, not 2"),
        (["encoding=jpg"], "encoding=jpg: must be .jpg or .png"),
        (["inter_method=5"], "inter_method=5: there are 0 nearest, 1 linear"),
        (["pack_label=1"], "say with label_width how many columns the list has"),
        (["label_width=0"], "label_width=0: must be at least 1"),
        (["nsplit=0"], "a list is cut into 1 part or more, not 0"),
        (["nsplit=2", "part=2"], "there is no part 2 of 2; parts are counted 0 … 1"),
        (["part=1"], "there is no part 1 of 1"),
    ],
)
def test_words_that_mean_nothing_are_refused_with_what_does(corpus, tmp_path, words, advice):
    """The tool ignores most of these silently, and writes nothing but exit code 0 for inter_method=5."""
    said = im2rec(corpus.one, f"{corpus.root}/", "o.rec", *words, cwd=tmp_path, code=2).stderr
    assert advice in said
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["quality=120"], "quality 120 is taken as 100"),
        (["quality=0"], "quality 0 is taken as 1"),
        (["quality=95", "encoding=.png"], "quality=95 is taken as 3"),
        (["center_crop=1"], "center_crop=1 does nothing without resize"),
    ],
)
def test_words_that_the_tool_takes_otherwise_without_a_word(corpus, tmp_path, words, said):
    assert said in im2rec(corpus.one, f"{corpus.root}/", "o.rec", *words, cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["a.lst", "root", "resize=256"], 2, "the output is missing before 'resize=256'"),
        (["a.lst;b.lst", "root", "o.rec"], 2, "one list is packed at a time"),
        (["stdin", "no", "o.rec"], 2, "one list is packed at a time"),
        ([".", "ONE", "o.rec"], 2, ". is a folder; the order is LIST ROOT OUT"),
        (["a.lst", "root", "o.rec"], 1, "a.lst: no such list"),
        (["ONE", "root", "no/o.rec"], 2, "no such folder for the output"),
        (["no", "root"], 1, "no list begins with"),
        (["no/no", "root"], 1, "the folder of the lists cannot be read"),
        (["p", "root", "--color", "2"], 2, "--color"),
        (["p", "root", "--list", "--recursive", "True"], 2, "'True' is not understood: since 2018"),
        (["p", "root", "--resize"], 2, "--resize"),
        (["p", "root", "--rezise", "256"], 2, "'--rezise' is not understood; did you mean --resize or --resume?"),
        (["p", "root", "--xyz"], 2, "'--xyz' is not understood; `im2rec --help` shows"),
        (["ONE", "ONE", "o.rec"], 2, "is a file and no folder of pictures; the order is LIST ROOT OUT"),
        (["ONE", "no/", "o.rec"], 2, "no/: no such folder; the root is"),
        (["p", "nowhere", "--list"], 1, "nowhere: the folder cannot be read"),
        (["p"], 2, "ROOT"),
    ],
)
def test_other_errors(corpus, tmp_path, arguments, code, words):
    arguments = [corpus.one if word == "ONE" else word for word in arguments]
    said = im2rec(*arguments, cwd=tmp_path, code=code).stderr
    assert words in said


def test_without_arguments_both_command_lines_are_shown(tmp_path):
    shown = im2rec(cwd=tmp_path, code=2).stdout
    assert "im2rec LIST ROOT OUT [key=value …]" in shown
    assert "im2rec PREFIX ROOT --list" in shown
    assert im2rec("--help", cwd=tmp_path).stdout == shown


def test_the_module_runs_where_mxnet_tools_im2rec_did(corpus, tmp_path):
    command = [sys.executable, "-m", "gpu_im2rec.im2rec", "train", corpus.root / "a", "--list"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "train.lst").exists()


def test_options_may_be_shortened_as_argparse_lets(corpus, tmp_path):
    im2rec("p", corpus.root / "a", "--list", "--no-sh", cwd=tmp_path)
    im2rec("p", corpus.root / "a", "--pass", "--num", "1", cwd=tmp_path)
    with RecordReader(tmp_path / "p.rec") as records:
        assert list(records.keys) == list(range(len(records)))


def test_random_is_the_same_every_time_and_seeded(corpus, tmp_path):
    def pack(*words):
        im2rec(corpus.one, f"{corpus.root}/", "o.rec", "resize=50", "inter_method=10", *words, cwd=tmp_path)
        return (tmp_path / "o.rec").read_bytes()

    assert pack() == pack("seed=0") != pack("seed=1")


def test_lists_that_begin_alike_are_packed_and_named(corpus, tmp_path):
    for name in ("t.lst", "t2.lst", "t_val.lst", "other.lst"):
        (tmp_path / name).write_bytes(corpus.one.read_bytes())
    said = im2rec("t", corpus.root, "--pass-through", cwd=tmp_path).stderr
    assert said.splitlines() == [
        f"3 lists begin with {tmp_path}/t, and all are packed, as im2rec.py does: t.lst, t2.lst, t_val.lst",
        *(f"{tmp_path}/{name}:" for name in ("t.lst", "t2.lst", "t_val.lst")),
    ]
    assert sorted(path.name for path in tmp_path.glob("*.rec")) == ["t.rec", "t2.rec", "t_val.rec"]


def test_a_list_called_as_the_folder_of_pictures(corpus, tmp_path):
    """im2rec.py looks into the folder alone, and finds nothing."""
    (tmp_path / "a").symlink_to(corpus.root / "a")
    im2rec("a", "a", "--list", cwd=tmp_path)
    im2rec("a", "a", "--pass-through", "--num-thread", "0", cwd=tmp_path)
    assert (tmp_path / "a.rec").exists()


def test_one_bad_list_of_several_does_not_stop_the_others(corpus, tmp_path):
    (tmp_path / "t.lst").write_text("0\t1\tmissing.jpg\n")
    (tmp_path / "t2.lst").write_bytes(corpus.one.read_bytes())
    im2rec("t", corpus.root, "--pass-through", cwd=tmp_path, code=1)
    assert sorted(path.name for path in tmp_path.glob("*.rec")) == ["t2.rec"]


@pytest.mark.parametrize(
    ("codes", "code", "done"),
    [([0, 0, 0], 0, 3), ([0, 3, 0], 3, 3), ([3, 1, 0], 1, 3), ([0, 2, 3], 3, 3), ([0, 130, 0], 130, 2)],
)
def test_the_exit_code_of_several_lists(tmp_path, monkeypatch, codes, code, done):
    """An error is worse than pictures that failed; Ctrl-C ends it all."""
    for name in "abc":
        (tmp_path / f"t{name}.lst").touch()
    packed = []

    def pack(list_path, *_):
        packed.append(list_path)
        return codes[len(packed) - 1]

    monkeypatch.setattr(option_tool, "pack", pack)
    assert option_tool.run([str(tmp_path / "t"), str(tmp_path)]) == code
    assert len(packed) == done


def test_without_opencv_one_line_says_what_it_costs(corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("gpu_im2rec.im2rec.packing.find_spec", lambda name: None)
    options = replace(DEFAULTS, transcode=TranscodeSpec(resize=32, interp="linear"))
    pack(corpus.one, corpus.root, tmp_path / "o.rec", options)
    assert "OpenCV is not installed" in capsys.readouterr().err
    pack(corpus.one, corpus.root, tmp_path / "o.rec", DEFAULTS)
    assert "OpenCV" not in capsys.readouterr().err


def test_unchanged_is_1_and_nothing_else(corpus, tmp_path):
    list_path = tmp_path / "s.lst"
    list_path.write_text(corpus.one.read_text().splitlines(keepends=True)[0])
    contents = {}
    for value in (0, 1, 2):
        im2rec(list_path, f"{corpus.root}/", "o.rec", f"unchanged={value}", cwd=tmp_path)
        contents[value] = (tmp_path / "o.rec").read_bytes()
    assert contents[0] == contents[2] != contents[1]


def test_a_closed_stream_is_no_obstacle(corpus, tmp_path):
    for number, streams in enumerate((">/dev/null 2>&-", ">&-")):
        command = f"{SCRIPT} {corpus.one} {corpus.root}/ {number}.rec unchanged=1 {streams}"
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, check=False, stderr=subprocess.PIPE, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / f"{number}.rec").exists()


def test_a_terminal_that_knows_few_letters_is_no_obstacle(corpus, tmp_path):
    command = [SCRIPT]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (2, "")


def test_an_output_that_is_there_is_replaced(corpus, tmp_path):
    for _ in range(2):
        im2rec(corpus.one, f"{corpus.root}/", "o.rec", "unchanged=1", cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.idx", "o.rec", "o.report.json"]


def test_parts_have_their_own_files_and_together_the_whole_list(corpus, tmp_path):
    """Also those that im2rec's rule leaves empty."""
    list_path, count, keys = tmp_path / "s.lst", 8, []
    list_path.write_text("".join(corpus.one.read_text().splitlines(keepends=True)[:3]))
    for part in range(count):
        im2rec(list_path, f"{corpus.root}/", "o.rec", "unchanged=1", f"nsplit={count}", f"part={part}", cwd=tmp_path)
        with RecordReader(tmp_path / f"o.rec.part{part:03}") as records:
            keys += list(records.keys)
    assert keys == [3, 10, 17]
    assert len(list(tmp_path.iterdir())) == 3 * count + 1


def test_every_option_of_a_list(tmp_path):
    """Ten files in two folders; what each option does is told by names, lines and standard output."""
    for folder in ("x", "y"):
        (tmp_path / "root" / folder).mkdir(parents=True)
        for number in range(5):
            (tmp_path / "root" / folder / f"{number}.JPG").touch()
    (tmp_path / "root" / "z.png").touch()

    def made(name, *options):
        said = im2rec(name, "root", "--list", *options, cwd=tmp_path).stdout
        return {path.name: path.read_text().splitlines() for path in sorted(tmp_path.glob(f"{name}*.lst"))}, said

    assert made("a") == ({"a.lst": ["0\t0.000000\tz.png"]}, "")
    lists, said = made("b", "--recursive", "--no-shuffle", "--exts", ".jpg", ".gif")
    assert said == "x 0\ny 1\n"
    assert lists["b.lst"] == [f"{n}\t{n // 5}.000000\t{'xy'[n // 5]}/{n % 5}.JPG" for n in range(10)]
    shuffled, said = made("c", "--recursive")
    assert said == ". 0\nx 1\ny 2\n"
    assert len(set(shuffled["c.lst"])) == 11
    chunks, _ = made("d", "--recursive", "--chunks", "2", "--train-ratio", "0.5", "--test-ratio", "0.25")
    assert {name: len(lines) for name, lines in chunks.items()} == {
        **{"d_0_test.lst": 1, "d_0_train.lst": 3, "d_0_val.lst": 2},
        **{"d_1_test.lst": 1, "d_1_train.lst": 3, "d_1_val.lst": 1},
    }
    assert sorted(line for lines in chunks.values() for line in lines) == sorted(shuffled["c.lst"])
    assert not (tmp_path / "classes.txt").exists()
