"""A last look before moving on: does the vehicle's own swept way in the next second touch anybody?

Following and right of way reason about lanes; the corners of a long vehicle that turns, or two vehicles that squeeze
past each other, do not keep to them. At maneuvering speeds a driver looks at the bodies themselves.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import COG_OFFSET, FRONT_AXLE, REAR_AXLE
from simengine.behavior.lanes.occupancy import LENGTH, SPEED, VX, VY, WIDTH, YAW, Places, X, Y
from simengine.core.space.geometry import boxes_gap

FASTEST = 6.0  # above this speed lanes are kept [m/s]
STEPS = 3
HORIZON = 1.2  # [s]
CLEARANCE, TIGHT_CLEARANCE = 0.15, 0.04  # kept; and by one that squeezes past after it has waited [m]
PATIENCE = 4.0  # [s]
DECELERATION = 4.0  # [m/s²]
CREEP = 0.5  # one that stands looks where it would creep [m/s]


@njit(cache=True, _nrt=False)
def would_touch(places: Places, a: int, curvature: float, behind: float, clearance: float) -> bool:
    """Return whether a vehicle that keeps its wheels as they are touches somebody before it could stop comfortably.

    Only what gets closer counts: whoever stands too near already may be driven away from.

    Args:
        places: Where the actors are.
        a: Which.
        curvature: Of the rear axle's way [1/m].
        behind: Rear axle behind the box center [m].
        clearance: To be kept [m].
    """
    pose = places.pose[a]
    speed = max(pose[SPEED], CREEP)
    horizon = min(HORIZON, 0.4 + speed / DECELERATION)
    for b in range(len(places.seen)):
        if b == a or not places.seen[b]:
            continue
        other = places.pose[b]
        dx, dy = other[X] - pose[X], other[Y] - pose[Y]
        reach = 0.5 * (pose[LENGTH] + other[LENGTH] + pose[WIDTH] + other[WIDTH])
        closing = horizon * (speed + math.sqrt(other[VX] ** 2 + other[VY] ** 2))
        if dx * dx + dy * dy > (reach + closing) ** 2:
            continue
        now = boxes_gap(
            pose[X],
            pose[Y],
            pose[YAW],
            pose[LENGTH],
            pose[WIDTH],
            other[X],
            other[Y],
            other[YAW],
            other[LENGTH],
            other[WIDTH],
        )
        for step in range(1, STEPS + 1):
            time = horizon * step / STEPS
            turn = curvature * speed * time
            half = pose[YAW] + 0.5 * turn
            chord = speed * time
            rear_x, rear_y = pose[X] - behind * math.cos(pose[YAW]), pose[Y] - behind * math.sin(pose[YAW])
            yaw = pose[YAW] + turn
            x = rear_x + chord * math.cos(half) + behind * math.cos(yaw)
            y = rear_y + chord * math.sin(half) + behind * math.sin(yaw)
            gap = boxes_gap(
                x,
                y,
                yaw,
                pose[LENGTH],
                pose[WIDTH],
                other[X] + other[VX] * time,
                other[Y] + other[VY] * time,
                other[YAW],
                other[LENGTH],
                other[WIDTH],
            )
            if gap < clearance and gap < now - 0.01:
                return True
    return False


@njit(cache=True, _nrt=False)
def guarded(
    acceleration: float, places: Places, a: int, vehicle: NDArray[np.float64], steering: float, waiting: float
) -> float:
    """Return an acceleration cut to firm braking where the vehicle would touch somebody [m/s²].

    Args:
        acceleration: Wanted [m/s²].
        places: Where the actors are.
        a: Which.
        vehicle: A row of `driver_state.vehicle_table`.
        steering: Present road-wheel angle [rad].
        waiting: Time at standstill [s].
    """
    speed = places.pose[a, SPEED]
    if speed > FASTEST or (speed < 0.1 and acceleration <= 0.0):
        return acceleration
    wheelbase = max(vehicle[FRONT_AXLE] + vehicle[REAR_AXLE], 0.3)
    clearance = TIGHT_CLEARANCE if waiting > PATIENCE else CLEARANCE
    if would_touch(places, a, math.tan(steering) / wheelbase, vehicle[REAR_AXLE] - vehicle[COG_OFFSET], clearance):
        return min(acceleration, -DECELERATION)
    return acceleration
