"""Shards on a Ray cluster: the same bytes, whatever is lost on the way."""

import os
import signal
import subprocess
import sys
import time

import pytest

from gpu_im2rec.errors import ClusterError, ResumeError, TooManyFailuresError, UsageError
from tests.cluster.conftest import environment, processes, repeat

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Ray clusters are for Linux and macOS"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.xdist_group("ray"),
]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr("gpu_im2rec.cluster.attempts.PAUSE_SECONDS", 0.1)


def test_the_same_bytes_as_from_one_process(job):
    results = job.run(5)
    assert job.contents() == job.expected(5)
    assert sorted(results) == [0, 1, 2, 3, 4]
    assert {result.attempts for result in results.values()} == {1}
    assert all(result.where for result in results.values())
    assert sum(result.report["result"]["packed"] for result in results.values()) == 12
    again = job.run(5, resume=True).values()
    assert {(result.was_there, result.where) for result in again} == {(True, "")}
    assert job.said == []
    with pytest.raises(ResumeError, match=r"shard \d of 5, on .*packed otherwise: checksums was False"):
        job.run(5, resume=True, checksums=True)


def test_a_failure_for_good_is_not_tried_again(job):
    (job.folder.root / "02.webp").write_bytes(b"")
    with pytest.raises(TooManyFailuresError, match=r"shard 0 of 2, on .*02\.webp': empty"):
        job.run(2, on_error="fail")
    assert job.said == []


def test_what_a_machine_does_not_see_is_named(job):
    job.folder.root = job.folder.root / "nowhere"
    with pytest.raises(UsageError, match=r"nowhere is not there on .*: list, pictures and output must lie where every"):
        job.run(2)


def test_another_version_is_refused(job, monkeypatch):
    monkeypatch.setattr("gpu_im2rec.cluster.run.__version__", "99.0")
    with pytest.raises(UsageError, match=r"has gpu-im2rec .*, this machine 99\.0; all machines .* the same version"):
        job.run(2)


def test_a_worker_that_is_killed(long_job):
    repeat(long_job.folder, 240)  # it must not be done before it is killed
    killed = []

    def kill(number, progress):
        if not killed and number == 1 and progress.lines > 5:
            killed.extend(processes("shard 1 of 3")[:1])
            for process in killed:  # what is told may be late, and the process gone
                os.kill(process, signal.SIGKILL)

    results = long_job.run(3, kill)
    assert results[1].attempts == 2
    assert results[1].report["result"]["resumed_at"] > 0
    assert [results[number].attempts for number in (0, 2)] == [1, 1]
    assert len(long_job.said) == 1, long_job.said
    assert long_job.said[0].startswith(f"shard 1 of 3, on {os.uname().nodename}: the process died; attempt 2 of 3")
    assert long_job.contents() == long_job.expected(3)


def test_a_worker_that_always_dies(long_job):
    repeat(long_job.folder, 360)  # each attempt goes on where the last one was

    def kill(number, progress):
        for process in processes("shard 0 of 2"):
            os.kill(process, signal.SIGKILL)

    with pytest.raises(ClusterError, match=r"shard 0 of 2 failed 3 times\. (\S+: the process died(; )?){3}"):
        long_job.run(2, kill)
    assert len(long_job.said) == 2


def test_a_machine_that_is_lost(long_job, cluster):
    repeat(long_job.folder, 360)  # a task outlives its machine for some seconds, and must not be done by then

    with cluster.another_machine() as take_away:
        gone = []

        def lose(number, progress):
            if not gone and progress.lines and take_away():
                gone.append(number)

        results = long_job.run(6, lose)
    assert gone
    assert max(result.attempts for result in results.values()) == 2
    assert "attempt 2 of 3 follows" in long_job.said[0]
    assert long_job.contents() == long_job.expected(6)


def test_a_lost_board_costs_the_progress_and_nothing_else(long_job):
    import ray

    repeat(long_job.folder, 360)  # a process takes some seconds to start on a busy machine

    def lose(number, progress):
        if not long_job.progress:
            [board] = processes("Latest")
            os.kill(board, signal.SIGKILL)
        long_job.hear(number, progress)

    results = long_job.run(2, lose)
    assert ray.is_initialized()
    assert [results[number].attempts for number in (0, 1)] == [1, 1]
    assert len(long_job.progress) > 1  # it was started anew
    assert long_job.contents() == long_job.expected(2)


def test_progress_is_told_and_what_it_raises_ends_the_run(long_job):
    at_once = []

    def stop(number, progress):
        long_job.hear(number, progress)
        at_once.append(len(processes("shard")))
        if progress.packed > 5:
            raise TooManyFailuresError("enough")

    with pytest.raises(TooManyFailuresError, match="enough"):
        long_job.run(3, stop)
    assert max(at_once) <= 2  # there are two cores
    assert not processes("shard")
    left = long_job.contents()
    assert any(name.endswith(".journal") for name in left)
    assert {progress.total for _, progress in long_job.progress} == {40}
    assert any(result.report["result"]["resumed_at"] > 0 for result in long_job.run(3, resume=True).values())
    assert long_job.contents() == long_job.expected(3)


def test_a_busy_cluster_is_told_of_and_not_waited_for_at_the_end(job, monkeypatch):
    import ray

    monkeypatch.setattr("gpu_im2rec.cluster.silence._LONG_SECONDS", 0.2)
    monkeypatch.setattr("gpu_im2rec.cluster.run._SECONDS_TO_BEGIN", 0.5)
    others = [ray.remote(num_cpus=1, max_retries=0)(lambda: time.sleep(20)).remote() for _ in range(2)]

    def end(notice):
        raise KeyboardInterrupt(notice)

    try:
        while ray.available_resources().get("CPU"):
            time.sleep(0.05)
        job.said = type("Said", (), {"append": staticmethod(end)})
        with pytest.raises(KeyboardInterrupt, match="no shard is at work: other work may have the cluster's cores"):
            job.run(5)
        assert ray.wait(others, timeout=0) == ([], others)
    finally:
        for other in others:
            ray.cancel(other, force=True)
    assert job.contents() == {}


DRIVER = """
import signal, sys
from pathlib import Path
import gpu_im2rec.cluster.run
from gpu_im2rec.cli import signals
from tests.cluster.conftest import Job, reading_slowly

class Folder:
    root, list = (Path(sys.argv[1]) / name for name in ("root", "image.lst"))

def tell(number, progress):
    if progress.lines:
        print(number, progress.lines, flush=True)

signal.signal(signal.SIGINT, signal.default_int_handler)
signals.heed()
gpu_im2rec.cluster.run.task_function = reading_slowly
try:
    Job(Folder, read_threads=1, read_ahead_bytes=1).run(3, tell, cluster=sys.argv[2], resume=True)
except KeyboardInterrupt as error:
    sys.exit(getattr(error, "exit_code", 130))
"""


def driver(job, cluster, address="ray"):
    """A program that packs, once it has said so twice."""
    command = [sys.executable, "-c", DRIVER, str(job.folder.list.parent), address]
    run = subprocess.Popen(command, env=environment(cluster), stdout=-1, stderr=-1, text=True, start_new_session=True)
    for _ in range(2):
        line = run.stdout.readline()
        assert line, run.communicate()
    return run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_driver_that_is_told_to_end_or_killed(long_job, cluster, number):
    run = driver(long_job, cluster)
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert (run.returncode, said) == (-number if number == signal.SIGKILL else 128 + number, "")
    gives_up = time.monotonic() + 30
    while processes("shard") and time.monotonic() < gives_up:
        time.sleep(0.05)
    assert not processes("shard")
    assert any(name.endswith(".journal") for name in long_job.contents())
    results = long_job.run(3, resume=True)
    assert any(result.was_there or result.report["result"]["resumed_at"] for result in results.values())
    assert long_job.contents() == long_job.expected(3)


def test_a_ray_client(job, cluster):
    command = [sys.executable, "-c", DRIVER, str(job.folder.list.parent), cluster.client_address]
    run = subprocess.run(command, env=environment(cluster), capture_output=True, text=True, timeout=120, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert job.contents() == job.expected(3)
