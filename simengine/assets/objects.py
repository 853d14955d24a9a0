"""Things that lie or stand on roads and floors: lost loads, traffic cones, a warehouse robot."""

from math import cos, pi, sin

from simengine.assets.solids import MeshBuilder, fit_mesh
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh, PartRole


def cargo_mesh(variant: int, length: float, width: float, height: float) -> Mesh:
    """Build a load, by `variant` a box, a tire or a ladder; see `simengine.assets.actors.actor_mesh`."""
    builder = MeshBuilder(Semantic.CARGO)
    kind = variant % 3
    x, y, z = 0.5 * length, 0.5 * width, 0.5 * height
    if kind == 1:  # a tire with its rim, lying
        profile = [
            (0.60, -0.9),
            (0.66, -1.0),
            (0.94, -1.0),
            (1.0, -0.7),
            (1.0, 0.7),
            (0.94, 1.0),
            (0.66, 1.0),
            (0.60, 0.9),
            (0.55, 0.3),
        ]
        rings = [[(r * cos(2.0 * pi * k / 20), r * sin(2.0 * pi * k / 20), h) for k in range(20)] for r, h in profile]
        bands = [[int(Material.TIRE)] * 20] * 7 + [[int(Material.RIM)] * 20]
        builder.loft(rings, bands, (Material.PLASTIC_DARK, Material.RIM))
    elif kind == 2:  # an aluminum ladder, lying
        for sign in (1.0, -1.0):
            builder.box((0.0, sign * (y - 0.02), 0.0), (length, 0.04, height), Material.METAL)
        count = max(2, round(length / 0.28))
        for k in range(count):
            at = -x + (k + 0.5) * length / count
            builder.sweep([(at, -y + 0.03, 0.0), (at, y - 0.03, 0.0)], [0.016, 0.016], 6, Material.METAL)
    elif max(length, width, height) < 1.0:  # a carton with tape
        builder.box((0.0, 0.0, 0.0), (length - 0.004, width - 0.004, height - 0.004), Material.CARDBOARD)
        tape = 0.03
        builder.box((0.0, 0.0, 0.0), (length, 2.0 * tape, height), Material.WOOD)
        builder.box((0.0, 0.0, 0.15 * height), (length - 0.002, width, 0.01), Material.WOOD)
    else:  # a crate of boards on a pallet
        foot = 0.14
        for at in (-0.42, 0.0, 0.42):
            builder.box((0.0, at * width, -z + 0.5 * foot), (length, 0.12 * width, foot), Material.WOOD)
        builder.box((0.0, 0.0, 0.5 * foot), (length - 0.05, width - 0.05, height - foot - 0.04), Material.CARDBOARD)
        rows = 4
        board = (height - foot) / rows
        for k in range(rows):
            level = -z + foot + (k + 0.5) * board
            builder.box((0.0, 0.0, level), (length, width, 0.72 * board), Material.WOOD)
        builder.box((0.0, 0.0, z - 0.02), (length, width, 0.04), Material.WOOD)
    return fit_mesh(builder.build(), length, width, height)


def cone_mesh(length: float, width: float, height: float) -> Mesh:
    """Build a traffic cone with reflective bands; see `simengine.assets.actors.actor_mesh`."""
    builder = MeshBuilder(Semantic.CONE)
    base = 0.05 * height
    builder.box((0.0, 0.0, -0.5 * height + 0.5 * base), (length, width, base), Material.PLASTIC_DARK)
    low, top = 0.36 * min(length, width), 0.06 * min(length, width)
    levels = [0.0, 0.30, 0.45, 0.62, 0.74, 0.97, 1.0]
    rings = []
    for share in levels:
        radius = low + (top - low) * share
        z = -0.5 * height + base + share * (height - base)
        rings.append([(radius * cos(2.0 * pi * k / 16), radius * sin(2.0 * pi * k / 16), z) for k in range(16)])
    orange, white = int(Material.CONE_ORANGE), int(Material.REFLECTIVE_WHITE)
    bands = [[m] * 16 for m in (orange, white, orange, white, orange, orange)]
    builder.loft(rings, bands, (Material.CONE_ORANGE, Material.PLASTIC_DARK))
    return fit_mesh(builder.build(), length, width, height)


def robot_mesh(length: float, width: float, height: float, *, wheel_radius: float, track_width: float) -> Mesh:
    """Build a low warehouse robot: body with light strip, scanner, lifting plate and two driven wheels amidships."""
    builder = MeshBuilder(Semantic.ROBOT)
    floor = -0.5 * height
    x, y = 0.5 * length, 0.5 * width
    clearance, deck = floor + 0.10 * height, 0.5 * height - 0.10 * height

    def ring(z: float, share: float, corner: float) -> list[tuple[float, float, float]]:
        points = []
        for cx, cy, start in ((1, -1, -0.5), (1, 1, 0.0), (-1, 1, 0.5), (-1, -1, 1.0)):
            for k in range(4):
                angle = pi * (start + k / 6.0)
                points.append(
                    (
                        cx * (share * x - corner) + corner * cos(angle),
                        cy * (share * y - corner) + corner * sin(angle),
                        z,
                    )
                )
        return points

    step = deck - clearance
    levels = [
        (clearance, 0.96),
        (clearance + 0.12 * step, 1.0),
        (clearance + 0.45 * step, 1.0),
        (clearance + 0.55 * step, 1.0),
        (clearance + 0.9 * step, 1.0),
        (deck, 0.96),
    ]
    dark, paint = int(Material.PLASTIC_DARK), int(Material.CAR_PAINT)
    bands = [[m] * 16 for m in (dark, paint, int(Material.HEADLAMP), paint, paint)]
    builder.loft(
        [ring(z, share, 0.25 * width) for z, share in levels], bands, (Material.PLASTIC_DARK, Material.PLASTIC_DARK)
    )
    builder.loft(
        [ring(deck, 0.7, 0.1 * width), ring(0.5 * height, 0.7, 0.1 * width)], Material.METAL, (None, Material.METAL)
    )
    builder.ellipsoid((0.80 * x, 0.0, deck), (0.06, 0.06, 0.09 * height), 5, 10, Material.GLASS)
    z = floor + wheel_radius
    for sign, front, rear in (
        (1.0, PartRole.WHEEL_FRONT_LEFT, PartRole.WHEEL_REAR_LEFT),
        (-1.0, PartRole.WHEEL_FRONT_RIGHT, PartRole.WHEEL_REAR_RIGHT),
    ):
        builder.wheel(front, (0.0, sign * 0.5 * track_width, z), wheel_radius, 0.05, segments=16)
        caster = 0.35 * wheel_radius
        builder.wheel(rear, (-0.75 * x, sign * 0.3 * width, floor + caster), caster, 0.03, segments=8, spokes=4)
        builder.begin_part(PartRole.BODY, (0.0, 0.0, 0.0))
        builder.ellipsoid(
            (0.75 * x, sign * 0.3 * width, floor + caster), (caster, caster, caster), 5, 8, Material.PLASTIC_DARK
        )
    return fit_mesh(builder.build(), length, width, height)
