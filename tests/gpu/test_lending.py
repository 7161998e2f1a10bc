"""Whose memory a batch is, and until when."""

import threading
import weakref

import numpy as np

from gpu_im2rec.gpu.lending import Lender
from tests.gpu.host_arrays import HostArrays


class Memory:
    """As a Tensor of DALI's: gives an array interface."""

    def __init__(self):
        self.numbers = np.arange(12.0).reshape(4, 3)

    @property
    def __array_interface__(self):
        return self.numbers.__array_interface__


def lent(lender):
    """An array that was lent, and whether its memory lives."""
    memory = Memory()
    return lender.lend(memory), weakref.ref(memory)


def test_an_array_is_the_memory_itself_and_may_be_written():
    memory = Memory()
    array = Lender(HostArrays()).lend(memory)
    assert np.shares_memory(array, memory.numbers)
    array[2] = 7
    assert memory.numbers[2].tolist() == [7, 7, 7]


def test_memory_lives_as_long_as_any_view_of_it():
    lender = Lender(HostArrays())
    array, alive = lent(lender)
    view = array[1:, ::2].T
    del array
    lent(lender)
    assert alive()
    assert view.tolist() == [[3, 6, 9], [5, 8, 11]]
    del view
    lent(lender)
    assert alive() is None


def test_memory_is_kept_until_the_work_that_was_queued_on_it_is_done():
    arrays = HostArrays()
    arrays.busy = True
    lender = Lender(arrays)
    array, alive = lent(lender)
    del array
    lent(lender)
    assert alive()
    arrays.busy = False
    lent(lender)
    assert alive() is None


def test_what_is_let_go_does_not_pile_up():
    lender = Lender(HostArrays())
    every = []
    for _ in range(100):
        array, alive = lent(lender)
        every.append(alive)
        del array
        assert sum(one() is not None for one in every) <= 1


def test_any_thread_may_let_go_and_the_lender_may_be_gone():
    arrays = HostArrays()
    held = [Lender(arrays).lend(Memory()) for _ in range(2)]
    marks = []
    arrays.mark = lambda: marks.append(threading.current_thread().name) or (lambda: True)
    held.pop()
    thread = threading.Thread(target=held.clear, name="other")
    thread.start()
    thread.join()
    assert marks == [threading.current_thread().name, "other"]
