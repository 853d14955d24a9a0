"""What the rider of a two-wheeler does: lean into turns, let the front wheel trail, brake no harder than they allow.

Held by its front wheel, a single track that brakes is unstable in yaw: the load that moves forward makes the front tire
stiffer and the rear one softer, and above a speed (14 m/s at 5 m/s² for the motorcycle here) the front turns it round
within a second. A rider holds no angle. The fork's trail turns the front wheel into the direction in which its contact
point moves, and the rider adds a torque, hence a side force (Cossalter, "Motorcycle Dynamics", 2nd ed., ch. 7: steering
by torque, free control; Sharp, "The stability and control of motorcycles", J. Mechanical Engineering Science 13, 1971).
So the angle that is asked for says which way the rider wants to go, and the front tire exerts the side force of
that way, plus what brings the yaw rate back to it; the rear tire alone then keeps the vehicle straight behind.

Brakes are ideally distributed and anti-lock as those of cars; in a lean they leave the friction that the turn needs, as
lean-sensitive anti-lock brakes do ("motorcycle stability control": the circle of friction, Cossalter, ch. 2).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.mechanics import GRAVITY
from simengine.physics.vehicle.suspension import ARM, FRICTION, LOAD, SLIDE, ground_frame
from simengine.physics.vehicle.tire import BURST_ROLLING, BURST_STIFFNESS, inverse_saturation

_BALANCE_RATE = 2.0 * math.pi  # with which a rider leans [rad/s]
_RIDER_SHARE = 0.6  # of the friction that a rider uses in a turn; leaning in takes load off the tires for a while
WHOLE_SHARE = 0.98  # of the friction that side force and drive or brakes are reckoned to use together
_STRAIGHT, _HARDLY_TURNING = 0.05, 0.1  # asked beyond the friction; share of it that a turn uses where this ends
_REAR_SHARE = 0.9  # of the rear tire's friction that its parts of turn and braking use together
_HALVINGS = 12  # with which the hardest braking is found, to a few mm/s²
_YAW_RATE = 2.0 * math.pi  # with which a rider brings the yaw rate back; hands manage about 1 Hz [rad/s]
_TRAILS_FROM, _TRAILS_FULLY = 1.0, 2.0  # speeds between which the fork's trail takes the angle over [m/s]


@njit(cache=True, _nrt=False)
def steepest_riding(forward: float, friction: float, wheelbase: float, max_steering: float) -> float:
    """Return the largest angle that a rider asks for [rad]: what tires and lean can carry at a speed.

    Args:
        forward: Speed [m/s].
        friction: µ.
        wheelbase: [m].
        max_steering: The lock [rad].
    """
    return min(max_steering, math.atan(_RIDER_SHARE * friction * GRAVITY * wheelbase / max(1.0, forward * forward)))


@njit(cache=True, _nrt=False)
def hardest_riding(lateral: float, friction: float, front_axle: float, cog_height: float) -> float:
    """Return the hardest drive or braking that a rider asks of the tires in a turn [m/s²].

    The friction bounds it. Straight on a little more is asked than there is, since anti-lock brakes find the limit; in
    a turn a margin is kept beside the circle of friction, whose root would be of 1 − used², for what keeps the way and
    the balance. The rear wheel, which braking lightens, bounds it too: it has to carry its part of the turn, as heavy
    as at rest, beside its part of the braking, which goes with its load.

    Args:
        lateral: Acceleration of the turn [m/s²].
        friction: µ.
        front_axle: Center of mass to front axle [m].
        cog_height: Center of mass above the ground [m].
    """
    used = min(_RIDER_SHARE, abs(lateral) / max(1e-6, friction * GRAVITY))
    straight = max(0.0, 1.0 - used / _HARDLY_TURNING)
    circle = friction * (1.0 + _STRAIGHT * straight) * math.sqrt(1.0 - used)
    rear = friction * (_REAR_SHARE + (1.0 + _STRAIGHT - _REAR_SHARE) * straight)
    # Loads and forces of the rear wheel times the wheelbase, over the weight.
    need = used * friction * front_axle
    most, above = 0.0, min(circle, rear, front_axle / cog_height)
    for _ in range(_HALVINGS):
        middle = 0.5 * (most + above)
        if (front_axle - middle * cog_height) * math.sqrt(rear * rear - middle * middle) >= need:
            most = middle
        else:
            above = middle
    return GRAVITY * most


@njit(cache=True, _nrt=False)
def without_leaning(
    contact: NDArray[np.float64], w: int, rotation: NDArray[np.float64], roll_rate: float
) -> tuple[float, float, float]:
    """Return the velocity of a wheel's contact point without what leaning adds to it, world [m/s].

    Leaning moves the wheels sideways under the rider, who steers so that they roll there, not slide.
    """
    rx, ry, rz = contact[w, ARM], contact[w, ARM + 1], contact[w, ARM + 2]
    return (
        contact[w, SLIDE] - roll_rate * (rotation[1, 0] * rz - rotation[2, 0] * ry),
        contact[w, SLIDE + 1] - roll_rate * (rotation[2, 0] * rx - rotation[0, 0] * rz),
        contact[w, SLIDE + 2] - roll_rate * (rotation[0, 0] * ry - rotation[1, 0] * rx),
    )


@njit(cache=True, _nrt=False)
def front_wheel_angle(
    chassis: np.void,
    body: np.void,
    rotation: NDArray[np.float64],
    contact: NDArray[np.float64],
    roll_rate: float,
    forward: float,
    along: float,
) -> float:
    """Return the angle of a ridden two-wheeler's front wheel to its frame [rad].

    Args:
        chassis: What the body is.
        body: Its motion; its steering is the angle that the rider asks for.
        rotation: World from body. Shape (3, 3).
        contact: Of the wheels. Shape (4, 14).
        roll_rate: [rad/s].
        forward: Speed [m/s].
        along: Acceleration that drive or brakes are giving, of either sign [m/s²].
    """
    load = contact[0, LOAD] + contact[1, LOAD]
    trails = min(1.0, max(0.0, (forward - _TRAILS_FROM) / (_TRAILS_FULLY - _TRAILS_FROM)))
    if trails == 0.0 or contact[0, LOAD] <= 0.0:
        return body.steering
    friction = contact[0, FRICTION]
    wheelbase = chassis.front_axle + chassis.rear_axle
    ex, ey, ez, sx, sy, sz = ground_frame(contact, 0, rotation, 1.0, 0.0)
    vx, vy, vz = without_leaning(contact, 0, rotation, roll_rate)
    course = math.atan2(vx * sx + vy * sy + vz * sz, max(1.0, vx * ex + vy * ey + vz * ez))
    wanted = forward * math.tan(body.steering) / wheelbase
    turn = (
        body.angular_velocity[0] * rotation[0, 2]
        + body.angular_velocity[1] * rotation[1, 2]
        + body.angular_velocity[2] * rotation[2, 2]
    )
    # In proportion to the load: brakes pull at the wheels, beside the center of mass, which leans into the turn, and
    # this moment takes up what the load moved forward adds to the front tire's.
    stiffness = chassis.stiffness[0]
    if body.burst[0]:  # the rider steers until the soft tire gives the side force, beside its drag
        stiffness *= BURST_STIFFNESS
        along -= BURST_ROLLING * GRAVITY
    side = load / GRAVITY * forward * wanted
    side += chassis.inertia[2] * _YAW_RATE * (wanted - turn) / chassis.front_axle
    # The slip that gives this side force beside that of drive or brakes, on the circle of friction.
    length = min(WHOLE_SHARE, abs(along) / (friction * GRAVITY))
    most = max(0.1, math.sqrt(WHOLE_SHARE * WHOLE_SHARE - length * length))
    across = min(most, max(-most, side / (friction * load)))
    whole = min(WHOLE_SHARE, math.sqrt(length * length + across * across))
    slip = 0.0
    if whole > 0.0:
        slip = inverse_saturation(whole) * friction / stiffness * across / whole
    angle = body.steering + trails * (course + slip - body.steering)
    return min(chassis.max_steering, max(-chassis.max_steering, angle))


@njit(cache=True, _nrt=False)
def balance_torque(roll_inertia: float, lateral: float, roll_rate: float, rotation: NDArray[np.float64]) -> float:
    """Return the moment about a two-wheeler's long axis that leans it as its turn requires [N m].

    The lean at which weight and centrifugal force balance is atan(a / g) into the turn, with the lateral acceleration a
    that speed and steering ask for; there the moment of the tires' forces about the long axis is zero, so what the
    rider adds is small in a steady turn.
    """
    wanted = -math.atan(lateral / GRAVITY)
    lean = math.atan2(rotation[2, 1], rotation[2, 2])
    return roll_inertia * (_BALANCE_RATE * _BALANCE_RATE * (wanted - lean) - 2.0 * _BALANCE_RATE * roll_rate)
