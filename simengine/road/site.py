"""The land beside the roads: what stands there so far, and whether there is room for another thing."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import boxes_gap
from simengine.road.ground.lane_strips import edge_line
from simengine.road.network.frenet import lane_width
from simengine.road.network.network import LaneArrays, LaneType, RoadNetwork, lane_arrays
from simengine.road.network.projection import ground_at, lane_pose, nearest_surface

CLEARANCE = 0.25  # of everything from every lane [m]
RUN_OUT = 16.0  # beyond the end of a lane that leads nowhere: a bus leaves the world whose front is so far on [m]


class Item(NamedTuple):
    """One thing that stands on the ground."""

    kind: str  # building, tree, lamp_post, sign:<type>, guard_rail, signal, fence or delineator
    x: float  # of its foot's center, world [m]
    y: float
    z: float
    yaw: float  # [rad]
    size: tuple[float, float, float]  # length along x, width, height [m]


@njit(cache=True)
def _stands_clear(
    lanes: LaneArrays,
    x: float,
    y: float,
    cosine: float,
    sine: float,
    along: NDArray[np.float64],
    across: NDArray[np.float64],
    clearance: float,
) -> bool:
    """Return whether every point of a grid is farther than `clearance` [m] from all lanes.

    Args:
        lanes: The network.
        x, y: Of the grid's middle [m].
        cosine, sine: Of its direction.
        along, across: Its points, along and to the left of its direction [m].
        clearance: [m].
    """
    for u in along:
        for v in across:
            px, py = x + cosine * u - sine * v, y + sine * u + cosine * v
            if nearest_surface(lanes, px, py, math.nan)[0] <= clearance:
                return False
    return True


class Site:
    """Items placed so far, and whether there is room for another."""

    def __init__(self, network: RoadNetwork, lanes: LaneArrays) -> None:
        self.lanes = lanes
        self.items: list[Item] = []
        self._hulls = [*junction_hulls(network), *_run_outs(network, lanes)]
        self._cells: dict[tuple[int, int], list[Item]] = {}

    def add(self, item: Item) -> None:
        """Add an item wherever it stands."""
        self.items.append(item)
        for cell in self._cells_of(item, 0.0):
            self._cells.setdefault(cell, []).append(item)

    def place(
        self,
        kind: str,
        x: float,
        y: float,
        z_hint: float,
        yaw: float,
        size: tuple[float, float, float],
        clearance: float = CLEARANCE,
        solid: bool = True,
    ) -> bool:
        """Add an item where it is clear of lanes, junctions and (if solid) other items; say whether it was."""
        item = Item(kind, x, y, z_hint, math.remainder(yaw, 2.0 * math.pi), size)
        if not self._off_the_road(item, clearance) or (solid and self._touches(item)):
            return False
        self.add(item._replace(z=ground_at(self.lanes, x, y, z_hint)[0]))
        return True

    def _off_the_road(self, item: Item, clearance: float) -> bool:
        length, width = _footprint(item)
        outside, _ = nearest_surface(self.lanes, item.x, item.y, math.nan)
        half = 0.5 * math.hypot(length, width)
        corners = _corners(item)
        if any(_inside(hull, corner) for hull in self._hulls for corner in [*corners, (item.x, item.y)]):
            return False
        if outside > half + clearance or outside <= clearance:
            return outside > clearance
        nx, ny = max(2, math.ceil(length / 1.5) + 1), max(2, math.ceil(width / 1.5) + 1)
        along, across = np.linspace(-0.5 * length, 0.5 * length, nx), np.linspace(-0.5 * width, 0.5 * width, ny)
        c, s = math.cos(item.yaw), math.sin(item.yaw)
        return bool(_stands_clear(self.lanes, item.x, item.y, c, s, along, across, clearance))

    def _touches(self, item: Item) -> bool:
        length, width = _footprint(item)
        for cell in self._cells_of(item, 1.0):
            for other in self._cells.get(cell, ()):
                gap = boxes_gap(
                    item.x, item.y, item.yaw, length, width, other.x, other.y, other.yaw, *_footprint(other)
                )
                if gap < 0.1:
                    return True
        return False

    @staticmethod
    def _cells_of(item: Item, margin: float) -> Iterator[tuple[int, int]]:
        reach = 0.5 * math.hypot(*_footprint(item)) + margin
        for column in range(math.floor((item.x - reach) / 32.0), math.floor((item.x + reach) / 32.0) + 1):
            for row in range(math.floor((item.y - reach) / 32.0), math.floor((item.y + reach) / 32.0) + 1):
                yield column, row


def _footprint(item: Item) -> tuple[float, float]:
    """Return what an item covers at the ground [m]: of trees the trunk's surroundings, of lamps the post."""
    if item.kind == "tree":
        return 0.5 * item.size[0], 0.5 * item.size[1]
    if item.kind == "lamp_post":
        return item.size[1], item.size[1]
    return item.size[0], item.size[1]


def _corners(item: Item) -> list[tuple[float, float]]:
    length, width = _footprint(item)
    c, s = math.cos(item.yaw), math.sin(item.yaw)
    halves = (
        (0.5 * length, 0.5 * width),
        (-0.5 * length, 0.5 * width),
        (-0.5 * length, -0.5 * width),
        (0.5 * length, -0.5 * width),
    )
    return [(item.x + c * u - s * v, item.y + s * u + c * v) for u, v in halves]


def junction_hulls(network: RoadNetwork) -> list[NDArray[np.float64]]:
    """Return the convex hull of the driving lanes of every junction, counter-clockwise. Shapes (num_corners, 2)."""
    lanes = lane_arrays(network)
    hulls = []
    for junction in np.unique(network.lane_junction[network.lane_junction >= 0]):
        inside = np.flatnonzero((network.lane_junction == junction) & (network.lane_type == LaneType.DRIVING))
        points = [
            edge_line(lanes, lane, lanes.point_s[slice(*network.lane_first_point[[lane, lane + 1]])], side, 0.0, 0.0)
            for lane in inside
            for side in (1.0, -1.0)
        ]
        if points:
            hulls.append(_hull(np.concatenate(points)[:, :2]))
    return hulls


def _run_outs(network: RoadNetwork, lanes: LaneArrays) -> Iterator[NDArray[np.float64]]:
    """Yield the strips straight on beyond the ends of the map, where vehicles leave it; counter-clockwise. (4, 2)."""
    driving = network.lane_type == LaneType.DRIVING
    for lane in np.flatnonzero(driving & (np.diff(network.successor_first) == 0)):
        end = float(lanes.lane_length[lane])
        half = 0.5 * lane_width(lanes, lane, end)
        corners = ((end, -half), (end + RUN_OUT, -half), (end + RUN_OUT, half), (end, half))
        yield np.array([lane_pose(lanes, lane, s, t)[:2] for s, t in corners])


def _hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the convex hull of points by Andrew's monotone chain, counter-clockwise."""
    ordered = sorted(set(map(tuple, points.tolist())))

    def chain(run: list[tuple[float, float]]) -> list[tuple[float, float]]:
        hull: list[tuple[float, float]] = []
        for x, y in run:
            while len(hull) > 1:
                (ax, ay), (bx, by) = hull[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0:
                    break
                hull.pop()
            hull.append((x, y))
        return hull[:-1]

    return np.array(chain(ordered) + chain(ordered[::-1]))


def _inside(hull: NDArray[np.float64], point: tuple[float, float]) -> bool:
    x, y = point
    if x < hull[:, 0].min() or x > hull[:, 0].max() or y < hull[:, 1].min() or y > hull[:, 1].max():
        return False
    after = np.roll(hull, -1, axis=0)
    side = (after[:, 0] - hull[:, 0]) * (y - hull[:, 1]) - (after[:, 1] - hull[:, 1]) * (x - hull[:, 0])
    return bool((side >= 0.0).all())
