"""What of the cluster's room needs no cluster: who gets what, what is tried again, what is sent."""

import builtins
import errno
import pickle
import socket
import sys
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec import PackOptions, TranscodeSpec
from gpu_im2rec.cluster import OnRay
from gpu_im2rec.cluster.attempts import BUSY_SECONDS, MOST, LostError, Shard, first_line
from gpu_im2rec.cluster.connection import connected
from gpu_im2rec.cluster.remote import task_function
from gpu_im2rec.cluster.sharing import Machine, Needs, machines_of, shared_out
from gpu_im2rec.cluster.silence import Silence
from gpu_im2rec.cluster.worker import _portable
from gpu_im2rec.devices import GpuTuning
from gpu_im2rec.errors import (
    ClusterError,
    DeviceError,
    ListError,
    OutputBusyError,
    ResumeError,
    StalledError,
    StorageError,
    TooManyFailuresError,
    UsageError,
)
from gpu_im2rec.packing import Part
from gpu_im2rec.sharding.task import ShardTask

CPUS = [Machine("a", "a", 16, 0), Machine("b", "b", 8, 0)]
GPUS = [Machine("c", "c", 32, 4), Machine("d", "d", 6, 1), *CPUS]
RESIZE = PackOptions(transcode=TranscodeSpec(resize=64))


@pytest.mark.parametrize(
    ("options", "tasks", "machines", "device", "workers", "needs"),
    [
        (RESIZE, 100, CPUS, "cpu", 1, Needs(1)),
        (RESIZE, 24, CPUS, "cpu", 1, Needs(1)),
        (RESIZE, 3, CPUS, "cpu", 8, Needs(8)),
        (RESIZE, 2, CPUS, "cpu", 8, Needs(8)),
        (RESIZE, 1, CPUS, "cpu", 16, Needs(16)),
        (replace(RESIZE, workers=4), 100, CPUS, "cpu", 4, Needs(4)),
        (RESIZE, 3, [], "cpu", 1, Needs(1)),
        (RESIZE, 100, GPUS, "gpu", 6, Needs(6, 1)),
        (replace(RESIZE, gpu=GpuTuning(decode_threads=2), workers=3), 100, GPUS, "gpu", 3, Needs(2, 1)),
        (replace(RESIZE, device="cpu"), 100, GPUS, "cpu", 1, Needs(1)),
        (PackOptions(transcode=TranscodeSpec(pass_through=True)), 100, GPUS, "cpu", 1, Needs(1)),
        (PackOptions(transcode=TranscodeSpec(encoding="png")), 100, GPUS, "cpu", 1, Needs(1)),
    ],
)
def test_who_gets_what(options, tasks, machines, device, workers, needs):
    shared, found = shared_out(options, tasks, machines)
    assert (shared.device, shared.workers, found) == (device, workers, needs)


def test_gpus_that_cannot_be_had():
    with pytest.raises(DeviceError, match="no machine of the cluster has a GPU"):
        shared_out(PackOptions(transcode=TranscodeSpec(encoding="png"), device="gpu"), 4, CPUS)
    with pytest.raises(DeviceError, match="no machine of the cluster has a GPU"):
        shared_out(replace(RESIZE, device="gpu"), 4, CPUS)
    for options in (replace(RESIZE, device="gpu:1"), replace(RESIZE, devices=("gpu:0", "gpu:1"))):
        with pytest.raises(UsageError, match="leave out --devices"):
            shared_out(options, 4, GPUS)


@given(st.integers(1, 200), st.lists(st.integers(1, 64), min_size=1, max_size=5))
def test_all_tasks_run_at_once_with_as_many_cores_as_can_be(tasks, cores):
    machines = [Machine(str(number), "", count, 0) for number, count in enumerate(cores)]
    _, needs = shared_out(RESIZE, tasks, machines)
    assert needs.cpus == 1 or needs.places(machines) >= tasks
    assert needs.cpus == max(cores) or Needs(needs.cpus + 1).places(machines) < tasks


def test_places_and_words():
    assert Needs(6, 1).places(GPUS) == 5
    assert Needs(8).places(CPUS) == 3
    assert (str(Needs(1)), str(Needs(8, 1))) == ("1 CPU", "8 CPUs and 1 GPU")
    nodes = [
        {"NodeID": "1", "NodeManagerHostname": "x", "Alive": True, "Resources": {"CPU": 2.0, "memory": 1.0}},
        {"NodeID": "2", "NodeManagerHostname": "y", "Alive": False, "Resources": {}},
    ]
    assert machines_of(nodes) == [Machine("1", "x", 2, 0)]


@pytest.fixture
def shard():
    shard = Shard(ShardTask("list", "root", "out.rec", replace(RESIZE, part=Part(3, 16))))
    shard.node, shard.name = "f00", "host"
    return shard


@pytest.mark.parametrize(
    "error", [LostError("gone"), StorageError("gone"), StalledError("long"), OSError(errno.EIO, "bad"), MemoryError()]
)
def test_what_may_pass_is_tried_again(shard, error):
    assert not shard.next_task().options.resume
    pauses = []
    while shard.failed(error, now=100):
        pauses.append(shard.due - 100)
        assert shard.next_task().options.resume
        assert shard.avoided == {"f00"}
        assert not shard.node
    assert shard.attempt == MOST
    assert pauses == sorted(pauses)
    assert len(shard.failures) == MOST
    assert shard.failures[0].startswith("host: ")
    assert str(shard) == "shard 3 of 16"


@pytest.mark.parametrize("kind", [UsageError, ListError, TooManyFailuresError, ResumeError, DeviceError, TypeError])
def test_what_cannot_pass_is_not(shard, kind):
    assert not shard.failed(kind("no"), now=0)
    assert shard.attempt == 1


def test_a_lock_that_outlives_its_process_is_waited_for(shard):
    now = 0.0
    while shard.failed(OutputBusyError("held"), now):
        assert shard.due > now
        now = shard.due
    assert now >= BUSY_SECONDS
    assert (shard.attempt, shard.failures) == (1, [])


def test_each_lock_that_is_in_the_way_is_waited_for_as_long(shard):
    assert shard.failed(OutputBusyError("held"), now=0)
    assert shard.failed(LostError("gone"), now=2 * BUSY_SECONDS)
    assert shard.failed(OutputBusyError("held, by what was lost"), now=2 * BUSY_SECONDS + 5)


def test_an_error_of_the_system_is_told_without_its_number():
    assert first_line(OSError(errno.ENOSPC, "No space left", "/a/b")) == "/a/b: No space left"
    assert first_line(OSError(errno.ENOSPC, "No space left")) == "No space left"
    assert first_line(OSError("odd\nmore")) == "odd"


def test_a_cluster_that_packs_nothing_is_told_of_once(monkeypatch):
    monkeypatch.setattr("gpu_im2rec.cluster.silence._LONG_SECONDS", -1.0)
    said = []
    for needs in (Needs(1), Needs(99)):
        silence = Silence(said.append)
        for _ in range(3):
            silence.explain(needs, CPUS)
    assert [words.split(";")[0] for words in said] == [
        "no shard is at work: other work may have the cluster's cores",
        "no shard is at work: no machine of the cluster has 99 CPUs",
    ]


@pytest.mark.parametrize("address", ["ray://127.0.0.1", "127.0.0.1"])
def test_where_nothing_listens_is_told_at_once(monkeypatch, address):
    pytest.importorskip("ray")
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"{address}:{taken.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        monkeypatch.setattr("ray.init", lambda *_, **__: pytest.fail("Ray would try for minutes"))
        monkeypatch.setattr("ray.is_initialized", lambda: False)
        for cluster in ("ray", *([address] if address.startswith("ray") else [])):
            refused = pytest.raises(ClusterError, match=f"no connection to Ray at {address}: Connection refused")
            with refused, connected(cluster, print):
                pass


def test_what_ray_says_is_not_among_the_results(monkeypatch, capsys):
    ray = pytest.importorskip("ray")
    for name in ("is_initialized", "init", "shutdown"):
        monkeypatch.setattr(ray, name, lambda *_, **__: False)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    said = {"lines": ["A worker died"], "pid": "raylet", "is_err": False}
    with connected("ray", print):
        ray._private.worker.print_to_stdstream(said, ignore_prefix=False)
    assert capsys.readouterr() == ("", "")
    ray._private.worker.print_to_stdstream(said | {"lines": ["Another one"]}, ignore_prefix=False)
    assert "Another one" in capsys.readouterr().out


class Odd(Exception):
    def __init__(self, one, two):
        super().__init__(one)


@pytest.mark.parametrize("error", [UsageError("a"), OSError(errno.EIO, "b", "c"), TypeError("d"), Odd("e", 1)])
def test_every_error_can_be_sent(error):
    error.add_note("kept")
    back = pickle.loads(pickle.dumps(_portable(error)))
    assert str(error) in str(back)
    assert isinstance(back, OSError) == isinstance(error, OSError)


def test_only_ray():
    for word in ("slurm", "ray://", "ray://host", "http://host:1", "Ray"):
        with pytest.raises(UsageError, match="--cluster must be ray, or the address"):
            OnRay(word, print)


def test_ray_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'gpu-im2rec\[ray\]'"):
        OnRay("ray", print)


def test_a_machine_without_the_package(monkeypatch):
    work = task_function("1.0")
    load = builtins.__import__

    def missing(name, *rest):
        if name.startswith("gpu_im2rec"):
            raise ImportError(f"No module named {name!r}")
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert f"{sys.executable} cannot load gpu-im2rec: No module named 'gpu_im2rec'" in work(b"", None)
