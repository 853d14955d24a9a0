"""Vehicles that could not go on, as intervals of the episode: taken out of the world, or still standing in it."""

from collections.abc import Iterable

from simengine.behavior.traffic.removal import Removal, Standstill
from simengine.labels.annotation import Interval


def removal_intervals(removals: Iterable[Removal]) -> list[Interval]:
    """Return an interval for each, from when it could not go on until it was taken out.

    Args:
        removals: Who was taken out, and why; the reason is part of the interval's name.
    """
    return [Interval(f"taken_out:{r.reason}", r.actor, r.since_ns, -1, r.time_ns) for r in removals]


def standing_intervals(standstills: Iterable[Standstill]) -> list[Interval]:
    """Return an interval for each, from when it came no farther until it did.

    Args:
        standstills: Who stood for long and was not taken out.
    """
    return [Interval("standing", s.actor, s.since_ns, -1, s.time_ns) for s in standstills]
