"""Whether people in company who meet others pass them on one side, or let them walk through between companions."""

from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WALKS = 0.5  # who meets somebody is at least this fast [m/s]
ONCOMING = -0.7  # cosine between the ways of two who come towards each other, at most
BESIDE = 3.0  # farther from each other people do not meet [m]
ONE_MEETING = 8.0  # passings of the same two companies within this time are one meeting [s]


class Meetings(NamedTuple):
    """What became of companies, of which at least one is a group, that came towards each other."""

    passed: int  # everybody of one on the same side of everybody of the other
    through: int  # somebody between companions


def _sides(first: NDArray[np.float64], second: NDArray[np.float64], dt: float) -> list[tuple[int, bool]]:
    """Return when two people who come towards each other are level, and whether the second is then on the left.

    Args:
        first, second: Their places at every look [m]. Shape (num_looks, 2).
        dt: Between looks [s].
    """
    own, other = np.diff(first, axis=0), np.diff(second, axis=0)
    speeds = np.hypot(*own.T), np.hypot(*other.T)
    oncoming = (own * other).sum(axis=1) < ONCOMING * speeds[0] * speeds[1]
    oncoming &= np.minimum(*speeds) > WALKS * dt
    found = []
    for k in np.flatnonzero(oncoming).tolist():
        offset, way = second[k] - first[k], other[k] - own[k]
        moment = -float(offset @ way) / float(way @ way)
        miss = offset + moment * way
        if 0.0 <= moment < 1.0 and float(np.hypot(*miss)) < BESIDE:
            found.append((k, bool(own[k, 0] * miss[1] - own[k, 1] * miss[0] > 0.0)))
    return found


def meetings(places: NDArray[np.float64], group: NDArray[np.int32], dt: float) -> Meetings:
    """Count meetings of companies; somebody alone is one too, but two who are alone are not counted.

    Args:
        places: Of all people at every look [m]. Shape (num_looks, num_people, 2).
        group: Of each; −1 alone. Shape (num_people,).
        dt: Between looks [s].
    """
    companies = [np.flatnonzero(group == g).tolist() for g in np.unique(group[group >= 0])]
    companies += [[a] for a in np.flatnonzero(group < 0).tolist()]
    passed = through = 0
    for ours, theirs in combinations(companies, 2):
        if len(ours) == len(theirs) == 1:
            continue
        sides = sorted(side for a, b in product(ours, theirs) for side in _sides(places[:, a], places[:, b], dt))
        while sides:
            meeting = [side for look, side in sides if (look - sides[0][0]) * dt < ONE_MEETING]
            sides = sides[len(meeting) :]
            through += any(meeting) and not all(meeting)
            passed += all(meeting) or not any(meeting)
    return Meetings(passed, through)
