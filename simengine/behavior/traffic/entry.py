"""How fast a vehicle may appear at a place, given the vehicles on the lane and those on the way to it, and how it does.

What an entry asks of a driver is what that driver does: its time gap and comfortable braking behind the newcomer, its
acceleration on the way there. The newcomer keeps its own.

`safe_entry_speed` looks at the bodies on the lane. Besides, a vehicle may be changing onto it, turning into it from a
junction or coming along the lanes before it, have to leave a lane that ends beside it, or stand in the lane behind it,
round a bend: `speed_among_comers` asks the drivers.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import (
    COMFORTABLE_DECELERATION,
    COUNTER,
    EXIT_TURN,
    GRANT_ORDER,
    MAX_ACCELERATION,
    MIN_GAP,
    PRESENT,
    PROGRESS,
    REST,
    ROUTE_LANES,
    TIME_GAP,
    DriverMemory,
)
from simengine.behavior.lanes.occupancy import LENGTH, SPEED, VX, VY, WIDTH, YAW, Places, X, Y, Z
from simengine.behavior.pedestrian.crosswalk import Strips
from simengine.core.space.geometry import boxes_gap, quaternion_from_euler, rotate
from simengine.core.state import ActorTable, WorldState
from simengine.road.network.frenet import lane_position, lane_width, project_on_lane_near
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at

ROOM = 2.0  # times the gap that a driver keeps at a standstill is left free before it
REACH = 200.0  # along the lanes [m]
ASIDE = 0.8  # to boxes beside [m]
SLOWEST = 3.0  # slower nobody enters: the queue has to clear first [m/s]
UNHINDERED = 0.7  # share of the free speed below which nobody enters unless the vehicle ahead is slower
SETTLING = 3.0  # before a driver that has come in may change lane [s]
LEVEL = 4.0  # what is farther above or below is on another level [m]

# Columns of `Inflow.site`.
SITE_X, SITE_Y, SITE_Z, SITE_C, SITE_S, SITE_ALONG, SITE_SPEED = range(7)  # cosine and sine of heading; s on the lane


@njit(cache=True, _nrt=False)
def gap_behind(style: NDArray[np.float64], speed: float, entering: float) -> float:
    """Return the gap that a driver needs behind a vehicle that appears before it [m].

    Args:
        style: Of the driver, a row of `DriverMemory.style`.
        speed: Of the driver's vehicle [m/s].
        entering: Speed of the one that appears [m/s].
    """
    braking = max(0.0, speed * speed - entering * entering) / (2.0 * style[COMFORTABLE_DECELERATION])
    return float(style[TIME_GAP] * speed + braking)


@njit(cache=True, _nrt=False)
def safe_entry_speed(
    strips: Strips,
    places: Places,
    style: NDArray[np.float64],
    a: int,
    site: NDArray[np.float64],
    lane: int,
    length: float,
    width: float,
    wanted: float,
) -> float:
    """Return how fast a vehicle may appear at a place, given all vehicles there [m/s]; −1 if it may not.

    Args:
        strips: Lanes.
        places: Of all actors.
        style: Of the drivers, as in `DriverMemory`. Shape (num_actors, STYLES).
        a: Which vehicle.
        site: Row of `Inflow.site`.
        lane: Of the place.
        length, width: Of the vehicle [m].
        wanted: Its speed on a free road [m/s].
    """
    speed = min(wanted, site[SITE_SPEED])
    s, half = site[SITE_ALONG], 0.5 * length
    yaw = math.atan2(site[SITE_S], site[SITE_C])
    own, follower = style[a], -1
    free, lead_gap, lead_speed, behind_gap, behind_speed = speed, math.inf, math.inf, math.inf, 0.0
    for b in range(len(places.seen)):
        pose = places.pose[b]
        dx, dy = pose[X] - site[SITE_X], pose[Y] - site[SITE_Y]
        if not places.seen[b] or abs(pose[Z] - site[SITE_Z]) > LEVEL or abs(dx) > REACH or abs(dy) > REACH:
            continue
        if (
            boxes_gap(
                site[SITE_X], site[SITE_Y], yaw, length, width, pose[X], pose[Y], pose[YAW], pose[LENGTH], pose[WIDTH]
            )
            < ASIDE
        ):
            return -1.0
        other_s, t = project_on_lane_near(strips, lane, pose[X], pose[Y], s)
        if abs(t) > 0.5 * (lane_width(strips, lane, other_s) + pose[WIDTH]):
            continue
        _, _, tx, ty = lane_position(strips, lane, other_s, 0.0)
        along = pose[VX] * tx + pose[VY] * ty
        extent = half + 0.5 * max(pose[LENGTH], pose[WIDTH])
        if other_s - extent + half > strips.lane_length[lane]:
            continue  # straight on beyond the lane's end, on another lane; `entry` follows the lanes
        if other_s >= s:
            gap = other_s - s - extent - ROOM * own[MIN_GAP]
            if gap <= 0.0:
                return -1.0
            moving = max(0.0, along)
            stop = math.sqrt(moving * moving + 2.0 * own[COMFORTABLE_DECELERATION] * gap) if along > -1.0 else 0.0
            speed = min(speed, gap / own[TIME_GAP], stop)
            if gap < lead_gap:
                lead_gap, lead_speed = gap, moving
        else:
            gap = s - other_s - extent - ROOM * style[b, MIN_GAP]
            if gap < behind_gap:
                behind_gap, behind_speed, follower = gap, along, b
    if speed < min(free, max(SLOWEST, min(UNHINDERED * free, lead_speed))):
        return -1.0
    if follower >= 0 and behind_gap < max(0.0, gap_behind(style[follower], behind_speed, speed)):
        return -1.0
    return speed


def speed_among_comers(
    lanes: LaneArrays,
    memory: DriverMemory,
    places: Places,
    a: int,
    lane: int,
    s: float,
    length: float,
    speed: float,
) -> float:
    """Return how fast a vehicle may appear at a place, given all that come there or are ahead; −1 if it may not.

    Args:
        lanes: The network.
        memory: Decisions: places, routes and styles of all drivers.
        places: Of all actors.
        a: Which vehicle.
        lane, s: The place [m].
        length: Of the vehicle [m].
        speed: At which it would appear otherwise [m/s].
    """
    beyond = _lanes_beyond(lanes, lane, s)
    own = memory.style[0, a]
    limit = float(lanes.lane_speed_limit[lane])
    for b in range(len(places.seen)):
        here = int(memory.lane[0, b])
        if not places.seen[b] or here < 0:
            continue
        extent, other = 0.5 * (length + float(places.pose[b, LENGTH])), memory.style[0, b]
        moving = max(0.0, float(places.pose[b, SPEED]))
        behind = _way_to(lanes, memory, b, lane, s)
        if behind > 0.0:
            gap = behind - extent - ROOM * float(other[MIN_GAP])
            gained = math.sqrt(moving * moving + 2.0 * float(other[MAX_ACCELERATION]) * behind)
            arrives = max(moving, min(limit, gained))
            if gap < gap_behind(other, arrives, speed):
                return -1.0
            continue
        ahead = -behind if behind > -math.inf else beyond.get(here, math.inf) + float(memory.s[0, b])
        if ahead < REACH:
            gap = ahead - extent - ROOM * float(own[MIN_GAP])
            if gap <= 0.0:
                return -1.0
            stop = math.sqrt(moving * moving + 2.0 * float(own[COMFORTABLE_DECELERATION]) * gap)
            speed = min(speed, gap / float(own[TIME_GAP]), stop)
    return speed


def _lanes_beyond(lanes: LaneArrays, lane: int, s: float) -> dict[int, float]:
    """Return the lanes that a lane leads to within reach, and how far their starts are from a place on it [m]."""
    found: dict[int, float] = {}
    todo = [(lane, float(lanes.lane_length[lane]) - s)]
    while todo:
        before, way = todo.pop()
        if way > REACH:
            continue
        for following in lanes.successor[lanes.successor_first[before] : lanes.successor_first[before + 1]].tolist():
            if way < found.get(following, math.inf):
                found[following] = way
                todo.append((following, way + float(lanes.lane_length[following])))
    return found


def _way_to(lanes: LaneArrays, memory: DriverMemory, b: int, lane: int, s: float) -> float:
    """Return the way that a driver has to a place on a lane: along its route, or having left one that ends beside it.

    Negative for one on that lane beyond the place, minus infinity for one that does not come there [m].
    """
    way, last = -float(memory.s[0, b]), -1
    for k in range(PRESENT, ROUTE_LANES):
        following = int(memory.route[0, b, k])
        if following < 0 or way > REACH:
            break
        if following == lane:
            return way + s
        way, last = way + float(lanes.lane_length[following]), following
    if last < 0 or lane not in (lanes.lane_left[last], lanes.lane_right[last]):
        return -math.inf
    ends = lanes.successor_first[last + 1] == lanes.successor_first[last]
    if not ends or lanes.successor_first[lane + 1] == lanes.successor_first[lane]:
        return -math.inf
    return way - float(lanes.lane_length[last]) + s  # lanes side by side begin together


def begin_anew(memory: DriverMemory, a: int) -> None:
    """Let a driver begin anew; the decisions counted go on, so that its routes differ."""
    memory.lane[0, a] = -1
    memory.s[0, a] = memory.t[0, a] = memory.waiting[0, a] = memory.unused[0, a] = memory.traveled[0, a] = 0.0
    memory.route[0, a] = -1
    counted = memory.choice[0, a, COUNTER]
    memory.choice[0, a] = -1
    memory.choice[0, a, [COUNTER, EXIT_TURN, GRANT_ORDER]] = (counted, 0, 0)
    memory.change[0, a] = 0.0
    memory.change[0, a, PROGRESS] = 1.0
    memory.change[0, a, REST] = SETTLING


def stand_at_site(
    lanes: LaneArrays, actors: ActorTable, state: WorldState, a: int, site: NDArray[np.float64], speed: float
) -> None:
    """Stand a vehicle on the ground at a place, level with it and rolling.

    Args:
        lanes: The network.
        actors: What they are.
        state: Written.
        a: Which vehicle.
        site: Columns as named above. Shape (7,).
        speed: [m/s].
    """
    x, y, z, c, s, _, _ = (float(value) for value in site)
    height, nx, ny, nz = ground_at(lanes, x, y, z)
    pitch = math.atan2(nx * c + ny * s, nz)
    roll = math.atan2(nx * s - ny * c, math.hypot(nx * c + ny * s, nz))
    q = quaternion_from_euler(roll, pitch, math.atan2(s, c))
    up = rotate(*q, 0.0, 0.0, 0.5 * float(actors.height[0, a]))
    state.valid[0, a] = True
    state.position[0, a] = (x + up[0], y + up[1], height + up[2])
    state.orientation[0, a] = q
    state.velocity[0, a] = rotate(*q, speed, 0.0, 0.0)
    state.angular_velocity[0, a] = state.acceleration[0, a] = 0.0
    state.steering[0, a] = state.drive[0, a] = 0.0
    state.tire_deflection[0, a] = 0.0
    radius = float(actors.wheel_radius[0, a])
    state.wheel_speed[0, a] = speed / radius if radius > 0.0 else 0.0
