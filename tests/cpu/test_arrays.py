"""Memory is used again when nobody can see it any more, and not before."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cpu_fallback.arrays import Arrays

SHAPE = (4, 3, 5)

# Ways to hold on to an array's memory.
HOLDS: dict[str, Callable[[np.ndarray], Any]] = {
    "the array": lambda array: array,
    "a row": lambda array: array[2],
    "a view of a view": lambda array: array[1:].transpose(2, 0, 1)[..., ::-1],
    "an element": lambda array: array[3, 2, 4:5],
    "the same as bytes": lambda array: array.view(np.uint8),
    "a buffer": memoryview,
    "an array of the buffer": lambda array: np.frombuffer(memoryview(array), np.float32),
    "DLPack": lambda array: array.__dlpack__(),
    "an array of DLPack": np.from_dlpack,
    "a subclass": lambda array: array.view(type("Mine", (np.ndarray,), {})),
    "a cycle": lambda array: [cycle := [array], cycle.append(cycle)],
}


def address(array: np.ndarray) -> int:
    return array.ctypes.data


@pytest.mark.parametrize("hold", HOLDS.values(), ids=HOLDS)
def test_memory_that_somebody_sees_is_not_lent_again(hold):
    arrays = Arrays("float32")
    array = arrays.empty(SHAPE)
    place = address(array)
    held = hold(array)
    del array
    others = [arrays.empty(SHAPE) for _ in range(3)]
    assert place not in map(address, others)
    del held
    gc.collect()
    assert address(arrays.empty(SHAPE)) == place


def test_what_is_lent_is_an_ordinary_array():
    array = Arrays("float32").empty(SHAPE)
    assert (array.shape, array.dtype, type(array)) == (SHAPE, np.float32, np.ndarray)
    assert array.flags.c_contiguous
    assert array.flags.writeable


def test_a_run_of_batches_needs_as_much_memory_as_there_are_at_a_time():
    arrays = Arrays("uint8")
    held = [arrays.empty(SHAPE) for _ in range(3)]
    places = {address(array) for array in held}
    for _ in range(20):
        held.pop(0)
        held.append(arrays.empty(SHAPE))
        places.add(address(held[-1]))
    assert len(places) == 3


def test_memory_of_another_size_is_let_go():
    arrays = Arrays("float32")
    arrays.empty(SHAPE)
    assert len(arrays._idle) == 1
    other = arrays.empty((7,))
    assert arrays._idle == []
    del other
    assert [memory.size for memory in arrays._idle] == [7]


def test_arrays_outlive_their_lender():
    arrays = Arrays("float32")
    array = arrays.empty(SHAPE)
    del arrays
    array[...] = 1
    assert array.sum() == 60
