"""The part of the road network around an episode, as lines that pictures and viewers draw."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.road.files.datum import Datum, make_locator
from simengine.road.network.network import LaneType, MarkingType, RoadNetwork
from simengine.simulation.files import stored_values as stored

_MARGIN = 150.0  # of the ego's track within which lanes are kept [m]
_TOLERANCE = 0.02  # by which a thinned line may leave the original [m]


class LaneOutline(NamedTuple):
    """One lane's edges, in its direction of travel; where its lines change, it comes in pieces of one name.

    Shapes (num_points, 3), world [m].
    """

    name: str
    lane_type: LaneType
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    marking_left: MarkingType
    marking_right: MarkingType


class RoadMap(NamedTuple):
    """Lanes, stop lines and pedestrian crossings near the ego's track."""

    lanes: tuple[LaneOutline, ...]
    stop_lines: NDArray[np.float64]  # (num_stop_lines, 2, 3) [m]
    crossings: NDArray[np.float64]  # corners (num_crossings, 4, 3) [m]
    datum: Datum | None  # where on Earth the coordinates are


def thin_line(points: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """Return the indices of the points that a polyline needs to stay within a tolerance [m] (Douglas and Peucker 1973).

    Args:
        points: Shape (num_points, 3).
        tolerance: Largest distance of a dropped point from the line that replaces it [m].
    """
    keep = np.zeros(len(points), np.bool_)
    keep[0] = keep[-1] = True
    stack = [(0, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        chord = points[last] - points[first]
        length = np.sqrt((chord * chord).sum())
        offset = points[first + 1 : last] - points[first]
        if length > 0.0:
            along = np.clip((offset * chord).sum(axis=1) / (length * length), 0.0, 1.0)
            offset = offset - along[:, None] * chord
        distance = np.sqrt((offset * offset).sum(axis=1))
        worst = int(distance.argmax())
        if distance[worst] > tolerance:
            middle = first + 1 + worst
            keep[middle] = True
            stack += [(first, middle), (middle, last)]
    return np.flatnonzero(keep)


def _edges(
    network: RoadNetwork, rows: slice, keep: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    center = network.point_position[rows][keep]
    heading, half = network.point_heading[rows][keep], 0.5 * network.point_width[rows][keep]
    bank = network.point_bank[rows][keep]
    left = np.stack([-np.sin(heading) * np.cos(bank), np.cos(heading) * np.cos(bank), np.sin(bank)], axis=1)
    return center + left * half[:, None], center - left * half[:, None]


def road_map(network: RoadNetwork, track: NDArray[np.float64]) -> RoadMap:
    """Cut out what lies near a track.

    Args:
        network: The whole road network.
        track: Positions of the ego [m]. Shape (num_positions, 3), at least one.
    """
    low, high = track[:, :2].min(axis=0) - _MARGIN, track[:, :2].max(axis=0) + _MARGIN

    def near(points: NDArray[np.float64]) -> NDArray[np.bool_]:
        return ((points[..., :2] >= low) & (points[..., :2] <= high)).all(axis=-1)

    lanes = []
    for lane in range(len(network.lane_type)):
        first, last = int(network.lane_first_point[lane]), int(network.lane_first_point[lane + 1])
        inside = np.flatnonzero(near(network.point_position[first:last]))
        if len(inside) == 0:
            continue
        begin, end = first + max(int(inside[0]) - 1, 0), first + min(int(inside[-1]) + 2, last - first)
        marking = network.point_marking[begin : end - 1]
        cuts = begin + 1 + np.flatnonzero((np.diff(marking, axis=0) != 0).any(axis=1))
        for a, b in zip([begin, *cuts], [*cuts, end - 1], strict=True):
            rows = slice(a, b + 1)
            shape = np.concatenate([network.point_position[rows], network.point_width[rows, None]], axis=1)
            left, right = _edges(network, rows, thin_line(shape, _TOLERANCE))
            lanes.append(
                LaneOutline(
                    str(network.lane_name[lane]),
                    LaneType(int(network.lane_type[lane])),
                    left,
                    right,
                    *(MarkingType(int(kind)) for kind in network.point_marking[a]),
                )
            )
    return RoadMap(tuple(lanes), _stop_lines(network, near), _crossings(network, near), network.datum)


def stop_line_ends(network: RoadNetwork, line: int) -> NDArray[np.float64]:
    """Return the left and the right end of a stop line, seen in its lane's direction of travel [m]. Shape (2, 3)."""
    lane, s = int(network.stop_lane[line]), float(network.stop_s[line])
    first, last = int(network.lane_first_point[lane]), int(network.lane_first_point[lane + 1])
    row = first + int(np.abs(network.point_s[first:last] - s).argmin())
    heading, bank = float(network.point_heading[row]), float(network.point_bank[row])
    half, ahead = 0.5 * float(network.point_width[row]), s - float(network.point_s[row])
    c, n = math.cos(heading), math.sin(heading)
    aside = half * np.array([-n * math.cos(bank), c * math.cos(bank), math.sin(bank)])
    middle = network.point_position[row] + ahead * np.array([c, n, 0.0])
    return np.stack([middle + aside, middle - aside])


def _stop_lines(network: RoadNetwork, near: Any) -> NDArray[np.float64]:
    kept = np.array([stop_line_ends(network, line) for line in range(len(network.stop_s))]).reshape(-1, 2, 3)
    return kept[near(kept).any(axis=1)]


def _crossings(network: RoadNetwork, near: Any) -> NDArray[np.float64]:
    start, end = network.crossing_start, network.crossing_end
    along = end - start
    length = np.sqrt((along[:, :2] ** 2).sum(axis=1))[:, None]
    side = np.stack([-along[:, 1], along[:, 0], np.zeros(len(along))], axis=1) / np.maximum(length, 1e-9)
    half = 0.5 * network.crossing_width[:, None] * side
    corners = np.stack([start + half, end + half, end - half, start - half], axis=1).reshape(-1, 4, 3)
    return corners[near(corners).any(axis=1)]


def _rounded(points: NDArray[np.float64]) -> list[Any]:
    return np.round(points, 3).tolist()  # to the millimeter: half the size


def _datum_to_json(datum: Datum) -> dict[str, Any]:
    """Return a datum as plain values, with the geodetic place of the map's origin where the projection has one."""
    origin = make_locator(datum)(0.0, 0.0, 0.0)
    return {**datum._asdict(), "origin": list(origin) if all(np.isfinite(origin)) else None}


def _datum_from_json(value: Any) -> Datum:
    found = stored.mapping(value, "/map.datum", *Datum._fields)
    x, y, z = stored.array(found["offset"], np.float64, (3,), "/map.datum.offset").tolist()
    return Datum(
        stored.text(found["crs"], "/map.datum.crs"),
        stored.text(found["pipeline"], "/map.datum.pipeline"),
        (x, y, z),
        stored.number(found["heading"], "/map.datum.heading"),
        stored.number(found["scale"], "/map.datum.scale"),
    )


def road_map_to_json(road: RoadMap) -> dict[str, Any]:
    """Return a map as plain values."""
    return {
        "lanes": [
            {
                "name": lane.name,
                "type": lane.lane_type.name.lower(),
                "left": _rounded(lane.left),
                "right": _rounded(lane.right),
                "marking_left": lane.marking_left.name.lower(),
                "marking_right": lane.marking_right.name.lower(),
            }
            for lane in road.lanes
        ],
        "stop_lines": _rounded(road.stop_lines),
        "crossings": _rounded(road.crossings),
        "datum": None if road.datum is None else _datum_to_json(road.datum),
    }


def road_map_from_json(value: Any) -> RoadMap:
    """Return the map that `road_map_to_json` wrote.

    Raises:
        ValueError: A value is not what it has to be.
    """
    found = stored.mapping(value, "/map", "lanes", "stop_lines", "crossings", "datum")
    return RoadMap(
        lanes=tuple(_lane_from_json(lane) for lane in stored.sequence(found["lanes"], "/map.lanes")),
        stop_lines=stored.array(found["stop_lines"], np.float64, (-1, 2, 3), "/map.stop_lines"),
        crossings=stored.array(found["crossings"], np.float64, (-1, 4, 3), "/map.crossings"),
        datum=None if found["datum"] is None else _datum_from_json(found["datum"]),
    )


def _lane_from_json(value: Any) -> LaneOutline:
    what = "/map.lanes"
    lane = stored.mapping(value, what, "name", "type", "left", "right", "marking_left", "marking_right")
    types, markings = [kind.name.lower() for kind in LaneType], [kind.name.lower() for kind in MarkingType]
    return LaneOutline(
        stored.text(lane["name"], f"{what}.name"),
        LaneType[stored.text(lane["type"], f"{what}.type", types).upper()],
        stored.array(lane["left"], np.float64, (-1, 3), f"{what}.left"),
        stored.array(lane["right"], np.float64, (-1, 3), f"{what}.right"),
        MarkingType[stored.text(lane["marking_left"], f"{what}.marking_left", markings).upper()],
        MarkingType[stored.text(lane["marking_right"], f"{what}.marking_right", markings).upper()],
    )
