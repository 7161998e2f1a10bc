import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import salvage as walk
from gpu_im2rec.recordio.block import Gap, Run
from gpu_im2rec.recordio.salvage import salvage

from .damage import Damaged, damages, framed
from .reference import MAGIC, frame_slowly, payloads

block_bytes = st.sampled_from([8, 16, 60, 500, 4 << 20])


def pieces_of(path: Path, data: bytes, block: int = 4 << 20) -> list[Run | Gap]:
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walk, "_BLOCK_BYTES", block)
        pieces = list(salvage(path))
    assert_every_byte_comes_once(pieces, len(data))
    return pieces


def assert_every_byte_comes_once(pieces: list[Run | Gap], size: int) -> None:
    end = 0
    for piece in pieces:
        borders = [piece.start, piece.end] if isinstance(piece, Gap) else [*piece.offsets.tolist(), int(piece.ends[-1])]
        assert borders[0] == end
        assert borders == sorted(set(borders))
        end = borders[-1]
    assert end == size
    assert not any(isinstance(one, Gap) and isinstance(other, Gap) for one, other in pairwise(pieces))


def records(pieces: list[Run | Gap]) -> dict[int, bytes]:
    runs = [piece for piece in pieces if isinstance(piece, Run)]
    return {int(run.offsets[row]): bytes(run.payload(row)) for run in runs for row in range(len(run))}


def gaps(pieces: list[Run | Gap]) -> list[tuple[int, int]]:
    return [(piece.start, piece.end) for piece in pieces if isinstance(piece, Gap)]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("salvage") / "a.rec"


@given(st.lists(payloads, max_size=6), block_bytes)
def test_a_whole_file_is_its_records(path: Path, contents: list[bytes], block: int) -> None:
    data, borders = framed(contents)
    pieces = pieces_of(path, data, block)
    assert records(pieces) == dict(zip(borders, contents, strict=False))
    assert all(isinstance(piece, Run) and piece.certain for piece in pieces)


@settings(max_examples=250, deadline=None)
@given(damages, block_bytes)
def test_what_damage_did_not_touch_is_found_and_nothing_far_from_it_is_new(
    path: Path, case: Damaged, block: int
) -> None:
    found = records(pieces_of(path, case.data, block))
    assert found.items() >= case.untouched.items()
    start, end = case.span
    for offset in found.keys() - case.untouched.keys():
        assert offset <= end
        assert offset + len(frame_slowly(found[offset])) >= start
    assert records(pieces_of(path, case.data)) == found


A, B, C = b"a" * 40, b"b" * 33, b"c" * 50
FILE, (_, START_B, START_C, END) = framed([A, B, C])


def change(offset: int, new: bytes) -> bytes:
    return FILE[:offset] + new + FILE[offset + len(new) :]


@pytest.mark.parametrize(
    ("data", "kept", "left_out", "cause"),
    [
        (
            change(START_B + 4, b"\x40"),
            [A, C],
            (START_B, START_C),
            "this record holds",
        ),  # 64 bytes, not 33
        (change(START_B + 7, b"\x0f"), [A, C], (START_B, START_C), "the file ends inside this record"),
        (change(START_B, b"?"), [A, C], (START_B, START_C), "no head of a record"),
        (change(START_B + 7, b"\x40"), [A, C], (START_B, START_C), "a part with cflag 2 cannot stand here"),
        (change(START_B + 7, b"\x20"), [A, C], (START_B, START_C), "a part of 33 bytes"),
        (FILE[:-5], [A, B], (START_C, END - 5), "the file ends inside this record"),
        (FILE[: START_C + 6], [A, B], (START_C, START_C + 6), "the file ends where the head of a record should be"),
        (FILE + b"\0\0\0", [A, B, C], (END, END + 3), "the file ends where"),
        (b"junk of 17 bytes " + FILE, [A, B, C], (0, 17), "no head of a record"),
        (FILE[:START_B] + bytes(4096) + FILE[START_B:], [A, B, C], (START_B, START_B + 4096), "no head of a record"),
        (
            FILE[: START_B + 9] + FILE[START_B + 14 :],
            [A, C],
            (START_B, START_C - 5),
            "this record holds",
        ),
        (bytes(5000), [], (0, 5000), "no head of a record"),
    ],
)
@pytest.mark.parametrize("block", [16, 4 << 20])
def test_damage_of_every_kind(
    path: Path, data: bytes, kept: list[bytes], left_out: tuple[int, int], cause: str, block: int
) -> None:
    pieces = pieces_of(path, data, block)
    assert list(records(pieces).values()) == kept
    assert gaps(pieces) == [left_out]
    [gap] = [piece for piece in pieces if isinstance(piece, Gap)]
    assert gap.cause.startswith(cause)


def test_a_record_before_damage_is_not_certain(path: Path) -> None:
    pieces = pieces_of(path, change(START_B, b"?"))
    assert [piece.certain for piece in pieces if isinstance(piece, Run)] == [False, True]


@pytest.mark.parametrize("second", [b"\x08\0\0\0", b"\xff\0\0\0", b"\0\0\0\x80"])
def test_a_magic_that_nobody_cut_out_makes_one_bad_record(path: Path, second: bytes) -> None:
    """Not a head in the middle of a picture, whatever stands behind it."""
    payload = b"x" * 40 + MAGIC + second + b"y" * 100 + MAGIC + second + b"z" * 40
    bad = MAGIC + len(payload).to_bytes(4, "little") + payload
    for rest, kept in ((frame_slowly(B), [A, B]), (b"", [A])):
        for block in (*range(16, 200, 12), 4 << 20):
            pieces = pieces_of(path, frame_slowly(A) + bad + rest, block)
            assert list(records(pieces).values()) == kept
            assert gaps(pieces) == [(48, 48 + len(bad))]


def test_nor_in_a_record_of_several_parts(path: Path) -> None:
    good = frame_slowly(b"abcd1234efgh" + MAGIC + b"ij")
    bad = good.replace(b"1234", MAGIC)
    pieces = pieces_of(path, frame_slowly(A) + bad + frame_slowly(B))
    assert list(records(pieces).values()) == [A, B]
    assert gaps(pieces) == [(48, 48 + len(bad))]


def test_a_magic_at_an_odd_offset_is_a_head_only_where_records_follow(path: Path) -> None:
    picture = frame_slowly(b"123456789" + MAGIC + b"\x04\0\0\0" + b"a picture's bytes")
    pieces = pieces_of(path, frame_slowly(A) + b"?" + picture[1:] + frame_slowly(B))
    assert list(records(pieces).values()) == [A, B]
    assert gaps(pieces) == [(48, 48 + len(picture))]


def test_a_length_that_swallows_whole_records_gives_them_back(path: Path) -> None:
    data = change(4, (END - 8).to_bytes(4, "little"))
    pieces = pieces_of(path, data)
    assert list(records(pieces).values()) == [B, C]
    assert gaps(pieces) == [(0, START_B)]


def test_records_of_several_parts_are_put_together_or_left_out(path: Path) -> None:
    cut = b"abcd" + MAGIC + b"efgh" + MAGIC + b"ij"
    good = frame_slowly(cut)
    [run] = [piece for piece in pieces_of(path, frame_slowly(A) + good) if isinstance(piece, Run)][1:]
    assert (bytes(run.payload(0)), run.data[len(cut) :]) == (cut, b"\0\0")
    for damage in (0, 4, 7, 12, 16, 24, 28):  # heads, one after the other
        broken = good[:damage] + b"\x7f" + good[damage + 1 :]
        pieces = pieces_of(path, frame_slowly(A) + broken + frame_slowly(B))
        assert list(records(pieces).values()) == [A, B], damage


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    read, write = os.pipe()
    try:
        with pytest.raises(RecordError, match="a pipe cannot be walked through"):
            list(salvage(f"/dev/fd/{read}"))
    finally:
        os.close(read)
        os.close(write)
