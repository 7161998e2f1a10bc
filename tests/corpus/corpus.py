"""All cases as one list and one root, and what a run made of each."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from gpu_im2rec import PackOptions, PackReport, RecordReader, pack
from gpu_im2rec.recordio import Record
from tests.corpus.case import Case


class Corpus(NamedTuple):
    """A list whose line number n, from 1, is the n-th case."""

    list: Path
    root: Path
    cases: list[Case]


class Run(NamedTuple):
    """What became of every case: "record", "passed over", or the reason of its failure."""

    report: PackReport
    outcomes: dict[str, set[str]]  # by the case's kind
    records: list[tuple[Case, Record]]
    files: dict[str, bytes]  # by suffix


def laid_out(root: Path, cases: Iterable[Case]) -> Corpus:
    """The files below ``root``, the list beside it."""
    cases = list(cases)
    lines = []
    for number, case in enumerate(cases, 1):
        name = f"{number}{case.suffix}"
        if callable(case.content):
            case.content(root / name)
        elif case.content is not None:
            (root / name).write_bytes(case.content)
        lines.append(case.line.replace(b"{index}", b"%d" % number).replace(b"{name}", os.fsencode(name)) + b"\n")
    list_path = root.with_name("corpus.lst")
    list_path.write_bytes(b"".join(lines))
    return Corpus(list_path, root, cases)


def run(corpus: Corpus, out: Path, options: PackOptions) -> Run:
    """Pack ``corpus`` into ``out``."""
    report = pack(corpus.list, corpus.root, out, options)
    failures = [json.loads(line) for line in report.failures.read_text().splitlines()]
    failed = {failure["line"]: failure["reason"] for failure in failures}
    outcomes = defaultdict(set)
    records = []
    with RecordReader(out) as reader:
        keys = set(reader.keys)
        for number, case in enumerate(corpus.cases, 1):
            key = case.index or number
            assert not (number in failed and key in keys)
            outcomes[case.kind].add(failed.get(number) or ("record" if key in keys else "passed over"))
            if key in keys:
                records.append((case, reader.by_key(key)))
        assert len(records) == len(reader) == report.packed
    files = {suffix: out.with_suffix(suffix).read_bytes() for suffix in (".rec", ".idx", ".failures.jsonl")}
    return Run(report, dict(outcomes), records, files)
