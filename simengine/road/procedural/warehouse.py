"""A hall with parallel aisles between shelves, joined by a cross aisle at either end."""

import math
from typing import NamedTuple

from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import LaneType, RoadNetwork, Turn
from simengine.road.procedural.center_lines import arc_line, chords, corner_line, even_lane

WALL_THICKNESS = 0.2  # [m]
WALL_CLEARANCE = 0.5  # between shelves or cross aisles and the walls [m]
HEADROOM = 2.0  # of the walls above the shelves [m]
ROOF_THICKNESS = 0.6  # half of it girders below the walls' upper edge [m]
LAMP_SIZE, LAMP_SPACING = (1.4, 0.3, 0.5), 5.0  # of lamps with what they hang from, below the roof; apart [m]


class SolidBox(NamedTuple):
    """A solid box standing on the floor."""

    position: tuple[float, float, float]  # center [m]
    yaw: float  # [rad]
    size: tuple[float, float, float]  # length, width, height [m]


def make_warehouse(
    aisles: int,
    aisle_length: float,
    aisle_width: float,
    shelf_depth: float,
    shelf_height: float,
    speed_limit: float,
    passage_at: float = 0.0,
    passage_width: float = 0.0,
) -> tuple[RoadNetwork, list[SolidBox]]:
    """Make a hall; aisle 0 begins at the origin heading east, the others lie to its left. Traffic keeps to the right.

    Every aisle has a lane either way, each half its width; lane 0 leads east through aisle 0. A cross aisle as wide as
    an aisle joins them at either end. Shelves stand along both sides of every aisle.

    Args:
        aisles: How many.
        aisle_length: Between the cross aisles [m].
        aisle_width: [m].
        shelf_depth: [m].
        shelf_height: [m].
        speed_limit: [m/s].
        passage_at: Where along the aisles people can walk through between the shelves [m].
        passage_width: How much room they have there, 0 for none [m].

    Returns:
        The network and the shelves.
    """
    pitch = aisle_width + shelf_depth
    width = 0.5 * aisle_width
    lanes: list[LaneDraft] = []

    def add(name: str, start: tuple[float, float, float], length: float, **fields: object) -> None:
        points = arc_line(start, length, 0.0, chords(length, math.inf))
        lanes.append(even_lane(name, points, width, LaneType.FLOOR, speed_limit=speed_limit, **fields))

    for k in range(aisles):
        y = k * pitch
        add(f"east.{k}", (0.0, y - 0.5 * width, 0.0), aisle_length, road=2 * k, opposite=f"west.{k}")
        add(f"west.{k}", (aisle_length, y + 0.5 * width, math.pi), aisle_length, road=2 * k + 1, opposite=f"east.{k}")
    for side, middle in (("w", -width), ("e", aisle_length + width)):
        for k in range(aisles - 1):
            low, road = k * pitch + width, 2 * aisles + (side == "e")
            up, down = f"up.{side}.{k}", f"down.{side}.{k}"
            add(up, (middle + 0.5 * width, low, 0.5 * math.pi), shelf_depth, road=road, opposite=down)
            add(down, (middle - 0.5 * width, low + shelf_depth, -0.5 * math.pi), shelf_depth, road=road, opposite=up)
        for k in range(aisles):
            lanes += _node(side, k, aisles, middle, k * pitch, width, speed_limit)
    by_name = {lane.name: lane for lane in lanes}
    for lane in lanes:
        if lane.junction >= 0:
            by_name[lane.name.split(">")[0]].successors.append(lane.name)
    stretches = [(0.0, aisle_length)]
    if passage_width > 0.0:
        stretches = [(0.0, passage_at - 0.5 * passage_width), (passage_at + 0.5 * passage_width, aisle_length)]
    shelves = [
        SolidBox(
            (0.5 * (begin + end), (k - 0.5) * pitch, 0.5 * shelf_height), 0.0, (end - begin, shelf_depth, shelf_height)
        )
        for k in range(aisles + 1) for begin, end in stretches
    ]  # fmt: skip
    return build_network(lanes), shelves


def warehouse_fittings(
    aisles: int, aisle_length: float, aisle_width: float, shelf_depth: float, shelf_height: float
) -> list[tuple[str, SolidBox]]:
    """Return what encloses and lights the hall that `make_warehouse` makes of the same arguments.

    Returns:
        Kind ("wall", "roof", "ceiling_lamp") and box: four walls, the roof on them, a row of lamps over every aisle.
    """
    walls = warehouse_walls(aisles, aisle_length, aisle_width, shelf_depth, shelf_height)
    south, north, west, east = (box.position for box in walls)
    eave = shelf_height + HEADROOM
    size = (walls[0].size[0], north[1] - south[1] + WALL_THICKNESS, ROOF_THICKNESS)
    roof = SolidBox((south[0], west[1], eave), 0.0, size)
    count = max(1, round((east[0] - west[0]) / LAMP_SPACING))
    pitch = (east[0] - west[0]) / count
    lamps = [
        SolidBox(
            (west[0] + (i + 0.5) * pitch, k * (aisle_width + shelf_depth), eave - 0.5 * LAMP_SIZE[2]), 0.0, LAMP_SIZE
        )
        for k in range(aisles)
        for i in range(count)
    ]
    return [*(("wall", box) for box in walls), ("roof", roof), *(("ceiling_lamp", box) for box in lamps)]


def warehouse_walls(
    aisles: int, aisle_length: float, aisle_width: float, shelf_depth: float, shelf_height: float
) -> list[SolidBox]:
    """Return the four walls of the hall that `make_warehouse` makes of the same arguments."""
    left, right = -aisle_width - WALL_CLEARANCE, aisle_length + aisle_width + WALL_CLEARANCE
    pitch = aisle_width + shelf_depth
    bottom = -0.5 * aisle_width - shelf_depth - WALL_CLEARANCE
    top = (aisles - 1) * pitch - bottom
    height, thick = shelf_height + HEADROOM, WALL_THICKNESS
    x, y, z = 0.5 * (left + right), 0.5 * (bottom + top), 0.5 * height
    return [
        SolidBox((x, bottom - 0.5 * thick, z), 0.0, (right - left + 2.0 * thick, thick, height)),
        SolidBox((x, top + 0.5 * thick, z), 0.0, (right - left + 2.0 * thick, thick, height)),
        SolidBox((left - 0.5 * thick, y, z), 0.5 * math.pi, (top - bottom, thick, height)),
        SolidBox((right + 0.5 * thick, y, z), 0.5 * math.pi, (top - bottom, thick, height)),
    ]


def _node(side: str, k: int, aisles: int, middle: float, y: float, width: float, speed_limit: float) -> list[LaneDraft]:
    """Return the lanes that join aisle k and the parts of a cross aisle at one end; each is named "from>to"."""
    right, half = 0.5 * width, width
    face = middle + half if side == "w" else middle - half  # where the aisle opens into the cross aisle
    into, out = (f"west.{k}", f"east.{k}") if side == "w" else (f"east.{k}", f"west.{k}")
    inward = math.pi if side == "w" else 0.0
    shift = right if side == "w" else -right
    entries = [(into, (face, y + shift, inward))]
    exits = [(out, (face, y - shift, inward + math.pi))]
    if k > 0:
        entries.append((f"up.{side}.{k - 1}", (middle + right, y - half, 0.5 * math.pi)))
        exits.append((f"down.{side}.{k - 1}", (middle - right, y - half, -0.5 * math.pi)))
    if k + 1 < aisles:
        entries.append((f"down.{side}.{k}", (middle - right, y + half, -0.5 * math.pi)))
        exits.append((f"up.{side}.{k}", (middle + right, y + half, 0.5 * math.pi)))
    lanes = []
    for source, start in entries:
        for target, end in exits:
            turned = math.remainder(end[2] - start[2], 2.0 * math.pi)
            if abs(turned) > 3.0:
                continue
            turn = Turn.STRAIGHT if abs(turned) < 0.1 else (Turn.LEFT if turned > 0.0 else Turn.RIGHT)
            lanes.append(
                even_lane(
                    f"{source}>{target}",
                    corner_line(start, end),
                    width,
                    LaneType.FLOOR,
                    speed_limit=speed_limit,
                    junction=2 * k + (side == "e"),
                    turn=turn,
                    successors=[target],
                )
            )
    return lanes
