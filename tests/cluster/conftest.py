"""Clusters on this machine, with files and ports of their own: Ray's of two machines, Slurm's of one."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.cluster import OnRay
from gpu_im2rec.cluster.remote import task_function
from gpu_im2rec.lists.partition import parts_by_lines
from gpu_im2rec.packing import Part
from gpu_im2rec.sharding.task import ShardTask
from tests.cluster.scripts import PROGRAM
from tests.cluster.slurm import Slurm, why_not
from tests.conftest import Folder, settled

_STORE = 80 << 20  # bytes of shared memory, about the least that Ray takes
OPTIONS = PackOptions(transcode=TranscodeSpec(resize=32), checkpoint_seconds=0)


class RayCluster:
    """Its machines, and how programs find it."""

    def __init__(self, cluster, client_port: int) -> None:
        self.address = cluster.address
        self.client_address = f"ray://127.0.0.1:{client_port}"
        self._cluster = cluster

    @contextmanager
    def another_machine(self):
        """With one more machine, and what takes it away once it packs a shard; then that returns True."""
        node = self._cluster.add_node(num_cpus=1, object_store_memory=_STORE)
        raylet = node.all_processes["raylet"][0].process.pid

        def take_away() -> bool:
            if is_busy := any(_parent(process) == raylet for process in processes("shard")):
                self._cluster.remove_node(node, allow_graceful=False)
            return is_busy

        try:
            yield take_away
        finally:
            if node in self._cluster.worker_nodes:
                self._cluster.remove_node(node)


@pytest.fixture(scope="session")
def cluster():
    pytest.importorskip("ray", reason="needs Ray: pip install 'gpu-im2rec[ray]'")
    home = tempfile.mkdtemp(prefix="ray", dir="/tmp")  # the names of sockets are short
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", home)  # where its address is noted, too
        patch.setenv("RAY_AUTH_MODE", "disabled")  # else a secret is left in the home folder
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("GRPC_ENABLE_FORK_SUPPORT", "0")  # which the Ray client's server does not always survive
        patch.setenv("RAY_health_check_period_ms", "500")
        patch.setenv("RAY_CLIENT_RECONNECT_GRACE_PERIOD", "2")
        patch.delenv("RAY_ADDRESS", raising=False)
        import ray
        from ray.cluster_utils import Cluster

        port = _free_port()
        machine = {"num_cpus": 1, "object_store_memory": _STORE}
        head = machine | {"include_dashboard": False, "ray_client_server_port": port}
        made = Cluster(initialize_head=True, head_node_args=head)
        try:
            made.add_node(**machine)
            ray.init(made.address, log_to_driver=False, logging_level="ERROR")
            yield RayCluster(made, port)
        finally:
            ray.shutdown()
            made.shutdown()
            shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Job:
    """A list of pictures to be packed as a set of shards."""

    def __init__(self, folder: Folder, **options) -> None:
        self.folder, self.options = folder, replace(OPTIONS, **options)
        self.said: list[str] = []  # notices
        self.progress: list[tuple[int, object]] = []
        self.out = folder.list.parent / "packed" / "out.rec"
        self.out.parent.mkdir(exist_ok=True)

    def tasks(self, count: int, **options) -> list[ShardTask]:
        asked = replace(self.options, **options)
        return [
            ShardTask(str(self.folder.list), str(self.folder.root), str(self.out), replace(asked, part=part))
            for part in parts(self.folder.list, count)
        ]

    def run(self, count: int, tell=None, cluster: str = "ray", **options):
        """Results by number."""
        run = OnRay(cluster, self.said.append)(self.tasks(count, **options), tell or self.hear)
        with closing(run):
            return {result.number: result for result in run}

    def hear(self, number, progress) -> None:
        self.progress.append((number, progress))

    def contents(self) -> dict[str, bytes]:
        return {path.name: settled(path.name, path.read_bytes()) for path in self.out.parent.iterdir()}

    def expected(self, count: int) -> dict[str, bytes]:
        """What one process makes of it."""
        alone = self.folder.list.parent / f"alone{count}"
        alone.mkdir()
        for part in parts(self.folder.list, count):
            asked = replace(OPTIONS, part=part, device="cpu")
            pack(self.folder.list, self.folder.root, alone / "out.rec", asked)
        return {path.name: settled(path.name, path.read_bytes()) for path in alone.iterdir()}


def parts(path: Path, count: int) -> list[Part]:
    return [Part(number, count, cut=span) for number, span in enumerate(parts_by_lines(path, count))]


@pytest.fixture
def job(cluster, photo_folder) -> Job:
    """Twelve pictures."""
    return Job(photo_folder)


@pytest.fixture
def long_job(cluster, photo_folder, monkeypatch) -> Job:
    """A hundred and twenty pictures that come slowly: a shard of a third of them takes more than two seconds."""
    monkeypatch.setattr("gpu_im2rec.cluster.run.task_function", reading_slowly)
    repeat(photo_folder, 120)
    return Job(photo_folder, read_threads=1, read_ahead_bytes=1)


def repeat(folder: Folder, count: int) -> None:
    """The list names its pictures again and again, until it has so many lines."""
    lines = [line.split("\t", 1)[1] for line in folder.lines]
    again = [f"{number}\t{lines[number % len(lines)]}" for number in range(count)]
    folder.lines = again[:-1]
    folder.add_line(again[-1])


def reading_slowly(version):
    """What a task does, on a machine whose storage is slow."""
    work = task_function(version)

    def pack_shard(assignment, board):
        import time

        from gpu_im2rec.packing.root import Root

        read = Root.read

        def slow_read(self, path):
            time.sleep(0.06)
            return read(self, path)

        Root.read = slow_read
        try:
            return work(assignment, board)
        finally:
            Root.read = read

    return pack_shard


def processes(title: str) -> list[int]:
    """Process ids by what Ray calls them: "shard 1 of 4"."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if words.startswith(b"ray::") and title.encode() in words:
                found.append(int(entry.name))
    return found


def _parent(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def environment(cluster) -> dict[str, str]:
    """For a program that is to find the cluster."""
    return os.environ | {"RAY_ADDRESS": cluster.address, "PYTHONPATH": os.getcwd()}


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    if reason := why_not():
        pytest.skip(reason)
    with Slurm(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """The environment in which scripts find ``gpu-im2rec``."""
    path = tmp_path / "bin" / "gpu-im2rec"
    path.parent.mkdir()
    path.write_text(PROGRAM)
    path.chmod(0o755)
    return {"PATH": f"{path.parent}:{os.environ['PATH']}"}
