"""To a Ray cluster and back: found, or started on this machine for as long as it is needed."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gpu_im2rec.devices import default_workers
from gpu_im2rec.errors import ClusterError, UsageError

_CLIENT = re.compile(r"ray://[^\s/]+:\d{1,5}", re.ASCII)
_PLACE = re.compile(r"(?:ray://)?([^\s/]+):(\d{1,5})", re.ASCII)
_SECONDS_TO_ANSWER = 10.0
_OBJECT_STORE = 100 << 20  # bytes; next to nothing passes through it, and Ray would take a third of the memory


def check_cluster(cluster: str) -> None:
    """Raises UsageError unless ``cluster`` is "ray" or "ray://host:port", and Ray is installed."""
    if cluster != "ray" and not _CLIENT.fullmatch(cluster):
        raise UsageError(f"--cluster must be ray, or the address of one such as ray://head:10001, not {cluster!r}")
    _ray()


@contextmanager
def connected(cluster: str, notice: Callable[[str], None]) -> Iterator[Any]:
    """The module ``ray``, connected; a connection that is there already is used, and stays.

    Raises UsageError as ``check_cluster`` does, ClusterError where the cluster cannot be reached.
    """
    check_cluster(cluster)
    ray = _ray()
    if ray.is_initialized():
        yield ray
        return
    with _signals_kept():
        try:
            _connect(ray, cluster, notice)
        except (RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
            where = _address(cluster) or "this machine"
            raise ClusterError(f"no connection to Ray at {where}: {_in_a_line(error)}") from error
    try:
        with _wordless(ray):
            yield ray
    finally:
        ray.shutdown()


def _connect(ray: Any, cluster: str, notice: Callable[[str], None]) -> None:
    quiet = {"logging_level": "ERROR", "log_to_driver": False}
    _check_that_it_answers(_address(cluster))
    if cluster != "ray":
        try:
            ray.init(cluster, **quiet)
        except ConnectionAbortedError:  # the head did not get its server for this client started; mostly it does
            ray.init(cluster, **quiet)
        return
    try:
        ray.init("auto", **quiet)  # RAY_ADDRESS, or the cluster that this machine belongs to
    except ConnectionError:
        if os.environ.get("RAY_ADDRESS"):
            raise
        cores = default_workers()
        notice(f"no Ray cluster runs here; one is started on this machine, {cores} cores, and ends with this run")
        ray.init("local", num_cpus=cores, include_dashboard=False, object_store_memory=_OBJECT_STORE, **quiet)


def _address(cluster: str) -> str:
    """Where to connect to, if it is known."""
    return cluster if cluster != "ray" else os.environ.get("RAY_ADDRESS", "")


def _check_that_it_answers(address: str) -> None:
    """Raises OSError, at once, where Ray would try for minutes."""
    if place := _PLACE.fullmatch(address):
        socket.create_connection((place[1].strip("[]"), int(place[2])), _SECONDS_TO_ANSWER).close()


def _ray() -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray  # noqa: PLC0415 (large, and an extra)
    except ImportError as error:
        raise UsageError(f"--cluster ray needs Ray ({error}): pip install 'gpu-im2rec[ray]'") from None
    return ray


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself, and then nothing would be put in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _wordless(ray: Any) -> Iterator[None]:
    """Of a process that dies Ray says much, and says it on standard output, where results belong."""
    worker = ray._private.worker
    before = getattr(worker, "_worker_logs_enabled", True)
    worker._worker_logs_enabled = False
    try:
        yield
    finally:
        worker._worker_logs_enabled = before


def _in_a_line(error: BaseException) -> str:
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(words.split()) or type(error).__name__
