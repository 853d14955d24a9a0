"""Stop lines set back from junctions where a long vehicle that turns sweeps the end of the lane.

The rear axle keeps to the middle of its lane, so the front corner of a bus that turns into the road beside a lane where
others wait comes over by meters before it straightens; as on real roads, those who wait stop before the swept area, and
the bus need not stop in front of them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.lanes.long_vehicles import NOT
from simengine.road.network.network import LaneType

DRIVING = int(LaneType.DRIVING)
AHEAD, BEHIND, WIDTH = 8.65, 3.35, 2.55  # of its rear axle, of the longest vehicle: the bus of the catalog [m]
MARGIN = 0.3  # kept free beside the vehicle, as by drivers who follow [m]
STEP = 1.0  # between places on its sides, and between places of its rear axle [m]
BEND = 1.0 / 30.0  # of flatter ways nobody leaves the lane by more than a bus does on a straight one [1/m]
LEVEL = 3.0  # lanes farther above or below each other do not meet [m]


def find_set_backs(ways: NamedTuple) -> dict[tuple[int, int], float]:
    """Return how far before the end of a lane before a junction the area begins that a bus on a lane inside sweeps [m].

    By the two lanes; without those that have no such area.

    Args:
        ways: `lane_rules.DriverLanes` of the network.
    """
    found: dict[tuple[int, int], float] = {}
    inside = np.flatnonzero((ways.lane_junction >= 0) & (ways.lane_type == DRIVING))
    approaches: dict[int, set[int]] = {}
    for lane in inside.tolist():
        before = linked_lanes(ways.predecessor_first, ways.predecessor, lane)
        approaches.setdefault(int(ways.lane_junction[lane]), set()).update(
            k for k in before if ways.lane_junction[k] < 0 and ways.lane_type[k] == DRIVING
        )
    for lane in inside.tolist():
        if ways.lane_tightest[lane] <= BEND or ways.lane_long[lane] <= NOT:
            continue
        body = _swept(ways, lane)
        own = linked_lanes(ways.predecessor_first, ways.predecessor, lane)
        for approach in sorted(approaches[int(ways.lane_junction[lane])].difference(own)):
            set_back = _set_back(ways, approach, body)
            if set_back > 0.0:
                found[approach, lane] = set_back
    return found


def linked_lanes(first: NDArray[np.int32], linked: NDArray[np.int32], lane: int) -> list[int]:
    """Return the lanes linked to one, from their CSR over lanes."""
    return [int(k) for k in linked[first[lane] : first[lane + 1]]]


def _swept(ways: NamedTuple, lane: int) -> NDArray[np.float64]:
    """Return where the sides of a bus are while its rear axle is on a lane [m]. Shape (places, points, 3)."""
    span = slice(ways.lane_first_point[lane], ways.lane_first_point[lane + 1])
    s = ways.point_s[span]
    at = np.linspace(0.0, s[-1], max(2, round(float(s[-1]) / STEP) + 1))
    heading = np.interp(at, s, np.unwrap(ways.point_heading[span]))
    rear = np.stack([np.interp(at, s, ways.point_position[span, axis]) for axis in range(3)], axis=1)
    ahead = np.linspace(-BEHIND, AHEAD, round((BEHIND + AHEAD) / STEP) + 1)
    along = np.concatenate([ahead, ahead])
    across = np.repeat([0.5 * WIDTH, -0.5 * WIDTH], len(ahead))
    c, d = np.cos(heading)[:, None], np.sin(heading)[:, None]
    x, y = rear[:, :1] + along * c - across * d, rear[:, 1:2] + along * d + across * c
    return np.stack([x, y, np.broadcast_to(rear[:, 2:], x.shape)], axis=2)


def _set_back(ways: NamedTuple, lane: int, body: NDArray[np.float64]) -> float:
    """Return how far before the end of a lane a bus in its middle has no room beside a body any more [m].

    A body that is as near once it has straightened is so all along the road, and no line helps.
    """
    span = slice(ways.lane_first_point[lane], ways.lane_first_point[lane + 1])
    line, s = ways.point_position[span], ways.point_s[span]
    if np.hypot(*(body[..., :2] - line[-1, :2]).reshape(-1, 2).T).min() > AHEAD + BEHIND:
        return 0.0
    near = max(0, int(np.searchsorted(s, s[-1] - AHEAD - BEHIND)) - 1)
    line, s = line[near:], s[near:]
    along = np.diff(line[:, :2], axis=0)
    square = np.maximum((along * along).sum(axis=1), 1e-12)
    offset = body[..., None, :2] - line[:-1, :2]
    share = (offset * along).sum(axis=3) / square
    within = (share >= 0.0) & (share <= 1.0) & (np.abs(body[..., None, 2] - line[:-1, 2]) < LEVEL)
    aside = np.abs(offset[..., 1] * along[:, 0] - offset[..., 0] * along[:, 1]) / np.sqrt(square)
    aside = np.where(within, aside, np.inf)
    room = aside.min(axis=2) - 0.5 * WIDTH
    least = min(MARGIN, float(room[-1].min()) - 0.5 * MARGIN)
    if not (room < least).any():
        return 0.0
    nearest = aside.argmin(axis=2)
    place = s[nearest] + np.take_along_axis(share, nearest[..., None], axis=2)[..., 0] * np.sqrt(square[nearest])
    return float(s[-1] - place[room < least].min())
