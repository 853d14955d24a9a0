"""The label classes, their colors in pictures, and which actors are labeled with them."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from simengine.core.state import ActorKind


class Semantic(IntEnum):
    """What a surface belongs to; the value stored in semantic masks and LiDAR points."""

    NONE = 0  # nothing was hit
    SKY = 1
    ROAD = 2
    LANE_MARKING = 3
    PAVEMENT = 4
    TERRAIN = 5
    BUILDING = 6
    WALL = 7
    FENCE = 8  # guard rails too
    VEGETATION = 9
    POLE = 10
    TRAFFIC_SIGN = 11
    TRAFFIC_LIGHT = 12
    CAR = 13
    TRUCK = 14
    BUS = 15
    MOTORCYCLE = 16
    BICYCLE = 17
    RIDER = 18
    PEDESTRIAN = 19
    ANIMAL = 20
    CARGO = 21
    CONE = 22
    ROBOT = 23
    SHELF = 24
    FLOOR = 25
    CEILING = 26  # the roof of a hall and the lamps below it
    EGO = 27  # the body that carries the sensors, whatever its kind


# Cityscapes' published colors where it has the class, distinct hues elsewhere.
_COLORS = {
    Semantic.NONE: (0, 0, 0),
    Semantic.SKY: (70, 130, 180),
    Semantic.ROAD: (128, 64, 128),
    Semantic.LANE_MARKING: (235, 235, 235),
    Semantic.PAVEMENT: (244, 35, 232),
    Semantic.TERRAIN: (152, 251, 152),
    Semantic.BUILDING: (70, 70, 70),
    Semantic.WALL: (102, 102, 156),
    Semantic.FENCE: (190, 153, 153),
    Semantic.VEGETATION: (107, 142, 35),
    Semantic.POLE: (153, 153, 153),
    Semantic.TRAFFIC_SIGN: (220, 220, 0),
    Semantic.TRAFFIC_LIGHT: (250, 170, 30),
    Semantic.CAR: (0, 0, 142),
    Semantic.TRUCK: (0, 0, 70),
    Semantic.BUS: (0, 60, 100),
    Semantic.MOTORCYCLE: (0, 0, 230),
    Semantic.BICYCLE: (119, 11, 32),
    Semantic.RIDER: (255, 0, 0),
    Semantic.PEDESTRIAN: (220, 20, 60),
    Semantic.ANIMAL: (205, 133, 63),
    Semantic.CARGO: (255, 140, 0),
    Semantic.CONE: (255, 69, 0),
    Semantic.ROBOT: (0, 200, 200),
    Semantic.SHELF: (139, 101, 8),
    Semantic.FLOOR: (170, 170, 160),
    Semantic.CEILING: (110, 100, 90),
    Semantic.EGO: (64, 196, 255),
}

SEMANTIC_OF_KIND: dict[ActorKind, Semantic] = {kind: Semantic[kind.name] for kind in ActorKind}


def palette() -> NDArray[np.uint8]:
    """Return the RGB color of every class. Shape (256, 3)."""
    colors = np.zeros((256, 3), np.uint8)
    for semantic, color in _COLORS.items():
        colors[semantic] = color
    return colors
