"""How far low loads below its wheels lift and tilt a vehicle of the batched physics.

Each wheel stands on a load as in `footing`, front wheels in the way they are steered; the body follows the plane
through its wheels as a body on springs does, in a lag of first order. The load stays where it is.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import rotate, yaw_from_quaternion
from simengine.core.state import ActorTable, Mobility, WorldState
from simengine.physics.contact.footing import box_around, over_box
from simengine.physics.contact.ground_pose import ground_under, rest_height, slope_ahead
from simengine.physics.vehicle.suspension import HEIGHT
from simengine.physics.vehicle.wheels import ackermann
from simengine.road.network.network import LaneArrays

_FREE = int(Mobility.FREE)
_NEAR = 8.0  # to a load within which a vehicle may be lifted, or still settles, besides the sizes of both [m]
_TIME = 0.1  # of the lag: 1 / (2 π 1.6 Hz), about the frequency of `chassis` [s]


@njit(cache=True, _nrt=False)
def has_loads(actors: ActorTable, state: WorldState, e: int) -> bool:
    """Return whether a load lies in a world."""
    found = False
    for a in range(state.valid.shape[1]):
        found = found or (state.valid[e, a] and actors.mobility[e, a] == _FREE)
    return found


@njit(cache=True, _nrt=False)
def lift_over_loads(
    actors: ActorTable,
    before: WorldState,
    lanes: LaneArrays,
    step: float,
    e: int,
    a: int,
    x: float,
    y: float,
    yaw: float,
    steering: float,
    ground: float,
    scratch: NDArray[np.float64],
) -> tuple[float, float, float, float]:
    """Return how loads lift a vehicle at the end of a tick.

    Args:
        actors: What the actors are.
        before: The state before the tick.
        lanes: The ground.
        step: [s].
        e, a: Which vehicle.
        x, y: Box center at the end of the tick [m].
        yaw: [rad].
        steering: Road-wheel angle [rad].
        ground: Height of the ground there [m].
        scratch: Shape (3, 10).

    Returns:
        Heave [m], its rate [m/s], and the rise over run ahead and to the left that come on top of the ground's.
    """
    reach = _NEAR + actors.length[e, a]
    box, row, lift, near = scratch[0], scratch[1], scratch[2], False
    lift[:4] = 0.0
    cosine, sine = math.cos(yaw), math.sin(yaw)
    offset, half = actors.cog_offset[e, a], 0.5 * actors.track_width[e, a]
    wheelbase, tangent = actors.front_axle[e, a] + actors.rear_axle[e, a], math.tan(steering)
    for b in range(before.valid.shape[1]):
        if not before.valid[e, b] or actors.mobility[e, b] != _FREE:
            continue
        dx, dy = before.position[e, b, 0] - x, before.position[e, b, 1] - y
        if dx * dx + dy * dy > (reach + actors.length[e, b]) ** 2:
            continue
        near = True
        place = before.position[e, b]
        box_around(
            place[0],
            place[1],
            place[2],
            before.orientation[e, b],
            actors.length[e, b],
            actors.width[e, b],
            actors.height[e, b],
            box,
        )
        for w in range(4):
            ahead = offset + (actors.front_axle[e, a] if w < 2 else -actors.rear_axle[e, a])
            left = half if w % 2 == 0 else -half
            row[HEIGHT] = ground + lift[w]
            px, py = x + ahead * cosine - left * sine, y + ahead * sine + left * cosine
            turn_cosine, turn_sine = ackermann(tangent, ahead - offset, left, wheelbase)
            hx, hy = cosine * turn_cosine - sine * turn_sine, sine * turn_cosine + cosine * turn_sine
            if over_box(box, px, py, hx, hy, actors.wheel_radius[e, a], row):
                lift[w] = row[HEIGHT] - ground
    if not near:
        return 0.0, 0.0, 0.0, 0.0
    front, rear = 0.5 * (lift[0] + lift[1]), 0.5 * (lift[2] + lift[3])
    pitched = (front - rear) / wheelbase
    rolled = 0.25 * (lift[0] + lift[2] - lift[1] - lift[3]) / half if half > 0.0 else 0.0
    heave = rear + pitched * (actors.rear_axle[e, a] - offset)
    # What the vehicle's pose of a tick ago had on top of the ground's.
    position, q = before.position[e, a], before.orientation[e, a]
    below, slope_x, slope_y = ground_under(lanes, position[0], position[1], position[2])
    was = yaw_from_quaternion(q[0], q[1], q[2], q[3])
    ahead = slope_x * math.cos(was) + slope_y * math.sin(was)
    side = -slope_x * math.sin(was) + slope_y * math.cos(was)
    had = position[2] - below - rest_height(actors, e, a, slope_x, slope_y)
    had_ahead = slope_ahead(before, e, a) - ahead
    _, _, rise = rotate(q[0], q[1], q[2], q[3], 0.0, 1.0, 0.0)
    had_left = rise / math.sqrt(max(1e-12, 1.0 - rise * rise)) - side
    share = 1.0 - math.exp(-step / _TIME)
    return (
        had + share * (heave - had), share * (heave - had) / step,
        had_ahead + share * (pitched - had_ahead), had_left + share * (rolled - had_left),
    )  # fmt: skip
