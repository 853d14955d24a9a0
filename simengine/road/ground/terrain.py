"""The land around the roads: verges level with the road's edge, as the ground is, a height field, and a far plain.

The height field passes under every road, so that nothing has to be cut out of it: each of its vertices lies below all
lanes within a cell's diagonal. Where the roads are level and straight its cells are large. The far plain fills the view
to the horizon; it lies below everything.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material
from simengine.road.ground.junction_fill import Gaps, in_gaps
from simengine.road.ground.lane_strips import Patch, edge_line, face_up, ribbon
from simengine.road.network.frenet import Floats, fraction_of_foot, lane_position
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at_batch, nearest_surface

WIDTH = 60.0  # of the land beyond the roads [m]
TILE, CELLS = 24.0, 4  # edge of a tile [m], and into how many cells an uneven one is cut
DROP = 0.04  # of the height field below the lowest road nearby [m]
FLATNESS, FAR_FLATNESS = 0.01, 0.25  # a tile departing less from two triangles is drawn as two; off the roads [m]
LEVEL_VERGE, UNEVEN_VERGE = 1.0, 8.0  # width of the level verge at most [m]
SLOPE = 1.0  # width of the slope from the verge down into the height field [m]
DECK_CLEARANCE, DECK_THICKNESS = 1.5, 0.8  # an edge higher than the first over the land is a bridge's [m]
VERGE_FALL = 0.8  # a wide verge lies at most so far above the land at its outer edge [m]
SHOULDER = 1.0  # width of the bare strip of a verge [m]
FAR_WIDTH, FAR_TILE = 600.0, 192.0  # of the far plain beyond the roads, and its tiles [m]
FAR_DROP = 0.5  # of the far plain below the lowest road in its surroundings [m]
_RADIUS = TILE / CELLS * math.sqrt(2.0) + 0.1
_REACH = 110.0  # of what a height is averaged from, further where no road is so near [m]


def is_level(lanes: LaneArrays) -> bool:
    """Say whether all roads lie in one level plane (curbs apart)."""
    z = lanes.point_position[:, 2]
    return bool((z == z[0]).all() and not lanes.point_bank.any())


@njit(cache=True)
def land_height(
    position: Floats,
    point_s: Floats,
    width: Floats,
    bank: Floats,
    origin: Floats,
    cell: float,
    shape: NDArray[np.int32],
    grid_first: NDArray[np.int32],
    grid_point: NDArray[np.int32],
    x: float,
    y: float,
    reach: float,
) -> tuple[float, bool]:
    """Return the height of the land [m], and whether a road lies within a cell's diagonal.

    It is a mean of the roads within `reach`, each weighted by length over the fourth power of distance, and below
    every road within a cell's diagonal; NaN where there is none.

    Args:
        position, point_s, width, bank: Of the points of all lanes, as in `LaneArrays`.
        origin, cell, shape, grid_first, grid_point: The grid.
        x, y: The place [m].
        reach: [m].
    """
    columns, rows = shape[0], shape[1]
    left = max(0, int(math.floor((x - reach - origin[0]) / cell)))
    right = min(columns - 1, int(math.floor((x + reach - origin[0]) / cell)))
    bottom = max(0, int(math.floor((y - reach - origin[1]) / cell)))
    top = min(rows - 1, int(math.floor((y + reach - origin[1]) / cell)))
    total, mean, low = 0.0, 0.0, np.inf
    for row in range(bottom, top + 1):
        for column in range(left, right + 1):
            k = row * columns + column
            for entry in range(grid_first[k], grid_first[k + 1]):
                i = grid_point[entry]
                f, square = fraction_of_foot(
                    position[i, 0], position[i, 1], position[i + 1, 0], position[i + 1, 1], x, y
                )
                if square > reach * reach:
                    continue
                half = 0.5 * (width[i] + f * (width[i + 1] - width[i]))
                z = position[i, 2] + f * (position[i + 1, 2] - position[i, 2])
                outside = max(0.0, math.sqrt(square) - half)
                if outside < _RADIUS:
                    low = min(low, z - abs(math.tan(bank[i] + f * (bank[i + 1] - bank[i]))) * half)
                weight = (point_s[i + 1] - point_s[i]) / (1.0 + outside * outside) ** 2
                total += weight
                mean += weight * z
    if total == 0.0:
        return np.nan, False
    return min(mean / total, low) - DROP, low < np.inf


@njit(cache=True)
def land_heights(
    lanes: LaneArrays, place: NDArray[np.float64], out: NDArray[np.float64], near: NDArray[np.bool_]
) -> None:
    """Write what `land_height` returns at places [m], from as near as there is a road. Shapes (n, 2), (n,), (n,)."""
    for k in range(len(out)):
        out[k], reach = np.nan, _REACH
        while math.isnan(out[k]) and reach < 16.0 * _REACH:
            out[k], near[k] = land_height(
                lanes.point_position,
                lanes.point_s,
                lanes.point_width,
                lanes.point_bank,
                lanes.grid_origin,
                lanes.grid_cell,
                lanes.grid_shape,
                lanes.grid_first,
                lanes.grid_point,
                place[k, 0],
                place[k, 1],
                reach,
            )
            reach *= 2.0


@njit(cache=True)
def verge_widths(
    lanes: LaneArrays,
    lane: int,
    s: NDArray[np.float64],
    side: float,
    widest: float,
    edge: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write how far beside an edge of a lane the nearest lane is still this edge's, 0 where the edge is inside a road.

    Args:
        lanes: The network.
        lane: Which.
        s: Stations [m]. Shape (num_stations,).
        side: 1 left edge, −1 right edge.
        widest: Where to stop looking [m].
        edge: The edge's points [m]. Shape (num_stations, 3).
        out: Written [m]. Shape (num_stations,).
    """
    for k in range(len(s)):
        _, _, tx, ty = lane_position(lanes, lane, s[k], 0.0)
        out[k] = 0.0
        distance = min(0.5, widest)
        while True:
            x, y = edge[k, 0] - side * ty * distance, edge[k, 1] + side * tx * distance
            outside, z = nearest_surface(lanes, x, y, edge[k, 2])
            if outside < 0.7 * distance or abs(z - edge[k, 2]) > 0.3:
                break
            out[k] = distance
            if distance >= widest:
                break
            distance = min(2.0 * distance, widest)


def verge_patches(
    lanes: LaneArrays, lane: int, s: NDArray[np.float64], level: bool, material: Material, gaps: list[Gaps]
) -> list[Patch]:
    """Return the verges along a lane's exposed edges, or the faces of a bridge's deck.

    Args:
        lanes: The network.
        lane: Which.
        s: Stations of the lane's strip [m].
        level: Whether all roads lie in one plane.
        material: Of the strip along the road.
        gaps: Filled gaps of the junctions, which have no verges.
    """
    patches = []
    for side in (1.0, -1.0):
        edge = edge_line(lanes, lane, s, side, 0.0, 0.0)
        width = np.zeros(len(s))
        verge_widths(lanes, lane, s, side, LEVEL_VERGE if level else UNEVEN_VERGE, edge, width)
        normal = edge - edge_line(lanes, lane, s, side, -side, 0.0)
        normal[:, 2] = 0.0
        for reach in (np.full(len(s), 0.3), width):
            width[in_gaps(gaps, edge + normal * reach[:, None])] = 0.0
        if not (width > 0.0).any():
            continue
        if not level:  # where the land falls away the verge is narrow
            falls = _land(lanes, edge + normal * width[:, None])[0] < edge[:, 2] - VERGE_FALL
            width[falls] = np.minimum(width[falls], SHOULDER)
        inner, outer = edge - 0.05 * normal, edge + normal * width[:, None]
        inner[:, 2] -= 0.002
        middle = edge + normal * np.minimum(width, SHOULDER)[:, None]
        if not level:
            for line in (middle, outer):
                line[:, 2] = _ground(lanes, line)
        foot = outer + normal * SLOPE * (width > 0.0)[:, None]
        land = np.full(len(s), edge[0, 2] - DROP)
        if not level:
            land = _land(lanes, foot)[0]
        deck = land < edge[:, 2] - DECK_CLEARANCE
        foot[:, 2] = np.minimum(land, outer[:, 2]) - (0.01 if level else 0.3)
        bottom = edge - [0.0, 0.0, DECK_THICKNESS]
        on_deck = (deck[1:] | deck[:-1]) & (width[1:] + width[:-1] > 0.0)
        on_land = ~on_deck & (width[1:] + width[:-1] > 0.0)
        wide = on_land & (np.maximum(width[1:], width[:-1]) > SHOULDER)
        for first, second, drawn, kind in (
            (inner, middle, on_land, (material, Semantic.TERRAIN)),
            (middle, outer, wide, (Material.GRASS, Semantic.TERRAIN)),
            (outer, foot, on_land, (Material.GRASS, Semantic.TERRAIN)),
            (edge, bottom, on_deck, (Material.CONCRETE, Semantic.WALL)),
        ):
            if drawn.any():
                near, far = (first, second) if side < 0.0 else (second, first)
                patch = ribbon(near, far, *kind, drawn)
                patches.append(face_up(patch) if kind[1] == Semantic.TERRAIN else patch)
    return patches


def _land(lanes: LaneArrays, place: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    out, near = np.empty(len(place)), np.empty(len(place), np.bool_)
    land_heights(lanes, np.ascontiguousarray(place[:, :2]), out, near)
    return out, near


def _ground(lanes: LaneArrays, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the height of the ground at places near it [m]. Shape (n,)."""
    out = np.empty((len(place), 4))
    x, y, z = (place[:, k].copy() for k in range(3))
    ground_at_batch(lanes, x, y, z, out)
    return out[:, 0]


def deck_underside(lanes: LaneArrays, lane: int, s: NDArray[np.float64]) -> list[Patch]:
    """Return the underside of a lane where it runs on a bridge."""
    middle = edge_line(lanes, lane, s, 0.0, 0.0, 0.0)
    land, _ = _land(lanes, middle)
    high = land < middle[:, 2] - DECK_CLEARANCE
    drawn = high[1:] | high[:-1]
    if not drawn.any():
        return []
    left = edge_line(lanes, lane, s, 1.0, 0.0, -DECK_THICKNESS)
    right = edge_line(lanes, lane, s, -1.0, 0.0, -DECK_THICKNESS)
    return [ribbon(right, left, Material.CONCRETE, Semantic.WALL, drawn)]


def land_patch(lanes: LaneArrays, level: bool, material: Material) -> Patch:
    """Return the height field around all roads.

    Args:
        lanes: The network.
        level: Whether all roads lie in one plane.
        material: Of the land.
    """
    tiles = _tiles_near(lanes, TILE, WIDTH)
    ij = tiles[:, None, None] * CELLS + np.stack(np.mgrid[0 : CELLS + 1, 0 : CELLS + 1], axis=-1)  # (tiles, x, y, 2)
    pitch = TILE / CELLS
    if level:
        z, near = np.full(ij.shape[:3], lanes.point_position[0, 2] - DROP), np.zeros(ij.shape[:3], np.bool_)
    else:
        corner, where = np.unique(ij.reshape(-1, 2), axis=0, return_inverse=True)
        z, near = (values[where].reshape(ij.shape[:3]) for values in _land(lanes, corner * pitch))
    coarse = _departure(z) < np.where(near.any(axis=(1, 2)), FLATNESS, FAR_FLATNESS)
    _snap_borders(tiles, coarse, z)
    vertex = np.concatenate([ij * pitch, z[..., None]], axis=-1)
    size = (CELLS + 1) ** 2
    a, b, c, d = 0, CELLS * (CELLS + 1), size - 1, CELLS  # corners: (0, 0), (1, 0), (1, 1), (0, 1)
    large = np.array([[a, b, c], [a, c, d]])
    x, y = np.mgrid[0:CELLS, 0:CELLS].reshape(2, -1)
    k = x * (CELLS + 1) + y
    small = np.concatenate(
        [np.stack([k, k + CELLS + 1, k + CELLS + 2], axis=1), np.stack([k, k + CELLS + 2, k + 1], axis=1)]
    )
    base = np.arange(len(tiles)) * size
    triangle = np.concatenate(
        [(base[coarse][:, None, None] + large).reshape(-1, 3), (base[~coarse][:, None, None] + small).reshape(-1, 3)]
    )
    used, triangle = np.unique(triangle, return_inverse=True)
    return Patch(vertex.reshape(-1, 3)[used], triangle.reshape(-1, 3), material, Semantic.TERRAIN)


def far_patch(lanes: LaneArrays, material: Material) -> Patch:
    """Return the far plain: every corner lies below all roads within a few tiles.

    Args:
        lanes: The network.
        material: Of the plain.
    """
    bins = np.floor(lanes.point_position[:, :2] / FAR_TILE).astype(np.int64)
    known, where = np.unique(bins, axis=0, return_inverse=True)
    lowest = np.full(len(known), np.inf)
    np.minimum.at(lowest, where.ravel(), lanes.point_position[:, 2])
    reach = math.ceil(FAR_WIDTH / FAR_TILE)
    tiles = _tiles_near(lanes, FAR_TILE, FAR_WIDTH)
    around = np.stack(np.mgrid[0:2, 0:2], axis=-1).reshape(-1, 2)
    corner, triangle = np.unique((tiles[:, None] + around).reshape(-1, 2), axis=0, return_inverse=True)
    z = np.full(len(corner), np.inf)
    low = dict(zip(map(tuple, known.tolist()), lowest.tolist(), strict=True))
    for k, (i, j) in enumerate(corner.tolist()):
        span = range(-reach - 1, reach + 1)
        z[k] = min(low.get((i + di, j + dj), math.inf) for di in span for dj in span)
    quad = triangle.reshape(-1, 4)  # corners (0, 0), (0, 1), (1, 0), (1, 1)
    faces = np.concatenate([quad[:, [0, 2, 3]], quad[:, [0, 3, 1]]])
    vertex = np.concatenate([corner * FAR_TILE, z[:, None] - FAR_DROP], axis=1)
    return Patch(vertex, faces, material, Semantic.TERRAIN)


def _tiles_near(lanes: LaneArrays, tile: float, width: float) -> NDArray[np.int64]:
    """Return the tiles that come within a width of a center line, counted in tiles. Shape (num_tiles, 2)."""
    s = lanes.point_s
    run = np.diff(s, append=s[-1])
    parts = np.where(run > 0.5 * tile, np.ceil(run / (0.5 * tile)), 1).astype(np.int64)
    base = np.repeat(np.arange(len(s)), parts)
    f = (np.arange(len(base)) - np.repeat(np.cumsum(parts) - parts, parts)) / np.repeat(parts, parts)
    after = np.minimum(base + 1, len(s) - 1)
    place = lanes.point_position[base, :2] * (1.0 - f[:, None]) + lanes.point_position[after, :2] * f[:, None]
    near = np.unique(np.floor(place / tile).astype(np.int64), axis=0)
    reach = math.ceil(width / tile)
    around = np.stack(np.mgrid[-reach : reach + 1, -reach : reach + 1], axis=-1).reshape(-1, 2)
    around = around[(np.maximum(np.abs(around) - 1, 0) ** 2).sum(axis=1) * tile**2 <= width**2]
    return np.unique((near[:, None] + around).reshape(-1, 2), axis=0)


def _departure(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far every tile departs from two triangles over its corners [m]. Shape (num_tiles,)."""
    u, v = np.mgrid[0 : CELLS + 1, 0 : CELLS + 1] / CELLS
    a, b, c, d = (z[:, i, j][:, None, None] for i, j in ((0, 0), (-1, 0), (-1, -1), (0, -1)))
    plane = np.where(u >= v, a + u * (b - a) + v * (c - b), a + v * (d - a) + u * (c - d))
    return np.abs(z - plane).max(axis=(1, 2))


def _snap_borders(tiles: NDArray[np.int64], coarse: NDArray[np.bool_], z: NDArray[np.float64]) -> None:
    """Straighten the borders that cut tiles share with uncut ones, so that there are no cracks."""
    index = {(int(i), int(j)): k for k, (i, j) in enumerate(tiles)}
    f = np.linspace(0.0, 1.0, CELLS + 1)
    for k in np.flatnonzero(~coarse):
        i, j = int(tiles[k, 0]), int(tiles[k, 1])
        for (di, dj), border in (
            ((-1, 0), z[k, 0, :]),
            ((1, 0), z[k, -1, :]),
            ((0, -1), z[k, :, 0]),
            ((0, 1), z[k, :, -1]),
        ):
            other = index.get((i + di, j + dj))
            if other is not None and coarse[other]:
                border[:] = border[0] + f * (border[-1] - border[0])
