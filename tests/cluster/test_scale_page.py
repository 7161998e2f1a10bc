"""What docs/scale.md says is so: its tables are reckoned, its scripts are the scripts, its commands run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from gpu_im2rec.cli.app import app
from gpu_im2rec.cluster import measuring
from gpu_im2rec.cluster.measuring import Measured
from gpu_im2rec.cluster.plan import plan
from gpu_im2rec.packing import timing
from gpu_im2rec.recordio.manifest import read_manifest
from gpu_im2rec.units import duration, size
from tests.cluster.scripts import HERE
from tests.conftest import encoded

PAGE = (HERE / "docs" / "scale.md").read_text(encoding="utf-8")
COMMANDS = [line.strip() for line in PAGE.splitlines() if line.startswith("    gpu-im2rec")]


@pytest.mark.parametrize("pictures", [1_281_167, 14_197_122, 5_000_000_000])
def test_the_tables_are_what_plan_reckons(pictures):
    here = Measured(
        pictures=pictures, sampled=512, skipped=0, file_bytes=92e3, record_bytes=36e3, read=1e9, packed=1078,
        cut=pictures * 45e-9, gather=pictures * 0.5e-6, engine="cpu", workers=2, note="",
    )  # fmt: skip
    for row in plan(here, [1, 8, 64, 1024]).rows:
        cells = [
            f"{row.machines:,}", f"{row.shards:,}", duration(row.seconds), f"{row.speedup:,.1f}", size(row.reads),
            size(row.writes), f"{row.files:,.0f}",
        ]  # fmt: skip
        assert f"| {' | '.join(cells)} |" in PAGE


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
