"""The world as arrays: what an actor is (`ActorTable`), what moves (`WorldState`), what is asked of it (`Controls`).

Every array begins with the axes ``num_envs, num_actors`` (looped as ``e, a``), is C-contiguous and float64 unless said.
World frame: right-handed, east-north-up. An actor's frame follows ISO 8855 (x forward, y left, z up) with its origin at
the center of its bounding box. Quaternions are w, x, y, z and turn actor coordinates into world coordinates.
Actor 0 is always the ego.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

EGO = 0
NUM_WHEELS = 4  # front left, front right, rear left, rear right; two-wheelers use both wheels of an axle as one


class ActorKind(IntEnum):
    """What an actor is; decides its appearance, its label class and its default parameters."""

    CAR = 0
    TRUCK = 1
    BUS = 2
    MOTORCYCLE = 3
    BICYCLE = 4
    PEDESTRIAN = 5
    ANIMAL = 6
    CARGO = 7
    CONE = 8
    ROBOT = 9


class Mobility(IntEnum):
    """How an actor moves, hence which physics carries it."""

    WHEELED = 0  # tires, steering, drivetrain
    WALKER = 1  # follows a demanded ground velocity until it is struck
    FREE = 2  # a rigid body without a will
    DIFFERENTIAL = 3  # two driven wheels and casters


class Behavior(IntEnum):
    """Who decides for an actor."""

    EGO = 0  # the driver under test
    TRAFFIC = 1  # IDM, MOBIL and junction rules
    REPLAY = 2  # a recording
    PARKED = 3  # brakes held
    WALKER = 4  # social force
    SCRIPTED = 5  # stands or goes on as placed until an event moves it


class Light(IntEnum):
    """Bits of `WorldState.lights`."""

    BRAKE = 1
    LEFT = 2
    RIGHT = 4
    HEAD = 8


class ActorTable(NamedTuple):
    """What never changes about each actor during an episode. Shapes (num_envs, num_actors) unless said."""

    kind: NDArray[np.int32]  # ActorKind
    mobility: NDArray[np.int32]  # Mobility
    behavior: NDArray[np.int32]  # Behavior at the start
    present: NDArray[np.bool_]  # the slot is used at all in this episode
    length: NDArray[np.float64]  # bounding box [m]
    width: NDArray[np.float64]
    height: NDArray[np.float64]
    mass: NDArray[np.float64]  # [kg]
    yaw_inertia: NDArray[np.float64]  # about the vertical axis through the center of mass [kg m²]
    front_axle: NDArray[np.float64]  # center of mass to front axle [m]
    rear_axle: NDArray[np.float64]  # center of mass to rear axle [m]
    cog_offset: NDArray[np.float64]  # center of mass ahead of the box center [m]
    cog_height: NDArray[np.float64]  # center of mass above the ground [m]
    track_width: NDArray[np.float64]  # between the wheel centers of an axle [m]
    wheel_radius: NDArray[np.float64]  # [m]
    front_stiffness: NDArray[np.float64]  # lateral force of the front axle per load and slip angle, C_S [1/rad]
    rear_stiffness: NDArray[np.float64]  # that of the rear axle [1/rad]
    max_steering: NDArray[np.float64]  # road-wheel angle [rad]
    max_steering_rate: NDArray[np.float64]  # [rad/s]
    max_acceleration: NDArray[np.float64]  # drive force limit over mass [m/s²]
    max_deceleration: NDArray[np.float64]  # brake force limit over mass [m/s²]
    power: NDArray[np.float64]  # drive power limit [W]
    brake_front: NDArray[np.float64]  # share of the brake torque on the front axle; riders dose theirs by load instead
    drive_front: NDArray[np.float64]  # share of the drive torque: 0 rear drive, 1 front drive, between all wheels
    drag: NDArray[np.float64]  # of the air, over the square of the speed: ½ρ c_d A [kg/m]
    rolling_resistance: NDArray[np.float64]  # coefficient [-]
    max_speed: NDArray[np.float64]  # [m/s]
    stability: NDArray[np.bool_]  # has stability control
    variant: NDArray[np.int32]  # which parametric mesh of its kind
    model: NDArray[np.int32]  # row of the catalog, −1 for what is not of it
    color: NDArray[np.float32]  # body paint, linear RGB in 0..1. Shape (num_envs, num_actors, 3)


class WorldState(NamedTuple):
    """Everything about the actors that moves. Shapes (num_envs, num_actors) unless said."""

    tick: NDArray[np.int64]  # physics ticks since the start. Shape (num_envs,)
    valid: NDArray[np.bool_]  # in the world now
    # Who is, or was last, in this slot: an id that nobody else ever has in an episode, and that is told to the outside
    # instead of the slot. It is the slot's index until a vehicle that has left is followed by another.
    identity: NDArray[np.int32]
    replayed: NDArray[np.bool_]  # pose and velocity follow a recording at this tick
    position: NDArray[np.float64]  # box center, world [m]. (num_envs, num_actors, 3)
    orientation: NDArray[np.float64]  # w, x, y, z. (num_envs, num_actors, 4)
    velocity: NDArray[np.float64]  # of the box center, world [m/s]. (num_envs, num_actors, 3)
    angular_velocity: NDArray[np.float64]  # world [rad/s]. (num_envs, num_actors, 3)
    acceleration: NDArray[np.float64]  # mean over the last tick, world [m/s²]. (num_envs, num_actors, 3)
    steering: NDArray[np.float64]  # road-wheel angle [rad]
    drive: NDArray[np.float64]  # demanded acceleration after the actuator lag [m/s²]
    wheel_speed: NDArray[np.float64]  # spin [rad/s]. (num_envs, num_actors, 4)
    wheel_rotation: NDArray[np.float64]  # spin angle [rad]. (num_envs, num_actors, 4)
    tire_deflection: NDArray[np.float64]  # bristle, longitudinal and lateral [m]. (num_envs, num_actors, 4, 2)
    tire_grip: NDArray[np.float64]  # friction factor of a tire, 1 sound, small when failed. (num_envs, num_actors, 4)
    tire_burst: NDArray[np.bool_]  # a tire without air, see `physics.vehicle.tire`. (num_envs, num_actors, 4)
    gait_phase: NDArray[np.float64]  # of walkers and animals [rad]
    lights: NDArray[np.int32]  # bits of Light


class Controls(NamedTuple):
    """What is asked of each actor until the next control step. Shapes (num_envs, num_actors) unless said."""

    acceleration: NDArray[np.float64]  # along the vehicle's x axis; negative brakes [m/s²]
    steering: NDArray[np.float64]  # road-wheel angle [rad]
    velocity: NDArray[np.float64]  # WALKER: world x, y [m/s]; DIFFERENTIAL: speed [m/s], yaw rate [rad/s]. (…, 2)
    lights: NDArray[np.int32]  # bits of Light asked for; BRAKE is added by the physics


def empty_actors(num_envs: int, num_actors: int) -> ActorTable:
    """Allocate a table with no actor present."""
    shape = (num_envs, num_actors)
    integers = {"kind", "mobility", "behavior", "variant", "model"}
    fields: dict[str, np.ndarray] = {}
    for name in ActorTable._fields:
        if name in ("present", "stability"):
            fields[name] = np.zeros(shape, np.bool_)
        elif name == "color":
            fields[name] = np.zeros((*shape, 3), np.float32)
        else:
            fields[name] = np.zeros(shape, np.int32 if name in integers else np.float64)
    fields["model"][:] = -1
    return ActorTable(**fields)


def empty_state(num_envs: int, num_actors: int) -> WorldState:
    """Allocate a world at tick 0 in which every actor is absent, upright and at rest at the origin."""
    shape = (num_envs, num_actors)
    orientation = np.zeros((*shape, 4))
    orientation[..., 0] = 1.0
    return WorldState(
        tick=np.zeros(num_envs, np.int64),
        valid=np.zeros(shape, np.bool_),
        identity=np.tile(np.arange(num_actors, dtype=np.int32), (num_envs, 1)),
        replayed=np.zeros(shape, np.bool_),
        position=np.zeros((*shape, 3)),
        orientation=orientation,
        velocity=np.zeros((*shape, 3)),
        angular_velocity=np.zeros((*shape, 3)),
        acceleration=np.zeros((*shape, 3)),
        steering=np.zeros(shape),
        drive=np.zeros(shape),
        wheel_speed=np.zeros((*shape, NUM_WHEELS)),
        wheel_rotation=np.zeros((*shape, NUM_WHEELS)),
        tire_deflection=np.zeros((*shape, NUM_WHEELS, 2)),
        tire_grip=np.ones((*shape, NUM_WHEELS)),
        tire_burst=np.zeros((*shape, NUM_WHEELS), np.bool_),
        gait_phase=np.zeros(shape),
        lights=np.zeros(shape, np.int32),
    )


def empty_controls(num_envs: int, num_actors: int) -> Controls:
    """Allocate controls that ask for nothing."""
    shape = (num_envs, num_actors)
    return Controls(np.zeros(shape), np.zeros(shape), np.zeros((*shape, 2)), np.zeros(shape, np.int32))


def copy_state(state: WorldState) -> WorldState:
    """Copy every array of a state."""
    return WorldState._make(field.copy() for field in state)
