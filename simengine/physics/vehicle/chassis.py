"""What an actor's rigid body is, one record each: the table's row and what follows from it.

Springs and dampers come from a natural frequency and a damping ratio of the static load, so that every vehicle sits
level at rest. Those of the reference car (CommonRoad parameter set 2: 24.5 kN/m and 1786 N s/m on a quarter of 966 kg)
are 1.5 Hz and 0.35. Wheel inertia over m r² is that car's too: 1.7 kg m² / (1093 kg · (0.344 m)²) = 0.0131.

Records, not NamedTuples of arrays, because every kernel works on one body at a time and compiles several times faster.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.core.mechanics import GRAVITY, WHEEL_INERTIA
from simengine.core.state import ActorTable, Behavior, Mobility
from simengine.physics.vehicle.tire import RELAXATION_PER_RADIUS

_FREQUENCY_CAR = 1.5  # [Hz]
_FREQUENCY_TWO_WHEELER = 2.5  # stiffer: short travel (Cossalter, "Motorcycle Dynamics", ch. 5) [Hz]
_FREQUENCY_ROBOT = 5.0  # rubber wheels, no springs to speak of [Hz]
_DAMPING_RATIO = 0.35
_ANTI_ROLL = 1.0  # stiffness of the anti-roll bars over that of the springs in roll; 4–5° of roll per g in a car
CLEARANCE = 0.55  # underside of the collision box over the wheel radius, in both physics
_DRIVEN_SHARE = 0.7  # of a robot's weight on its two driven wheels

_FROM_TABLE = (
    "length", "width", "height", "mass", "front_axle", "rear_axle", "cog_height", "track_width", "wheel_radius",
    "max_steering", "max_steering_rate", "max_acceleration", "max_deceleration", "power",
    "brake_front", "drive_front",
    "drag", "rolling_resistance", "max_speed",
)  # fmt: skip
# A body frame has its origin at the center of mass. Units as in `ActorTable`.
_CHASSIS_FIELDS = np.dtype(
    [
        ("kind", np.int32),
        ("mobility", np.int32),
        ("parked", np.bool_),  # brakes held whatever is asked
        ("stability", np.bool_),  # has stability control
        *((name, np.float64) for name in _FROM_TABLE),
        ("inertia", np.float64, (3,)),  # about the body axes [kg m²]
        ("box_offset", np.float64, (3,)),  # center of mass to box center [m]
        ("contact", np.float64, (4, 3)),  # ground contact of each wheel at rest [m]
        ("static_load", np.float64, (4,)),  # of each wheel on level ground [N]
        ("stiffness", np.float64, (4,)),  # of each tire: lateral force per load and slip angle [1/rad]
        ("spring", np.float64, (4,)),  # [N/m]
        ("damper", np.float64, (4,)),  # [N s/m]
        ("anti_roll", np.float64, (2,)),  # force on a wheel per difference to the other of its axle [N/m]
        ("wheel_inertia", np.float64),  # [kg m²]
        ("relaxation", np.float64),  # of the tires [m]
        ("collision_size", np.float64, (3,)),  # of the collision box [m]
        ("collision_offset", np.float64, (3,)),  # center of mass to its center [m]
    ],
    align=True,
)
CHASSIS = np.dtype((np.record, _CHASSIS_FIELDS))  # so that Python too reads fields as attributes


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


def chassis_of(actors: ActorTable) -> NDArray[np.void]:
    """Derive the records of world 0 of a table. Shape (num_actors,), dtype `CHASSIS`."""
    out = np.zeros(actors.mass.shape[1], CHASSIS)
    for a in np.flatnonzero(actors.present[0]).tolist():
        row = out[a]
        mobility = Mobility(int(actors.mobility[0, a]))
        row["kind"], row["mobility"] = actors.kind[0, a], mobility
        row["stability"] = actors.stability[0, a]
        row["parked"] = actors.behavior[0, a] == Behavior.PARKED
        for name in _FROM_TABLE:
            row[name] = getattr(actors, name)[0, a]
        row["stiffness"][:2], row["stiffness"][2:] = actors.front_stiffness[0, a], actors.rear_stiffness[0, a]
        _derive(row, mobility, float(actors.yaw_inertia[0, a]), float(actors.cog_offset[0, a]))
    return out


def _derive(row: np.void, mobility: Mobility, yaw_inertia: float, cog_offset: float) -> None:
    mass, radius, cog_height = float(row["mass"]), float(row["wheel_radius"]), float(row["cog_height"])
    length, width, height = float(row["length"]), float(row["width"]), float(row["height"])
    row["inertia"] = body_inertia(mobility, mass, yaw_inertia, length, width, height)
    row["box_offset"] = (-cog_offset, 0.0, 0.5 * height - cog_height)
    bottom = 0.0
    if mobility in (Mobility.WHEELED, Mobility.DIFFERENTIAL):
        bottom = min(CLEARANCE * radius, 0.5 * height)
        row["wheel_inertia"] = WHEEL_INERTIA * mass * radius**2
        row["relaxation"] = RELAXATION_PER_RADIUS * radius
        _place_wheels(row, mobility)
    row["collision_size"] = (length, width, height - bottom)
    row["collision_offset"] = (-cog_offset, 0.0, 0.5 * (height + bottom) - cog_height)


def _place_wheels(row: np.void, mobility: Mobility) -> None:
    weight = float(row["mass"]) * GRAVITY
    front, rear, half = float(row["front_axle"]), float(row["rear_axle"]), 0.5 * float(row["track_width"])
    if mobility == Mobility.WHEELED:
        frequency = _FREQUENCY_CAR if half > 0.0 else _FREQUENCY_TWO_WHEELER
        places = ((front, half), (front, -half), (-rear, half), (-rear, -half))
        on_front, on_rear = 0.5 * rear / (front + rear), 0.5 * front / (front + rear)
        shares = (on_front, on_front, on_rear, on_rear)
        bars = _ANTI_ROLL if half > 0.0 else 0.0
    else:
        # Driven wheels left and right of the center of mass, casters ahead and behind.
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
        row["contact"][w] = (x, y, -float(row["cog_height"]))
        row["static_load"][w] = load
        row["spring"][w] = rate * rate * load / GRAVITY
        row["damper"][w] = 2.0 * _DAMPING_RATIO * rate * load / GRAVITY
    for axle in range(2):
        row["anti_roll"][axle] = 0.5 * bars * row["spring"][2 * axle]
