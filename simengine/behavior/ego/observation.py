"""What the ego's driver gets to know and gives back: the whole interface of a driver under test."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import EXIT_TURN, PRESENT, DriverMemory, vehicle_table
from simengine.behavior.lanes.lane_rules import lane_heading
from simengine.behavior.traffic.traffic import Conditions
from simengine.core.space.geometry import along_axis
from simengine.core.space.plan_view import plan_view
from simengine.core.state import EGO, ActorKind, ActorTable, Mobility, WorldState
from simengine.road.network.frenet import lane_curvature, lane_width
from simengine.road.network.network import LaneArrays, RoadNetwork
from simengine.road.network.projection import lane_pose, locate
from simengine.road.network.signals import signal_colors

PREVIEW_STEP = 2.5  # between preview points [m]
PREVIEW_POINTS = 40
SEES_OVER = 0.3  # who is so much taller than what stands before it is seen over it [m]
LOWEST_COVER = 1.0  # nobody hides behind anything lower [m]
EYE_AHEAD = 0.1  # the driver's eyes ahead of the box center, in vehicle lengths

_WHEELED = int(Mobility.WHEELED)
_THIN = (int(ActorKind.BICYCLE), int(ActorKind.MOTORCYCLE))


class Control(NamedTuple):
    """What a driver asks of the ego until the next control step."""

    acceleration: float = 0.0  # along the vehicle's x axis; negative brakes [m/s²]
    steering: float = 0.0  # road-wheel angle, left positive [rad]
    velocity: tuple[float, float] = (0.0, 0.0)  # of a robot: speed [m/s], yaw rate [rad/s]
    lights: int = 0  # bits of `core.state.Light`


class DriverObservation(NamedTuple):
    """What a driver knows at a control step. Arrays over actors have the ego at index 0. Do not write into arrays."""

    time: float  # since the start [s]
    position: NDArray[np.float64]  # of the ego's box center, world [m]. (3,)
    yaw: float  # [rad]
    speed: float  # along the ego's x axis [m/s]
    acceleration: float  # the same [m/s²]
    steering: float  # road-wheel angle [rad]
    yaw_rate: float  # [rad/s]
    vehicle: NDArray[np.float64]  # axles, tires and limits of the ego, columns of `driver_state.vehicle_table`. (9,)
    lane: int  # of the network, or −1 off the road
    lane_s: float  # along it [m]
    lane_t: float  # left of its center line [m]
    lane_heading: float  # [rad]
    lane_width: float  # [m]
    lane_curvature: float  # [1/m]
    speed_limit: float  # [m/s]; 0 off the road
    route: NDArray[np.int32]  # previous lane, present lane, lanes ahead, −1 past the end. (12,)
    exit_turn: int  # `road.network.network.Turn` to take at the next junction, 0 for any
    preview: NDArray[np.float64]  # center line ahead every 2.5 m: x, y [m], heading [rad], curvature [1/m]. (n ≤ 40, 4)
    present: NDArray[np.bool_]  # in the world at all. (num_actors,)
    visible: NDArray[np.bool_]  # within sight and not hidden behind a vehicle. (num_actors,)
    identity: NDArray[np.int32]  # who they are: a place may go to another vehicle when one has left. (num_actors,)
    kind: NDArray[np.int32]  # ActorKind. (num_actors,)
    mobility: NDArray[np.int32]  # Mobility. (num_actors,)
    actor_position: NDArray[np.float64]  # box centers, world [m]. (num_actors, 3)
    actor_yaw: NDArray[np.float64]  # of whoever has toppled along its longest edge [rad]. (num_actors,)
    actor_velocity: NDArray[np.float64]  # world, in plan view as positions along a lane are [m/s]. (num_actors, 2)
    actor_speed: NDArray[np.float64]  # along each one's own x axis, as `speed` [m/s]. (num_actors,)
    size: NDArray[np.float64]  # length, width, height, of whoever has toppled as it lies [m]. (num_actors, 3)
    signals: NDArray[np.int32]  # SignalColor of every signal of the network. (num_signals,)
    friction: float  # µ of the road
    sight_distance: float  # [m]
    headlights: bool  # drivers have them on
    frames: Mapping[str, object]  # latest frame of every sensor


@njit(cache=True, _nrt=False)
def crosses_box(
    ax: float, ay: float, bx: float, by: float, x: float, y: float, yaw: float, length: float, width: float
) -> bool:
    """Return whether a straight line from a to b passes through an oriented rectangle (slab test).

    Args:
        ax, ay: One end of the line [m].
        bx, by: The other [m].
        x, y: Center of the rectangle [m].
        yaw: Its direction [rad].
        length, width: [m].
    """
    c, s = math.cos(yaw), math.sin(yaw)
    px, py = (ax - x) * c + (ay - y) * s, (ay - y) * c - (ax - x) * s
    dx, dy = (bx - ax) * c + (by - ay) * s, (by - ay) * c - (bx - ax) * s
    near, far = 0.0, 1.0
    for p, d, half in ((px, dx, 0.5 * length), (py, dy, 0.5 * width)):
        if abs(d) < 1e-12:
            if abs(p) > half:
                return False
            continue
        first, second = (-half - p) / d, (half - p) / d
        near, far = max(near, min(first, second)), min(far, max(first, second))
    return near < far


@njit(cache=True, _nrt=False)
def find_visible(
    valid: NDArray[np.bool_],
    mobility: NDArray[np.int32],
    kind: NDArray[np.int32],
    position: NDArray[np.float64],
    yaw: NDArray[np.float64],
    size: NDArray[np.float64],
    sight: float,
    visible: NDArray[np.bool_],
) -> None:
    """Find whom the ego's driver sees: within sight, and a corner or the middle not covered by a higher vehicle.

    Args:
        valid, mobility, kind, position, yaw, size: Of the actors. Shapes (num_actors, …).
        sight: Sight distance [m].
        visible: Written. Shape (num_actors,).
    """
    eye = EYE_AHEAD * size[EGO, 0]
    ex, ey = position[EGO, 0] + eye * math.cos(yaw[EGO]), position[EGO, 1] + eye * math.sin(yaw[EGO])
    for b in range(len(valid)):
        visible[b] = False
        if not valid[b]:
            continue
        if b == EGO:
            visible[b] = True
            continue
        x, y = position[b, 0], position[b, 1]
        distance = math.sqrt((x - ex) ** 2 + (y - ey) ** 2)
        if distance - 0.5 * size[b, 0] > sight:
            continue
        for corner in range(5):
            px, py = x, y
            if corner > 0:
                u = 0.45 * size[b, 0] * (1.0 if corner % 2 else -1.0)
                v = 0.45 * size[b, 1] * (1.0 if corner > 2 else -1.0)
                px += u * math.cos(yaw[b]) - v * math.sin(yaw[b])
                py += u * math.sin(yaw[b]) + v * math.cos(yaw[b])
            covered = False
            for o in range(1, len(valid)):
                if o == b or not valid[o] or mobility[o] != _WHEELED or kind[o] in _THIN:
                    continue
                if size[o, 2] < LOWEST_COVER or size[o, 2] < size[b, 2] - SEES_OVER:
                    continue
                ox, oy = position[o, 0], position[o, 1]
                if (ox - ex) ** 2 + (oy - ey) ** 2 > (distance + size[o, 0]) ** 2:
                    continue
                aside, reach = (ox - ex) * (py - ey) - (oy - ey) * (px - ex), size[o, 0] + size[o, 1]
                if 4.0 * aside * aside > reach * reach * ((px - ex) ** 2 + (py - ey) ** 2):
                    continue
                if crosses_box(ex, ey, px, py, ox, oy, yaw[o], size[o, 0], size[o, 1]):
                    covered = True
                    break
            if not covered:
                visible[b] = True
                break


@njit(cache=True, _nrt=False)
def _outlines(
    orientation: NDArray[np.float64],
    velocity: NDArray[np.float64],
    yaw: NDArray[np.float64],
    speed: NDArray[np.float64],
    size: NDArray[np.float64],
) -> None:
    """Write every actor's yaw [rad] and its speed along its own x axis [m/s]; sizes become those of how it lies."""
    for a in range(len(yaw)):
        q, v = orientation[a], velocity[a]
        yaw[a], size[a, 0], size[a, 1], size[a, 2] = plan_view(
            q[0], q[1], q[2], q[3], size[a, 0], size[a, 1], size[a, 2]
        )
        speed[a] = along_axis(q[0], q[1], q[2], q[3], v[0], v[1], v[2])


@njit(cache=True, _nrt=False)
def _preview(lanes: LaneArrays, route: NDArray[np.int32], s: float, out: NDArray[np.float64]) -> int:
    """Write x, y, heading and curvature of points ahead along a route; return how many fit on it."""
    k, along, written = PRESENT, s, 0
    for i in range(len(out)):
        while along > lanes.lane_length[route[k]]:
            if k + 1 >= len(route) or route[k + 1] < 0:
                return written
            along -= lanes.lane_length[route[k]]
            k += 1
        out[i, 0], out[i, 1], _, out[i, 2] = lane_pose(lanes, route[k], along, 0.0)
        out[i, 3] = lane_curvature(lanes, route[k], along)
        written += 1
        along += PREVIEW_STEP
    return written


def observe(
    network: RoadNetwork,
    lanes: LaneArrays,
    actors: ActorTable,
    state: WorldState,
    memory: DriverMemory,
    conditions: Conditions,
    rate_hz: int,
    frames: Mapping[str, object],
) -> DriverObservation:
    """Return what the driver of the ego of world 0 knows.

    Args:
        network, lanes: The road.
        actors: What they are.
        state: What moves.
        memory: Decisions, where traffic keeps the ego's place on the road.
        conditions: The weather's effect.
        rate_hz: Physics rate [Hz].
        frames: Latest frame of every sensor.
    """
    num_actors = state.valid.shape[1]
    yaw, speed = np.empty(num_actors), np.empty(num_actors)
    size = np.stack([actors.length[0], actors.width[0], actors.height[0]], axis=1)
    _outlines(state.orientation[0], state.velocity[0], yaw, speed, size)
    sight = float(conditions.sight_distance[0])
    visible = np.zeros(num_actors, np.bool_)
    find_visible(state.valid[0], actors.mobility[0], actors.kind[0], state.position[0], yaw, size, sight, visible)
    x, y, z = (float(value) for value in state.position[0, EGO])
    ego_yaw = float(yaw[EGO])

    def forward(vector: NDArray[np.float64]) -> float:
        return along_axis(*state.orientation[0, EGO].tolist(), *vector.tolist())

    lane, along, beside = int(memory.lane[0, EGO]), float(memory.s[0, EGO]), float(memory.t[0, EGO])
    route = memory.route[0, EGO].copy()
    if lane < 0:  # nobody has looked yet, or the ego is off the road
        lane, along, beside = locate(lanes, x, y, z, ego_yaw)
        lane = lane if lane >= 0 and abs(beside) < 0.5 * lane_width(lanes, lane, along) else -1
        route[:] = -1
        route[PRESENT] = lane
    preview = np.zeros((PREVIEW_POINTS, 4))
    count = _preview(lanes, route, max(0.0, along), preview) if lane >= 0 else 0
    return DriverObservation(
        time=int(state.tick[0]) / rate_hz,
        position=state.position[0, EGO].copy(),
        yaw=ego_yaw,
        speed=float(speed[EGO]),
        acceleration=forward(state.acceleration[0, EGO]),
        steering=float(state.steering[0, EGO]),
        yaw_rate=float(state.angular_velocity[0, EGO, 2]),
        vehicle=vehicle_table(actors)[0, EGO],
        lane=lane,
        lane_s=along,
        lane_t=beside,
        lane_heading=lane_heading(lanes, lane, along) if lane >= 0 else ego_yaw,
        lane_width=lane_width(lanes, lane, along) if lane >= 0 else 0.0,
        lane_curvature=lane_curvature(lanes, lane, along) if lane >= 0 else 0.0,
        speed_limit=float(lanes.lane_speed_limit[lane]) if lane >= 0 else 0.0,
        route=route,
        exit_turn=int(memory.choice[0, EGO, EXIT_TURN]),
        preview=preview[:count],
        present=state.valid[0].copy(),
        visible=visible,
        identity=state.identity[0].copy(),
        kind=actors.kind[0],
        mobility=actors.mobility[0],
        actor_position=state.position[0].copy(),
        actor_yaw=yaw,
        actor_velocity=state.velocity[0, :, :2].copy(),
        actor_speed=speed,
        size=size,
        signals=signal_colors(network, int(state.tick[0]) / rate_hz),
        friction=float(conditions.friction[0]),
        sight_distance=sight,
        headlights=bool(conditions.headlights[0]),
        frames=frames,
    )
