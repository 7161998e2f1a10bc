"""What docs/scale.md says is so: its tables are reckoned, its scripts are the scripts, its commands run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from benchmarks import documents, reckoned, results
from benchmarks.pack.contenders import resizing
from benchmarks.results import Table
from gpu_im2rec.cli.app import app
from gpu_im2rec.cluster import measuring
from gpu_im2rec.packing import timing
from gpu_im2rec.recordio.manifest import read_manifest
from tests.cluster.scripts import HERE
from tests.conftest import encoded

PAGE = (HERE / "docs" / "scale.md").read_text(encoding="utf-8")
COMMANDS = [line.strip() for line in PAGE.splitlines() if line.startswith("    gpu-im2rec")]


def test_the_page_shows_what_was_measured_and_what_plan_reckons_from_it():
    assert documents.refreshed(PAGE, HERE / "docs") == PAGE, "run: python -m benchmarks show"
    assert re.findall(r"R . M . (\d+) kB", PAGE) == [f"{each // 1000}" for each in (reckoned.FILE, reckoned.RECORD)]


def test_all_that_is_said_of_packing_is_of_one_result_file():
    """Whose pictures are as large as those that the page reckons with; older files do not tell."""
    pages = (PAGE, (HERE / "README.md").read_text(encoding="utf-8"))
    (file,) = {file for page in pages for file in re.findall(r"<!-- benchmark: (\S+) pack/", page)}
    tables = results.read(results.FOLDER / f"{file}.json")["pack"]
    for name, contender, size in (
        (reckoned.TABLE, reckoned.PACKER, reckoned.RECORD), ("pass-through", "ours, `--pass-through`", reckoned.FILE),
    ):  # fmt: skip
        runs = tables[name].runs[contender] if name in tables else []
        assert {round(run["picture_bytes"], -3) for run in runs if "picture_bytes" in run} <= {size}


def test_what_is_reckoned():
    """1,000 pictures a second by two cores, 600 by one."""
    assert {reckoned.PACKER, reckoned.ALONE} <= resizing(2, jpeg=True).keys()
    seconds = {reckoned.PACKER: (0.9, 1.0, 1.1), reckoned.ALONE: (1.5, 1.6, 1.65)}
    runs = {name: [{"items": 1000, "seconds": each} for each in times] for name, times in seconds.items()}
    lists, costs, cores = (part({"500x375": Table("", "pictures", runs)}) for part in reckoned.PARTS.values())
    assert "1,000\npictures of 500x375 a second" in lists and "they gave 1.6." in lists
    assert "**ImageNet-1k**, 1,281,167 pictures, 117.9 GB in, 46.1 GB out:" in lists
    assert "| 1 | 43 | 21 min 22 s | 1.0 | 92.0 MB | 36.0 MB | 1,000 |" in lists
    assert lists.count("| 8,000 |") == 3
    assert "÷ 500 a second and core ÷ 3600 | 0.56 |" in costs and "| 0.56 at 0.04 $ " in costs
    assert "cost 18 times what" in costs and "\n111 $ of processors and 2,000 $" in costs
    assert "| 500 pictures of 92 kB | 46.0 MB a second |" in cores and "| 18.0 MB a second |" in cores
    assert "| 156 cores |" in cores and "| 11 cores |" in cores and "| 186 prefixes |" in cores and "| 15 s |" in cores


def test_the_script_in_the_page_is_the_script():
    (shown,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    assert (HERE / "examples" / "slurm" / "pack.sbatch").read_text().endswith(shown)
    for line in (line.strip() for line in PAGE.splitlines() if "sbatch --" in line and line.startswith("    ")):
        assert line in (HERE / "examples" / "slurm" / "pack.sbatch").read_text()


def test_links_to_files_lead_somewhere():
    names = re.findall(r"\]\((?!https?:|#)([^)#]*)", PAGE)
    assert [name for name in names if not (HERE / "docs" / name).exists()] == []


def test_options_in_the_page_exist():
    known = {name for one in typer.main.get_command(app).commands.values() for each in one.params for name in each.opts}
    ours = [line for line in PAGE.splitlines() if "sbatch --" not in line and "kubectl" not in line]
    of_slurm = {"--requeue", "--array"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", "\n".join(ours))) <= known | of_slurm


def test_the_commands_run(folder, photo, monkeypatch):
    monkeypatch.setattr(timing, "_SECONDS", 0.01)
    monkeypatch.setattr(measuring, "_RECORDS", 100)
    monkeypatch.chdir(folder.list.parent)
    for number in range(20):
        folder.add(f"{number}.jpg", encoded(photo.rotate(number).resize((60, 40)), "jpeg"))
    folder.list.rename("train.lst")
    folder.root.rename("photos")
    for line in (line for line in COMMANDS if "s3://" not in line):
        for command in _all_parts(line) if "--part" in line else [line]:
            with pytest.raises(SystemExit) as end:
                app(shlex.split(command)[1:])
            assert end.value.code == 0, command
    assert read_manifest(Path("train.manifest.json")).records == 20
    assert len(list(Path().glob("train-*-of-00008.rec"))) == 8


def _all_parts(line: str) -> list[str]:
    """The command for each of 8 parts, where no set is yet."""
    for path in Path().glob("train[-.]*"):
        if path.name != "train.lst":
            path.unlink()
    return [line.replace("3/8", f"{number}/8") for number in range(8)]
