"""The arrays of an intersection and what their columns are. Vehicle 0 is the ego; it enters from the west."""

from typing import NamedTuple

from simengine.core.rng import stream

# Columns of `motion` (num_envs, num_vehicles, 8): box center [m], yaw [rad], speed [m/s], steering [rad], acceleration
# [m/s²], and where it is on its route, along and to the left [m].
X, Y, YAW, SPEED, STEERING, ACCELERATION, ALONG, ASIDE = range(8)
# Columns of `trait` (num_envs, num_vehicles, 9): driver, then vehicle.
DESIRED, TIME_GAP, LENGTH, WIDTH, FRONT, REAR, LOCK, STEERING_RATE, STYLE = range(9)
# Columns of `place` (num_envs, num_vehicles, 4): route, whether it is in the world, begun routes, may it enter the box.
ROUTE, PRESENT, BEGUN, GRANTED = range(4)
# Columns of `models`.
MODEL_COLUMNS = 6  # length, width, front and rear axle from the box center, lock, steering rate
STEP, EPISODE = range(2)
INFO_SPEED, INFO_CRASHED, INFO_OFF_ROAD, INFO_SUCCESS, INFO_RAN_RED, INFO_TURN = range(6)
INFO_COLUMNS = 6
GREEN, AMBER, RED, DARK = range(4)
PEDAL_ACCELERATION, PEDAL_BRAKING = 3.0, 6.0  # at full action [m/s²]
FASTER, SLOWER = 2.0, 5.0  # of the discrete actions [m/s²]
OFFSET = 1.0  # from the route at full lateral demand [m]
WIDEST = 2.0  # from the route, farther is off the road [m]
EXIT = 25.0  # beyond the box, where the ego has arrived [m]
PLACING, DRIVER, ROUTING = (stream("intersection", name) for name in ("placing", "driver", "routing"))


class IntersectionSettings(NamedTuple):
    """What all worlds have in common."""

    arm_length: float  # way from the beginning of a route to the box [m]
    half_box: float  # [m]
    lane_width: float  # [m]
    step: float  # between two actions [s]
    substeps: int
    speed_limit: float  # [m/s]
    signaled: bool
    green: float  # [s]
    amber: float  # [s]
    all_red: float  # [s]
    ego_turn: int  # −1 draws one
    discrete: bool
    built_in: bool
    speed_weight: float
    collision_weight: float
    off_road_weight: float
    red_light_weight: float
    arrival_weight: float
    comfort_weight: float
