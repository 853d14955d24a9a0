"""Heavy vehicles: a rigid box truck and a city bus."""

import numpy as np

from simengine.assets.solids import MeshBuilder, rounded_ring
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh, PartRole


def _panel(
    builder: MeshBuilder, x: float, y: tuple[float, float], z: tuple[float, float], facing: float, material: Material
) -> None:
    """Add a flat panel across the x axis that faces +x (`facing` 1) or −x (−1)."""
    corners = [(x, y[0], z[0]), (x, y[1], z[0]), (x, y[1], z[1]), (x, y[0], z[1])]
    builder.quad(corners if facing > 0.0 else corners[::-1], material)


def _side_panel(
    builder: MeshBuilder, x: tuple[float, float], y: float, z: tuple[float, float], material: Material
) -> None:
    """Add a flat panel along the side y, facing away from the middle."""
    corners = [(x[1], y, z[0]), (x[0], y, z[0]), (x[0], y, z[1]), (x[1], y, z[1])]
    builder.quad(corners if y > 0.0 else corners[::-1], material)


def _wheels(
    builder: MeshBuilder,
    front_axle_x: float,
    rear_axle_x: float,
    track_width: float,
    width: float,
    floor: float,
    radius: float,
) -> None:
    """Add single front wheels and twin-wide rear wheels."""
    for role, x, sign, tire in (
        (PartRole.WHEEL_FRONT_LEFT, front_axle_x, 1.0, 0.30),
        (PartRole.WHEEL_FRONT_RIGHT, front_axle_x, -1.0, 0.30),
        (PartRole.WHEEL_REAR_LEFT, rear_axle_x, 1.0, 0.50),
        (PartRole.WHEEL_REAR_RIGHT, rear_axle_x, -1.0, 0.50),
    ):
        y = sign * min(0.5 * track_width, 0.5 * width - 0.5 * tire - 0.02)
        builder.wheel(role, (x, y, floor + radius), radius, tire, rim=0.58)


def truck_mesh(
    length: float,
    width: float,
    height: float,
    *,
    wheel_radius: float,
    front_axle_x: float,
    rear_axle_x: float,
    track_width: float,
) -> Mesh:
    """Build a cab-over truck with a box body; see `simengine.assets.actors.actor_mesh`."""
    builder = MeshBuilder(Semantic.TRUCK)
    floor, front, rear, half = -0.5 * height, 0.5 * length, -0.5 * length, 0.5 * width
    deck = floor + max(2.0 * wheel_radius + 0.08, 0.29 * height)
    cab_rear = front_axle_x - 1.15 * wheel_radius - 0.25
    cab_roof = floor + 0.80 * height
    cab_low = floor + 0.5 * wheel_radius
    sill = floor + 0.98 * wheel_radius * 2.0
    paint, glass, dark = Material.CAR_PAINT, Material.GLASS, Material.PLASTIC_DARK
    belt = cab_low + 0.56 * (cab_roof - cab_low)
    # The cab: rings across x from its rear wall to the slightly raked front.
    levels = [sill, sill + 0.05, belt, cab_roof - 0.28, cab_roof - 0.06, cab_roof]
    shares = [0.95, 0.97, 0.97, 0.95, 0.92, 0.80]

    def ring(x: float, rake: float) -> list[tuple[float, float, float]]:
        side = [
            (x - rake * max(0.0, (z - belt) / (cab_roof - belt)), half * s, z)
            for z, s in zip(levels, shares, strict=True)
        ]
        return side + [(px, -py, pz) for px, py, pz in reversed(side)]

    nose = front - 0.012
    xs = [(cab_rear, 0.0), (cab_rear + 0.35, 0.0), (nose - 0.42, 0.08), (nose - 0.10, 0.14), (nose, 0.20)]
    rings = np.array([ring(x, rake) for x, rake in xs])
    rings[-1, :, 1] *= 0.94
    table = np.full((4, 12), int(paint), np.int16)
    table[1:2, [2, 8]] = int(glass)
    builder.loft(rings, table, (paint, paint))
    # Windscreen, grille, lamps, bumper and plate on the front; the bumper reaches down before the front wheels.
    fx = front - 0.006
    edge = 0.86 * half
    z0, z1 = belt + 0.02, cab_roof - 0.30
    rake = 0.20 / (cab_roof - belt)
    windscreen = [
        (fx - rake * (z0 - belt), -edge, z0),
        (fx - rake * (z0 - belt), edge, z0),
        (fx - rake * (z1 - belt), edge, z1),
        (fx - rake * (z1 - belt), -edge, z1),
    ]
    builder.quad(windscreen, glass)
    _panel(builder, fx, (-0.6 * half, 0.6 * half), (sill + 0.12, belt - 0.12), 1.0, dark)
    bumper_top = sill + 0.02
    builder.box(
        (front - 0.22 - 0.004, 0.0, 0.5 * (cab_low + bumper_top)), (0.44, 0.95 * width, bumper_top - cab_low), paint
    )
    for sign in (1.0, -1.0):
        inner, outer = sorted((sign * 0.58 * half, sign * 0.86 * half))
        _panel(builder, front - 0.002, (inner, outer), (cab_low + 0.18, cab_low + 0.36), 1.0, Material.HEADLAMP)
        inner, outer = sorted((sign * 0.87 * half, sign * 0.945 * half))
        _panel(builder, front - 0.002, (inner, outer), (cab_low + 0.18, cab_low + 0.36), 1.0, Material.INDICATOR)
        builder.box((front - 0.30, sign * (half - 0.06), belt + 0.42), (0.10, 0.12, 0.45), dark)
    _panel(builder, front, (-0.26, 0.26), (cab_low + 0.05, cab_low + 0.16), 1.0, Material.LICENSE_PLATE)
    # Chassis, mudguards, box body.
    builder.box(
        (0.5 * (rear + 0.25 + front - 0.5), 0.0, 0.5 * (cab_low + 0.12 + deck)),
        (front - rear - 0.75, 0.42 * width, deck - cab_low - 0.12),
        dark,
    )
    box_front = cab_rear - 0.12
    builder.box(
        (0.5 * (rear + 0.01 + box_front), 0.0, 0.5 * (deck + 0.5 * height)),
        (box_front - rear - 0.01, width, 0.5 * height - deck),
        Material.METAL,
    )
    band = deck + 0.10
    for sign in (1.0, -1.0):
        _side_panel(
            builder,
            (rear + 0.1, box_front - 0.1),
            sign * (half + 0.0005),
            (band, band + 0.06),
            Material.REFLECTIVE_WHITE,
        )
        guard = floor + 0.45 * wheel_radius
        for x0, x1 in ((rear_axle_x + 1.4 * wheel_radius, front_axle_x - 1.5 * wheel_radius - 0.3),):
            builder.box(
                (0.5 * (x0 + x1), sign * (half - 0.05), 0.5 * (guard + deck) - 0.05),
                (x1 - x0, 0.04, 0.6 * (deck - guard)),
                Material.METAL,
            )
        inner, outer = sorted((sign * 0.55 * half, sign * 0.92 * half))
        _panel(builder, rear + 0.004, (inner, outer), (deck - 0.20, deck - 0.06), -1.0, Material.TAIL_LAMP)
        inner, outer = sorted((sign * 0.36 * half, sign * 0.53 * half))
        _panel(builder, rear + 0.004, (inner, outer), (deck - 0.20, deck - 0.06), -1.0, Material.INDICATOR)
        inner, outer = sorted((sign * 0.02, sign * 0.93 * half))
        _panel(
            builder, rear + 0.008, (inner, outer), (deck + 0.08, 0.5 * height - 0.10), -1.0, Material.REFLECTIVE_WHITE
        )
    builder.box((rear + 0.055, 0.0, deck - 0.13), (0.10, 0.96 * width, 0.22), dark)
    builder.box((rear + 0.10, 0.0, floor + 0.55), (0.12, 0.9 * width, 0.14), dark)
    _panel(builder, rear, (-0.26, 0.26), (deck - 0.18, deck - 0.07), -1.0, Material.LICENSE_PLATE)
    _wheels(builder, front_axle_x, rear_axle_x, track_width, width, floor, wheel_radius)
    return builder.build()


def bus_mesh(
    length: float,
    width: float,
    height: float,
    *,
    wheel_radius: float,
    front_axle_x: float,
    rear_axle_x: float,
    track_width: float,
) -> Mesh:
    """Build a low-floor city bus with window bands and doors; see `simengine.assets.actors.actor_mesh`."""
    builder = MeshBuilder(Semantic.BUS)
    floor, front, rear, half = -0.5 * height, 0.5 * length, -0.5 * length, 0.5 * width
    paint, glass, dark = Material.CAR_PAINT, Material.GLASS, Material.PLASTIC_DARK
    skin = 0.006
    sill, roof = floor + 0.11 * height, 0.5 * height - 0.10
    arch = 1.15 * wheel_radius
    xs = [(rear + skin, sill), (rear + 0.10, sill), (front - 0.14, sill), (front - skin, sill)]
    for axle in (front_axle_x, rear_axle_x):
        top = floor + wheel_radius + arch
        xs += [
            (axle - arch - 0.01, sill),
            (axle - arch, floor + 1.1 * wheel_radius),
            (axle - 0.72 * arch, top - 0.30 * arch),
            (axle - 0.3 * arch, top),
            (axle + 0.3 * arch, top),
            (axle + 0.72 * arch, top - 0.30 * arch),
            (axle + arch, floor + 1.1 * wheel_radius),
            (axle + arch + 0.01, sill),
        ]
    xs.sort()
    rings = []
    for i, (x, low) in enumerate(xs):
        narrow = 0.93 if i in (0, len(xs) - 1) else 1.0
        side = (half - skin) * narrow
        ring = rounded_ring(x, side, sill, roof, 0.16)
        rings.append([(px, py, max(pz, low) if pz < floor + 0.5 * height else pz) for px, py, pz in ring])
    builder.loft(rings, paint, (paint, paint))
    builder.box(
        (0.5 * (front_axle_x + rear_axle_x), 0.0, floor + 0.24 * height),
        (front_axle_x - rear_axle_x + 2.4 * arch, width - 1.4, 0.22 * height),
        dark,
    )
    belt, head = floor + 0.42 * height, floor + 0.80 * height
    pitch = (length - 1.6) / 7.0
    for sign in (1.0, -1.0):
        y = sign * half
        for k in range(7):
            x0 = rear + 0.5 + k * pitch
            door = sign < 0.0 and k in (3, 6)  # on the curb side
            low = sill + 0.10 if door else belt
            _side_panel(builder, (x0 + 0.06, x0 + pitch - 0.06), y, (low, head), glass)
            if door:
                _side_panel(
                    builder, (x0 + 0.5 * pitch - 0.03, x0 + 0.5 * pitch + 0.03), y + sign * 0.0004, (low, head), dark
                )
        _side_panel(builder, (rear + 0.4, front - 0.4), y, (head + 0.03, head + 0.09), Material.REFLECTIVE_WHITE)
        builder.box((front - 0.16, sign * (half - 0.07), head - 0.25), (0.12, 0.14, 0.36), dark)
        inner, outer = sorted((sign * 0.56 * half, sign * 0.82 * half))
        _panel(builder, front - 0.002, (inner, outer), (sill + 0.18, sill + 0.34), 1.0, Material.HEADLAMP)
        _panel(builder, rear + 0.002, (inner, outer), (sill + 0.35, sill + 0.70), -1.0, Material.TAIL_LAMP)
        inner, outer = sorted((sign * 0.83 * half, sign * 0.90 * half))
        _panel(builder, front - 0.002, (inner, outer), (sill + 0.18, sill + 0.34), 1.0, Material.INDICATOR)
        _panel(builder, rear + 0.002, (inner, outer), (sill + 0.35, sill + 0.70), -1.0, Material.INDICATOR)
    _panel(builder, front - 0.003, (-0.88 * half, 0.88 * half), (belt - 0.15, head - 0.02), 1.0, glass)
    _panel(builder, front - 0.002, (-0.62 * half, 0.62 * half), (head + 0.02, head + 0.26), 1.0, dark)
    _panel(builder, rear + 0.003, (-0.80 * half, 0.80 * half), (belt + 0.15, head), -1.0, glass)
    _panel(builder, rear + 0.003, (-0.45 * half, 0.45 * half), (sill + 0.30, belt - 0.10), -1.0, dark)
    _panel(builder, front, (-0.26, 0.26), (sill + 0.05, sill + 0.16), 1.0, Material.LICENSE_PLATE)
    _panel(builder, rear, (-0.26, 0.26), (sill + 0.08, sill + 0.19), -1.0, Material.LICENSE_PLATE)
    builder.box((-0.1 * length, 0.0, 0.5 * height - 0.08), (0.30 * length, 0.7 * width, 0.16), Material.METAL)
    _wheels(builder, front_axle_x, rear_axle_x, track_width, width, floor, wheel_radius)
    return builder.build()
