"""Street furniture: lamp posts, signs with their legends, signals, guard rails, fences, delineators."""

import math
from collections.abc import Iterator

from simengine.assets.solids import MeshBuilder
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh

LAMP_RADIUS = 0.10  # 200 mm roundels (EN 12368)
HOOD_RADIUS, HOOD_DEPTH = 0.11, 0.14  # [m]
SIGNAL_HEAD = (0.20, 0.30, 0.92)  # depth, width, height of a three-lamp housing [m]
SIGNAL_BOARD = (0.02, 0.60, 1.18)  # of the board behind it [m]
SIGNAL_POST_RADIUS = 0.055  # [m]
SIGNAL_BACK = -SIGNAL_HEAD[0] - 0.06 - SIGNAL_POST_RADIUS  # of the post's rear from the lamps [m]
LAMP_POST_RADIUS, LANTERN_WIDTH = 0.10, 0.24  # of a street lamp [m]

# Strokes of characters on a 4 × 6 grid: (x0, z0, x1, z1) from the lower left corner.
_STROKES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "0": ((0, 0, 1, 6), (3, 0, 4, 6), (1, 0, 3, 1), (1, 5, 3, 6)),
    "1": ((1.5, 0, 2.5, 6), (0.6, 4, 1.5, 5)),
    "2": ((0, 5, 4, 6), (3, 3.5, 4, 5), (0, 2.5, 4, 3.5), (0, 1, 1, 2.5), (0, 0, 4, 1)),
    "3": ((0, 5, 3, 6), (0, 2.5, 3, 3.5), (0, 0, 3, 1), (3, 0, 4, 6)),
    "4": ((0, 2.5, 1, 6), (1, 2.5, 3, 3.5), (3, 0, 4, 6)),
    "5": ((0, 5, 4, 6), (0, 3.5, 1, 5), (0, 2.5, 4, 3.5), (3, 1, 4, 2.5), (0, 0, 4, 1)),
    "6": ((0, 0, 1, 6), (1, 5, 4, 6), (1, 2.5, 4, 3.5), (3, 1, 4, 2.5), (1, 0, 4, 1)),
    "7": ((0, 5, 4, 6), (2.8, 0, 4, 5)),
    "8": ((0, 0, 1, 6), (3, 0, 4, 6), (1, 0, 3, 1), (1, 2.5, 3, 3.5), (1, 5, 3, 6)),
    "9": ((0, 3.5, 1, 5), (0, 5, 3, 6), (1, 2.5, 3, 3.5), (3, 0, 4, 6), (0, 0, 3, 1)),
    "S": ((0, 5, 4, 6), (0, 3.5, 1, 5), (0, 2.5, 4, 3.5), (3, 1, 4, 2.5), (0, 0, 4, 1)),
    "T": ((0, 5, 4, 6), (1.5, 0, 2.5, 5)),
    "O": ((0, 0, 1, 6), (3, 0, 4, 6), (1, 0, 3, 1), (1, 5, 3, 6)),
    "P": ((0, 0, 1, 6), (1, 5, 3, 6), (1, 2.5, 3, 3.5), (3, 2.5, 4, 6)),
}


def _disc(
    builder: MeshBuilder, x: float, z: float, radius: float, corners: int, turn: float, material: Material
) -> None:
    """Add a polygon that faces +x."""
    points = [
        (
            x,
            radius * math.cos(turn + 2.0 * math.pi * k / corners),
            z + radius * math.sin(turn + 2.0 * math.pi * k / corners),
        )
        for k in range(corners)
    ]
    builder.add(points, [(0, k, k + 1) for k in range(1, corners - 1)], material)


def _legend(text: str, x: float, z: float, height: float) -> Iterator[list[tuple[float, float, float]]]:
    """Yield the quadrilaterals of a text that faces +x, centered at z; it reads from +y... to −y as seen from +x."""
    cell = height / 6.0
    advance = 5.0 * cell
    start = 0.5 * (advance * len(text) - cell)
    for k, character in enumerate(text):
        for x0, z0, x1, z1 in _STROKES[character]:
            left, right = -start + k * advance + x0 * cell, -start + k * advance + x1 * cell
            low, high = z - 0.5 * height + z0 * cell, z - 0.5 * height + z1 * cell
            yield [(x, left, low), (x, right, low), (x, right, high), (x, left, high)]


def _post(builder: MeshBuilder, x: float, height: float, radius: float, material: Material = Material.METAL) -> None:
    builder.sweep(
        [(x, 0.0, 0.0), (x, 0.0, 0.5 * height), (x, 0.0, height)], [radius, radius, radius], 8, material, Semantic.POLE
    )


def sign_mesh(sign_type: str, size: tuple[float, float, float]) -> Mesh:
    """Build a sign on its post, facing +x; the plate's center is at half the plate's width below the top.

    Args:
        sign_type: "speed_limit:<km/h>", "stop", "yield"; other codes give a white plate with a red rim.
        size: Depth, width of the plate, height of its top above the ground [m].
    """
    depth, width, height = size
    builder = MeshBuilder(Semantic.TRAFFIC_SIGN)
    radius, face = 0.5 * width, 0.5 * depth
    z = height - radius
    kind, _, value = sign_type.partition(":")
    post = min(0.038, 0.25 * depth)
    _post(builder, -0.5 * depth + post, z + 0.4 * radius, post)
    corners, turn = {"stop": (8, math.pi / 8), "yield": (3, -math.pi / 2)}.get(kind, (24, 0.0))
    reach = radius / math.cos({"stop": math.pi / 8, "yield": math.pi / 6}.get(kind, 0.0))
    if kind == "yield":
        z = height - 0.5 * reach
    back = face - 0.03
    ring = [
        (reach * math.cos(turn + 2.0 * math.pi * k / corners), z + reach * math.sin(turn + 2.0 * math.pi * k / corners))
        for k in range(corners)
    ]
    rings = [[(x, y, h) for y, h in ring] for x in (back, face - 0.012)]
    builder.loft(rings, Material.METAL, (Material.METAL, Material.SIGN_FACE))
    if kind == "stop":
        for corners_of_stroke in _legend("STOP", face - 0.004, z, 0.52 * radius):
            builder.quad(corners_of_stroke, Material.REFLECTIVE_WHITE)
        return builder.build()
    inner = 0.68 * reach if kind == "yield" else 0.80 * reach
    _disc(builder, face - 0.008, z, inner, corners, turn, Material.REFLECTIVE_WHITE)
    digits = "".join(c for c in value if c.isdigit())[:3]
    if kind == "speed_limit" and digits:
        for corners_of_stroke in _legend(digits, face, z, (0.80 if len(digits) < 3 else 0.60) * radius):
            builder.quad(corners_of_stroke, Material.PLASTIC_DARK)
    return builder.build()


def signal_mesh(height: float) -> Mesh:
    """Build a three-lamp signal on its post, facing +x; its amber lamp is above the origin, 0.58 m below `height`."""
    builder = MeshBuilder(Semantic.TRAFFIC_LIGHT)
    deep, wide, tall = SIGNAL_HEAD
    middle = height - 0.58
    builder.box((-0.5 * deep, 0.0, middle), SIGNAL_HEAD, Material.PLASTIC_DARK)
    builder.box((-0.5 * deep, 0.0, middle - 0.01), SIGNAL_BOARD, Material.PLASTIC_DARK)
    for k, lamp in enumerate((Material.SIGNAL_GREEN, Material.SIGNAL_AMBER, Material.SIGNAL_RED)):
        z = middle + (k - 1) * 0.29
        _disc(builder, 0.012, z, LAMP_RADIUS, 16, 0.0, lamp)
        angles = [math.pi * (-0.1 + 1.2 * i / 8) for i in range(9)]
        shell = [
            [(reach, radius * math.cos(angle), z + radius * math.sin(angle)) for angle in angles]
            for reach, radius in (
                (0.0, HOOD_RADIUS),
                (HOOD_DEPTH, HOOD_RADIUS),
                (HOOD_DEPTH, LAMP_RADIUS),
                (0.0, LAMP_RADIUS),
            )
        ]
        for first, second in zip(shell, shell[1:]):
            for i in range(8):
                builder.quad([first[i], first[i + 1], second[i + 1], second[i]], Material.PLASTIC_DARK)
    _post(builder, -deep - 0.06, height - 0.2, SIGNAL_POST_RADIUS)
    for z in (middle - 0.35, middle + 0.35):
        builder.box((-deep - 0.02, 0.0, z), (0.10, 0.05, 0.04), Material.METAL, Semantic.POLE)
    return builder.build()


def lamp_post_mesh(size: tuple[float, float, float]) -> Mesh:
    """Build a street lamp: its post at the origin, an arm of length `size[0]` towards +x, the lantern at the end."""
    reach, _, height = size
    builder = MeshBuilder(Semantic.POLE)
    builder.sweep(
        [
            (0.0, 0.0, 0.0),
            (0.0, 0.0, 1.0),
            (0.0, 0.0, 1.05),
            (0.0, 0.0, height - 0.5),
            (0.12 * reach, 0.0, height - 0.16),
            (0.4 * reach, 0.0, height - 0.06),
            (reach - 0.45, 0.0, height - 0.05),
        ],
        [LAMP_POST_RADIUS, 0.095, 0.07, 0.05, 0.045, 0.04, 0.035],
        8,
        Material.METAL,
    )
    builder.box((reach - 0.30, 0.0, height - 0.05), (0.60, LANTERN_WIDTH, 0.10), Material.METAL)
    z = height - 0.105
    x0, x1, y = reach - 0.52, reach - 0.06, 0.09
    builder.quad([(x0, -y, z), (x0, y, z), (x1, y, z), (x1, -y, z)], Material.HEADLAMP)
    return builder.build()


def guard_rail_mesh(size: tuple[float, float, float]) -> Mesh:
    """Build a W-beam guard rail along x; the road is on the +y side."""
    length, width, height = size
    builder = MeshBuilder(Semantic.FENCE)
    x, face = 0.5 * length, 0.5 * width
    deep = 0.6 * width
    low = height - 0.31
    profile = [
        (face - deep, low),
        (face, low + 0.05),
        (face, low + 0.10),
        (face - 0.7 * deep, low + 0.155),
        (face, low + 0.21),
        (face, low + 0.26),
        (face - deep, height),
        (face - deep - 0.012, height - 0.02),
        (face - 0.7 * deep - 0.02, low + 0.155),
        (face - deep - 0.012, low + 0.02),
    ]
    rings = [[(at, y, z) for y, z in profile] for at in (-x, x)]
    builder.loft(rings, Material.METAL)
    end = [(9, 0, 1), (9, 1, 2), (9, 2, 3), (9, 3, 8), (8, 3, 7), (7, 3, 4), (7, 4, 5), (7, 5, 6)]
    builder.add(rings[1], end, Material.METAL)
    builder.add(rings[0], [corner[::-1] for corner in end], Material.METAL)
    count = max(1, round(length / 2.0))
    for k in range(count):
        at = -x + (k + 0.5) * length / count
        builder.box((at, -face + 0.05, 0.5 * (height - 0.06)), (0.06, 0.10, height - 0.06), Material.METAL)
    return builder.build()


def fence_mesh(size: tuple[float, float, float], variant: int) -> Mesh:
    """Build a fence along x: wooden boards, or for odd variants metal rails."""
    length, width, height = size
    builder = MeshBuilder(Semantic.FENCE)
    material = Material.METAL if variant % 2 else Material.WOOD
    count = max(2, round(length / 2.4) + 1)
    for k in range(count):
        at = -0.5 * length + 0.05 + k * (length - 0.1) / (count - 1)
        builder.box((at, 0.0, 0.5 * height), (0.10, width, height), material)
    rails = (0.30, 0.55, 0.80) if variant % 2 else (0.25, 0.52, 0.80)
    for share in rails:
        builder.box((0.0, 0.0, share * height), (length, 0.4 * width, 0.05 if variant % 2 else 0.16), material)
    return builder.build()


def delineator_mesh(height: float) -> Mesh:
    """Build a road-edge post with its black band and reflector facing +x."""
    builder = MeshBuilder(Semantic.POLE)
    levels = [0.0, 0.72, 0.95, 1.0]
    rings = [
        [
            (0.05, -0.06, s * height),
            (0.05, 0.06, s * height - (0.03 if s == 1.0 else 0.0)),
            (-0.05, 0.045, s * height),
            (-0.05, -0.045, s * height),
        ]
        for s in levels
    ]
    white, dark = int(Material.REFLECTIVE_WHITE), int(Material.PLASTIC_DARK)
    builder.loft(rings, [[white] * 4, [dark] * 4, [white] * 4], (Material.REFLECTIVE_WHITE, Material.REFLECTIVE_WHITE))
    low, high = 0.76 * height, 0.91 * height
    builder.quad(
        [(0.053, -0.025, low), (0.053, 0.025, low), (0.053, 0.025, high), (0.053, -0.025, high)],
        Material.REFLECTIVE_WHITE,
    )
    return builder.build()
