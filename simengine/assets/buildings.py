"""Buildings, and what makes up a hall: walls, roof, lamps, shelves."""

import numpy as np

from simengine.assets.solids import MeshBuilder
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh

STOREY = 3.1  # [m]
WINDOW_PITCH = 2.9  # [m]
_SHEET = 6.0  # of a roof, about [m]


def _facade_panel(
    builder: MeshBuilder,
    side: int,
    half: tuple[float, float],
    along: tuple[float, float],
    z: tuple[float, float],
    lift: float,
    material: Material,
) -> None:
    """Add a panel on a wall: 0 front +x, 1 left +y, 2 rear −x, 3 right −y; `along` runs counter-clockwise."""
    x, y = half[0] + lift, half[1] + lift
    a, b = along
    base = {
        0: [(x, a), (x, b)],
        1: [(-a, y), (-b, y)],
        2: [(-x, -a), (-x, -b)],
        3: [(a, -y), (b, -y)],
    }[side]
    (x0, y0), (x1, y1) = base
    builder.quad([(x0, y0, z[0]), (x1, y1, z[0]), (x1, y1, z[1]), (x0, y0, z[1])], material)


def building_mesh(size: tuple[float, float, float], variant: int, generator: np.random.Generator) -> Mesh:
    """Build a house: rows of windows on every wall, doors and shop windows on the long sides, a flat or gabled roof."""
    length, width, height = size
    builder = MeshBuilder(Semantic.BUILDING)
    lift, plinth = 0.03, min(0.5, 0.1 * height)
    half = (0.5 * length - lift, 0.5 * width - lift)
    gabled = variant % 3 == 1 and height > 5.0
    eave = height - min(0.45 * min(length, width), 0.35 * height) if gabled else height - min(0.4, 0.05 * height)
    builder.box((0.0, 0.0, 0.5 * eave), (2.0 * half[0], 2.0 * half[1], eave), Material.FACADE, top=Material.ROOF)
    builder.box((0.0, 0.0, 0.5 * plinth), (2.0 * half[0] + lift, 2.0 * half[1] + lift, plinth), Material.CONCRETE)
    x, y = 0.5 * length, 0.5 * width
    if gabled:  # the ridge runs along the longer side
        if length >= width:
            low = [(-x, -y, eave), (x, -y, eave), (x, y, eave), (-x, y, eave)]
            ridge = [(-x, 0.0, height), (x, 0.0, height)]
            faces = [((0, 1, 5), (0, 5, 4)), ((2, 3, 4), (2, 4, 5))]
            gables = [(1, 2, 5), (3, 0, 4)]
        else:
            low = [(-x, -y, eave), (x, -y, eave), (x, y, eave), (-x, y, eave)]
            ridge = [(0.0, -y, height), (0.0, y, height)]
            faces = [((1, 2, 5), (1, 5, 4)), ((3, 0, 4), (3, 4, 5))]
            gables = [(0, 1, 4), (2, 3, 5)]
        builder.add(low + ridge, [t for face in faces for t in face], Material.ROOF)
        builder.add(low + ridge, gables, Material.FACADE)
        builder.add(low, [(0, 2, 1), (0, 3, 2)], Material.FACADE)
        chimney = (0.25 * length, 0.1 * width)
        builder.box(
            (*chimney, 0.5 * (eave + height)), (0.6, 0.6, height - eave), Material.FACADE, top=Material.PLASTIC_DARK
        )
    else:
        edge = 0.25
        rim = height - eave
        for sx, sy, px, py in ((0, 1, length, edge), (0, -1, length, edge), (1, 0, edge, width), (-1, 0, edge, width)):
            center = (sx * (x - 0.5 * edge), sy * (y - 0.5 * edge), eave + 0.5 * rim)
            builder.box(center, (px, py, rim), Material.CONCRETE)
    storeys = max(1, int((eave - plinth) / STOREY))
    tall = (eave - plinth) / storeys
    shops = variant % 3 == 2
    door_side = 1 if length >= width else 0
    for side in range(4):
        span = 2.0 * (half[1] if side in (0, 2) else half[0])
        count = max(1, int((span - 0.8) / WINDOW_PITCH))
        pitch = span / count
        entrance = side % 2 == door_side % 2
        door = int(generator.integers(count))
        for storey in range(storeys):
            floor = plinth + storey * tall
            for k in range(count):
                middle = -0.5 * span + (k + 0.5) * pitch
                if storey == 0 and entrance and k == door:
                    _facade_panel(
                        builder,
                        side,
                        half,
                        (middle - 0.55, middle + 0.55),
                        (0.05, min(2.25, 0.9 * tall)),
                        lift,
                        Material.WOOD,
                    )
                    continue
                if storey == 0 and shops and entrance:
                    _facade_panel(
                        builder,
                        side,
                        half,
                        (middle - 0.43 * pitch, middle + 0.43 * pitch),
                        (plinth + 0.1, 0.85 * tall),
                        lift,
                        Material.WINDOW,
                    )
                    continue
                wide = 0.42 * pitch if variant % 2 == 0 else 0.27 * pitch
                _facade_panel(
                    builder,
                    side,
                    half,
                    (middle - wide, middle + wide),
                    (floor + 0.30 * tall, floor + 0.82 * tall),
                    0.6 * lift,
                    Material.WINDOW,
                )
                _facade_panel(
                    builder,
                    side,
                    half,
                    (middle - wide - 0.08, middle + wide + 0.08),
                    (floor + 0.25 * tall, floor + 0.295 * tall),
                    lift,
                    Material.CONCRETE,
                )
        if shops and entrance and storeys > 1:
            _facade_panel(
                builder, side, half, (-0.5 * span, 0.5 * span), (0.9 * tall, 1.02 * tall + 0.1), lift, Material.CONCRETE
            )
    return builder.build()


def wall_mesh(size: tuple[float, float, float]) -> Mesh:
    """Build a concrete wall along x with a coping and pilasters."""
    length, width, height = size
    builder = MeshBuilder(Semantic.WALL)
    builder.box((0.0, 0.0, 0.5 * (height - 0.1)), (length, 0.7 * width, height - 0.1), Material.CONCRETE)
    builder.box((0.0, 0.0, height - 0.06), (length, width, 0.12), Material.CONCRETE)
    count = max(1, round(length / 4.0))
    for k in range(count):
        at = -0.5 * length + (k + 0.5) * length / count
        builder.box((at, 0.0, 0.5 * (height - 0.1)), (0.3, 0.95 * width, height - 0.1), Material.CONCRETE)
    return builder.build()


def roof_mesh(size: tuple[float, float, float]) -> Mesh:
    """Build a hall's flat roof: a ceiling of sheets, and below it, down to z = 0, girders across of half the height."""
    length, width, height = size
    girder = 0.5 * height
    builder = MeshBuilder(Semantic.CEILING)
    nx, ny = max(1, round(length / _SHEET)), max(1, round(width / _SHEET))
    dx, dy = length / nx, width / ny
    for i in range(nx):  # sheets that culling can take or leave
        for j in range(ny):
            center = (-0.5 * length + (i + 0.5) * dx, -0.5 * width + (j + 0.5) * dy, girder + 0.25 * height)
            builder.box(center, (dx, dy, height - girder), Material.CONCRETE, top=Material.ROOF)
    for i in range(1, nx):
        builder.box((-0.5 * length + i * dx, 0.0, 0.5 * girder), (0.2, width - 1.0, girder), Material.METAL)
    return builder.build()


def ceiling_lamp_mesh(size: tuple[float, float, float]) -> Mesh:
    """Build a lamp whose lower face is alight, hung from a ceiling at z = `size[2]`."""
    length, width, height = size
    tall = 0.25 * height
    builder = MeshBuilder(Semantic.CEILING)
    builder.box((0.0, 0.0, 0.5 * tall + 0.0005), (length, width, tall - 0.001), Material.METAL)
    x, y = 0.5 * length - 0.03, 0.5 * width - 0.03
    builder.quad([(-x, -y, 0.0), (-x, y, 0.0), (x, y, 0.0), (x, -y, 0.0)], Material.HEADLAMP)
    for at in (-0.4 * length, 0.4 * length):
        builder.box((at, 0.0, 0.5 * (tall + height)), (0.02, 0.02, height - tall), Material.METAL)
    return builder.build()


def shelf_mesh(size: tuple[float, float, float], generator: np.random.Generator) -> Mesh:
    """Build a pallet rack along x: uprights, beams, and cartons on pallets on every level."""
    length, width, height = size
    builder = MeshBuilder(Semantic.SHELF)
    x, y = 0.5 * length, 0.5 * width
    bays = max(1, round(length / 2.8))
    bay = length / bays
    levels = max(1, round(height / 1.7))
    rise = height / levels
    for k in range(bays + 1):
        at = -x + 0.05 + k * (length - 0.1) / bays
        for sign in (1.0, -1.0):
            builder.box((at, sign * (y - 0.04), 0.5 * height), (0.10, 0.08, height), Material.SHELF_METAL)
        for level in range(levels):
            builder.box((at, 0.0, (level + 0.6) * rise), (0.05, width - 0.16, 0.05), Material.SHELF_METAL)
    for level in range(levels):
        base = level * rise + (0.0 if level == 0 else 0.06)
        if level > 0:
            for sign in (1.0, -1.0):
                builder.box((0.0, sign * (y - 0.04), level * rise), (length - 0.06, 0.06, 0.12), Material.CONE_ORANGE)
        for k in range(bays):
            for slot in range(2):
                if generator.random() < 0.14:
                    continue
                middle = -x + (k + 0.27 + 0.46 * slot) * bay
                deep = 0.84 * width
                builder.box((middle, 0.0, base + 0.07), (0.40 * bay, deep, 0.13), Material.WOOD)
                free = rise - 0.32
                tall = free * (0.45 + 0.5 * generator.random())
                if generator.random() < 0.5:
                    builder.box(
                        (middle, 0.0, base + 0.135 + 0.5 * tall), (0.38 * bay, 0.8 * width, tall), Material.CARDBOARD
                    )
                else:
                    for row in range(2):
                        for column in range(2):
                            part = 0.5 * tall * (0.92 if row else 1.0)
                            builder.box(
                                (
                                    middle + (column - 0.5) * 0.19 * bay,
                                    0.0,
                                    base + 0.135 + row * 0.5 * tall + 0.5 * part,
                                ),
                                (0.185 * bay, 0.78 * width, part - 0.01),
                                Material.CARDBOARD,
                            )
    return builder.build()
