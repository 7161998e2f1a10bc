"""One line of a list file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture named in a ``.lst`` file."""

    index: int  # column 0: the record's id and its key in the .idx, 0 … 2^64-1
    labels: tuple[float, ...]  # at least one; stored as float32
    path: str  # as written in the list, relative to the root; undecodable bytes as surrogates, for os.fsencode
    line: int  # 1-based line number in the list file

    def __init__(self, index: int, labels: tuple[float, ...], path: str, line: int) -> None:
        # Lists have ten million lines: filling the slots directly takes half the time of the generated __init__.
        _set_index(self, index)
        _set_labels(self, labels)
        _set_path(self, path)
        _set_line(self, line)


_set_index, _set_labels, _set_path, _set_line = (vars(Entry)[field].__set__ for field in Entry.__match_args__)
