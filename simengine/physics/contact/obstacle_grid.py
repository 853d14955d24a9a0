"""The scenery's boxes with a spatial hash, and which of their faces lie against each other."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.physics.backend import StaticBox
from simengine.physics.contact.contact_records import SCENERY_BOX

JOINT = 0.05  # gap between boxes that are one wall or rail [m]


class ObstacleGrid(NamedTuple):
    """The scenery's boxes with a spatial hash, all fixed for an episode."""

    boxes: NDArray[np.void]  # of `SCENERY_BOX`. (num_boxes,)
    origin: NDArray[np.float64]  # corner of the hash [m]. (2,)
    cell: float  # edge of a cell [m]
    first: NDArray[np.int64]  # CSR over the cells, row-major. (rows · columns + 1,)
    member: NDArray[np.int64]  # box of each entry
    columns: int  # cells along x
    rows: int  # cells along y


def obstacle_grid(obstacles: tuple[StaticBox, ...], cell: float = 8.0) -> ObstacleGrid:
    """Sort the scenery's boxes into cells of at least `cell` [m], and mark the faces that lie against each other."""
    boxes = np.zeros(len(obstacles), SCENERY_BOX)
    for i, box in enumerate(obstacles):
        x, y, z = box.position
        length, width, height = box.size
        boxes[i] = (x, y, box.yaw, length, width, z - 0.5 * height, z + 0.5 * height, 0)
    lower, upper = _bounds(boxes)
    origin = lower.min(axis=0) if len(obstacles) else np.zeros(2)
    span = upper.max(axis=0) - origin if len(obstacles) else np.zeros(2)
    # A map of a few boxes kilometers apart must not need a gigabyte of cells.
    cell = max(cell, float(span.max()) / 1024.0)
    columns, rows = (int(n) for n in np.floor(span / cell) + 1)
    members: list[list[int]] = [[] for _ in range(columns * rows)]
    for i in range(len(obstacles)):
        low = np.floor((lower[i] - origin) / cell).astype(int)
        high = np.floor((upper[i] - origin) / cell).astype(int)
        for row in range(low[1], high[1] + 1):
            for column in range(low[0], high[0] + 1):
                members[row * columns + column].append(i)
    first = np.zeros(len(members) + 1, np.int64)
    first[1:] = np.cumsum([len(cell_members) for cell_members in members])
    member = np.array([i for cell_members in members for i in cell_members], np.int64)
    grid = ObstacleGrid(boxes, origin, cell, first, member, columns, rows)
    _cover_faces(grid)
    return grid


def _bounds(boxes: NDArray[np.void]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and the highest x and y of every box [m]. Shapes (num_boxes, 2)."""
    cosine, sine = np.abs(np.cos(boxes["yaw"])), np.abs(np.sin(boxes["yaw"]))
    half_x = 0.5 * (boxes["length"] * cosine + boxes["width"] * sine)
    half_y = 0.5 * (boxes["length"] * sine + boxes["width"] * cosine)
    half = np.stack([half_x, half_y], axis=1)
    center = np.stack([boxes["x"], boxes["y"]], axis=1)
    return center - half, center + half


@njit(cache=True, _nrt=False)
def _cover_faces(grid: ObstacleGrid) -> None:
    """Mark the faces of boxes whose middle lies against or inside another box that is as high."""
    boxes = grid.boxes
    for i in range(len(boxes)):
        box = boxes[i]
        cosine, sine, faces = math.cos(box.yaw), math.sin(box.yaw), 0
        for face in range(4):
            reach = 0.5 * (box.length if face < 2 else box.width) + JOINT
            u = (reach if face == 0 else -reach) if face < 2 else 0.0
            v = (reach if face == 2 else -reach) if face >= 2 else 0.0
            x, y = box.x + u * cosine - v * sine, box.y + u * sine + v * cosine
            column, row = int((x - grid.origin[0]) // grid.cell), int((y - grid.origin[1]) // grid.cell)
            if not (0 <= column < grid.columns and 0 <= row < grid.rows):
                continue
            k = row * grid.columns + column
            for entry in range(grid.first[k], grid.first[k + 1]):
                j = grid.member[entry]
                other = boxes[j]
                if j == i or other.low > box.low + JOINT or other.high < box.high - JOINT:
                    continue
                dx, dy = x - other.x, y - other.y
                c, s = math.cos(other.yaw), math.sin(other.yaw)
                if abs(dx * c + dy * s) <= 0.5 * other.length and abs(-dx * s + dy * c) <= 0.5 * other.width:
                    faces |= 1 << face
        box.covered = faces
