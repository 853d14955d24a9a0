"""Animals: a deer, with antlers or without."""

from math import cos, pi, sin

from simengine.assets.solids import MeshBuilder, fit_mesh
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh, PartRole


def deer_mesh(variant: int, length: float, width: float, height: float) -> Mesh:
    """Build a buck, or for odd variants a doe; see `simengine.assets.actors.actor_mesh`."""
    builder = MeshBuilder(Semantic.ANIMAL)
    fur, bone, dark = Material.FUR, Material.WOOD, Material.PLASTIC_DARK
    # Built at the size of a white-tailed deer (shoulder 0.9 m), then stretched to the box; z from the ground.
    trunk = [  # x, half width, half height, z of the middle
        (-0.62, 0.05, 0.06, 0.82),
        (-0.57, 0.13, 0.17, 0.79),
        (-0.45, 0.165, 0.23, 0.76),
        (-0.15, 0.17, 0.22, 0.74),
        (0.12, 0.18, 0.25, 0.74),
        (0.34, 0.16, 0.25, 0.76),
        (0.47, 0.11, 0.18, 0.80),
        (0.54, 0.05, 0.08, 0.83),
    ]
    rings = [
        [(x, a * cos(2.0 * pi * k / 10), z + b * sin(2.0 * pi * k / 10)) for k in range(10)] for x, a, b, z in trunk
    ]
    builder.loft(rings, fur, (fur, fur))
    builder.sweep(
        [(0.38, 0.0, 0.82), (0.52, 0.0, 0.95), (0.60, 0.0, 1.08), (0.63, 0.0, 1.15)], [0.16, 0.115, 0.085, 0.07], 8, fur
    )
    builder.sweep(
        [(0.57, 0.0, 1.185), (0.64, 0.0, 1.19), (0.76, 0.0, 1.13), (0.88, 0.0, 1.065), (0.905, 0.0, 1.055)],
        [0.045, 0.075, 0.062, 0.036, 0.022],
        8,
        [fur, fur, fur, dark],
    )
    builder.sweep(
        [(-0.60, 0.0, 0.86), (-0.68, 0.0, 0.80), (-0.69, 0.0, 0.72)],
        [0.035, 0.035, 0.012],
        6,
        [fur, Material.REFLECTIVE_WHITE],
    )
    for sign in (1.0, -1.0):
        builder.sweep(
            [(0.60, sign * 0.05, 1.23), (0.565, sign * 0.13, 1.285), (0.555, sign * 0.175, 1.30)],
            [0.022, 0.036, 0.008],
            6,
            fur,
        )
        builder.ellipsoid((0.70, sign * 0.056, 1.175), (0.016, 0.012, 0.014), 3, 5, dark)
        if variant % 2 == 0:
            beam = [
                (0.61, sign * 0.035, 1.24),
                (0.55, sign * 0.13, 1.33),
                (0.58, sign * 0.21, 1.42),
                (0.68, sign * 0.215, 1.49),
            ]
            builder.sweep(beam, [0.018, 0.015, 0.012, 0.006], 5, bone)
            for at, tip in ((1, (0.60, sign * 0.12, 1.44)), (2, (0.56, sign * 0.20, 1.53))):
                builder.sweep([beam[at], tip], [0.012, 0.004], 5, bone)
    for front, sign, role in (
        (True, 1.0, PartRole.LEG_LEFT),
        (False, -1.0, PartRole.LEG_LEFT),
        (True, -1.0, PartRole.LEG_RIGHT),
        (False, 1.0, PartRole.LEG_RIGHT),
    ):
        x, y = (0.33, sign * 0.085) if front else (-0.44, sign * 0.09)
        top = 0.70
        builder.begin_part(role, (x, y, top))
        bend = 0.0 if front else -0.06
        builder.sweep(
            [
                (x, y, top + 0.03),
                (x + (0.0 if front else 0.03), y, 0.55),
                (x + bend, y, 0.38),
                (x + 0.3 * bend, y, 0.16),
                (x + 0.4 * bend + 0.01, y, 0.045),
            ],
            [0.085 if front else 0.12, 0.055 if front else 0.08, 0.030, 0.022, 0.020],
            7,
            fur,
        )
        builder.sweep([(x + 0.4 * bend + 0.01, y, 0.06), (x + 0.4 * bend + 0.025, y, 0.0)], [0.022, 0.033], 6, dark)
    return fit_mesh(builder.build(), length, width, height)
