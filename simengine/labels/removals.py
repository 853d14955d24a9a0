"""Vehicles that could not go on and were taken out of the world, as intervals of the episode."""

from collections.abc import Iterable

from simengine.behavior.removal import Removal
from simengine.labels.annotation import Interval


def removal_intervals(removals: Iterable[Removal]) -> list[Interval]:
    """Return an interval for each, from when it could not go on until it was taken out.

    Args:
        removals: Who was taken out, and why; the reason is part of the interval's name.
    """
    return [Interval(f"taken_out:{r.reason}", r.actor, r.since_ns, -1, r.time_ns) for r in removals]
