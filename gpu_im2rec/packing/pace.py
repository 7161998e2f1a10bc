"""How far a run was when: a curve of few points, however long it takes."""

from __future__ import annotations

_MOST = 256  # points
_FIRST_INTERVAL = 0.1  # seconds


class Pace:
    """Points (seconds, lines done), evenly far apart, 256 at most: when they become too many every second one goes."""

    def __init__(self, lines: int = 0) -> None:
        """``lines`` are done at the start."""
        self._points = [(0.0, lines)]
        self._interval = self._due = _FIRST_INTERVAL  # due: when the next point may come

    def add(self, seconds: float, lines: int) -> None:
        """This moment, later than all before it; most are passed over."""
        if seconds < self._due:
            return
        self._points.append((seconds, lines))
        if len(self._points) >= _MOST:
            del self._points[1::2]
            self._interval *= 2
        self._due = self._points[-1][0] + self._interval

    def ended(self, seconds: float, lines: int) -> list[tuple[float, int]]:
        """All points from the first to this last one."""
        earlier = [point for point in self._points if point[0] < seconds]
        return [*earlier, (seconds, lines)]
