"""How a two-wheeler moves in the ground plane where no lean is modeled: it turns as its rider asks and slips behind.

The plane's part of `riding`: the front tire exerts the side force that the turn needs, so the yaw rate follows the
angle asked for, and the rear tire runs at the slip angle that carries its part of the turn, which builds up over the
time v / (C_S g) of an axle under its own load. Whoever steers a path reckons with that slip (`vehicle.steering`): a
two-wheeler that rolled without it would run 0.5 m beside its lane in a fast bend. A rider steers against every slide;
only a blow sets the rear wheel sliding beyond what a rider's turns need, and then the tires decide alone.
"""

import math

from numba import njit

from simengine.core.mechanics import GRAVITY
from simengine.physics.vehicle.planar_motion import SLIP_BEGINS
from simengine.physics.vehicle.riding import WHOLE_SHARE
from simengine.physics.vehicle.tire import LOAD_SENSITIVITY, inverse_saturation
from simengine.physics.vehicle.vehicle_models import SLIP_SPEED, PlanarMotion, SingleTrack, advance_dynamic


@njit(cache=True, _nrt=False)
def braked_friction(friction: float, front_axle: float, rear_axle: float, cog_height: float) -> float:
    """Return µ of a whole vehicle that brakes as hard as it can: tires lose friction under the load moved forward.

    With the shares p of the load at rest and the share t = µ h / L that moves, the mean of `tire.loaded_friction` over
    both axles is µ (1 − k t² (1 / p_front + 1 / p_rear)).

    Args:
        friction: µ at rest.
        front_axle: Center of mass to front axle [m].
        rear_axle: Center of mass to rear axle [m].
        cog_height: Center of mass above the ground [m].
    """
    moved = friction * cog_height  # times the wheelbase
    return friction * (1.0 - LOAD_SENSITIVITY * moved * moved / (front_axle * rear_axle))


@njit(cache=True, _nrt=False)
def ridden_slip(lateral: float, along: float, friction: float, stiffness: float) -> float:
    """Return the slip angle of an axle that carries its part of a turn beside its part of drive or brakes [rad].

    Args:
        lateral: Acceleration of the turn [m/s²], left positive; the slip points to the other side.
        along: Acceleration by drive and brakes [m/s²], of either sign.
        friction: µ.
        stiffness: Lateral force per load and slip angle [1/rad].
    """
    grip = max(1e-6, friction * GRAVITY)
    across, length = abs(lateral) / grip, abs(along) / grip
    whole = min(WHOLE_SHARE, math.sqrt(across * across + length * length))
    if across == 0.0 or whole == 0.0:
        return 0.0
    share = min(1.0, across / whole)
    return -math.copysign(inverse_saturation(whole) * friction / stiffness * share, lateral)


@njit(cache=True, _nrt=False)
def move_ridden(
    motion: PlanarMotion,
    steering: float,
    pull: float,
    push: float,
    track: SingleTrack,
    front_friction: float,
    rear_friction: float,
    step: float,
) -> PlanarMotion:
    """Return the motion of a two-wheeler after a step.

    Args:
        motion: Before the step.
        steering: Angle that the rider asks for, within what tires and lean can carry [rad].
        pull: Acceleration along the body that the tires give [m/s²].
        push: That of drag and slope [m/s²].
        track: The vehicle.
        front_friction: µ under the front wheel.
        rear_friction: µ under the rear wheel.
        step: [s].
    """
    x, y, yaw, forward, leftward, yaw_rate = motion
    front_axle, rear_axle, stiffness = track.front_axle, track.rear_axle, track.rear_stiffness
    wheelbase = front_axle + rear_axle
    tangent = math.tan(steering)
    speed = math.copysign(math.sqrt(forward * forward + leftward * leftward), forward)
    rear_slide = leftward - rear_axle * yaw_rate
    lateral = speed * speed * tangent / wheelbase
    wanted = math.tan(ridden_slip(lateral, pull, rear_friction, stiffness)) if forward > 0.0 else 0.0
    allowed = inverse_saturation(WHOLE_SHARE) * rear_friction / stiffness * max(0.0, forward)
    if abs(rear_slide) > SLIP_BEGINS + allowed:
        return advance_dynamic(motion, steering, pull, push, track, front_friction, rear_friction, step)
    slip = rear_slide / max(SLIP_SPEED, abs(forward))
    slip = wanted + (slip - wanted) * math.exp(-step * stiffness * GRAVITY / max(SLIP_SPEED, abs(forward)))
    # Both tires' side forces point a slip angle backwards of across the way; at rest there is no turn and no slip.
    after = speed + (pull + push - abs(lateral * slip)) * step
    if speed * after < 0.0:
        after = 0.0
    middle = 0.5 * (speed + after)
    aside = tangent * rear_axle / wheelbase + slip  # tangent of the slip angle of the center of mass
    cosine = 1.0 / math.sqrt(1.0 + aside * aside)
    curvature = cosine * tangent / wheelbase
    half = yaw + 0.5 * curvature * middle * step
    ahead_x, ahead_y = cosine * math.cos(half), cosine * math.sin(half)
    return PlanarMotion(
        x + (ahead_x - aside * ahead_y) * middle * step,
        y + (ahead_y + aside * ahead_x) * middle * step,
        yaw + curvature * middle * step,
        after * cosine,
        after * cosine * aside,
        after * curvature,
    )
