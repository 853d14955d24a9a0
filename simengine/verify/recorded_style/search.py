"""A minimum of a function of some numbers in 0..1, by an evolution strategy that uses no linear algebra.

Ros & Hansen, "A simple modification in CMA-ES achieving linear time and space complexity", PPSN 2008 (sep-CMA-ES):
a normal distribution with a variance for each coordinate moves and stretches towards the better half of its draws.
Departure: draws are folded back at 0 and 1.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Found(NamedTuple):
    """The end of a search."""

    point: NDArray[np.float64]  # the best that was looked at. (n,)
    value: float
    tried: int


def minimize(
    function: Callable[[NDArray[np.float64]], float], start: NDArray[np.float64], spread: float, rounds: int,
    random: np.random.Generator, told: Callable[[int, float], object] = lambda tried, best: None,
) -> Found:  # fmt: skip
    """Search for a minimum.

    Args:
        function: Of a point; shape (n,), in 0..1.
        start: Where to begin. Shape (n,).
        spread: Standard deviation of the first draws.
        rounds: How often a population is drawn.
        random: Draws.
        told: Called after every round with the number of points looked at and the best value.
    """
    n = len(start)
    size = population(n)
    parents = size // 2
    weight = np.array([math.log(parents + 0.5) - math.log(k + 1.0) for k in range(parents)])
    weight /= weight.sum()
    effective = 1.0 / float((weight**2).sum())
    sigma_rate = (effective + 2.0) / (n + effective + 5.0)
    damping = 1.0 + 2.0 * max(0.0, math.sqrt((effective - 1.0) / (n + 1.0)) - 1.0) + sigma_rate
    path_rate = (4.0 + effective / n) / (n + 4.0 + 2.0 * effective / n)
    rank_one = 2.0 / ((n + 1.3) ** 2 + effective)
    rank_many = min(1.0 - rank_one, 2.0 * (effective - 2.0 + 1.0 / effective) / ((n + 2.0) ** 2 + effective))
    rank_one, rank_many = rank_one * (n + 2.0) / 3.0, min(1.0 - rank_one, rank_many * (n + 2.0) / 3.0)
    usual = math.sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n))
    mean, sigma, variance = start.astype(np.float64), spread, np.ones(n)
    sigma_path, path = np.zeros(n), np.zeros(n)
    best, least, tried = mean.copy(), function(mean), 1
    for generation in range(rounds):
        steps = random.standard_normal((size, n)) * np.sqrt(variance)
        points = fold(mean + sigma * steps)
        values = np.array([function(point) for point in points])
        tried += size
        order = np.argsort(values, kind="stable")
        if values[order[0]] < least:
            least, best = float(values[order[0]]), points[order[0]].copy()
        chosen = (points[order[:parents]] - mean) / sigma
        step = (weight[:, None] * chosen).sum(axis=0)
        mean = mean + sigma * step
        sigma_path = (1.0 - sigma_rate) * sigma_path + math.sqrt(
            sigma_rate * (2.0 - sigma_rate) * effective
        ) * step / np.sqrt(variance)
        length = math.sqrt(float((sigma_path**2).sum()))
        growing = length / math.sqrt(1.0 - (1.0 - sigma_rate) ** (2 * generation + 2)) < (1.4 + 2.0 / (n + 1.0)) * usual
        path = (1.0 - path_rate) * path + growing * math.sqrt(path_rate * (2.0 - path_rate) * effective) * step
        variance = (
            (1.0 - rank_one - rank_many) * variance
            + rank_one * (path**2 + (not growing) * path_rate * (2.0 - path_rate) * variance)
            + rank_many * (weight[:, None] * chosen**2).sum(axis=0)
        )
        sigma = min(0.5, sigma * math.exp(sigma_rate / damping * (length / usual - 1.0)))
        told(tried, least)
    return Found(best, least, tried)


def population(n: int) -> int:
    """Return how many points are drawn in a round of a search for n numbers."""
    return 4 + int(3.0 * math.log(n))


def fold(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reflect coordinates into 0..1."""
    rest = np.mod(points, 2.0)
    return np.where(rest > 1.0, 2.0 - rest, rest)
