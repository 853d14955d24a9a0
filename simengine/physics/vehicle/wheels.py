"""Forces on one wheeled vehicle: powertrain, brakes, steering, tires, air, and what keeps a two-wheeler up.

Fidelity: brakes and drive are split between the axles by a fixed share and equally between left and right, as a brake
circuit and an open differential do; anti-lock brakes and traction control are ideal slip controllers at each wheel,
there is no gearbox and no reverse, and a standing vehicle of which no acceleration is asked holds itself (automatic
hold). A two-wheeler is balanced by a torque about its long axis, which a rider gives by steering and weight; it leans
as its speed and yaw rate require, is not steered or braked beyond that, its front wheel trails (see `riding`), and it
falls when struck.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.mechanics import GRAVITY
from simengine.physics.vehicle.planar_motion import POWER_SPEED, lag
from simengine.physics.vehicle.riding import (
    balance_torque,
    front_wheel_angle,
    hardest_riding,
    steepest_riding,
    without_leaning,
)
from simengine.physics.vehicle.stability import stability_brake
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
from simengine.physics.vehicle.tire import (
    ABS_SPEED,
    BURST_RADIUS,
    BURST_ROLLING,
    BURST_STIFFNESS,
    Wheel,
    falling_friction,
    loaded_friction,
    wheel_step,
)
from simengine.physics.vehicle.vehicle_models import advance_steering

HOLD_SPEED = 0.1  # below it a vehicle of which no acceleration is asked holds its brakes [m/s]
HOLD_DEMAND = 0.05  # demanded acceleration that releases them [m/s²]
FALLEN_LEAN = 1.2  # a two-wheeler that leans farther has fallen [rad]
REPLAY_STEER_FROM = 1.0  # speed below which a recording's steering cannot be told from its yaw rate [m/s]


@njit(cache=True, _nrt=False)
def wheel_torques(
    drive: float,
    speed: float,
    mass: float,
    max_acceleration: float,
    max_deceleration: float,
    power: float,
    max_speed: float,
    radius: float,
    wheel_inertia: float,
) -> tuple[float, float]:
    """Return the drive and the brake torque of all wheels together [N m] for a demanded acceleration after the lag.

    The wheels' own inertia is made up for, so that the vehicle, not the force over its mass, gets what is demanded;
    the power has to do for both.

    Args:
        drive: Demanded acceleration [m/s²].
        speed: Forward [m/s].
        mass: [kg].
        max_acceleration: Drive force limit over mass [m/s²].
        max_deceleration: Brake force limit over mass [m/s²].
        power: Drive power limit [W].
        max_speed: No drive above it [m/s].
        radius: Of a wheel [m].
        wheel_inertia: Of one of four wheels [kg m²].
    """
    rotating = 1.0 + 4.0 * wheel_inertia / (mass * radius * radius)
    if drive <= 0.0:
        return 0.0, min(-drive, max_deceleration) * mass * rotating * radius
    if speed >= max_speed:
        return 0.0, 0.0
    force = min(min(drive, max_acceleration) * mass * rotating, power / max(POWER_SPEED, abs(speed)))
    return force * radius, 0.0


@njit(cache=True, _nrt=False)
def torque_share(front_share: float, w: int) -> float:
    """Return a wheel's share of a torque of which the front axle gets a share; left and right are equal.

    Were it in proportion to the load, outer wheels would pull harder in a bend: perfect torque vectoring.

    Args:
        front_share: `brake_front` or `drive_front` of the vehicle.
        w: Wheel.
    """
    return 0.5 * (front_share if w < 2 else 1.0 - front_share)


@njit(cache=True, _nrt=False)
def ackermann(tangent, x, y, wheelbase):
    """Return cosine and sine of a front wheel's angle whose axle is steered by an angle of this tangent.

    Args:
        tangent: Of the road-wheel angle of the single track.
        x: Place of the wheel ahead of the center of mass [m]; wheels behind it are not steered.
        y: Place of the wheel to the left [m].
        wheelbase: [m].
    """
    if x <= 0.0 or tangent == 0.0:
        return 1.0, 0.0
    own = tangent / (1.0 - y / wheelbase * tangent)
    cosine = 1.0 / math.sqrt(1.0 + own * own)
    return cosine, own * cosine


@njit(cache=True, _nrt=False)
def replayed_steering(wheelbase: float, yaw_rate: float, forward: float, max_steering: float) -> float:
    """Return the road-wheel angle [rad] of a recorded motion without slip, faster than `REPLAY_STEER_FROM`.

    Args:
        wheelbase: [m].
        yaw_rate: [rad/s].
        forward: Speed [m/s].
        max_steering: The lock [rad].
    """
    return min(max_steering, max(-max_steering, math.atan(wheelbase * yaw_rate / forward)))


@njit(cache=True, _nrt=False)
def wheeled_forces(
    chassis: np.void,
    body: np.void,
    rotation: NDArray[np.float64],
    ground: NDArray[np.float64],
    dt: float,
    contact: NDArray[np.float64],
    sliding: float,
) -> None:
    """Advance a vehicle's actuators, wheels and bristles by one step and set the resultant of the forces on its body.

    Args:
        chassis: What the body is.
        body: Its motion and what is asked of it.
        rotation: World from body. Shape (3, 3).
        ground: Samples below the wheels. Shape (4, 10).
        dt: [s].
        contact: Scratch. Shape (4, 14).
        sliding: Friction of sliding tires over the greatest.
    """
    mass, radius, inertia, velocity = chassis.mass, chassis.wheel_radius, chassis.wheel_inertia, body.velocity
    demand = min(chassis.max_acceleration, max(-chassis.max_deceleration, body.demand_acceleration))
    body.drive = lag(body.drive, demand, dt)
    total = touch_ground(chassis, body, rotation, ground, contact)
    wheelbase = chassis.front_axle + chassis.rear_axle
    balanced = chassis.track_width == 0.0 and not body.struck
    forward = velocity[0] * rotation[0, 0] + velocity[1] * rotation[1, 0] + velocity[2] * rotation[2, 0]
    steepest = chassis.max_steering
    if balanced:  # a rider steers no further than tires and lean can carry
        steepest = steepest_riding(forward, ground[0, 4], wheelbase, chassis.max_steering)
    body.steering = advance_steering(body.steering, body.demand_steering, steepest, chassis.max_steering_rate, dt)
    tangent = math.tan(body.steering)
    hardest = math.inf
    if balanced:
        hardest = hardest_riding(
            forward * forward * tangent / wheelbase, ground[0, 4], chassis.front_axle, chassis.cog_height,
        )  # fmt: skip
    driving, braking = wheel_torques(
        body.drive, forward, mass, min(hardest, chassis.max_acceleration), min(hardest, chassis.max_deceleration),
        chassis.power, chassis.max_speed, radius, inertia,
    )  # fmt: skip
    holding = chassis.parked or (abs(forward) < HOLD_SPEED and demand < HOLD_DEMAND)
    if holding:
        driving, braking = 0.0, chassis.max_deceleration * mass * radius
    omega = body.angular_velocity
    roll_rate = omega[0] * rotation[0, 0] + omega[1] * rotation[1, 0] + omega[2] * rotation[2, 0]
    turned = tangent
    if balanced:
        along = (driving - braking) / (mass * radius)
        turned = math.tan(front_wheel_angle(chassis, body, rotation, contact, roll_rate, forward, along))
    slowed, slowing = -1, 0.0
    if chassis.stability:
        turning = omega[0] * rotation[0, 2] + omega[1] * rotation[1, 2] + omega[2] * rotation[2, 2]
        understeer = (1.0 / chassis.stiffness[0] - 1.0 / chassis.stiffness[2]) / GRAVITY
        slowed, slowing = stability_brake(
            forward, turning, body.steering, wheelbase, understeer,
            0.25 * (ground[0, 4] + ground[1, 4] + ground[2, 4] + ground[3, 4]), chassis.inertia[2], chassis.track_width,
        )  # fmt: skip
    clear_force(body)
    spin, deflection = body.spin, body.deflection
    for w in range(4):
        load = contact[w, LOAD]
        cosine, sine = ackermann(turned, chassis.contact[w, 0], chassis.contact[w, 1], wheelbase)
        if chassis.track_width > 0.0:
            braked, driven = torque_share(chassis.brake_front, w), torque_share(chassis.drive_front, w)
        else:  # a rider doses front and rear as they can take it
            braked = driven = load / total if total > 0.0 else 0.25
        rim, rolling, stiffness = radius, chassis.rolling_resistance, chassis.stiffness[w]
        if body.burst[w]:
            rim, rolling, stiffness = BURST_RADIUS * radius, BURST_ROLLING, BURST_STIFFNESS * stiffness
        wheel = Wheel(stiffness, chassis.relaxation, rim, inertia)
        brake = braking * braked + rolling * max(0.0, load) * rim
        if w == slowed:
            brake += slowing * rim
        if load <= 0.0:  # traction control lets no wheel spin up in the air
            _, _, spin[w], deflection[w, 0], deflection[w, 1] = wheel_step(
                0.0, 0.0, 0.0, 0.0, wheel, spin[w], 0.0, 0.0, 0.0, brake, False, dt
            )
            continue
        ex, ey, ez, sx, sy, sz = ground_frame(contact, w, rotation, cosine, sine)
        vx, vy, vz = contact[w, SLIDE], contact[w, SLIDE + 1], contact[w, SLIDE + 2]
        if balanced:
            vx, vy, vz = without_leaning(contact, w, rotation, roll_rate)
        friction = loaded_friction(contact[w, FRICTION], load, chassis.static_load[w])
        along, across = vx * ex + vy * ey + vz * ez, vx * sx + vy * sy + vz * sz
        roll, drift = abs(spin[w] * rim), spin[w] * rim - along
        friction = falling_friction(
            friction, sliding, math.sqrt(drift * drift + across * across) / max(ABS_SPEED, max(abs(along), roll))
        )
        fx, fy, spin[w], deflection[w, 0], deflection[w, 1] = wheel_step(
            along, across, load, friction, wheel, spin[w], deflection[w, 0], deflection[w, 1], driving * driven, brake,
            not holding, dt,
        )  # fmt: skip
        add_force(
            contact, w,
            load * contact[w, NORMAL] + fx * ex + fy * sx,
            load * contact[w, NORMAL + 1] + fx * ey + fy * sy,
            load * contact[w, NORMAL + 2] + fx * ez + fy * sz,
            body,
        )  # fmt: skip
    speed = math.sqrt(velocity[0] ** 2 + velocity[1] ** 2 + velocity[2] ** 2)
    drag = chassis.drag * speed
    for i in range(3):
        body.force[i] -= drag * velocity[i]
    if balanced and total > 0.0:
        pull = balance_torque(chassis.inertia[0], forward * forward * tangent / wheelbase, roll_rate, rotation)
        # It takes the place of the tires' moment about that axis, which the rider's balance takes up.
        for i in range(3):
            pull -= body.torque[i] * rotation[i, 0]
        for i in range(3):
            body.torque[i] += pull * rotation[i, 0]
