"""The gaps that drivers settle at, beside those of recorded vehicles that keep up with whom they follow.

Recordings last seconds, in which gaps hardly change: drivers who like to be much nearer than the recorded ones would
not show it and close up later. So the equilibrium gaps of the drivers count too (Treiber & Kesting, "Traffic Flow
Dynamics", 2013, ch. 11).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.driver_state import SHORTEST_TIME_GAP, TRUNCATION
from simengine.core.rng import generator
from simengine.scenario.spec import DriverSpread
from simengine.verify.recorded_style.distance import wasserstein
from simengine.verify.recorded_style.leaders import REACH
from simengine.verify.recorded_style.quantities import Traffic
from simengine.verify.usual_drivers import usual_kinds

DRAWS = 8  # drivers for every recorded sample


def _steady(traffic: Sequence[Traffic]) -> NDArray[np.float64]:
    return np.concatenate([one.steady for one in traffic])


def equilibrium_gaps(drivers: DriverSpread, traffic: Sequence[Traffic]) -> NDArray[np.float64]:
    """Return the gaps at which drivers of cars settle at the speeds of steady recorded samples [m]; at most `REACH`.

    Args:
        drivers: How drivers differ; the same draws serve every call.
        traffic: Whose steady samples give speeds and limits.
    """
    steady = np.repeat(_steady(traffic), DRAWS, axis=0)
    random = generator(0, "recorded_style", "settled")
    z = random.standard_normal((8, 2, len(steady)))
    kept = np.abs(z) <= TRUNCATION
    drawn = np.where(kept.any(axis=0), np.take_along_axis(z, kept.argmax(axis=0)[None], axis=0)[0], 0.0)
    mean, deviation = drivers.time_gap, drivers.time_gap_std
    if drivers.time_gap_shape == "lognormal":
        variance = math.log(1.0 + (deviation / mean) ** 2)
        middle, width = math.log(mean) - 0.5 * variance, math.sqrt(variance)
        # NumPy's exp differs in the last bit from processor to processor, which a search would amplify.
        time_gap = np.array([math.exp(middle + width * value) for value in drawn[0].tolist()])
    else:
        time_gap = mean + deviation * drawn[0]
    desired = (drivers.desired_speed + drivers.desired_speed_std * drawn[1]) * steady[:, 2]
    ratio = np.minimum(steady[:, 0] / np.maximum(desired, 0.1), 1.0)
    wanted = usual_kinds().car.min_gap * drivers.min_gap + steady[:, 0] * np.maximum(time_gap, SHORTEST_TIME_GAP)
    squared = ratio * ratio
    free = 1.0 - squared * squared
    return np.minimum(wanted / np.sqrt(np.maximum(free, 1e-9)), REACH)


def settled_distance(drivers: DriverSpread, traffic: Sequence[Traffic]) -> float:
    """Return W1 between the gaps that drivers settle at and the steady recorded ones [m]; NaN of none."""
    return wasserstein(equilibrium_gaps(drivers, traffic), _steady(traffic)[:, 1])
