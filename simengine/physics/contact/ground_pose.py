"""How bodies of the batched physics stand, lie and fall on the ground: slopes, heights, friction under them."""

import math

from numba import njit

from simengine.core.space.geometry import box_reach, multiply_quaternions, yaw_from_quaternion
from simengine.core.space.transforms import quaternion_on_slope
from simengine.core.state import ActorTable, Mobility, WorldState
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at

_WALKER, _FREE = int(Mobility.WALKER), int(Mobility.FREE)


@njit(cache=True, _nrt=False)
def ground_under(lanes: LaneArrays, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return the height of the ground [m] and its rise over run along x and y; `z` tells a bridge from below it."""
    height, nx, ny, nz = ground_at(lanes, x, y, z)
    return height, -nx / nz, -ny / nz


@njit(cache=True, _nrt=False)
def stand(state: WorldState, e: int, a: int, yaw: float, slope_x: float, slope_y: float) -> None:
    """Set an orientation by its yaw and the ground's gradient."""
    cosine, sine = math.cos(yaw), math.sin(yaw)
    ahead, left = slope_x * cosine + slope_y * sine, -slope_x * sine + slope_y * cosine
    w, x, y, z = quaternion_on_slope(yaw, ahead, left)
    state.orientation[e, a, 0], state.orientation[e, a, 1] = w, x
    state.orientation[e, a, 2], state.orientation[e, a, 3] = y, z


@njit(cache=True, _nrt=False)
def _up(state: WorldState, e: int, a: int) -> float:
    """Return the vertical component of an actor's up axis."""
    x, y = state.orientation[e, a, 1], state.orientation[e, a, 2]
    return 1.0 - 2.0 * (x * x + y * y)


@njit(cache=True, _nrt=False)
def slope_ahead(state: WorldState, e: int, a: int) -> float:
    """Return the rise over run that an actor's x axis points along."""
    w, x = state.orientation[e, a, 0], state.orientation[e, a, 1]
    y, z = state.orientation[e, a, 2], state.orientation[e, a, 3]
    rise = 2.0 * (x * z - w * y)
    return rise / math.sqrt(max(1e-12, 1.0 - rise * rise))


@njit(cache=True, _nrt=False)
def tilt(state: WorldState, e: int, a: int) -> tuple[float, float]:
    """Return how much an actor's floor rises along x and y [m/m]; 0 where it stands on edge."""
    w, x = state.orientation[e, a, 0], state.orientation[e, a, 1]
    y, z = state.orientation[e, a, 2], state.orientation[e, a, 3]
    up = 1.0 - 2.0 * (x * x + y * y)
    if up < 0.5:
        return 0.0, 0.0
    return -2.0 * (x * z + w * y) / up, -2.0 * (y * z - w * x) / up


@njit(cache=True, _nrt=False)
def support_depth(actors: ActorTable, state: WorldState, e: int, a: int) -> float:
    """Return how far an actor's box reaches below its center [m]."""
    q = state.orientation[e, a]
    return box_reach(q[0], q[1], q[2], q[3], actors.length[e, a], actors.width[e, a], actors.height[e, a])


@njit(cache=True, _nrt=False)
def rest_height(actors: ActorTable, e: int, a: int, slope_x: float, slope_y: float) -> float:
    """Return the height of a standing box's center above the ground under it [m]."""
    return 0.5 * actors.height[e, a] * math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)


@njit(cache=True, _nrt=False)
def settle_actors(actors: ActorTable, lanes: LaneArrays, state: WorldState) -> None:
    """Set every actor that is not replayed on the ground; loads only where they would be under it."""
    for e in range(state.valid.shape[0]):
        for a in range(state.valid.shape[1]):
            if not state.valid[e, a] or state.replayed[e, a]:
                continue
            x, y = state.position[e, a, 0], state.position[e, a, 1]
            height, slope_x, slope_y = ground_under(lanes, x, y, state.position[e, a, 2])
            mobility = actors.mobility[e, a]
            if mobility == _FREE:
                lowest = height + support_depth(actors, state, e, a)
                state.position[e, a, 2] = max(lowest, state.position[e, a, 2])
            elif mobility == _WALKER:
                state.position[e, a, 2] = height + 0.5 * actors.height[e, a]
            else:
                q = state.orientation[e, a]
                stand(state, e, a, yaw_from_quaternion(q[0], q[1], q[2], q[3]), slope_x, slope_y)
                state.position[e, a, 2] = height + rest_height(actors, e, a, slope_x, slope_y)
                state.velocity[e, a, 2] = state.velocity[e, a, 0] * slope_x + state.velocity[e, a, 1] * slope_y


@njit(cache=True, _nrt=False)
def is_fallen(state: WorldState, e: int, a: int) -> bool:
    """Return whether a walker no longer stands: those on their feet are exactly upright."""
    x, y = state.orientation[e, a, 1], state.orientation[e, a, 2]
    return x * x + y * y > 1e-9 or state.angular_velocity[e, a, 0] != 0.0 or state.angular_velocity[e, a, 1] != 0.0


@njit(cache=True, _nrt=False)
def fall_over(state: WorldState, e: int, a: int, step: float) -> None:
    """Turn a struck walker about its horizontal angular velocity until it lies."""
    wx, wy = state.angular_velocity[e, a, 0], state.angular_velocity[e, a, 1]
    rate = math.sqrt(wx * wx + wy * wy)
    if rate == 0.0:
        return
    half = 0.5 * rate * step
    cosine, sine = math.cos(half), math.sin(half) / rate
    q = state.orientation[e, a]
    w, x, y, z = multiply_quaternions(cosine, wx * sine, wy * sine, 0.0, q[0], q[1], q[2], q[3])
    norm = 1.0 / math.sqrt(w * w + x * x + y * y + z * z)
    q[0], q[1], q[2], q[3] = w * norm, x * norm, y * norm, z * norm
    if _up(state, e, a) <= 0.0:
        state.angular_velocity[e, a, 0] = state.angular_velocity[e, a, 1] = 0.0


@njit(cache=True, _nrt=False)
def turn_by(state: WorldState, e: int, a: int, angle: float) -> None:
    """Turn an actor about the vertical axis [rad]."""
    q = state.orientation[e, a]
    w, x, y, z = multiply_quaternions(math.cos(0.5 * angle), 0.0, 0.0, math.sin(0.5 * angle), q[0], q[1], q[2], q[3])
    norm = 1.0 / math.sqrt(w * w + x * x + y * y + z * z)
    q[0], q[1], q[2], q[3] = w * norm, x * norm, y * norm, z * norm
