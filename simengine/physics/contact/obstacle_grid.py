"""The scenery's boxes with a spatial hash, and which of their faces lie against each other."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.physics.backend import StaticBox

JOINT = 0.05  # gap between boxes that are one wall or rail [m]


class ObstacleGrid:
    """The scenery's boxes as arrays with a spatial hash, all fixed for an episode.

    Attributes:
        boxes: x, y, yaw, length, width, lowest z, highest z, and which faces lie against another box, by bits as of
            `struck_side`: one does not run into the joints of a rail. Shape (num_boxes, 8).
        origin: Corner of the hash [m]. Shape (2,).
        cell: Edge of a cell [m].
        first: CSR over the cells, row-major. Shape (rows · columns + 1,).
        member: Box of each entry.
        columns: Cells along x.
        rows: Cells along y.
    """

    def __init__(self, obstacles: tuple[StaticBox, ...], cell: float = 8.0) -> None:
        self.boxes = np.zeros((len(obstacles), 8))
        for i, box in enumerate(obstacles):
            x, y, z = box.position
            length, width, height = box.size
            self.boxes[i, :7] = (x, y, box.yaw, length, width, z - 0.5 * height, z + 0.5 * height)
        lower, upper = self._bounds()
        self.origin = lower.min(axis=0) if len(obstacles) else np.zeros(2)
        span = upper.max(axis=0) - self.origin if len(obstacles) else np.zeros(2)
        # A map of a few boxes kilometres apart must not need a gigabyte of cells.
        self.cell = max(cell, float(span.max()) / 1024.0)
        self.columns, self.rows = (int(n) for n in np.floor(span / self.cell) + 1)
        members: list[list[int]] = [[] for _ in range(self.columns * self.rows)]
        for i in range(len(obstacles)):
            low = np.floor((lower[i] - self.origin) / self.cell).astype(int)
            high = np.floor((upper[i] - self.origin) / self.cell).astype(int)
            for row in range(low[1], high[1] + 1):
                for column in range(low[0], high[0] + 1):
                    members[row * self.columns + column].append(i)
        self.first = np.zeros(len(members) + 1, np.int64)
        self.first[1:] = np.cumsum([len(cell_members) for cell_members in members])
        self.member = np.array([i for cell_members in members for i in cell_members], np.int64)
        _cover_faces(self.boxes, self.origin, self.cell, self.first, self.member, self.columns, self.rows)

    def _bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        cosine, sine = np.abs(np.cos(self.boxes[:, 2])), np.abs(np.sin(self.boxes[:, 2]))
        half_x = 0.5 * (self.boxes[:, 3] * cosine + self.boxes[:, 4] * sine)
        half_y = 0.5 * (self.boxes[:, 3] * sine + self.boxes[:, 4] * cosine)
        half = np.stack([half_x, half_y], axis=1)
        return self.boxes[:, :2] - half, self.boxes[:, :2] + half


@njit(cache=True, _nrt=False)
def _cover_faces(boxes, origin, cell, first, member, columns, rows):
    """Mark the faces of boxes whose middle lies against or inside another box that is as high."""
    for i in range(len(boxes)):
        cosine, sine, faces = math.cos(boxes[i, 2]), math.sin(boxes[i, 2]), 0
        for face in range(4):
            reach = 0.5 * boxes[i, 3 if face < 2 else 4] + JOINT
            u = (reach if face == 0 else -reach) if face < 2 else 0.0
            v = (reach if face == 2 else -reach) if face >= 2 else 0.0
            x, y = boxes[i, 0] + u * cosine - v * sine, boxes[i, 1] + u * sine + v * cosine
            column, row = int((x - origin[0]) // cell), int((y - origin[1]) // cell)
            if not (0 <= column < columns and 0 <= row < rows):
                continue
            for k in range(first[row * columns + column], first[row * columns + column + 1]):
                j = member[k]
                if j == i or boxes[j, 5] > boxes[i, 5] + JOINT or boxes[j, 6] < boxes[i, 6] - JOINT:
                    continue
                dx, dy = x - boxes[j, 0], y - boxes[j, 1]
                c, s = math.cos(boxes[j, 2]), math.sin(boxes[j, 2])
                if abs(dx * c + dy * s) <= 0.5 * boxes[j, 3] and abs(-dx * s + dy * c) <= 0.5 * boxes[j, 4]:
                    faces |= 1 << face
        boxes[i, 7] = faces
