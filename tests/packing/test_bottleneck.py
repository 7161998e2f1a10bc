"""The verdict on a run: what is said, and that nothing is said too much."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.packing.bottleneck import Setup, bottleneck, leader
from gpu_im2rec.packing.stages import Stage, Stages, fill_of_write, of_processes

CPU = Setup("cpu", cores=4, decode_threads=4)
GPU = Setup("gpu:0", cores=16, decode_threads=8)
ALONE = Setup("pass-through", cores=4)


def stages(read=0.0, transcode=0.0, write=0.0, *, busy=(0.0, 0.0), threads=(8, 4), cpu=0.0, own=0.0):
    """``busy``: shares of the read threads and of the workers."""
    seconds = read + transcode + write
    return Stages(
        seconds, cpu, own, 0,
        Stage(threads[0], busy[0] * threads[0] * seconds, 100, read),
        Stage(threads[1], busy[1] * threads[1] * seconds, 100, transcode),
        Stage(1, write, 100, write),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "setup", "stage", "words"),
    [
        (stages(71, 20, 9, busy=(0.9, 0.3)), CPU, "read",
         "reading bounds this run: 71 % of the time it waited for files; try --read-threads 16"),
        (stages(71, 20, 9, busy=(0.9, 0.3), threads=(16, 2)), replace(GPU, engine="gpu:0 + gpu:1"), "read",
         "reading bounds this run: 71 % of the time it waited for files; try --read-threads 16"),
        (stages(71, 20, 9, busy=(0.9, 0.3), threads=(48, 4)), replace(CPU, read_threads=48), "read",
         "reading bounds this run: 71 % of the time it waited for files; try --read-threads 64"),
        (stages(71, 20, 9, busy=(0.9, 0.3), threads=(64, 4)), replace(CPU, read_threads=64), "read",
         "reading bounds this run: 71 % of the time it waited for files, on 64 threads; "
         "nearer or faster storage for the pictures would help"),
        (stages(71, 20, 9, busy=(0.2, 0.3), threads=(1, 4)), CPU, "read",
         "reading bounds this run: 71 % of the time it waited for files, on 1 thread; "
         "nearer or faster storage for the pictures would help"),
        (stages(71, 20, 9, busy=(0.9, 0.3), cpu=95), ALONE, "read",
         "reading bounds this run: 71 % of the time it waited for files, and the processor had no time left; "
         "several processes can share the list, by --part"),
        (stages(71, 20, 9, busy=(0.9, 0.3), cpu=395), CPU, "read",
         "reading bounds this run: 71 % of the time it waited for files, and the processor had no time left; "
         "more cores would help"),
        (stages(71, 20, 9, busy=(0.9, 0.3), cpu=95), CPU, "read",
         "reading bounds this run: 71 % of the time it waited for files; try --read-threads 16"),
        (stages(5, 90, 5, busy=(0.1, 0.98)), CPU, "transcode",
         "transcoding bounds this run: 90 % of the time it waited for pictures, with 4 workers at work for 98 %; "
         "more cores would help, or a GPU"),
        (stages(5, 90, 5, busy=(0.1, 0.98)), Setup("cpu", 4, gpu_helps=False), "transcode",
         "transcoding bounds this run: 90 % of the time it waited for pictures, with 4 workers at work for 98 %; "
         "more cores would help"),
        (stages(5, 90, 5, busy=(0.1, 0.98), threads=(8, 1)), CPU, "transcode",
         "transcoding bounds this run: 90 % of the time it waited for pictures, with 1 worker at work for 98 %; "
         "try --workers 4"),
        (stages(5, 90, 5, busy=(0.1, 0.2)), CPU, "transcode",
         "transcoding bounds this run: 90 % of the time it waited for pictures, with 4 workers at work for 20 %"),
        (stages(5, 90, 5, busy=(0.1, 0.98), threads=(8, 1)), GPU, "transcode",
         "transcoding bounds this run: 90 % of the time it waited for pictures, with the GPU's thread at work "
         "for 98 %; try --decode-threads 16 or another --batch-size; `gpu-im2rec bench` shows which settings suit"),
        (stages(5, 90, 5, busy=(0.1, 0.98), threads=(16, 2)), replace(GPU, engine="gpu:0 + gpu:1"), "transcode",
         "transcoding bounds this run: 90 % of the time it waited for pictures, with the GPU's thread at work "
         "for 98 %; try another --batch-size; `gpu-im2rec bench` shows which settings suit"),
        (stages(5, 90, 5, busy=(0.1, 0.03), threads=(8, 1)), GPU, "transcode",
         "transcoding bounds this run: 90 % of the time it waited for pictures, with the GPU's thread at work "
         "for 3 %; what a GPU does not take is the CPU's work, and the summary counts it"),
        (stages(5, 90, 5), ALONE, "transcode",
         "checking the files bounds this run: 90 % of its time; several processes can share the list, by --part"),
        (stages(5, 90, 5), replace(ALONE, can_share=False), "transcode",
         "checking the files bounds this run: 90 % of its time"),
        (stages(10, 10, 80, own=79), replace(ALONE, cores=1), "write",
         "writing bounds this run: 80 % of its time, most of it the processor's"),
        (stages(10, 10, 80, own=10), CPU, "write",
         "writing bounds this run: 80 % of its time, most of it waiting; "
         "a faster disk for OUT would help, or a machine with less else to do"),
        (stages(10, 10, 80, own=79), CPU, "write",
         "writing bounds this run: 80 % of its time, most of it the processor's; "
         "several processes can share the list, by --part"),
        (stages(40, 35, 25), CPU, None,
         "no stage bounds this run alone: of its time, reading 40 %, transcoding 35 %, writing 25 %"),
        (stages(0.5, 1.0, 0.4), CPU, None, ""),
        (stages(), CPU, None, ""),
    ],
)  # fmt: skip
def test_what_is_said(seen, setup, stage, words):
    verdict = bottleneck(seen, setup)
    assert (verdict.stage, verdict.words) == (stage, words)


shares = st.floats(0, 1000)


@given(shares, shares, shares, st.tuples(st.floats(0, 1), st.floats(0, 1)), st.sampled_from([CPU, GPU, ALONE]))
def test_the_stage_that_is_named_took_most_of_the_time(read, transcode, write, busy, setup):
    seen = stages(read, transcode, write, busy=busy)
    verdict = bottleneck(seen, setup)
    assert bool(verdict.words) == (seen.seconds >= 2)
    if verdict.stage:
        taken = dict(seen.named())
        assert taken[verdict.stage].waited_seconds == max(read, transcode, write)
        assert f"{seen.waited_share(taken[verdict.stage]) * 100:.0f} %" in verdict.words


def test_a_narrow_lead_is_none():
    assert leader(stages(45, 36, 19)) is None
    assert leader(stages(36, 47, 17)) == "transcode"


def test_what_several_processes_did_is_added_up():
    def process(read, transcode):
        return Stages(100, 50, 0, 3, Stage(8, 80, 10, read, 0.2), Stage(2, 150, 9, transcode, 0.6), Stage(1, 1, 8, 1))

    own = Stages(100, 20, 0, 0, Stage(1, 0, 0, 0), Stage(1, 0, 0, 60), Stage(1, 40, 12, 40))
    both = of_processes(own, [process(30, 10), process(15, 5)])
    assert (both.seconds, both.cpu_seconds, both.in_engine) == (100, 120, 6)
    assert both.read[:3] == (16, 160, 20)
    assert both.transcode[:3] == (4, 300, 18)
    assert [stage.waited_seconds for _, stage in both.named()] == pytest.approx([45, 15, 40])
    assert [stage.fill for _, stage in both.named()] == pytest.approx([0.2, 0.6, 6 / 12])


def test_before_any_process_has_told_anything():
    own = Stages(1, 0.2, 0, 0, Stage(1, 0, 0, 0), Stage(1, 0, 0, 1), Stage(1, 0, 0, 0))
    assert of_processes(own, []).waited_share(of_processes(own, []).transcode) == 1


@pytest.mark.parametrize(
    ("transcoded", "written", "in_engine", "fill"), [(0, 0, 0, 0), (10, 4, 6, 0.5), (10, 4, 0, 1), (4, 10, 6, 0)]
)
def test_the_queue_in_front_of_writing(transcoded, written, in_engine, fill):
    assert fill_of_write(transcoded, written, in_engine) == fill
