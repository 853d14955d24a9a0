"""Forces on one robot with two driven wheels and casters: wheel motors that follow a demanded speed and yaw rate.

The motors are velocity servos whose force is limited to the acceleration limits of the platform, so a heavy push turns
the wheels and friction limits what they can do. A robot that is asked to stand still and does closes its parking brake.
Wheels 0 and 1 are the driven ones, left and right of the center of mass; 2 and 3 are the casters ahead and behind,
which carry load and roll any way without resistance.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.physics.vehicle.suspension import (
    FRICTION,
    LOAD,
    NORMAL,
    SLIDE,
    add_force,
    clear_force,
    ground_frame,
    touch_ground,
)
from simengine.physics.vehicle.tire import Wheel, loaded_friction, wheel_step

SERVO_TIME = 0.1  # time constant of the motors' velocity control, within their limits [s]
_HOLD_SPEED = 0.05  # rim speed below which the parking brake closes when no motion is asked for [m/s]


@njit(cache=True, _nrt=False)
def wheel_targets(speed, yaw_rate, track_width, radius, max_speed):
    """Return the spin of the left and the right wheel [rad/s] for a demanded motion, within the wheels' top speed.

    Args:
        speed: Forward [m/s].
        yaw_rate: [rad/s].
        track_width: Between the wheels [m].
        radius: Of the wheels [m].
        max_speed: Of a wheel's rim [m/s].
    """
    left = min(max_speed, max(-max_speed, speed - 0.5 * track_width * yaw_rate))
    right = min(max_speed, max(-max_speed, speed + 0.5 * track_width * yaw_rate))
    return left / radius, right / radius


@njit(cache=True, _nrt=False)
def motor_torque(
    target: float,
    spin: float,
    mass: float,
    radius: float,
    wheel_inertia: float,
    max_acceleration: float,
    max_deceleration: float,
    power: float,
    dt: float,
) -> float:
    """Return the torque of one of two wheel motors [N m]: towards the target within force and power limits.

    Args:
        target: Wanted spin [rad/s].
        spin: Present spin [rad/s].
        mass: Of the robot, half of which each motor moves [kg].
        radius: [m].
        wheel_inertia: [kg m²].
        max_acceleration: [m/s²].
        max_deceleration: [m/s²].
        power: Of both motors [W].
        dt: [s].
    """
    moved = 0.5 * mass * radius * radius + wheel_inertia
    slowing = (target - spin) * spin < 0.0
    limit = moved / radius * (max_deceleration if slowing else max_acceleration)
    if not slowing and abs(spin) > 0.0:
        limit = min(limit, 0.5 * power / abs(spin))
    # Stiffer, or within fewer steps, it chatters from step to step against the tire's bristles in between.
    torque = moved * (target - spin) / max(SERVO_TIME, 12.0 * dt)
    return min(limit, max(-limit, torque))


@njit(cache=True, _nrt=False)
def robot_forces(
    chassis: np.void,
    body: np.void,
    rotation: NDArray[np.float64],
    ground: NDArray[np.float64],
    dt: float,
    contact: NDArray[np.float64],
) -> None:
    """Advance a robot's wheels by one step and set the resultant of the forces on its body.

    Args:
        chassis: What the body is.
        body: Its motion and what is asked of it.
        rotation: World from body. Shape (3, 3).
        ground: Samples below the wheels. Shape (4, 10).
        dt: [s].
        contact: Scratch. Shape (4, 14).
    """
    mass, radius, inertia, spin, deflection = (
        chassis.mass, chassis.wheel_radius, chassis.wheel_inertia, body.spin, body.deflection
    )  # fmt: skip
    touch_ground(chassis, body, rotation, ground, contact)
    left, right = wheel_targets(
        body.demand_velocity[0], body.demand_velocity[1], chassis.track_width, radius, chassis.max_speed
    )
    parked = left == 0.0 and right == 0.0 and abs(spin[0]) + abs(spin[1]) < _HOLD_SPEED / radius
    clear_force(body)
    for w in range(4):
        load = contact[w, LOAD]
        ex, ey, ez, sx, sy, sz = ground_frame(contact, w, rotation, 1.0, 0.0)
        vx, vy, vz = contact[w, SLIDE], contact[w, SLIDE + 1], contact[w, SLIDE + 2]
        fx = fy = 0.0
        if w < 2:
            target = left if w == 0 else right
            drive = motor_torque(
                target, spin[w], mass, radius, inertia, chassis.max_acceleration,
                chassis.max_deceleration, chassis.power, dt,
            )  # fmt: skip
            friction = loaded_friction(contact[w, FRICTION], load, chassis.static_load[w])
            brake = chassis.rolling_resistance * max(0.0, load) * radius
            if target != 0.0:  # the motors make up for what rolling takes
                drive += brake if target > 0.0 else -brake
            if parked:
                drive, brake = 0.0, 0.5 * mass * chassis.max_deceleration * radius
            fx, fy, spin[w], deflection[w, 0], deflection[w, 1] = wheel_step(
                vx * ex + vy * ey + vz * ez, vx * sx + vy * sy + vz * sz, load, friction,
                Wheel(chassis.stiffness[w], chassis.relaxation, radius, inertia), spin[w], deflection[w, 0],
                deflection[w, 1], drive, brake, False, dt,
            )  # fmt: skip
        elif load > 0.0:
            spin[w] = (vx * ex + vy * ey + vz * ez) / radius
        if load > 0.0:
            add_force(
                contact, w,
                load * contact[w, NORMAL] + fx * ex + fy * sx,
                load * contact[w, NORMAL + 1] + fx * ey + fy * sy,
                load * contact[w, NORMAL + 2] + fx * ez + fy * sz,
                body,
            )  # fmt: skip
