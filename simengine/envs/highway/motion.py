"""How vehicles move: the ego by actions through its vehicle model, the others along their lanes.

Vehicles are the single-track models of `simengine.physics`. Two departures, for speed: a vehicle that runs straight on
its lane's center is moved without trigonometry, to the same result; substeps are the ego's alone, others move once per
action. Contact is tested once per action, in which vehicles close by less than their length.
"""

import math

from numba import njit

from simengine.behavior.vehicle.steering import path_steering, slip_compliance
from simengine.core.mechanics import GRAVITY
from simengine.envs import terms
from simengine.envs.highway.layout import (
    ACCELERATION,
    COG_HEIGHT,
    COG_OFFSET,
    FRONT,
    FRONT_STIFFNESS,
    HIGH,
    LEFTWARD,
    LOW,
    MASS,
    MAX_ACCELERATION,
    MAX_DECELERATION,
    MAX_SPEED,
    MAX_STEERING,
    MODEL,
    OWN_FRONT,
    OWN_LENGTH,
    OWN_LOCK,
    OWN_REAR,
    OWN_STEERING_RATE,
    OWN_WIDTH,
    REAR,
    REAR_STIFFNESS,
    SPEED,
    STEERING,
    STEERING_RATE,
    SWITCH_SPEED,
    TARGET,
    YAW,
    YAW_INERTIA,
    YAW_RATE,
    X,
    Y,
)
from simengine.physics.vehicle.planar_motion import move_wheeled
from simengine.physics.vehicle.vehicle_models import (
    PlanarMotion,
    SingleTrack,
    advance_kinematic,
    advance_steering,
    limit_acceleration,
)

_SETTLED = 0.02  # off the lane's center [m], and ten times less in angles [rad]
FASTER, SLOWER = 2.0, 5.0  # of the discrete actions; the others hold the speed [m/s²]


@njit(cache=True)
def lane_at(y, lane_width, num_lanes):
    """Return the lane that holds a lateral position, the outermost if none does."""
    return min(num_lanes - 1, max(0, int(math.floor(y / lane_width + 0.5))))


@njit(cache=True)
def _lanes_touched(y, yaw, target, length, width, lane_width, num_lanes):
    """Return the lowest and highest lane that a vehicle stands on or is heading for."""
    half = 0.5 * width + 0.5 * length * abs(math.sin(yaw))
    low, high = lane_at(y - half, lane_width, num_lanes), lane_at(y + half, lane_width, num_lanes)
    return min(low, target), max(high, target)


@njit(cache=True)
def act(e, settings, models, motion, place, ego, actions):
    """Turn the action into an acceleration and return the lateral position to drive to [m]."""
    lane = lane_at(motion[e, 0, Y], settings.lane_width, settings.num_lanes)
    if settings.discrete:
        choice = int(actions[e, 0])
        settled = abs(motion[e, 0, Y] - place[e, 0, TARGET] * settings.lane_width) < 0.2 * settings.lane_width
        if choice == 0 and settled:
            place[e, 0, TARGET] = min(settings.num_lanes - 1, place[e, 0, TARGET] + 1)
        elif choice == 2 and settled:
            place[e, 0, TARGET] = max(0, place[e, 0, TARGET] - 1)
        motion[e, 0, ACCELERATION] = 0.0
        if choice == 3:
            room = (settings.speed_limit - motion[e, 0, SPEED]) / settings.step
            motion[e, 0, ACCELERATION] = min(FASTER, max(0.0, room))
        elif choice == 4:
            motion[e, 0, ACCELERATION] = -SLOWER
        return place[e, 0, TARGET] * settings.lane_width
    pedal = min(1.0, max(-1.0, actions[e, 0]))
    motion[e, 0, ACCELERATION] = pedal * (settings.acceleration if pedal >= 0.0 else settings.braking)
    place[e, 0, TARGET] = lane
    return (lane + min(1.0, max(-1.0, actions[e, 1]))) * settings.lane_width


@njit(cache=True)
def move_ego(e, target_y, step, settings, models, motion, place, ego):
    """Advance the ego by a substep through its vehicle model, towards a lateral position [m]."""
    model = place[e, 0, MODEL]
    yaw, speed = motion[e, 0, YAW], motion[e, 0, SPEED]
    front, rear, offset = models[model, FRONT], models[model, REAR], models[model, COG_OFFSET]
    compliance = understeer = 0.0
    if settings.dynamic:
        compliance = slip_compliance(models[model, REAR_STIFFNESS])
        understeer = slip_compliance(models[model, FRONT_STIFFNESS]) - compliance
    error = motion[e, 0, Y] - rear * math.sin(yaw) - target_y
    demand = path_steering(error, yaw, 0.0, speed, front + rear, understeer, compliance, models[model, MAX_STEERING])
    before = motion[e, 0, STEERING]
    steering = advance_steering(before, demand, models[model, MAX_STEERING], models[model, STEERING_RATE], step)
    acceleration = limit_acceleration(
        speed,
        motion[e, 0, ACCELERATION],
        models[model, MAX_ACCELERATION],
        models[model, SWITCH_SPEED],
        0.0,
        models[model, MAX_SPEED],
    )
    if motion[e, 0, ACCELERATION] < 0.0:
        acceleration = max(motion[e, 0, ACCELERATION], -models[model, MAX_DECELERATION])
    bound = settings.friction * GRAVITY
    acceleration = max(-speed / step, min(bound, max(-bound, acceleration)))
    cosine, sine = math.cos(yaw), math.sin(yaw)
    track = SingleTrack(
        models[model, MASS],
        models[model, YAW_INERTIA],
        front - offset,
        rear + offset,
        models[model, COG_HEIGHT],
        models[model, FRONT_STIFFNESS],
        models[model, REAR_STIFFNESS],
    )
    x, y, yaw, forward, leftward, yaw_rate = move_wheeled(
        PlanarMotion(
            motion[e, 0, X] + offset * cosine,
            motion[e, 0, Y] + offset * sine,
            yaw,
            speed,
            ego[e, LEFTWARD],
            ego[e, YAW_RATE],
        ),
        0.5 * (before + steering),
        acceleration,
        0.0,
        not settings.dynamic,
        track,
        settings.friction,
        settings.friction,
        step,
    )
    motion[e, 0, X], motion[e, 0, Y] = x - offset * math.cos(yaw), y - offset * math.sin(yaw)
    motion[e, 0, YAW], motion[e, 0, SPEED], motion[e, 0, STEERING] = yaw, forward, steering
    ego[e, LEFTWARD], ego[e, YAW_RATE] = leftward, yaw_rate


@njit(cache=True)
def move_others(e, step, lane_width, num_lanes, motion, trait, place):
    """Advance all vehicles but the ego: straight on, or steering to their lane's center."""
    for n in range(1, motion.shape[1]):
        speed, acceleration = motion[e, n, SPEED], motion[e, n, ACCELERATION]
        target = place[e, n, TARGET]
        center = target * lane_width
        y, yaw = motion[e, n, Y], motion[e, n, YAW]
        if y == center and yaw == 0.0:
            after = max(0.0, speed + acceleration * step)
            motion[e, n, X] += 0.5 * (speed + after) * step
            motion[e, n, SPEED] = after
            continue
        front, rear, lock = trait[e, n, OWN_FRONT], trait[e, n, OWN_REAR], trait[e, n, OWN_LOCK]
        demand = path_steering(y - rear * math.sin(yaw) - center, yaw, 0.0, speed, front + rear, 0.0, 0.0, lock)
        steering = advance_steering(motion[e, n, STEERING], demand, lock, trait[e, n, OWN_STEERING_RATE], step)
        x, y, yaw, speed, _, _, _ = advance_kinematic(
            motion[e, n, X], y, yaw, speed, steering, acceleration, front, rear, step
        )
        low = high = target
        if abs(y - center) < _SETTLED and abs(yaw) < 0.1 * _SETTLED and abs(steering) < 0.1 * _SETTLED:
            y, yaw, steering = center, 0.0, 0.0
        else:
            low, high = _lanes_touched(
                y, yaw, target, trait[e, n, OWN_LENGTH], trait[e, n, OWN_WIDTH], lane_width, num_lanes
            )
        motion[e, n, X], motion[e, n, Y], motion[e, n, YAW] = x, y, yaw
        motion[e, n, SPEED], motion[e, n, STEERING] = speed, steering
        place[e, n, LOW], place[e, n, HIGH] = low, high


@njit(cache=True)
def note_ego_lanes(e, lane_width, num_lanes, motion, trait, place):
    """Note which lanes the ego stands on or is heading for."""
    place[e, 0, LOW], place[e, 0, HIGH] = _lanes_touched(
        motion[e, 0, Y],
        motion[e, 0, YAW],
        place[e, 0, TARGET],
        trait[e, 0, OWN_LENGTH],
        trait[e, 0, OWN_WIDTH],
        lane_width,
        num_lanes,
    )


@njit(cache=True)
def collides(e, ring_length, motion, trait):
    """Return whether the ego's box overlaps another's."""
    length, width = trait[e, 0, OWN_LENGTH], trait[e, 0, OWN_WIDTH]
    for n in range(1, motion.shape[1]):
        dx = terms.ring_gap(motion[e, n, X] - motion[e, 0, X], ring_length)
        if abs(dx) < 0.5 * (length + trait[e, n, OWN_LENGTH]) + 1.0 and terms.boxes_touch(
            0.0,
            motion[e, 0, Y],
            motion[e, 0, YAW],
            length,
            width,
            dx,
            motion[e, n, Y],
            motion[e, n, YAW],
            trait[e, n, OWN_LENGTH],
            trait[e, n, OWN_WIDTH],
        ):
            return True
    return False
