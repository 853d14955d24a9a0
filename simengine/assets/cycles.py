"""Two-wheelers with their riders: a motorcycle and a bicycle."""

from simengine.assets.people import add_rider
from simengine.assets.solids import MeshBuilder, fit_mesh
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh, PartRole


def _axles(length: float, radius: float, front_axle_x: float, rear_axle_x: float) -> tuple[float, float]:
    """Keep both wheels within the bounding box."""
    reach = 0.5 * length - radius
    return min(front_axle_x, reach), max(rear_axle_x, -reach)


def motorcycle_mesh(
    length: float, width: float, height: float, *, wheel_radius: float, front_axle_x: float, rear_axle_x: float
) -> Mesh:
    """Build a motorcycle with its rider; see `simengine.assets.actors.actor_mesh`."""
    builder = MeshBuilder(Semantic.MOTORCYCLE)
    floor = -0.5 * height
    front, rear = _axles(length, wheel_radius, front_axle_x, rear_axle_x)
    dark, chrome, paint = Material.PLASTIC_DARK, Material.CHROME, Material.CAR_PAINT
    seat = floor + 0.76
    steer = (front - 0.30, 0.0, floor + 0.95)
    builder.sweep(  # tank and seat
        [
            (rear - 0.22, 0.0, seat + 0.10),
            (rear + 0.02, 0.0, seat + 0.02),
            (0.5 * (front + rear) - 0.08, 0.0, seat - 0.02),
            (0.5 * (front + rear) + 0.12, 0.0, seat + 0.06),
            (front - 0.36, 0.0, seat + 0.12),
            (front - 0.22, 0.0, seat + 0.05),
        ],
        [0.05, 0.11, 0.12, 0.17, 0.15, 0.06],
        9,
        [dark, dark, paint, paint, paint],
    )
    builder.sweep(  # engine and frame
        [
            (rear + 0.15, 0.0, floor + 0.36),
            (0.5 * (front + rear), 0.0, floor + 0.38),
            (front - 0.45, 0.0, floor + 0.45),
            (front - 0.36, 0.0, floor + 0.66),
        ],
        [0.12, 0.20, 0.19, 0.10],
        8,
        [dark, chrome, dark],
    )
    builder.sweep([(front - 0.16, 0.0, seat + 0.18), (front - 0.24, 0.0, seat + 0.42)], [0.15, 0.12], 8, paint)
    for sign in (1.0, -1.0):
        builder.sweep(
            [(front, sign * 0.09, floor + wheel_radius), (steer[0] + 0.04, sign * 0.09, steer[2] - 0.05)],
            [0.028, 0.03],
            6,
            chrome,
        )
        builder.sweep(
            [(rear, sign * 0.10, floor + wheel_radius), (0.5 * (front + rear) - 0.1, sign * 0.10, floor + 0.42)],
            [0.03, 0.04],
            6,
            dark,
        )
        builder.sweep(
            [(steer[0], sign * 0.05, steer[2]), (steer[0] - 0.07, sign * (0.5 * width - 0.02), steer[2] + 0.05)],
            [0.018, 0.022],
            6,
            dark,
        )
        builder.box((front - 0.22, sign * (0.5 * width - 0.07), steer[2] + 0.15), (0.03, 0.13, 0.09), dark)
        builder.ellipsoid((front - 0.16, sign * 0.2, seat + 0.02), (0.05, 0.04, 0.04), 4, 6, Material.INDICATOR)
        builder.ellipsoid((rear - 0.22, sign * 0.13, seat - 0.02), (0.05, 0.04, 0.04), 4, 6, Material.INDICATOR)
    builder.sweep(
        [(rear - 0.28, -0.16, floor + 0.40), (0.5 * (front + rear) - 0.1, -0.16, floor + 0.30)],
        [0.06, 0.045],
        7,
        chrome,
    )
    builder.ellipsoid((front - 0.10, 0.0, seat + 0.16), (0.07, 0.10, 0.09), 5, 8, Material.HEADLAMP)
    builder.ellipsoid((rear - 0.27, 0.0, seat + 0.09), (0.05, 0.07, 0.045), 4, 7, Material.TAIL_LAMP)
    builder.box((rear - 0.30, 0.0, seat - 0.08), (0.012, 0.18, 0.16), Material.LICENSE_PLATE)
    add_rider(
        builder,
        (rear + 0.26, 0.0, seat + 0.13),
        (rear + 0.46, 0.0, 0.5 * height - 0.375),
        (steer[0] - 0.07, 0.5 * width - 0.06, steer[2] + 0.06),
        (rear + 0.34, 0.20, floor + 0.30),
        1.0,
        helmet=True,
    )
    builder.wheel(PartRole.WHEEL_FRONT_LEFT, (front, 0.0, floor + wheel_radius), wheel_radius, 0.11, rim=0.72)
    builder.wheel(PartRole.WHEEL_REAR_LEFT, (rear, 0.0, floor + wheel_radius), wheel_radius, 0.16, rim=0.70)
    return fit_mesh(builder.build(), length, width, height)


def bicycle_mesh(
    length: float, width: float, height: float, *, wheel_radius: float, front_axle_x: float, rear_axle_x: float
) -> Mesh:
    """Build a bicycle with its rider; see `simengine.assets.actors.actor_mesh`."""
    builder = MeshBuilder(Semantic.BICYCLE)
    floor = -0.5 * height
    front, rear = _axles(length, wheel_radius, front_axle_x, rear_axle_x)
    paint, dark, chrome = Material.CAR_PAINT, Material.PLASTIC_DARK, Material.CHROME
    crank = (rear + 0.44, 0.0, floor + 0.28)
    saddle = (rear + 0.24, 0.0, floor + 0.92)
    head = (front - 0.20, 0.0, floor + 0.78)
    bar = (front - 0.27, 0.0, floor + 1.04)
    for a, b, r in (
        (crank, saddle, 0.020),
        (crank, head, 0.024),
        ((saddle[0] + 0.04, 0.0, floor + 0.78), (head[0], 0.0, head[2] + 0.04), 0.020),
        (head, bar, 0.018),
    ):
        builder.sweep([a, b], [r, r], 6, paint)
    for sign in (1.0, -1.0):
        hub = (rear, sign * 0.06, floor + wheel_radius)
        builder.sweep([hub, (crank[0], sign * 0.02, crank[2])], [0.012, 0.014], 5, paint)
        builder.sweep([hub, (saddle[0] + 0.03, sign * 0.02, saddle[2] - 0.14)], [0.010, 0.012], 5, paint)
        builder.sweep(
            [(front, sign * 0.05, floor + wheel_radius), (head[0] + 0.01, sign * 0.03, head[2] - 0.04)],
            [0.012, 0.016],
            5,
            paint,
        )
        builder.sweep([bar, (bar[0] - 0.06, sign * (0.5 * width - 0.02), bar[2] + 0.01)], [0.014, 0.018], 5, dark)
        builder.box((crank[0] + sign * 0.13, sign * 0.15, crank[2] - sign * 0.10), (0.10, 0.09, 0.02), dark)
        builder.sweep(
            [(crank[0], sign * 0.07, crank[2]), (crank[0] + sign * 0.13, sign * 0.09, crank[2] - sign * 0.10)],
            [0.014, 0.012],
            5,
            chrome,
        )
    builder.ellipsoid((saddle[0] - 0.02, 0.0, saddle[2] + 0.02), (0.14, 0.08, 0.035), 4, 8, dark)
    builder.ellipsoid((bar[0] + 0.10, 0.0, bar[2] - 0.08), (0.04, 0.035, 0.035), 4, 6, Material.HEADLAMP)
    builder.ellipsoid((saddle[0] - 0.12, 0.0, saddle[2] - 0.14), (0.025, 0.03, 0.035), 4, 6, Material.TAIL_LAMP)
    add_rider(
        builder,
        (saddle[0] + 0.02, 0.0, saddle[2] + 0.11),
        (saddle[0] + 0.27, 0.0, 0.5 * height - 0.365),
        (bar[0] - 0.05, 0.5 * width - 0.08, bar[2] + 0.03),
        (crank[0] + 0.05, 0.15, crank[2] + 0.03),
        0.98,
        helmet=True,
    )
    # Mudguards and the rack reach to the ends of the box.
    top = floor + 2.0 * wheel_radius
    tail, nose = -0.5 * length, 0.5 * length
    builder.sweep(
        [(nose - 0.03, 0.0, top - 0.18), (front + 0.10, 0.0, top + 0.025), (front - 0.16, 0.0, top - 0.01)],
        [0.03, 0.028, 0.028],
        6,
        dark,
    )
    builder.box((0.5 * (tail + saddle[0] - 0.05), 0.0, top + 0.06), (saddle[0] - 0.05 - tail, 0.10, 0.02), dark)
    builder.box((nose - 0.01, 0.0, top - 0.2), (0.02, 0.03, 0.06), dark)
    for role, x in ((PartRole.WHEEL_FRONT_LEFT, front), (PartRole.WHEEL_REAR_LEFT, rear)):
        builder.spoked_wheel(role, (x, 0.0, floor + wheel_radius), wheel_radius, 0.042)
    return fit_mesh(builder.build(), length, width, height)
