"""Stability control: brakes on single wheels that bring a vehicle's yaw rate back to where it is steered.

The usual scheme of yaw-rate control by differential braking (Rajamani, "Vehicle Dynamics and Control", 2nd ed., ch. 8):
wanted is the yaw rate of the linear single track, v δ / (L + K v²), no more than friction carries; a vehicle that turns
more is braked at its outer front wheel, one that turns less at its inner rear wheel. It works above 20 km/h, where UN
R140 asks for it, and knows µ, which real ones estimate. It does not take off the drive.
"""

import math

from numba import njit

from simengine.core.mechanics import GRAVITY

SLOWEST = 20.0 / 3.6  # speed from which it works (UN R140, 6.3) [m/s]
GRIP_SHARE = 0.85  # of µ g that the wanted turn may take (Rajamani, ch. 8)
DEAD_BAND = 0.05  # error of the yaw rate that is left alone: 3 °/s, more than in a brisk lane change [rad/s]
GAIN = 10.0  # yaw acceleration over the error beyond that: it is undone in about 0.1 s, a brake's build-up [1/s]


@njit(cache=True, _nrt=False)
def stability_brake(
    forward: float,
    yaw_rate: float,
    steering: float,
    wheelbase: float,
    understeer: float,
    friction: float,
    yaw_inertia: float,
    track_width: float,
) -> tuple[int, float]:
    """Return which wheel is braked (front left, front right, rear left, rear right; −1 for none) and by what force [N].

    Args:
        forward: Speed [m/s].
        yaw_rate: [rad/s].
        steering: Road-wheel angle [rad].
        wheelbase: [m].
        understeer: K, angle per lateral acceleration beyond L / R [rad s²/m].
        friction: µ.
        yaw_inertia: [kg m²].
        track_width: [m].
    """
    if forward < SLOWEST:
        return -1, 0.0
    wanted = forward * math.tan(steering) / (wheelbase + understeer * forward * forward)
    most = GRIP_SHARE * friction * GRAVITY / forward
    error = yaw_rate - min(most, max(-most, wanted))
    beyond = abs(error) - DEAD_BAND
    if beyond <= 0.0:
        return -1, 0.0
    wheel = 1 if error > 0.0 else 0  # the right one brakes a turn to the left
    if error * yaw_rate < 0.0:
        wheel += 2
    return wheel, GAIN * beyond * yaw_inertia / (0.5 * track_width)
