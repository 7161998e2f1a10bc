"""Runs MXNet's own im2rec.py many times in one process, as loading mxnet takes seconds.

Standard input: a line of JSON a run, its arguments. Everything that the tool prints goes to standard output.
"""

import gc
import json
import pathlib
import runpy
import sys

import mxnet

TOOL = str(pathlib.Path(mxnet.__file__).with_name("tools") / "im2rec.py")

for line in sys.stdin:
    sys.argv = [TOOL, *json.loads(line)]
    runpy.run_path(TOOL, run_name="__main__")
    gc.collect()  # closes the record file, whose buffer the next run's processes would inherit and write once more
