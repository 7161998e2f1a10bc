"""Who packs, and on which cores."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contender:
    """``machines``: the cores of each one of a cluster; none: this process works, on ``cores``.

    It packs ``times`` as many pictures of ``corpus``: what starts once counts for less then.
    """

    workers: int
    cores: tuple[int, ...] = ()
    machines: tuple[tuple[int, ...], ...] = ()
    times: int = 1
    corpus: str = "small"


CONTENDERS = {
    "one process, two cores": Contender(2, cores=(0, 1)),
    "Ray, one machine of two cores": Contender(1, machines=((0, 1),)),
    "one process, two cores, 1920x1280": Contender(2, cores=(0, 1), corpus="middle"),
    "Ray, one machine of two cores, 1920x1280": Contender(1, machines=((0, 1),), corpus="middle"),
    "one process, one core": Contender(1, cores=(0,), times=2),
    "Ray, one machine of one core": Contender(1, machines=((0,),), times=2),
    "Ray, two machines of one core": Contender(1, machines=((0,), (1,)), times=2),
}
ALONE = {  # which take part together
    "one process, the first core": Contender(1, cores=(0,)),
    "one process, the second core": Contender(1, cores=(1,)),
}
TOGETHER = "two processes, one core each"
START = "Ray, started for the run"
