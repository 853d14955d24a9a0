"""The arrays of a warehouse and what their columns are. The robot has two driven wheels."""

from typing import NamedTuple

from simengine.core.rng import stream

# Columns of `robot` (num_envs, 11): box center [m], yaw [rad], forward and leftward velocity [m/s], yaw rate [rad/s],
# goal [m], way left [m], and its waypoint [m].
X, Y, YAW, FORWARD, LEFTWARD, YAW_RATE, GOAL_X, GOAL_Y, WAY_LEFT, NEXT_X, NEXT_Y = range(11)
ROBOT_COLUMNS = 11
# Columns of `people` (num_envs, num_people, 9): place [m], velocity [m/s], crossing walked to (passage, aisle), that
# come from, desired speed [m/s]; crossings are stored as passage + 3 · aisle.
PX, PY, PVX, PVY, TO, FROM, DESIRED, CHOICES = range(8)
PEOPLE_COLUMNS = 8
STEP, EPISODE = range(2)
INFO_SPEED, INFO_CRASHED, INFO_SUCCESS, INFO_WAY_LEFT = range(4)
INFO_COLUMNS = 4
TURN_RATE = 1.5  # at full action [rad/s]
REVERSE = 0.3  # of the top speed, at full reverse action
ARRIVED = 0.5  # from the goal [m]
BODY = 0.28  # radius of a person, half the shoulder breadth with arms [m]
FRICTION = 0.7  # of a dry concrete floor
PLACING, WALKING = stream("warehouse", "placing"), stream("warehouse", "walking")


class WarehouseSettings(NamedTuple):
    """What all worlds have in common."""

    aisles: int
    aisle_length: float  # of half a row of shelves [m]
    aisle_width: float  # [m]
    shelf_depth: float  # [m]
    step: float  # between two actions [s]
    substeps: int
    built_in: bool
    length: float  # of the robot [m]
    width: float  # of the robot [m]
    track_width: float  # [m]
    acceleration: float  # of a wheel [m/s²]
    braking: float  # of a wheel [m/s²]
    top_speed: float  # [m/s]
    progress_weight: float
    arrival_weight: float
    collision_weight: float
    time_weight: float
    comfort_weight: float
