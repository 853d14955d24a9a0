"""Two vehicles on lanes beside each other do not go round a tight bend at once if one of them is long.

The rear axle keeps to the middle of the lane, and the front corner sweeps outwards: that of a bus by 1.6 m in a bend of
23 m radius, into the next lane. Whoever's middle is behind stays behind until the bend is over. In junctions the shared
areas of `wide_turns` tell who goes first.
"""

import math

from numba import njit

from simengine.behavior.driver_state import NEXT, PRESENT, DriverMemory
from simengine.behavior.idm import IdmParams
from simengine.behavior.lanes.lane_rules import DRIVING, DriverLanes
from simengine.behavior.lanes.occupancy import BOX_ALONG, BOX_HALF, BOX_HIGH, BOX_LOW, BOX_S, LAST, Occupancy
from simengine.behavior.lanes.route import place_on_route, route_curvature
from simengine.behavior.vehicle.following import BESIDE_DECELERATION, FAR, MARGIN, follow
from simengine.road.network.frenet import lane_width

AHEAD = 3.0  # how long before a bend one of the two begins to fall back [s]
STEP = 2.5  # between the places where the bend is read [m]
GENTLE = 1.0 / 80.0  # of flatter bends nobody leaves the lane: a bus by 0.5 m [1/m]
FRONT_SHARE = 0.73  # of a vehicle's length that lies before its rear axle


@njit(cache=True, _nrt=False)
def bends_near(
    lanes: DriverLanes, memory: DriverMemory, e: int, a: int, half: float, speed: float
) -> tuple[float, float]:
    """Return the strongest curvature to the left and to the right that a vehicle is in or comes to soon [1/m].

    Args:
        lanes: The network.
        memory: Decisions; the route is read.
        e, a: Which driver.
        half: Half the vehicle's length [m].
        speed: [m/s].

    Returns:
        Both not negative; junctions, and what lies behind them, are left out.
    """
    left, right = 0.0, 0.0
    place, last = memory.s[e, a] - half, memory.s[e, a] + half + AHEAD * speed
    while place <= last:
        lane, _ = place_on_route(lanes, memory, e, a, place)
        if lanes.lane_junction[lane] < 0:
            curvature = route_curvature(lanes, memory, e, a, place)
            left, right = max(left, curvature), max(right, -curvature)
        elif place > memory.s[e, a]:
            break
        place += STEP
    return left, right


@njit(cache=True, _nrt=False)
def front_sweep(length: float, curvature: float) -> float:
    """Return how far a vehicle's front corner leaves the track of its rear axle outwards [m]."""
    reach = FRONT_SHARE * length
    return 0.5 * curvature * reach * reach


@njit(cache=True, _nrt=False)
def respond_beside(
    lanes: DriverLanes,
    occupancy: Occupancy,
    memory: DriverMemory,
    e: int,
    a: int,
    length: float,
    width: float,
    speed: float,
    params: IdmParams,
) -> tuple[float, float, float]:
    """Return the response to vehicles ahead on the lanes beside that leave no room in a bend.

    Args:
        lanes: The network.
        occupancy: Boxes by lane.
        memory: Decisions.
        e, a: Which driver.
        length, width: Of its vehicle [m].
        speed: [m/s].
        params: What the driver wants.

    Returns:
        Smallest acceleration (infinite for none) [m/s²]; gap [m] and speed [m/s] of what causes it.
    """
    least, least_gap, least_speed = math.inf, FAR, 0.0
    present = memory.route[e, a, PRESENT]
    if lanes.lane_left[present] < 0 and lanes.lane_right[present] < 0:
        return least, least_gap, least_speed
    half = 0.5 * length
    left, right = bends_near(lanes, memory, e, a, half, speed)
    if max(left, right) < GENTLE:
        return least, least_gap, least_speed
    start = 0.0
    for place in (PRESENT, NEXT):
        lane = memory.route[e, a, place]
        if lane < 0 or lanes.lane_junction[lane] >= 0:
            break
        for side in range(-1, 2, 2):
            beside = lanes.lane_left[lane] if side == 1 else lanes.lane_right[lane]
            if beside < 0 or lanes.lane_type[beside] != DRIVING:
                continue
            here = memory.s[e, a] - start
            share = lanes.lane_length[beside] / lanes.lane_length[lane]
            apart = 0.5 * (lane_width(lanes, lane, max(0.0, here)) + lane_width(lanes, beside, max(0.0, here * share)))
            own = front_sweep(length, right if side == 1 else left)  # the vehicle on the inner lane sweeps towards us
            k = occupancy.head[beside]
            while k != LAST:
                ahead = occupancy.box[k, BOX_S] - here * share
                other_half = occupancy.box[k, BOX_HALF]
                gap = ahead - half - other_half
                if occupancy.actor[k] != a and ahead > 0.0 and gap < AHEAD * speed:
                    sweep = max(own, front_sweep(2.0 * other_half, left if side == 1 else right))
                    edge = -occupancy.box[k, BOX_HIGH] if side == -1 else occupancy.box[k, BOX_LOW]
                    if apart + edge - side * memory.t[e, a] * (place == PRESENT) - 0.5 * width - sweep < MARGIN:
                        speed_ahead = occupancy.box[k, BOX_ALONG]
                        wanted = follow(speed, gap, speed_ahead, params)
                        if gap < params.min_gap:
                            wanted = max(wanted, -BESIDE_DECELERATION)
                        if wanted < least:
                            least, least_gap, least_speed = wanted, gap, speed_ahead
                k = occupancy.following[k]
        start += lanes.lane_length[lane]
    return least, least_gap, least_speed
