"""What stands beside the roads, as plain data: houses, trees, lamps, rails, posts, and the network's signals and signs.

Nothing but what the network itself puts there stands on a lane, in a junction or where vehicles leave the map. Items
face, or reach, along their x axis: lamps towards the road, signs, signals and delineators towards the driver; houses,
rails and fences lie along x, rails with the road on their left.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.random import Generator
from numpy.typing import NDArray

from simengine.core.geometry import boxes_gap
from simengine.road.ground.strips import edge_line
from simengine.road.ground.terrain import verge_widths
from simengine.road.network.frenet import lane_width
from simengine.road.network.network import LaneArrays, LaneType, RoadNetwork, lane_arrays
from simengine.road.network.projection import ground_at, lane_pose, nearest_surface

SPACING = 2.0  # of the places looked at along an edge [m]
CLEARANCE = 0.25  # of everything from every lane [m]
LAMP_SPACING, LAMP_OFFSET, LAMP_SIZE = 30.0, 0.45, (1.8, 0.3, 7.0)  # size: reach, width, height [m]
DELINEATOR_SPACING, DELINEATOR_SIZE = 50.0, (0.12, 0.12, 1.0)  # StVO/RAL practice: every 50 m [m]
RAIL_LENGTH, RAIL_OFFSET, RAIL_SIZE = 8.0, 0.65, (0.31, 0.75)  # offset ≥ 0.5 m (RPS 2009); width, height [m]
TREE_CLEARANCE = 4.5  # of trees from a fast road's edge (RPS 2009: 4.5–7.5 m at 60–80 km/h) [m]
SIGN_SIZE, SIGNAL_SIZE = 0.65, 0.35  # plate width; footprint [m]
LAMP_BELOW_TOP = 0.58  # of a signal's middle lamp below the top of its post [m]
STOREY = 3.2  # [m]
RUN_OUT = 16.0  # beyond the end of a lane that leads nowhere: a bus leaves the world whose front is so far on [m]


class Item(NamedTuple):
    """One thing that stands on the ground."""

    kind: str  # building, tree, lamp_post, sign:<type>, guard_rail, signal, fence or delineator
    x: float  # of its foot's centre, world [m]
    y: float
    z: float
    yaw: float  # [rad]
    size: tuple[float, float, float]  # length along x, width, height [m]


class _Edge(NamedTuple):
    """A stretch of road edge with nothing but land beside it, sampled every `SPACING`."""

    point: NDArray[np.float64]  # (num_points, 3)
    outward: NDArray[np.float64]  # unit, away from the road (num_points, 2)
    s: NDArray[np.float64]  # along the lane [m]. (num_points,)
    right: bool  # of its lane


@njit(cache=True)
def _stands_clear(
    lanes: LaneArrays, x: float, y: float, cosine: float, sine: float, along: NDArray[np.float64],
    across: NDArray[np.float64], clearance: float,
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


class _Site:
    """Items placed so far, and whether there is room for another."""

    def __init__(self, network: RoadNetwork, lanes: LaneArrays) -> None:
        self.lanes = lanes
        self.items: list[Item] = []
        self._hulls = [*junction_hulls(network), *_run_outs(network, lanes)]
        self._cells: dict[tuple[int, int], list[Item]] = {}

    def add(self, item: Item) -> None:
        self.items.append(item)
        for cell in self._cells_of(item, 0.0):
            self._cells.setdefault(cell, []).append(item)

    def place(self, kind: str, x: float, y: float, z_hint: float, yaw: float, size: tuple[float, float, float],
              clearance: float = CLEARANCE, solid: bool = True) -> bool:
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


def roadside_positions(network: RoadNetwork, scenery: str, generator: Generator) -> list[Item]:
    """Furnish the roadsides.

    The network's signals come first, in their order, then its signs; what follows depends on the scenery.

    Args:
        network: The roads.
        scenery: "urban" lines streets with houses and lamps, "rural" scatters trees, fences and farms and sets
            delineators, "highway" sets guard rails and delineators before distant trees, "none" adds nothing.
        generator: Varies sizes and places.
    """
    lanes = lane_arrays(network)
    site = _Site(network, lanes)
    _network_items(network, lanes, site)
    if scenery == "none" or (network.lane_type == LaneType.FLOOR).all():
        return site.items
    edges = list(_edges(network, lanes))
    if scenery == "urban":
        for edge in edges:
            _line_up(site, edge, "lamp_post", LAMP_SPACING, LAMP_OFFSET, LAMP_SIZE)
        for edge in edges:
            _houses(site, edge, generator)
    elif scenery == "rural":
        for edge in edges:
            _line_up(site, edge, "delineator", DELINEATOR_SPACING, 0.5, DELINEATOR_SIZE)
        for edge in edges:
            _farms(site, edge, generator)
            _fences(site, edge, generator)
            _trees(site, edge, generator, 9.0, TREE_CLEARANCE, 45.0)
    else:
        for edge in edges:
            _rails(site, edge)
            _line_up(site, edge, "delineator", DELINEATOR_SPACING, RAIL_OFFSET + 0.5, DELINEATOR_SIZE)
        for edge in edges:
            _trees(site, edge, generator, 15.0, 12.0, 50.0)
    return site.items


def _network_items(network: RoadNetwork, lanes: LaneArrays, site: _Site) -> None:
    for (x, y, z), heading in zip(network.signal_position.tolist(), network.signal_heading.tolist(), strict=True):
        x, y = _off_the_carriageway(lanes, x, y, z, heading)
        ground = ground_at(lanes, x, y, z - 3.0)[0]
        size = (SIGNAL_SIZE, SIGNAL_SIZE, max(1.0, z - ground + LAMP_BELOW_TOP))
        site.add(Item("signal", x, y, ground, math.remainder(heading, 2.0 * math.pi), size))
    plates = zip(
        network.sign_position.tolist(), network.sign_heading.tolist(), network.sign_type.tolist(), strict=True
    )
    for (x, y, z), heading, kind in plates:
        x, y = _off_the_carriageway(lanes, x, y, z, heading)
        ground = ground_at(lanes, x, y, z - 2.0)[0]
        size = (0.06, SIGN_SIZE, max(1.0, z - ground + 0.5 * SIGN_SIZE))
        site.add(Item(f"sign:{kind}", x, y, ground, math.remainder(heading, 2.0 * math.pi), size))


def _off_the_carriageway(lanes: LaneArrays, x: float, y: float, z: float, heading: float) -> tuple[float, float]:
    """Return the nearest place across a signal's or sign's heading where its post stands on no lane, within 15 m."""
    for step in range(61):
        for side in (1.0, -1.0):
            px = x + 0.25 * step * side * math.sin(heading)
            py = y - 0.25 * step * side * math.cos(heading)
            if nearest_surface(lanes, px, py, math.nan)[0] > 0.1:
                return px, py
    return x, y


def _edges(network: RoadNetwork, lanes: LaneArrays) -> Iterator[_Edge]:
    """Yield the stretches of lane edge outside junctions that have at least a metre of land beside them."""
    for lane in np.flatnonzero(network.lane_junction < 0):
        length = float(network.lane_length[lane])
        s = np.linspace(0.0, length, max(2, math.ceil(length / SPACING) + 1))
        for side in (1.0, -1.0):
            point = edge_line(lanes, lane, s, side, 0.0, 0.0)
            outward = (edge_line(lanes, lane, s, side, side, 0.0) - point)[:, :2]
            width = np.zeros(len(s))
            verge_widths(lanes, lane, s, side, 1.0, point, width)
            bounds = np.flatnonzero(np.diff(np.concatenate([[0], (width >= 1.0).astype(np.int8), [0]])))
            for begin, end in zip(bounds[::2], bounds[1::2], strict=True):
                if end - begin >= 2:
                    part = slice(begin, end)
                    yield _Edge(point[part], outward[part], s[part], side < 0.0)


def _beside(edge: _Edge, s: float, offset: float) -> tuple[float, float, float, float, tuple[float, float]]:
    """Return x, y, z, heading of a place at an offset from an edge, and the direction away from the road."""
    x, y, z = (float(np.interp(s, edge.s, edge.point[:, axis])) for axis in range(3))
    ox, oy = (float(np.interp(s, edge.s, edge.outward[:, axis])) for axis in range(2))
    norm = math.hypot(ox, oy)
    ox, oy = ox / norm, oy / norm
    heading = math.atan2(ox, -oy) if edge.right else math.atan2(-ox, oy)
    return x + offset * ox, y + offset * oy, z, heading, (ox, oy)


def _line_up(
    site: _Site, edge: _Edge, kind: str, spacing: float, offset: float, size: tuple[float, float, float]
) -> None:
    """Place items at even spacing: lamps reach towards the road, the rest faces the traffic that comes along."""
    first = math.ceil(edge.s[0] / spacing - 0.5)
    for k in range(first, math.floor(edge.s[-1] / spacing - 0.5) + 1):
        x, y, z, heading, (ox, oy) = _beside(edge, (k + 0.5) * spacing, offset)
        yaw = math.atan2(-oy, -ox) if kind == "lamp_post" else heading + math.pi
        site.place(kind, x, y, z, yaw, size, solid=False)


def _rails(site: _Site, edge: _Edge) -> None:
    count = max(1, round((edge.s[-1] - edge.s[0]) / RAIL_LENGTH))
    places = [_beside(edge, s, RAIL_OFFSET) for s in np.linspace(edge.s[0], edge.s[-1], count + 1).tolist()]
    if not edge.right:
        places.reverse()
    for (ax, ay, az, *_), (bx, by, _, *_) in zip(places[:-1], places[1:], strict=True):
        length = math.hypot(bx - ax, by - ay)
        if length > 0.5:
            yaw = math.atan2(by - ay, bx - ax)
            site.place("guard_rail", 0.5 * (ax + bx), 0.5 * (ay + by), az, yaw, (length, *RAIL_SIZE), 0.15, solid=False)


def _houses(site: _Site, edge: _Edge, generator: Generator) -> None:
    """Line an edge with houses wall to wall, broken now and then by a garden with trees behind a fence."""
    s = float(edge.s[0])
    while s < edge.s[-1]:
        front, depth = float(generator.uniform(11.0, 24.0)), float(generator.uniform(9.0, 14.0))
        height = STOREY * float(generator.integers(2, 6)) + 0.8
        setback, open_ended = float(generator.uniform(1.4, 2.2)), generator.random() < 0.18
        if open_ended:
            front *= 0.6
            _garden(site, edge, s, front, generator)
            s += front
            continue
        middle = s + 0.5 * front
        if middle + 0.5 * front > edge.s[-1] + 6.0:
            break
        x, y, z, heading, _ = _beside(edge, min(middle, float(edge.s[-1])), setback + 0.5 * depth)
        placed = site.place("building", x, y, z, heading, (front, depth, height), clearance=1.0)
        s += front + 0.3 if placed else 5.0


def _garden(site: _Site, edge: _Edge, s: float, front: float, generator: Generator) -> None:
    if s + front > edge.s[-1]:
        return
    x, y, z, heading, _ = _beside(edge, s + 0.5 * front, 1.2)
    site.place("fence", x, y, z, heading, (front - 0.5, 0.08, 1.2))
    for _ in range(2):
        at, back = s + front * float(generator.uniform(0.2, 0.8)), float(generator.uniform(4.0, 9.0))
        tall = float(generator.uniform(5.0, 9.0))
        x, y, z, heading, _ = _beside(edge, at, back)
        site.place("tree", x, y, z, heading, (0.5 * tall, 0.5 * tall, tall))


def _trees(
    site: _Site, edge: _Edge, generator: Generator, spacing: float, nearest: float, farthest: float
) -> None:
    for _ in range(int(generator.poisson((edge.s[-1] - edge.s[0]) / spacing))):
        at = float(generator.uniform(edge.s[0], edge.s[-1]))
        tall, offset = float(generator.uniform(6.0, 16.0)), float(generator.uniform(nearest, farthest))
        x, y, z, _, _ = _beside(edge, at, offset)
        yaw = float(generator.uniform(-math.pi, math.pi))
        site.place("tree", x, y, z, yaw, (0.5 * tall, 0.5 * tall, tall), clearance=nearest - 0.5)


def _fences(site: _Site, edge: _Edge, generator: Generator) -> None:
    """Fence a fifth of the pastures along an edge, in panels of 4 m."""
    for block in np.arange(edge.s[0], edge.s[-1] - 60.0, 60.0).tolist():
        offset = float(generator.uniform(6.0, 9.0))
        if generator.random() < 0.2:
            places = [_beside(edge, s, offset) for s in np.linspace(block, block + 60.0, 16).tolist()]
            for (ax, ay, az, *_), (bx, by, _, *_) in zip(places[:-1], places[1:], strict=True):
                length = math.hypot(bx - ax, by - ay)
                yaw = math.atan2(by - ay, bx - ax)
                site.place("fence", 0.5 * (ax + bx), 0.5 * (ay + by), az, yaw, (length, 0.08, 1.2), 2.0, solid=False)


def _farms(site: _Site, edge: _Edge, generator: Generator) -> None:
    for _ in range(int(generator.poisson((edge.s[-1] - edge.s[0]) / 500.0))):
        at = float(generator.uniform(edge.s[0], edge.s[-1]))
        size = (float(generator.uniform(14.0, 24.0)), float(generator.uniform(9.0, 12.0)), 2.0 * STOREY + 2.0)
        x, y, z, heading, _ = _beside(edge, at, float(generator.uniform(22.0, 38.0)))
        site.place("building", x, y, z, heading + float(generator.uniform(-0.5, 0.5)), size, clearance=6.0)


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
    halves = ((0.5 * length, 0.5 * width), (-0.5 * length, 0.5 * width), (-0.5 * length, -0.5 * width),
              (0.5 * length, -0.5 * width))
    return [(item.x + c * u - s * v, item.y + s * u + c * v) for u, v in halves]


def junction_hulls(network: RoadNetwork) -> list[NDArray[np.float64]]:
    """Return the convex hull of the driving lanes of every junction, counter-clockwise. Shapes (num_corners, 2)."""
    lanes = lane_arrays(network)
    hulls = []
    for junction in np.unique(network.lane_junction[network.lane_junction >= 0]):
        inside = np.flatnonzero((network.lane_junction == junction) & (network.lane_type == LaneType.DRIVING))
        points = [
            edge_line(lanes, lane, lanes.point_s[slice(*network.lane_first_point[[lane, lane + 1]])], side, 0.0, 0.0)
            for lane in inside for side in (1.0, -1.0)
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
