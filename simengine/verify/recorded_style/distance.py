"""How far two samples of a quantity are apart, and how far disjoint halves of one site's recordings are."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simengine.verify.recorded_style.quantities import RATE, Traffic

SPLITS = 500  # halves are all looked at up to so many, else so many are drawn


def wasserstein(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the Wasserstein-1 distance of two samples: the area between their distribution functions; NaN of none."""
    if len(a) == 0 or len(b) == 0:
        return float("nan")
    a, b = np.sort(a), np.sort(b)
    both = np.sort(np.concatenate([a, b]))
    below_a = np.searchsorted(a, both[:-1], side="right") / len(a)
    below_b = np.searchsorted(b, both[:-1], side="right") / len(b)
    return float((np.abs(below_a - below_b) * np.diff(both)).sum())


def change_rate(traffic: Sequence[Traffic]) -> float:
    """Return changes of lane per vehicle and minute."""
    watched = sum(float(one.watched.sum()) for one in traffic)
    return 60.0 * sum(int(one.changes.sum()) for one in traffic) / watched if watched > 0.0 else float("nan")


def between(a: Sequence[Traffic], b: Sequence[Traffic], name: str) -> float:
    """Return how far two lots of traffic are apart in a quantity: W1, of the rate of lane changes the difference."""
    if name == RATE:
        return abs(change_rate(a) - change_rate(b))
    return wasserstein(*(np.concatenate([one.quantity[name].value for one in lot]) for lot in (a, b)))


def halves(count: int, random: np.random.Generator, most: int = SPLITS) -> list[tuple[list[int], list[int]]]:
    """Return the ways to part `count` things into two halves; `most` drawn ones where there are more than that."""
    every, size = range(count), count // 2
    if count < 2:
        return []
    number = math.comb(count, size) // (2 if count % 2 == 0 else 1)
    if number <= most:
        chosen = [set(some) for some in itertools.islice(itertools.combinations(every, size), number)]
    else:
        chosen = [set(random.permutation(count)[:size].tolist()) for _ in range(most)]
    return [(sorted(some), [k for k in every if k not in some]) for some in chosen]


def floors(recordings: Sequence[Traffic], name: str, random: np.random.Generator) -> NDArray[np.float64]:
    """Return the distances between disjoint halves of a site's recordings, one per split; one value for a rate.

    The floor of the rate of lane changes is not taken from halves, which may have none: see `rate_floor`.
    """
    if name == RATE:
        return np.array([rate_floor(recordings)])
    parts = halves(len(recordings), random)
    found = [between([recordings[k] for k in one], [recordings[k] for k in other], name) for one, other in parts]
    return np.array([value for value in found if np.isfinite(value)])


def vehicle_floors(
    recordings: Sequence[Traffic], name: str, random: np.random.Generator, most: int = SPLITS
) -> NDArray[np.float64]:
    """Return the distances between disjoint halves of the vehicles of all recordings together, one per split.

    These halves share the traffic that they were in, so they are nearer to each other than halves of the recordings.
    """
    if name == RATE:
        return np.array([rate_floor(recordings)])
    own = [
        one.quantity[name].value[one.quantity[name].owner == row]
        for one in recordings
        for row in np.unique(one.quantity[name].owner).tolist()
    ]
    found = [
        wasserstein(np.concatenate([own[k] for k in one]), np.concatenate([own[k] for k in other]))
        for one, other in halves(len(own), random, most)
    ]
    return np.array(found)


def rate_floor(recordings: Sequence[Traffic]) -> float:
    """Return by how much the rates of lane changes of two halves differ on average if changes come at random.

    They come as a Poisson process with the recordings' own rate, half a change added to their number (what Jeffreys'
    prior makes of so many events, and never zero); the mean of |a − b| of two such numbers is summed from their
    probabilities. Per vehicle and minute.
    """
    watched = sum(float(one.watched.sum()) for one in recordings)
    if watched <= 0.0:
        return float("nan")
    half = 0.5 * (sum(int(one.changes.sum()) for one in recordings) + 0.5)
    top = int(half + 12.0 * math.sqrt(half) + 12.0)
    chance = [math.exp(-half)]
    for k in range(1, top):
        chance.append(chance[-1] * half / k)
    mean = sum(chance[a] * chance[b] * abs(a - b) for a in range(top) for b in range(top))
    return 60.0 * mean / (0.5 * watched)
