"""What stands beside the roads, as plain data: houses, trees, lamps, rails, posts, and the network's signals and signs.

Nothing but what the network itself puts there stands on a lane, in a junction or where vehicles leave the map. Items
face, or reach, along their x axis: lamps towards the road, signs, signals and delineators towards the driver; houses,
rails and fences lie along x, rails with the road on their left.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from simengine.road.ground.lane_strips import edge_line
from simengine.road.ground.terrain import verge_widths
from simengine.road.network.network import LaneArrays, LaneType, RoadNetwork, lane_arrays
from simengine.road.network.projection import ground_at, nearest_surface
from simengine.road.site import Item, Site

SPACING = 2.0  # of the places looked at along an edge [m]
LAMP_SPACING, LAMP_OFFSET, LAMP_SIZE = 30.0, 0.45, (1.8, 0.3, 7.0)  # size: reach, width, height [m]
DELINEATOR_SPACING, DELINEATOR_SIZE = 50.0, (0.12, 0.12, 1.0)  # StVO/RAL practice: every 50 m [m]
RAIL_LENGTH, RAIL_OFFSET, RAIL_SIZE = 8.0, 0.65, (0.31, 0.75)  # offset ≥ 0.5 m (RPS 2009); width, height [m]
TREE_CLEARANCE = 4.5  # of trees from a fast road's edge (RPS 2009: 4.5–7.5 m at 60–80 km/h) [m]
SIGN_SIZE, SIGNAL_SIZE = 0.65, 0.35  # plate width; footprint [m]
LAMP_BELOW_TOP = 0.58  # of a signal's middle lamp below the top of its post [m]
STOREY = 3.2  # [m]


class _Edge(NamedTuple):
    """A stretch of road edge with nothing but land beside it, sampled every `SPACING`."""

    point: NDArray[np.float64]  # (num_points, 3)
    outward: NDArray[np.float64]  # unit, away from the road (num_points, 2)
    s: NDArray[np.float64]  # along the lane [m]. (num_points,)
    right: bool  # of its lane


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
    site = Site(network, lanes)
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


def _network_items(network: RoadNetwork, lanes: LaneArrays, site: Site) -> None:
    for (x, y, z), heading in zip(network.signal_position.tolist(), network.signal_heading.tolist(), strict=True):
        x, y = _off_the_carriageway(lanes, x, y, z, heading)
        ground = ground_at(lanes, x, y, z - 3.0)[0]
        size = (SIGNAL_SIZE, SIGNAL_SIZE, max(1.0, z - ground + LAMP_BELOW_TOP))
        site.add(Item("signal", x, y, ground, math.remainder(heading, 2.0 * math.pi), size))
    plates = zip(network.sign_position.tolist(), network.sign_heading.tolist(), network.sign_type.tolist(), strict=True)
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
    """Yield the stretches of lane edge outside junctions that have at least a meter of land beside them."""
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
    site: Site, edge: _Edge, kind: str, spacing: float, offset: float, size: tuple[float, float, float]
) -> None:
    """Place items at even spacing: lamps reach towards the road, the rest faces the traffic that comes along."""
    first = math.ceil(edge.s[0] / spacing - 0.5)
    for k in range(first, math.floor(edge.s[-1] / spacing - 0.5) + 1):
        x, y, z, heading, (ox, oy) = _beside(edge, (k + 0.5) * spacing, offset)
        yaw = math.atan2(-oy, -ox) if kind == "lamp_post" else heading + math.pi
        site.place(kind, x, y, z, yaw, size, solid=False)


def _rails(site: Site, edge: _Edge) -> None:
    count = max(1, round((edge.s[-1] - edge.s[0]) / RAIL_LENGTH))
    places = [_beside(edge, s, RAIL_OFFSET) for s in np.linspace(edge.s[0], edge.s[-1], count + 1).tolist()]
    if not edge.right:
        places.reverse()
    for (ax, ay, az, *_), (bx, by, _, *_) in zip(places[:-1], places[1:], strict=True):
        length = math.hypot(bx - ax, by - ay)
        if length > 0.5:
            yaw = math.atan2(by - ay, bx - ax)
            site.place("guard_rail", 0.5 * (ax + bx), 0.5 * (ay + by), az, yaw, (length, *RAIL_SIZE), 0.15, solid=False)


def _houses(site: Site, edge: _Edge, generator: Generator) -> None:
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


def _garden(site: Site, edge: _Edge, s: float, front: float, generator: Generator) -> None:
    if s + front > edge.s[-1]:
        return
    x, y, z, heading, _ = _beside(edge, s + 0.5 * front, 1.2)
    site.place("fence", x, y, z, heading, (front - 0.5, 0.08, 1.2))
    for _ in range(2):
        at, back = s + front * float(generator.uniform(0.2, 0.8)), float(generator.uniform(4.0, 9.0))
        tall = float(generator.uniform(5.0, 9.0))
        x, y, z, heading, _ = _beside(edge, at, back)
        site.place("tree", x, y, z, heading, (0.5 * tall, 0.5 * tall, tall))


def _trees(site: Site, edge: _Edge, generator: Generator, spacing: float, nearest: float, farthest: float) -> None:
    for _ in range(int(generator.poisson((edge.s[-1] - edge.s[0]) / spacing))):
        at = float(generator.uniform(edge.s[0], edge.s[-1]))
        tall, offset = float(generator.uniform(6.0, 16.0)), float(generator.uniform(nearest, farthest))
        x, y, z, _, _ = _beside(edge, at, offset)
        yaw = float(generator.uniform(-math.pi, math.pi))
        site.place("tree", x, y, z, yaw, (0.5 * tall, 0.5 * tall, tall), clearance=nearest - 0.5)


def _fences(site: Site, edge: _Edge, generator: Generator) -> None:
    """Fence a fifth of the pastures along an edge, in panels of 4 m."""
    for block in np.arange(edge.s[0], edge.s[-1] - 60.0, 60.0).tolist():
        offset = float(generator.uniform(6.0, 9.0))
        if generator.random() < 0.2:
            places = [_beside(edge, s, offset) for s in np.linspace(block, block + 60.0, 16).tolist()]
            for (ax, ay, az, *_), (bx, by, _, *_) in zip(places[:-1], places[1:], strict=True):
                length = math.hypot(bx - ax, by - ay)
                yaw = math.atan2(by - ay, bx - ax)
                site.place("fence", 0.5 * (ax + bx), 0.5 * (ay + by), az, yaw, (length, 0.08, 1.2), 2.0, solid=False)


def _farms(site: Site, edge: _Edge, generator: Generator) -> None:
    for _ in range(int(generator.poisson((edge.s[-1] - edge.s[0]) / 500.0))):
        at = float(generator.uniform(edge.s[0], edge.s[-1]))
        size = (float(generator.uniform(14.0, 24.0)), float(generator.uniform(9.0, 12.0)), 2.0 * STOREY + 2.0)
        x, y, z, heading, _ = _beside(edge, at, float(generator.uniform(22.0, 38.0)))
        site.place("building", x, y, z, heading + float(generator.uniform(-0.5, 0.5)), size, clearance=6.0)
