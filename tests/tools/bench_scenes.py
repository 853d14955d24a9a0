"""Scenes of triangles whose ranges are known in closed form, for the tests of the sensors' benchmark."""

import numpy as np

from tools.benches.street import box
from tools.benches.triangles import TriangleScene, make_scene
from tools.benches.views import Views

TINY = Views(channels=8, columns=64, width=64, height=36)
GROUND, WALL, CAR = 0, 1, 2
WALL_AT = 20.0  # its face towards the sensor [m]


def walled_scene() -> TriangleScene:
    """Level ground, a wall across the view, and a car before it."""
    ground = np.array([[-90.0, -90.0, 0.0], [90.0, -90.0, 0.0], [90.0, 90.0, 0.0], [-90.0, 90.0, 0.0]])
    shapes = [
        (ground, np.array([[0, 1, 2], [0, 2, 3]])),
        box((WALL_AT, -50.0, 0.0), (WALL_AT + 1.0, 50.0, 30.0), (1, 1, 1)),
        box((8.0, -1.0, 0.0), (12.0, 1.0, 1.5), (1, 1, 1)),
    ]
    offsets = np.cumsum([0] + [len(vertex) for vertex, _ in shapes])
    triangle = [rows + offset for (_, rows), offset in zip(shapes, offsets[:-1], strict=True)]
    return make_scene(
        np.concatenate([vertex for vertex, _ in shapes]).astype(np.float32),
        np.concatenate(triangle).astype(np.int32),
        np.repeat(np.arange(3, dtype=np.int32), [len(rows) for _, rows in shapes]),
        np.array([0, 1, 2]),
        ("ground", "building", "car"),
        np.array([CAR]),
    )
