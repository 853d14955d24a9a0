"""Stages of a signaled junction: which lights may be green together.

Two ways through a junction exclude each other where their lanes overlap, with one exception: who turns across oncoming
traffic from a lamp that also lets others go on yields to it (a permitted turn). A lamp for nothing but such turns is a
protected one: its oncoming traffic stands (FHWA Signal Timing Manual 2015, 4.3). Lights are then dealt into as few
stages as there can be, opposite approaches together, and each is also green in the other stages that it does not
disturb, unless it would never be red.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

OPPOSITE = 2.4  # directions that differ by more are opposite [rad]
_MOST_TRIALS = 20_000  # of dealing lights into a number of stages before one more is allowed


class Way(NamedTuple):
    """A way through a junction from one lane on."""

    approach: str  # lane that it leaves
    lanes: tuple[str, ...]  # lanes in the junction that it uses
    heading: float  # at the end of the approach [rad]
    is_across: bool  # turns across oncoming traffic


class Lamp(NamedTuple):
    """Lights that always show the same, and the ways that their green opens."""

    name: str
    ways: tuple[Way, ...]

    @property
    def is_protected(self) -> bool:
        """Whether it lets nothing go but turns across oncoming traffic."""
        return bool(self.ways) and all(way.is_across for way in self.ways)


def _are_opposite(a: Way, b: Way) -> bool:
    return abs(math.remainder(a.heading - b.heading, 2.0 * math.pi)) > OPPOSITE


def excludes(a: Lamp, b: Lamp, overlapping: set[frozenset[str]]) -> bool:
    """Return whether two lamps must not be green together.

    Args:
        a, b: The lamps.
        overlapping: Pairs of lanes whose areas overlap.
    """
    for one in a.ways:
        for other in b.ways:
            if one.approach == other.approach:
                continue
            meets = any(p == q or frozenset((p, q)) in overlapping for p in one.lanes for q in other.lanes)
            if not meets:
                continue
            turning = [lamp for way, lamp in ((one, a), (other, b)) if way.is_across]
            permitted = turning and not any(lamp.is_protected for lamp in turning)
            if not (permitted and _are_opposite(one, other)):
                return True
    return False


def _affinity(a: Lamp, b: Lamp) -> int:
    """Return how well two lamps go together: opposite approaches of a kind best."""
    opposite = any(_are_opposite(one, other) for one in a.ways for other in b.ways)
    return 2 * opposite + (a.is_protected == b.is_protected)


_PARTNERS = 3  # affinity from which lamps share a stage rather than begin one each


def deal_stages(lamps: Sequence[Lamp], overlapping: set[frozenset[str]]) -> list[list[int]]:
    """Deal lamps into as few stages as there can be, in order of their first lamp.

    Args:
        lamps: Of one junction, in the order in which they should become green.
        overlapping: Pairs of lanes whose areas overlap.

    Returns:
        The lamps that are green in each stage, ascending; a lamp may be in several.
    """
    n = len(lamps)
    excluded = [[False] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1, n):
            excluded[i][j] = excluded[j][i] = excludes(lamps[i], lamps[j], overlapping)
    order = sorted(range(n), key=lambda i: (-sum(excluded[i]), i))  # those that exclude most are dealt first
    stages: list[list[int]] = []
    for count in range(1, n + 1):
        dealt = _deal(lamps, excluded, order, count)
        if dealt is not None:
            stages = dealt
            break
    for i, lamp in enumerate(lamps):
        further = [stage for stage in stages if i not in stage and not any(excluded[i][j] for j in stage)]
        if lamp.ways and len(further) + 1 < len(stages):  # every light is red at times
            for stage in further:
                stage.append(i)
    return sorted(sorted(stage) for stage in stages)


def _deal(lamps: Sequence[Lamp], excluded: list[list[bool]], order: list[int], count: int) -> list[list[int]] | None:
    """Deal lamps into a number of stages, or return None if that cannot be (or takes too long to find)."""
    stages: list[list[int]] = [[] for _ in range(count)]
    trials = 0

    def place(depth: int) -> bool:
        nonlocal trials
        if depth == len(order):
            return True
        trials += 1
        if trials > _MOST_TRIALS and count < len(order):
            return False
        lamp = order[depth]
        choices = [
            (-max(_affinity(lamps[lamp], lamps[other]) for other in stage), k)
            for k, stage in enumerate(stages)
            if stage and not any(excluded[lamp][other] for other in stage)
        ]
        empty = next((k for k, stage in enumerate(stages) if not stage), None)
        if empty is not None:
            choices.append((1 - _PARTNERS, empty))
        for _, k in sorted(choices):
            stage = stages[k]
            stage.append(lamp)
            if place(depth + 1):
                return True
            stage.pop()
        return False

    return stages if place(0) else None
