"""What already stands where actors are to be placed: the solid parts of scenery, seen from above."""

from typing import NamedTuple

from simengine.core.space.geometry import boxes_gap

# Signals, signs, shelves and walls are where the map has them; other furniture was put there by us and gives way.
FIXED = ("signal", "sign", "shelf", "wall")
_CELL = 32.0  # edge of the squares by which obstacles are found [m]


class Obstacle(NamedTuple):
    """The solid part of one object of the scenery."""

    prop: int  # which object
    kind: str
    x: float  # middle, world [m]
    y: float
    z: float  # foot [m]
    yaw: float  # [rad]
    length: float  # [m]
    width: float  # [m]
    height: float  # [m]

    @property
    def fixed(self) -> bool:
        """Whether it stays where it is, whoever is to stand there."""
        return self.kind.partition(":")[0] in FIXED

    @property
    def name(self) -> str:
        """What it is called to a reader."""
        return "a " + self.kind.partition(":")[0].replace("_", " ")


class Obstacles:
    """Obstacles that are found by where they stand.

    Args:
        obstacles: All of them.
    """

    def __init__(self, obstacles: tuple[Obstacle, ...] = ()) -> None:
        self._cells: dict[tuple[int, int], list[Obstacle]] = {}
        self.given_way: set[int] = set()  # objects that make room for actors
        for obstacle in obstacles:
            reach = 0.5 * (obstacle.length + obstacle.width)
            for cell in _cells(obstacle.x, obstacle.y, reach):
                self._cells.setdefault(cell, []).append(obstacle)

    def hit(
        self, x: float, y: float, yaw: float, size: tuple[float, float], low: float, high: float, clearance: float
    ) -> list[Obstacle]:
        """Return what stands in a box or nearer to it than a clearance, in the order of the objects.

        Args:
            x, y: Middle of the box, world [m].
            yaw: [rad].
            size: Length and width [m].
            low, high: Heights of its underside and its top, world [m].
            clearance: [m].
        """
        found = {}
        for cell in _cells(x, y, 0.5 * (size[0] + size[1]) + clearance):
            for other in self._cells.get(cell, ()):
                if other.prop in self.given_way or low >= other.z + other.height or high <= other.z:
                    continue
                gap = boxes_gap(x, y, yaw, *size, other.x, other.y, other.yaw, other.length, other.width)
                if gap < clearance:
                    found[other.prop] = other
        return [found[prop] for prop in sorted(found)]


def _cells(x: float, y: float, reach: float) -> list[tuple[int, int]]:
    return [
        (column, row)
        for column in range(int((x - reach) // _CELL), int((x + reach) // _CELL) + 1)
        for row in range(int((y - reach) // _CELL), int((y + reach) // _CELL) + 1)
    ]
