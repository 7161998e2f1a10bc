"""A Slurm cluster of one node on this machine: its own configuration, ports and key, in a folder of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol")
_PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
_SECONDS = 30.0  # that anything may take to happen

_CONF = """\
ClusterName=one
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={home}/munge.socket
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool
SlurmctldPidFile={home}/slurmctld.pid
SlurmdPidFile={home}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1
MpiDefault=none
SwitchType=switch/none
MailProg=/bin/true
ReturnToService=2
KillWait=1
NodeName=localhost CPUs=2 State=UNKNOWN
PartitionName=all Nodes=localhost Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str:
    """Why there can be no such cluster here; empty where it can be."""
    if missing := [name for name in _PROGRAMS if not shutil.which(name, path=_PATH)]:
        return f"no {', '.join(missing)}: apt-get install slurm-wlm munge"
    if os.geteuid() != 0:
        return "Slurm's daemons are started as root"
    return ""


class Slurm:
    """The cluster, from ``with`` on until its end; what its daemons say is in files in ``home``."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._environment = os.environ | {"PATH": _PATH, "SLURM_CONF": f"{home}/slurm.conf"}
        self._daemons = ExitStack()

    def run(self, *command: str, cwd: Path | None = None, **environment: str) -> str:
        """What a command of Slurm prints. Raises CalledProcessError where it fails."""
        return subprocess.run(
            command, cwd=cwd, env=self._environment | environment, check=True, capture_output=True, text=True,
            timeout=_SECONDS,
        ).stdout.strip()  # fmt: skip

    def state(self, job: str) -> dict[str, str]:
        """What Slurm knows of a job, or of one task, such as "7_0": JobState, ExitCode, Restarts …"""
        words = self.run("scontrol", "show", "job", job, "--oneliner").split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def wait(self, job: str) -> dict[str, str]:
        """The state of a job, or of one task, that is no longer queued and does not run."""
        until(lambda: self.state(job)["JobState"] not in ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING"))
        return self.state(job)

    def requeue(self, task: str) -> None:
        """Take a task that runs from its node, as when the node is lost, and start it again."""
        self.run("scontrol", "requeue", task)
        until(lambda: self.state(task)["JobState"] == "PENDING")
        # Not in two minutes, but not within the second either, for which the task's credential is revoked.
        self.run("scontrol", "update", f"JobId={task}", "StartTime=now+2seconds")

    def __enter__(self) -> Self:
        controller, node = _free_ports(2)
        home = self._home
        for name in ("state", "spool"):
            (home / name).mkdir()
        (home / "slurm.conf").write_text(_CONF.format(home=home, controller=controller, node=node))
        (home / "munge.key").write_bytes(secrets.token_bytes(128))
        (home / "munge.key").chmod(0o400)
        files = [f"--{name}-file={home}/munge.{name}" for name in ("key", "pid", "log", "seed")]
        with self._daemons:
            self._start("munged", "--foreground", "--force", f"--socket={home}/munge.socket", *files)
            until(lambda: (home / "munge.socket").exists())
            self._start("slurmctld", "-D", "-i")
            self._start("slurmd", "-D", "-N", "localhost")
            until(lambda: self.run("sinfo", "--noheader", "--format=%T") == "idle")
            self._daemons = self._daemons.pop_all()  # all is well: they stay
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._daemons:
            self.run("scancel", "--user=root")
            until(lambda: not self.run("squeue", "--noheader"))

    def _start(self, *command: str) -> None:
        with (self._home / f"{command[0]}.out").open("wb") as out:
            daemon = subprocess.Popen(  # which ends with this process, however that ends
                ["setpriv", "--pdeathsig", "TERM", *command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self._environment,
            )  # fmt: skip
        self._daemons.callback(daemon.wait, _SECONDS)
        self._daemons.callback(daemon.terminate)


def until(happened, seconds: float = _SECONDS) -> None:
    """Wait for something that happens soon. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while True:
        try:
            if happened():
                return
        except subprocess.CalledProcessError:  # the daemons do not answer yet
            pass
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as open_ones:
        sockets = [open_ones.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
