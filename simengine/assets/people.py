"""People on foot: adults and children with swinging legs and arms, and seated riders."""

from math import cos, pi, sin

from simengine.assets.solids import MeshBuilder, fit_mesh
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh, PartRole

Point = tuple[float, float, float]


def add_head(builder: MeshBuilder, center: Point, radius: float, semantic: Semantic, *, helmet: bool = False) -> None:
    """Add a head with hair (or a helmet) and a neck; `center` is the middle of the skull [m]."""
    x, y, z = center
    shell = Material.PLASTIC_DARK if helmet else Material.HAIR
    builder.sweep(
        [(x - 0.35 * radius, y, z - 1.75 * radius), (x - 0.15 * radius, y, z - 0.7 * radius)],
        [0.58 * radius, 0.52 * radius],
        6,
        Material.SKIN,
        semantic,
    )
    builder.ellipsoid(center, (0.98 * radius, 0.80 * radius, 1.22 * radius), 7, 9, Material.SKIN, semantic)
    builder.ellipsoid(
        (x + 0.95 * radius, y, z - 0.12 * radius),
        (0.16 * radius, 0.13 * radius, 0.24 * radius),
        3,
        4,
        Material.SKIN,
        semantic,
    )
    size = 1.22 if helmet else 1.04
    builder.ellipsoid(
        (x - 0.12 * radius, y, z + 0.26 * radius),
        (0.98 * size * radius, 0.86 * size * radius, 1.05 * size * radius),
        6,
        9,
        shell,
        semantic,
    )


def _leg(builder: MeshBuilder, role: PartRole, hip: Point, scale: float, floor: float, step: float, bare: bool) -> None:
    """Add a leg whose foot stands `step` [m] ahead of the hip."""
    builder.begin_part(role, hip)
    start, y, z = hip
    x = start + step
    knee, ankle = floor + 0.48 * scale, floor + 0.085 * scale
    lower = Material.SKIN if bare else Material.CLOTH_LOWER
    builder.sweep(
        [
            (start, y, z),
            (start + 0.25 * step, y, 0.5 * (z + knee)),
            (start + 0.5 * step + 0.012 * scale, y, knee),
            (x - 0.012 * scale, y, knee - 0.16 * scale),
            (x - 0.015 * scale, y, ankle),
        ],
        [0.088 * scale, 0.080 * scale, 0.060 * scale, 0.058 * scale, 0.043 * scale],
        8,
        [Material.CLOTH_LOWER, Material.CLOTH_LOWER, lower, lower],
    )
    builder.ellipsoid(
        (x + 0.045 * scale, y, floor + 0.042 * scale),
        (0.118 * scale, 0.048 * scale, 0.042 * scale),
        4,
        8,
        Material.PLASTIC_DARK,
    )
    builder.box(
        (x + 0.045 * scale, y, floor + 0.012 * scale),
        (0.215 * scale, 0.085 * scale, 0.024 * scale),
        Material.PLASTIC_DARK,
    )


def _arm(builder: MeshBuilder, role: PartRole, shoulder: Point, scale: float, sign: float, bare: bool) -> None:
    builder.begin_part(role, shoulder)
    x, y, z = shoulder
    elbow = (x - 0.04 * scale, y + sign * 0.045 * scale, z - 0.27 * scale)
    wrist = (x + 0.17 * scale, y + sign * 0.03 * scale, z - 0.38 * scale)
    lower = Material.SKIN if bare else Material.CLOTH_UPPER
    builder.sweep(
        [shoulder, elbow, wrist], [0.056 * scale, 0.045 * scale, 0.034 * scale], 7, [Material.CLOTH_UPPER, lower]
    )
    builder.ellipsoid(
        (wrist[0] + 0.055 * scale, wrist[1], wrist[2] - 0.025 * scale),
        (0.075 * scale, 0.024 * scale, 0.036 * scale),
        4,
        6,
        Material.SKIN,
    )


def person_mesh(variant: int, length: float, width: float, height: float) -> Mesh:
    """Build a standing adult, or for odd variants a child; see `simengine.assets.actors.actor_mesh`."""
    child = variant % 2 == 1
    builder = MeshBuilder(Semantic.PEDESTRIAN)
    floor, scale = -0.5 * height, height / 1.75
    # Children have larger heads and shorter legs for their height (Winter, ch. 4; growth charts).
    head = (0.135 if child else 0.103) * scale
    hip = floor + (0.47 if child else 0.53) * height
    shoulder = floor + (0.79 if child else 0.815) * height
    torso = [
        (0.0, 0.10, 0.145, hip - 0.06 * scale),
        (0.0, 0.115, 0.160, hip + 0.03 * scale),
        (0.0, 0.098, 0.138, hip + 0.17 * scale),
        (0.01, 0.112, 0.160, hip + 0.62 * (shoulder - hip)),
        (-0.005, 0.098, 0.178, shoulder - 0.04 * scale),
        (-0.01, 0.060, 0.100, shoulder + 0.035 * scale),
    ]
    rings = [
        [(x + a * scale * cos(2.0 * pi * k / 10), b * scale * sin(2.0 * pi * k / 10), z) for k in range(10)]
        for x, a, b, z in torso
    ]
    upper, lower = Material.CLOTH_UPPER, Material.CLOTH_LOWER
    bands = [[int(m)] * 10 for m in (lower, lower, upper, upper, upper)]
    builder.loft(rings, bands, (lower, upper))
    add_head(builder, (0.02 * scale, 0.0, 0.5 * height - 1.32 * head), head, Semantic.PEDESTRIAN)
    if child:
        builder.box(
            (-0.16 * scale, 0.0, shoulder - 0.20 * scale),
            (0.13 * scale, 0.24 * scale, 0.32 * scale),
            Material.SIGN_FACE,
        )
    for sign, leg, arm in ((1.0, PartRole.LEG_LEFT, PartRole.ARM_LEFT), (-1.0, PartRole.LEG_RIGHT, PartRole.ARM_RIGHT)):
        _leg(
            builder,
            leg,
            (0.0, sign * 0.085 * scale, hip),
            scale * (0.92 if child else 1.0),
            floor,
            sign * 0.05 * scale,
            bare=child,
        )
        _arm(
            builder,
            arm,
            (-0.005, sign * 0.185 * scale, shoulder - 0.03 * scale),
            scale * (0.9 if child else 1.0),
            sign,
            bare=variant % 4 >= 2,
        )
    return fit_mesh(builder.build(), length, width, height)


def add_rider(
    builder: MeshBuilder, hip: Point, shoulder: Point, hand: Point, foot: Point, scale: float, *, helmet: bool
) -> None:
    """Add a seated rider; hands and feet are given for the left side and mirrored [m]."""
    rider = Semantic.RIDER
    middle = tuple(0.5 * (a + b) for a, b in zip(hip, shoulder, strict=True))
    builder.sweep(
        [
            (hip[0] - 0.03, 0.0, hip[2] - 0.04),
            hip,
            (middle[0] - 0.02, 0.0, middle[2]),
            shoulder,
            (shoulder[0] + 0.02, 0.0, shoulder[2] + 0.07 * scale),
        ],
        [0.10 * scale, 0.125 * scale, 0.115 * scale, 0.115 * scale, 0.06 * scale],
        9,
        [Material.CLOTH_LOWER, Material.CLOTH_UPPER, Material.CLOTH_UPPER, Material.CLOTH_UPPER],
        rider,
        flatten=1.45,
    )
    head = 0.103 * scale
    add_head(builder, (shoulder[0] + 0.07 * scale, 0.0, shoulder[2] + 0.225 * scale), head, rider, helmet=helmet)
    for sign in (1.0, -1.0):
        start = (shoulder[0], sign * 0.18 * scale, shoulder[2] - 0.02)
        grip = (hand[0], sign * hand[1], hand[2])
        elbow = (
            0.5 * (start[0] + grip[0]) - 0.03,
            sign * (0.5 * (abs(start[1]) + hand[1]) + 0.05),
            0.5 * (start[2] + grip[2]) - 0.09,
        )
        builder.sweep(
            [start, elbow, grip], [0.055 * scale, 0.045 * scale, 0.036 * scale], 7, Material.CLOTH_UPPER, rider
        )
        builder.ellipsoid(grip, (0.05 * scale, 0.045 * scale, 0.045 * scale), 4, 6, Material.SKIN, rider)
        seat = (hip[0], sign * 0.09 * scale, hip[2])
        sole = (foot[0], sign * foot[1], foot[2])
        reach = 0.40 * scale
        knee = (
            0.5 * (seat[0] + sole[0]) + 0.62 * reach,
            sign * (0.11 * scale + 0.3 * foot[1]),
            0.56 * seat[2] + 0.44 * sole[2] + 0.12 * scale,
        )
        ankle = (sole[0] - 0.03, sole[1], sole[2] + 0.07)
        builder.sweep(
            [seat, knee, ankle], [0.088 * scale, 0.062 * scale, 0.042 * scale], 8, Material.CLOTH_LOWER, rider
        )
        builder.ellipsoid(
            (sole[0] + 0.03, sole[1], sole[2] + 0.03),
            (0.13 * scale, 0.045 * scale, 0.04),
            4,
            7,
            Material.PLASTIC_DARK,
            rider,
        )
