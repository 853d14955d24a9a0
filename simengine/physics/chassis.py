"""What follows from an actor's table row for its rigid body: inertia, wheel places, springs, collision box.

Springs and dampers come from a natural frequency and a damping ratio of the static load, so that every vehicle sits
level at rest. Those of the reference car (CommonRoad parameter set 2: 24.5 kN/m and 1786 N s/m on a quarter of 966 kg)
are 1.5 Hz and 0.35. Wheel inertia over m r² is that car's too: 1.7 kg m² / (1093 kg · (0.344 m)²) = 0.0131.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.state import NUM_WHEELS, ActorTable, Mobility
from simengine.physics.tyre import GRAVITY, RELAXATION_PER_RADIUS

_FREQUENCY_CAR = 1.5  # [Hz]
_FREQUENCY_TWO_WHEELER = 2.5  # stiffer: short travel (Cossalter, "Motorcycle Dynamics", ch. 5) [Hz]
_FREQUENCY_ROBOT = 5.0  # rubber wheels, no springs to speak of [Hz]
_DAMPING_RATIO = 0.35
_ANTI_ROLL = 1.0  # stiffness of the anti-roll bars over that of the springs in roll; 4–5° of roll per g in a car
_WHEEL_INERTIA = 0.0131  # over m r²
_CLEARANCE = 0.55  # underside of the collision box over the wheel radius
_DRIVEN_SHARE = 0.7  # of a robot's weight on its two driven wheels


class Chassis(NamedTuple):
    """Constants of each body of one world; body frames begin at the centre of mass. Shapes (num_actors, …)."""

    inertia: NDArray[np.float64]  # about the body axes [kg m²]. (…, 3)
    box_offset: NDArray[np.float64]  # centre of mass to box centre, body frame [m]. (…, 3)
    contact: NDArray[np.float64]  # ground contact of each wheel at rest, body frame [m]. (…, 4, 3)
    static_load: NDArray[np.float64]  # of each wheel on level ground [N]. (…, 4)
    spring: NDArray[np.float64]  # [N/m]. (…, 4)
    damper: NDArray[np.float64]  # [N s/m]. (…, 4)
    anti_roll: NDArray[np.float64]  # force on a wheel per difference to the other of its axle [N/m]. (…, 2)
    wheel_inertia: NDArray[np.float64]  # [kg m²]
    relaxation: NDArray[np.float64]  # [m]
    collision_size: NDArray[np.float64]  # of the collision box [m]. (…, 3)
    collision_offset: NDArray[np.float64]  # centre of mass to its centre, body frame [m]. (…, 3)


def body_inertia(
    mobility: Mobility, mass: float, yaw_inertia: float, length: float, width: float, height: float
) -> tuple[float, float, float]:
    """Return the moments of inertia about the body axes [kg m²].

    Wheeled bodies: the radius of gyration in pitch equals that in yaw, and in roll k² = (w² + (h/2)²)/12; both hold
    within 20 % for the reference cars (k² of roll 0.22, 0.21, 0.36 and of pitch 1.23, 1.62, 1.67 m² of sets 1–3).
    Everything else is a solid box.
    """
    if mobility == Mobility.WHEELED:
        roll = mass * (width * width + 0.25 * height * height) / 12.0
        return roll, max(yaw_inertia, roll), yaw_inertia
    return (
        mass * (width * width + height * height) / 12.0,
        mass * (length * length + height * height) / 12.0,
        mass * (length * length + width * width) / 12.0,
    )


def chassis_of(actors: ActorTable) -> Chassis:
    """Derive the constants of world 0 of a table."""
    count = actors.mass.shape[1]
    out = Chassis(
        inertia=np.ones((count, 3)),
        box_offset=np.zeros((count, 3)),
        contact=np.zeros((count, NUM_WHEELS, 3)),
        static_load=np.zeros((count, NUM_WHEELS)),
        spring=np.zeros((count, NUM_WHEELS)),
        damper=np.zeros((count, NUM_WHEELS)),
        anti_roll=np.zeros((count, 2)),
        wheel_inertia=np.ones(count),
        relaxation=np.ones(count),
        collision_size=np.ones((count, 3)),
        collision_offset=np.zeros((count, 3)),
    )
    for a in np.flatnonzero(actors.present[0]):
        row = {name: getattr(actors, name)[0, a].item() for name in ActorTable._fields if name != "color"}
        _derive(out, int(a), row)
    return out


def _derive(out: Chassis, a: int, row: dict[str, float]) -> None:
    mobility = Mobility(int(row["mobility"]))
    mass, length, width, height = row["mass"], row["length"], row["width"], row["height"]
    cog_height, cog_offset = row["cog_height"], row["cog_offset"]
    out.inertia[a] = body_inertia(mobility, mass, row["yaw_inertia"], length, width, height)
    out.box_offset[a] = (-cog_offset, 0.0, 0.5 * height - cog_height)
    bottom = 0.0
    if mobility in (Mobility.WHEELED, Mobility.DIFFERENTIAL):
        bottom = min(_CLEARANCE * row["wheel_radius"], 0.5 * height)
        out.wheel_inertia[a] = _WHEEL_INERTIA * mass * row["wheel_radius"] ** 2
        out.relaxation[a] = RELAXATION_PER_RADIUS * row["wheel_radius"]
        _place_wheels(out, a, mobility, row)
    out.collision_size[a] = (length, width, height - bottom)
    out.collision_offset[a] = (-cog_offset, 0.0, 0.5 * (height + bottom) - cog_height)


def _place_wheels(out: Chassis, a: int, mobility: Mobility, row: dict[str, float]) -> None:
    weight = row["mass"] * GRAVITY
    front, rear, half = row["front_axle"], row["rear_axle"], 0.5 * row["track_width"]
    if mobility == Mobility.WHEELED:
        frequency = _FREQUENCY_CAR if half > 0.0 else _FREQUENCY_TWO_WHEELER
        places = ((front, half), (front, -half), (-rear, half), (-rear, -half))
        on_front, on_rear = 0.5 * rear / (front + rear), 0.5 * front / (front + rear)
        shares = (on_front, on_front, on_rear, on_rear)
        bars = _ANTI_ROLL if half > 0.0 else 0.0
    else:
        # Driven wheels left and right of the centre of mass, casters ahead and behind.
        frequency = _FREQUENCY_ROBOT
        places = ((0.0, half), (0.0, -half), (front, 0.0), (-rear, 0.0))
        casters = 1.0 - _DRIVEN_SHARE
        shares = (
            0.5 * _DRIVEN_SHARE, 0.5 * _DRIVEN_SHARE, casters * rear / (front + rear), casters * front / (front + rear)
        )  # fmt: skip
        bars = 0.0
    rate = 2.0 * math.pi * frequency
    for w, ((x, y), share) in enumerate(zip(places, shares, strict=True)):
        load = share * weight
        out.contact[a, w] = (x, y, -row["cog_height"])
        out.static_load[a, w] = load
        out.spring[a, w] = rate * rate * load / GRAVITY
        out.damper[a, w] = 2.0 * _DAMPING_RATIO * rate * load / GRAVITY
    for axle in range(2):
        out.anti_roll[a, axle] = 0.5 * bars * out.spring[a, 2 * axle]
