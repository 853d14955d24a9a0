"""How close it came: time to collision of oriented boxes that keep their velocity and heading."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.intersect import OrientedBox, box_gap
from simengine.core.space.plan_view import plan_view

HORIZON = 10.0  # [s]
_FINE = 0.005  # shortest step [s]


@njit(cache=True)
def box_time_to_collision(
    a: OrientedBox, avx: float, avy: float, b: OrientedBox, bvx: float, bvy: float, horizon: float
) -> float:
    """Return when two boxes at constant velocity and heading first overlap [s]; infinity if not within `horizon`.

    Found by advancing in steps no longer than the present gap takes to close, so nothing thinner than the boxes is
    stepped over.

    Args:
        a: One box.
        avx, avy: Its velocity, world [m/s].
        b: The other.
        bvx, bvy: Its velocity, world [m/s].
        horizon: Times beyond are infinite [s].
    """
    rvx, rvy = bvx - avx, bvy - avy
    relative = math.sqrt(rvx * rvx + rvy * rvy)
    time = 0.0
    while time <= horizon:
        gap = box_gap(a, OrientedBox(b.x + rvx * time, b.y + rvy * time, b.yaw, b.length, b.width))
        if gap <= 1e-6:
            return time
        if relative < 1e-6:
            return math.inf
        # The separating-axis gap never exceeds the true distance, so this step cannot pass the first touch.
        time += max(gap / relative, _FINE)
    return math.inf


@njit(cache=True)
def smallest_time_to_collision(
    env: int,
    actor: int,
    valid: NDArray[np.bool_],
    position: NDArray[np.float64],
    orientation: NDArray[np.float64],
    velocity: NDArray[np.float64],
    length: NDArray[np.float64],
    width: NDArray[np.float64],
    height: NDArray[np.float64],
    horizon: float,
) -> tuple[float, int]:
    """Return the smallest time to collision of an actor with any other [s], and with which.

    Args:
        env: World.
        actor: Whose time is asked.
        valid: Shape (num_envs, num_actors).
        position: World [m]. Shape (num_envs, num_actors, 3).
        orientation: w, x, y, z. Shape (num_envs, num_actors, 4).
        velocity: World [m/s]. Shape (num_envs, num_actors, 3).
        length: [m]. Shape (num_envs, num_actors).
        width: [m].
        height: [m]; boxes of different levels (bridges) do not meet, and what has toppled takes the room it lies on.
        horizon: Times beyond are infinite [s].

    Returns:
        (infinity, −1) if none is on course.
    """
    best, other = math.inf, -1
    q = orientation[env, actor]
    yaw, own_length, own_width, own_height = plan_view(
        q[0], q[1], q[2], q[3], length[env, actor], width[env, actor], height[env, actor]
    )
    x, y, z = position[env, actor, 0], position[env, actor, 1], position[env, actor, 2]
    vx, vy = velocity[env, actor, 0], velocity[env, actor, 1]
    for b in range(valid.shape[1]):
        if b == actor or not valid[env, b]:
            continue
        p = orientation[env, b]
        b_yaw, b_length, b_width, b_height = plan_view(
            p[0], p[1], p[2], p[3], length[env, b], width[env, b], height[env, b]
        )
        if abs(position[env, b, 2] - z) > 0.5 * (own_height + b_height) + 1.0:
            continue
        dx, dy = position[env, b, 0] - x, position[env, b, 1] - y
        rvx, rvy = velocity[env, b, 0] - vx, velocity[env, b, 1] - vy
        distance = math.sqrt(dx * dx + dy * dy)
        reach = 0.5 * (own_length + own_width + b_length + b_width)
        if distance - reach > math.sqrt(rvx * rvx + rvy * rvy) * min(horizon, best):
            continue
        time = box_time_to_collision(
            OrientedBox(x, y, yaw, own_length, own_width),
            vx,
            vy,
            OrientedBox(position[env, b, 0], position[env, b, 1], b_yaw, b_length, b_width),
            velocity[env, b, 0],
            velocity[env, b, 1],
            min(horizon, best),
        )
        if time < best:
            best, other = time, b
    return best, other
