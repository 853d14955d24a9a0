"""The arrays of a ring highway and what their columns are.

The road is straight, closed into a ring along x; lane 0 is the rightmost, its center is y = 0. Vehicle 0 is the ego.
"""

from typing import NamedTuple

# Columns of `motion` (num_envs, num_vehicles, 8): box center [m], yaw [rad], speed [m/s], steering [rad], acceleration
# [m/s²]; gap to the vehicle ahead [m] and how fast it closes [m/s].
X, Y, YAW, SPEED, STEERING, ACCELERATION, GAP, APPROACH = range(8)
MOTION_COLUMNS = 8
# Columns of `trait` (num_envs, num_vehicles, 11), fixed for an episode: the driver's desired speed [m/s], time gap [s],
# a and b of the IDM [m/s²]; then of the vehicle, as in `models`.
(DESIRED, TIME_GAP, COMFORT_ACCELERATION, COMFORT_BRAKING, OWN_LENGTH, OWN_WIDTH, OWN_FRONT, OWN_REAR, OWN_LOCK,
 OWN_STEERING_RATE, OWN_BRAKING) = range(11)  # fmt: skip
TRAIT_COLUMNS = 11
# Columns of `place` (num_envs, num_vehicles, 6): lane driven to, lowest and highest lane touched, model, rank along the
# ring, and (row k) the vehicle that is k-th along it.
TARGET, LOW, HIGH, MODEL, RANK, ORDER = range(6)
PLACE_COLUMNS = 6
# Columns of `ego` (num_envs, 2): leftward velocity of the center of mass [m/s], yaw rate [rad/s].
LEFTWARD, YAW_RATE = range(2)
# Columns of `clock` (num_envs, 2).
STEP, EPISODE = range(2)
# Columns of `models` (num_models, …): sizes [m], axles from the box center [m], then those of `ActorTable`.
(LENGTH, WIDTH, FRONT, REAR, MASS, YAW_INERTIA, COG_OFFSET, COG_HEIGHT, FRONT_STIFFNESS, REAR_STIFFNESS, MAX_STEERING,
 STEERING_RATE, MAX_ACCELERATION, MAX_DECELERATION, SWITCH_SPEED, MAX_SPEED) = range(16)  # fmt: skip
MODEL_COLUMNS = 16
# Columns of the info rows.
INFO_SPEED, INFO_CRASHED, INFO_OFF_ROAD, INFO_LANE, INFO_COMFORT = range(5)
INFO_COLUMNS = 5
PEDAL_ACCELERATION = 3.0  # at full action [m/s²]
PEDAL_BRAKING = 6.0  # at full action, hard but short of an emergency [m/s²]
SHOULDER = 0.5  # between the outermost lane line and the edge of the road [m]


class HighwaySettings(NamedTuple):
    """What all worlds have in common."""

    num_lanes: int
    lane_width: float  # [m]
    ring_length: float  # [m]
    step: float  # between two actions [s]
    substeps: int
    speed_limit: float  # [m/s]
    traffic_speed: float  # mean desired speed of the others [m/s]
    traffic_speed_std: float  # [m/s]
    ego_time_gap: float  # of the built-in driver [s]
    friction: float
    dynamic: bool  # the ego runs on tires, else rolls without slip
    discrete: bool
    built_in: bool  # the built-in driver drives the ego and actions are ignored
    truck_model: int  # first model that is a truck
    acceleration: float  # at full action [m/s²]
    braking: float  # at full action [m/s²]
    shoulder: float  # between the outermost lane line and the edge of the road [m]
    low_speed: float  # that earns nothing [m/s]
    speed_weight: float
    collision_weight: float
    off_road_weight: float
    comfort_weight: float
    lane_change_weight: float
