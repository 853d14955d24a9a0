"""How far two samples of a quantity are apart, and how far disjoint halves of one site's recordings are."""

import itertools
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


def halves(count: int, random: np.random.Generator) -> list[tuple[list[int], list[int]]]:
    """Return the ways to part `count` things into two halves; `SPLITS` drawn ones where there are more."""
    every = range(count)
    if count < 2:
        return []
    size = count // 2
    if count <= 12:
        chosen = [set(some) for some in itertools.combinations(every, size)]
        if count % 2 == 0:
            chosen = chosen[: len(chosen) // 2]  # each half once
    else:
        chosen = [set(random.choice(count, size, replace=False).tolist()) for _ in range(SPLITS)]
    return [(sorted(some), [k for k in every if k not in some]) for some in chosen]


def floors(recordings: Sequence[Traffic], name: str, random: np.random.Generator) -> NDArray[np.float64]:
    """Return the distances between disjoint halves of a site's recordings, one per split."""
    found = [
        between([recordings[k] for k in one], [recordings[k] for k in other], name)
        for one, other in halves(len(recordings), random)
    ]
    return np.array([value for value in found if np.isfinite(value)])
