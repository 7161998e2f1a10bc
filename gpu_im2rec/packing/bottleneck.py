"""What bounded a run, in words, and what to change. Nothing is said that was not measured."""

from __future__ import annotations

from dataclasses import dataclass

from gpu_im2rec.packing.stages import Name, Stage, Stages
from gpu_im2rec.units import percent

DOING: dict[Name, str] = {"read": "reading", "transcode": "transcoding", "write": "writing"}

_LEAST_SECONDS = 2.0  # of a run of which something can be said
_LEAST_LEAD = 0.1  # of the time, before the next stage
_MOST_READ_THREADS = 64  # that are advised
_BUSY = 0.5  # share of their time from which on threads are the ones to be more
_MOSTLY = 0.5  # share of a time
_ALL_OF_THE_PROCESSOR = 0.9  # share of the cores that can be used


@dataclass(frozen=True, slots=True)
class Setup:
    """What a run worked with."""

    engine: str  # its name
    cores: int  # that may be used
    gpu_helps: bool = True  # whether a GPU, if there were one, would do what is asked
    read_threads: int = 8  # of each process that reads
    decode_threads: int = 1  # of the host, for each GPU
    can_share: bool = True  # whether --part would do, and the list is not shared yet


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """The stage that a run gave most of its time to; None where no stage stands out, or too little was seen."""

    stage: Name | None = None
    words: str = ""  # a sentence without its full stop: what was seen, and behind a semicolon what to change


def leader(stages: Stages) -> Name | None:
    """The stage that takes most of the run's own time; None where another one takes almost as much, or none does."""
    first, second, _ = sorted(stages.named(), key=lambda named: named[1].waited_seconds, reverse=True)
    lead = stages.waited_share(first[1]) - stages.waited_share(second[1])
    return first[0] if lead >= _LEAST_LEAD else None


def bottleneck(stages: Stages, setup: Setup) -> Bottleneck:
    """The verdict on a whole run."""
    if stages.seconds < _LEAST_SECONDS:
        return Bottleneck()
    stage = leader(stages)
    if stage is None:
        shares = ", ".join(f"{DOING[name]} {percent(stages.waited_share(one))}" for name, one in stages.named())
        return Bottleneck(None, f"no stage bounds this run alone: of its time, {shares}")
    say = {"read": _reading, "transcode": _transcoding, "write": _writing}[stage]
    return Bottleneck(stage, "; ".join(filter(None, say(stages, setup))))


def _reading(stages: Stages, setup: Setup) -> tuple[str, str]:
    threads, busy = setup.read_threads, stages.busy_share(stages.read)
    finding = f"reading bounds this run: {_waited(stages, stages.read)} it waited for files"
    if _is_processor_full(stages, setup):
        advice = _share_the_list(setup) if setup.engine == "pass-through" else "more cores would help"
        return f"{finding}, and the processor had no time left", advice
    if busy >= _BUSY and threads < _MOST_READ_THREADS:
        return finding, f"try --read-threads {min(2 * threads, _MOST_READ_THREADS)}"
    return (
        f"{finding}, on {_threads(stages.read.threads, 'thread')}",
        "nearer or faster storage for the pictures would help",
    )


def _transcoding(stages: Stages, setup: Setup) -> tuple[str, str]:
    stage, busy = stages.transcode, stages.busy_share(stages.transcode)
    if setup.engine == "pass-through":
        return (
            f"checking the files bounds this run: {percent(stages.waited_share(stage))} of its time",
            _share_the_list(setup),
        )
    finding = f"transcoding bounds this run: {_waited(stages, stage)} it waited for pictures"
    if "gpu" in setup.engine:
        at_work = f"{finding}, with the GPU's thread at work for {percent(busy)}"
        if busy < _BUSY:
            return at_work, "what a GPU does not take is the CPU's work, and the summary counts it"
        threads = min(2 * setup.decode_threads, setup.cores // stage.threads)
        more = f"--decode-threads {threads} or " if threads > setup.decode_threads else ""
        return at_work, f"try {more}another --batch-size; `gpu-im2rec bench` shows which settings suit"
    at_work = f"{finding}, with {_threads(stage.threads, 'worker')} at work for {percent(busy)}"
    if busy < _BUSY:
        return at_work, ""
    if stage.threads < setup.cores:
        return at_work, f"try --workers {setup.cores}"
    return at_work, "more cores would help, or a GPU" if setup.gpu_helps else "more cores would help"


def _writing(stages: Stages, setup: Setup) -> tuple[str, str]:
    pass_through = setup.engine == "pass-through"  # which works in the run's own thread, too
    finding = f"writing bounds this run: {percent(stages.waited_share(stages.write))} of its time"
    works = stages.seconds - stages.read.waited_seconds - (0 if pass_through else stages.transcode.waited_seconds)
    if stages.own_cpu_seconds >= _MOSTLY * works:
        return f"{finding}, most of it the processor's", _share_the_list(setup)
    return f"{finding}, most of it waiting", "a faster disk for OUT would help, or a machine with less else to do"


def _share_the_list(setup: Setup) -> str:
    return "several processes can share the list, by --part" if setup.can_share and setup.cores > 1 else ""


def _is_processor_full(stages: Stages, setup: Setup) -> bool:
    """Whether the work took all the processor time that it could: then no disk is to blame.

    Without an engine most of it is the interpreter's, which works for one thread at a time.
    """
    cores = 1 if setup.engine == "pass-through" else setup.cores
    return stages.cpu_seconds >= _ALL_OF_THE_PROCESSOR * cores * stages.seconds


def _waited(stages: Stages, stage: Stage) -> str:
    return f"{percent(stages.waited_share(stage))} of the time"


def _threads(count: int, name: str) -> str:
    return f"{count} {name}{'s' * (count != 1)}"
