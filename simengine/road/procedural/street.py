"""One straight, curved or circular street with traffic on the right."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.road.build import build_network
from simengine.road.network.drafts import CrossingDraft, LaneDraft, SignDraft
from simengine.road.network.network import LaneType, MarkingType, RoadNetwork
from simengine.road.procedural.center_lines import arc_line, chords, circle_line, even_lane

LEFT_SHOULDER = 1.0  # of a one-way street, at most [m]
CROSSING_WIDTH = 3.0  # [m]
SIGN_HEIGHT = 2.2  # plate center above the road [m]
SIGN_CLEARANCE = 0.6  # of a sign beyond the outermost lane [m]


def make_street(
    length: float,
    curvature: float,
    lanes_forward: int,
    lanes_backward: int,
    lane_width: float,
    shoulder_width: float,
    pavement_width: float,
    parking_width: float,
    crossing_spacing: float,
    speed_limit: float,
    grade: float,
    ring: bool,
) -> RoadNetwork:
    """Make a street that begins at the origin heading east; the line between its two directions is its reference.

    Lanes 0 … lanes_forward − 1 are the forward lanes from the rightmost on, then come the backward lanes from their
    rightmost on, then shoulders, parking and pavements.

    Args:
        length: Of the reference line [m].
        curvature: Of the reference line, counter-clockwise positive [1/m]; of a ring only its sign counts, since the
            length decides its radius.
        lanes_forward: At least 1.
        lanes_backward: 0 for a one-way street.
        lane_width: [m].
        shoulder_width: Beside the outermost driving lane, 0 for none [m]; a one-way street has one of at most 1 m on
            its left too.
        pavement_width: Outermost, on both sides, 0 for none [m].
        parking_width: Between driving lane (or shoulder) and pavement, 0 for none [m].
        crossing_spacing: Between pedestrian crossings, the first half a spacing from the start, 0 for none [m].
        speed_limit: [m/s].
        grade: Rise over run, forward.
        ring: Closed into a circle of this length; every lane then succeeds itself.

    Raises:
        ScenarioError: The bend is too tight for the street's width, the arc closes on itself, or a ring has a grade.
    """
    right = _cross_section("forward", lanes_forward, lane_width, shoulder_width, parking_width, pavement_width)
    if lanes_backward:
        left = _cross_section("backward", lanes_backward, lane_width, shoulder_width, parking_width, pavement_width)
    else:
        verge = min(shoulder_width, LEFT_SHOULDER)
        left = _cross_section("left", 0, lane_width, verge, parking_width, pavement_width)
    if ring:
        if grade != 0.0:
            raise ScenarioError(f"road.grade is {grade}; a ring closes only with grade 0")
        curvature = math.copysign(2.0 * math.pi / length, curvature)
    elif abs(curvature) * length > 6.0:
        raise ScenarioError(
            f"road.length is {length} m; with curvature {curvature} 1/m the street meets itself beyond "
            f"{6.0 / abs(curvature):.6g} m (road.ring closes it)"
        )
    inner = left if curvature > 0.0 else right
    reach = inner[-1][2] + 0.5 * inner[-1][3] if inner else 0.0
    if abs(curvature) * reach > 0.8:
        raise ScenarioError(
            f"road.curvature is {curvature:.6g} 1/m; with {reach:g} m of street on the inside at most "
            f"{0.8 / reach:.6g} is allowed"
        )
    lanes = [
        _draw(entry, side, length, curvature, grade, ring, speed_limit)
        for side, part in ((-1.0, right), (1.0, left))
        for entry in part
    ]
    _link(lanes, lanes_forward, lanes_backward, parking_width, pavement_width, shoulder_width)
    lanes.sort(key=_order)
    edges = [_curb(part) for part in (right, left)]
    outer = [part[-1][2] + 0.5 * part[-1][3] if part else 0.0 for part in (right, left)]
    crossings = []
    if crossing_spacing > 0.0:
        for k in range(int((length - 0.5 * crossing_spacing - CROSSING_WIDTH) // crossing_spacing) + 1):
            s = (k + 0.5) * crossing_spacing
            crossings.append(
                CrossingDraft(
                    _place(s, -edges[0], curvature, grade, 0.0)[:3],
                    _place(s, edges[1], curvature, grade, 0.0)[:3],
                    CROSSING_WIDTH,
                )
            )
    signs = []
    plate = f"speed_limit:{round(speed_limit * 3.6)}"
    lead = min(20.0, 0.1 * length)
    x, y, z, heading = _place(lead, -outer[0] - SIGN_CLEARANCE, curvature, grade, SIGN_HEIGHT)
    signs.append(SignDraft((x, y, z), math.remainder(heading + math.pi, 2.0 * math.pi), plate))
    if lanes_backward:
        x, y, z, heading = _place(length - lead, outer[1] + SIGN_CLEARANCE, curvature, grade, SIGN_HEIGHT)
        signs.append(SignDraft((x, y, z), math.remainder(heading, 2.0 * math.pi), plate))
    return build_network(lanes, crossings=crossings, signs=signs)


_Entry = tuple[str, LaneType, float, float]  # name, type, distance of the center from the reference line, width [m]


def _cross_section(
    name: str, driving: int, lane_width: float, shoulder: float, parking: float, pavement: float
) -> list[_Entry]:
    """Return the lanes of one side from the reference line outwards."""
    entries: list[_Entry] = [
        (f"{name}.{driving - 1 - k}", LaneType.DRIVING, (k + 0.5) * lane_width, lane_width) for k in range(driving)
    ]
    edge = driving * lane_width
    for kind, width in ((LaneType.SHOULDER, shoulder), (LaneType.PARKING, parking), (LaneType.PAVEMENT, pavement)):
        if width > 0.0:
            entries.append((f"{name}.{kind.name.lower()}", kind, edge + 0.5 * width, width))
            edge += width
    return entries


def _order(lane: LaneDraft) -> tuple[bool, bool, int]:
    """Return the key that sorts driving lanes first, forward before backward, from the rightmost on."""
    driving = lane.lane_type == LaneType.DRIVING
    return not driving, not lane.name.startswith("forward"), int(lane.name.split(".")[1]) if driving else 0


def _curb(entries: list[_Entry]) -> float:
    """Return how far the carriageway of one side reaches: to its pavement, or else its outermost edge [m]."""
    return max((at + 0.5 * width for _, kind, at, width in entries if kind != LaneType.PAVEMENT), default=0.0)


def _draw(
    entry: _Entry, side: float, length: float, curvature: float, grade: float, ring: bool, speed_limit: float
) -> LaneDraft:
    name, kind, distance, width = entry
    offset = side * distance
    stretch = 1.0 - curvature * offset  # of a parallel line against the reference line
    radius = abs(1.0 / curvature) + distance if curvature != 0.0 else math.inf
    count = chords(length, radius)
    points: NDArray[np.float64]
    if ring:
        points = circle_line((0.0, 1.0 / curvature), stretch / abs(curvature), curvature < 0.0, max(64, count))
    else:
        points = arc_line((0.0, offset, 0.0), length * stretch, curvature / stretch, count, grade / stretch)
    backward = side > 0.0 and not name.startswith("left")
    if backward:
        points = points[::-1].copy()
    return even_lane(
        name, points, width, kind, speed_limit=speed_limit, road=int(backward), successors=[name] if ring else []
    )


def _link(
    lanes: list[LaneDraft], forward: int, backward: int, parking: float, pavement: float, shoulder: float
) -> None:
    """Set neighbors and markings of the driving lanes."""
    by_name = {lane.name: lane for lane in lanes}
    edge = MarkingType.SOLID if shoulder or not (parking or pavement) else MarkingType.CURB
    if parking and not shoulder:
        edge = MarkingType.BROKEN
    center = MarkingType.SOLID
    if backward:
        center = MarkingType.BROKEN if forward == backward == 1 else MarkingType.DOUBLE_SOLID
    for name, other, count in (("forward", "backward", forward), ("backward", "forward", backward)):
        for k in range(count):
            lane = by_name[f"{name}.{k}"]
            lane.right = f"{name}.{k - 1}" if k else None
            lane.left = f"{name}.{k + 1}" if k + 1 < count else None
            if backward and lane.left is None:
                lane.opposite = f"{other}.{(backward if name == 'forward' else forward) - 1}"
            lane.marking_right = MarkingType.BROKEN if k else edge
            lane.marking_left = MarkingType.BROKEN if lane.left else center


def _place(s: float, offset: float, curvature: float, grade: float, height: float) -> tuple[float, float, float, float]:
    """Return x, y, z and heading at an offset to the left of the reference line."""
    x, y, _ = arc_line((0.0, 0.0, 0.0), s, curvature, 1)[1]
    heading = curvature * s
    return x - offset * math.sin(heading), y + offset * math.cos(heading), grade * s + height, heading
