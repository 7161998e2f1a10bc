"""The pages' exit codes are those of the code."""

import re
import signal
from types import SimpleNamespace

import pytest

from gpu_im2rec import PackReport, errors
from gpu_im2rec.cli.output import INTERRUPTED
from gpu_im2rec.cli.signals import Terminated
from gpu_im2rec.inspection import VerifyReport
from tests.docs.pages import PAGES

TEXTS = {page: path.read_text(encoding="utf-8") for page, path in PAGES.items()}
CODES = {  # what the code ends with, and a word of what the table says of it
    PackReport.exit_code.fget(SimpleNamespace(failed=0)): "every picture",
    errors.Im2recError.exit_code: "an error",
    errors.UsageError.exit_code: "options or paths",
    PackReport.exit_code.fget(SimpleNamespace(failed=1)): "some pictures failed",
    VerifyReport.exit_code.fget(SimpleNamespace(problems=("one",))): "`verify` found",
    INTERRUPTED: "interrupted",
}


def test_the_table_is_that_of_the_code():
    (table,) = re.findall(r"^\| exit code \| means \|\n.*\n((?:\|.*\n)+)", TEXTS["docs/packing.md"], re.MULTILINE)
    told = {int(row.split("|")[1]): row for row in table.splitlines()}
    assert list(told) == list(CODES)
    assert [code for code, word in CODES.items() if word not in told[code]] == []
    assert f"{Terminated(signal.SIGTERM).exit_code} by SIGTERM" in told[INTERRUPTED]
    assert f"{Terminated(signal.SIGHUP).exit_code} by a closed terminal" in told[INTERRUPTED]


def test_errors_have_no_other():
    assert {each.exit_code for each in vars(errors).values() if hasattr(each, "exit_code")} <= set(CODES)


@pytest.mark.parametrize("page", PAGES)
def test_codes_within_the_text_are_in_the_table(page):
    assert {int(code) for code in re.findall(r"(?i)exit code(?: is| stays)?\s(\d+)", TEXTS[page])} <= set(CODES)
