"""Passenger cars: hatchback, saloon, van and SUV from one parametric body with a glazed greenhouse."""

import math
from typing import NamedTuple

import numpy as np

from simengine.assets.solids import MeshBuilder
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh, PartRole

PLATE_DEPTH = 0.008  # how far the number plates stand out, at the ends of the bounding box [m]


class CarShape(NamedTuple):
    """Proportions of a car: x as shares of the length from the rear (0) to the front (1), z as shares of the height."""

    sill: float  # underside
    belt: float  # lower edge of the side windows
    nose: float  # front edge of the bonnet
    tail: float  # rear edge of the boot lid or tailgate's sill
    deck_end: float  # where the boot lid or tailgate begins, x
    bonnet_end: float  # foot of the windscreen, x
    roof_front: float  # upper edge of the windscreen, x
    roof_rear: float  # rear edge of the roof, x
    pillar_b: float  # between the doors, x
    pillar_c: float  # end of the side windows at the belt, x
    roof_width: float  # share of the body's width


# Shares taken by eye from side views of common cars of each class.
HATCH = CarShape(0.135, 0.655, 0.50, 0.60, 0.035, 0.735, 0.575, 0.10, 0.46, 0.15, 0.74)
SEDAN = CarShape(0.135, 0.650, 0.49, 0.66, 0.170, 0.715, 0.565, 0.29, 0.46, 0.26, 0.74)
VAN = CarShape(0.130, 0.550, 0.42, 0.50, 0.020, 0.905, 0.780, 0.04, 0.60, 0.08, 0.84)
SUV = CarShape(0.150, 0.640, 0.53, 0.60, 0.030, 0.735, 0.600, 0.08, 0.46, 0.14, 0.79)
SHAPES = (HATCH, SEDAN, VAN, SUV)


def _body(
    builder: MeshBuilder, shape: CarShape, size: tuple[float, float, float], axles: tuple[float, float], radius: float
) -> None:
    """Add the lower shell with wheel arches, lamps and bumpers."""
    length, width, height = size
    floor = -0.5 * height

    def along(share: float) -> float:
        return (share - 0.5) * length

    arch = 1.13 * radius
    sill = floor + shape.sill * height
    stations: list[tuple[float, float]] = [(along(s), sill) for s in (0.0, 0.012, 0.05, 0.09, 0.91, 0.955, 0.988, 1.0)]
    stations += [(along(s), sill) for s in (shape.deck_end, shape.bonnet_end, 0.42, 0.5, 0.58)]
    for axle in axles:
        stations = [(x, z) for x, z in stations if abs(x - axle) > arch + 0.02]
        stations += [(axle - arch - 0.01, sill), (axle + arch + 0.01, sill)]
        for k in range(6):
            angle = math.pi * k / 5
            stations.append((axle + arch * math.cos(angle), max(sill, floor + radius + arch * math.sin(angle))))
    stations.sort()
    knots_x = [along(s) for s in (0.0, 0.012, max(shape.deck_end, 0.03), shape.bonnet_end, 0.93, 0.985, 1.0)]
    belt = floor + shape.belt * height
    knots_top = [
        floor + (shape.tail - 0.035) * height,
        floor + shape.tail * height,
        belt,
        belt,
        floor + (shape.nose + 0.045) * height,
        floor + shape.nose * height,
        floor + (shape.nose - 0.05) * height,
    ]
    wide_x = [along(s) for s in (0.0, 0.012, 0.06, 0.2, 0.8, 0.93, 0.985, 1.0)]
    wide = [0.86, 0.91, 0.965, 1.0, 1.0, 0.955, 0.86, 0.76]
    rings = []
    stations[0] = (stations[0][0] + PLATE_DEPTH, stations[0][1])
    stations[-1] = (stations[-1][0] - PLATE_DEPTH, stations[-1][1])
    for x, low in stations:
        top = float(np.interp(x, knots_x, knots_top))
        half = 0.5 * width * float(np.interp(x, wide_x, wide))
        middle = min(floor + 0.39 * height, top - 0.13 * height)
        edge = top - 0.035 * height
        z = [low, low + 0.03 * height, max(middle, low + 0.05 * height), 0.0, 0.0, 0.0]
        z[3] = max(edge, z[2] + 0.015 * height)
        z[4] = max(top, z[3] + 0.008 * height)
        side = [(0.93, z[0]), (0.985, z[1]), (1.0, z[2]), (0.975, z[3]), (0.90, z[4])]
        ring = [(x, half * y, level) for y, level in side]
        ring.append((x, 0.0, z[4] + 0.012 * height))
        ring += [(x, -half * y, level) for y, level in reversed(side)]
        rings.append(ring)
    paint, dark = int(Material.CAR_PAINT), int(Material.PLASTIC_DARK)
    table = np.full((len(rings) - 1, 11), paint, np.int16)
    table[:, 10] = dark
    table[:, [0, 9]] = dark
    for i, ((x0, _), (x1, _)) in enumerate(zip(stations, stations[1:], strict=False)):
        center = 0.5 * (x0 + x1)
        if center > along(0.945):
            table[i, [2, 7]] = int(Material.HEADLAMP)
        elif center < along(0.05):
            table[i, [2, 7]] = int(Material.TAIL_LAMP)
    builder.loft(rings, table)
    _end_face(builder, np.array(rings[-1]), front=True)
    _end_face(builder, np.array(rings[0]), front=False)
    # What is seen through the wheel arches, and the front and rear aprons below the shell.
    inner = width - 2.0 * 0.17 * width
    builder.box(
        (0.5 * (axles[0] + axles[1]), 0.0, floor + 0.5 * (shape.sill + 0.45) * height),
        (axles[0] - axles[1] + 2.2 * radius, inner, (0.45 - shape.sill) * height),
        Material.PLASTIC_DARK,
    )


def _end_face(builder: MeshBuilder, ring: np.ndarray, front: bool) -> None:
    """Close the shell's first or last ring with a face of lamps, grille, plate and bumper."""
    left = ring[:5]
    shares = [1.0, 0.56, 0.44, -0.44, -0.56, -1.0]
    lamp = Material.HEADLAMP if front else Material.TAIL_LAMP
    paint, dark = Material.CAR_PAINT, Material.PLASTIC_DARK
    rows = [
        (dark, dark, dark, dark, dark),
        (paint, paint, dark, paint, paint) if front else (paint, paint, paint, paint, paint),
        (lamp, Material.INDICATOR, dark, Material.INDICATOR, lamp)
        if front
        else (lamp, Material.INDICATOR, paint, Material.INDICATOR, lamp),
        (paint, paint, paint, paint, paint),
    ]
    points = np.array([[(p[0], p[1] * share, p[2]) for share in shares] for p in left])
    for i, row in enumerate(rows):
        for j, material in enumerate(row):
            corners = [points[i, j], points[i + 1, j], points[i + 1, j + 1], points[i, j + 1]]
            builder.quad(corners if front else corners[::-1], material)
    # The crown between the upper edge and the bonnet's or lid's middle.
    crown = [points[4, 0], ring[5], points[4, 5]]
    builder.add(crown if front else crown[::-1], [(0, 1, 2)], paint)
    x = ring[0, 0] + (PLATE_DEPTH if front else -PLATE_DEPTH)
    height = 0.11
    low = float(0.55 * points[1, 0, 2] + 0.45 * points[2, 0, 2]) - (0.5 * height if front else 0.0)
    plate = np.array([(x, 0.26, low), (x, 0.26, low + height), (x, -0.26, low + height), (x, -0.26, low)])
    builder.quad(plate if front else plate[::-1], Material.LICENSE_PLATE)


def _greenhouse(builder: MeshBuilder, shape: CarShape, size: tuple[float, float, float]) -> None:
    """Add windows, pillars and roof."""
    length, width, height = size
    floor = -0.5 * height

    def along(share: float) -> float:
        return (share - 0.5) * length

    belt, roof = floor + shape.belt * height, 0.5 * height
    lower, upper = 0.5 * width * 0.90, 0.5 * width * shape.roof_width
    eave = roof - 0.045 * height
    front, rear = along(shape.bonnet_end), along(shape.deck_end)
    roof_front, roof_rear = along(shape.roof_front), along(shape.roof_rear)

    def ring(
        z: float, half: float, x_front: float, x_rear: float, bulge: float, pillars: tuple[float, ...]
    ) -> list[tuple[float, float, float]]:
        a, b0, b1, c = pillars
        left = [(a, half), (b0, half), (b1, half), (c, half)]
        points = [(x_front, -0.93 * half), (x_front + bulge, 0.0), (x_front, 0.93 * half)]
        points += left
        points += [(x_rear, 0.92 * half), (x_rear - 0.5 * bulge, 0.0), (x_rear, -0.92 * half)]
        points += [(x, -y) for x, y in reversed(left)]
        return [(x, y, z) for x, y in points]

    b, c = along(shape.pillar_b), along(shape.pillar_c)
    gap = 0.011 * length
    pillars_low = (front - 0.045 * length, b + gap, b - gap, c)
    pillars_high = (
        roof_front - 0.025 * length,
        b + 0.8 * gap - 0.01 * length,
        b - 0.8 * gap - 0.01 * length,
        max(roof_rear + 0.02 * length, c - 0.01 * length),
    )
    rings = [
        ring(belt - 0.01 * height, lower, front, rear + 0.004 * length, 0.02 * length, pillars_low),
        ring(eave, upper, roof_front, roof_rear, 0.02 * length, pillars_high),
        ring(
            roof - 0.012 * height,
            0.90 * upper,
            roof_front - 0.02 * length,
            roof_rear + 0.02 * length,
            0.015 * length,
            tuple(x for x in pillars_high),
        ),
        ring(
            roof,
            0.55 * upper,
            roof_front - 0.09 * length,
            roof_rear + 0.08 * length,
            0.0,
            tuple(x for x in pillars_high),
        ),
    ]
    # A roof's inner rings must not cross: keep their side points within their own ends.
    for level in (2, 3):
        ends = (rings[level][9][0], rings[level][0][0])
        rings[level] = [(min(max(x, ends[0]), ends[1]), y, z) for x, y, z in rings[level]]
    paint, glass, dark = int(Material.CAR_PAINT), int(Material.GLASS), int(Material.PLASTIC_DARK)
    side = [glass, dark, glass]
    windows = [glass, glass, paint, *side, paint, glass, glass, paint, *reversed(side), paint]
    builder.loft(rings, np.array([windows, [paint] * 14, [paint] * 14], np.int16), (None, Material.CAR_PAINT))


def car_mesh(
    variant: int,
    length: float,
    width: float,
    height: float,
    *,
    wheel_radius: float,
    front_axle_x: float,
    rear_axle_x: float,
    track_width: float,
) -> Mesh:
    """Build a car: hatchback, saloon, van or SUV by `variant`; see `simengine.assets.actors.actor_mesh`."""
    shape = SHAPES[variant % len(SHAPES)]
    size = (length, width, height)
    builder = MeshBuilder(Semantic.CAR)
    _body(builder, shape, size, (front_axle_x, rear_axle_x), wheel_radius)
    _greenhouse(builder, shape, size)
    floor = -0.5 * height
    mirror_x = (shape.bonnet_end - 0.5) * length - 0.075 * length
    for sign in (1.0, -1.0):
        builder.box(
            (mirror_x, sign * (0.5 * width - 0.055), floor + (shape.belt + 0.035) * height),
            (0.10, 0.11, 0.11),
            Material.CAR_PAINT,
        )
        for share in (shape.pillar_b - 0.02, shape.pillar_b + 0.17):
            x = min((share - 0.5) * length, mirror_x - 0.3)
            builder.box(
                (x, sign * 0.488 * width, floor + (shape.belt - 0.06) * height), (0.16, 0.03, 0.025), Material.CHROME
            )
    tire_width = 0.42 * wheel_radius * 1.38
    outer = min(0.5 * track_width, 0.5 * width - 0.5 * tire_width)
    z = floor + wheel_radius
    for role, x, y in (
        (PartRole.WHEEL_FRONT_LEFT, front_axle_x, outer),
        (PartRole.WHEEL_FRONT_RIGHT, front_axle_x, -outer),
        (PartRole.WHEEL_REAR_LEFT, rear_axle_x, outer),
        (PartRole.WHEEL_REAR_RIGHT, rear_axle_x, -outer),
    ):
        builder.wheel(role, (x, y, z), wheel_radius, tire_width)
    return builder.build()
