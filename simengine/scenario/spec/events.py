"""What is particular to a scenario: its actors, when what happens to them, and where the ego is to arrive."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from simengine.scenario.spec.base import (
    Duration,
    ExtensionSpec,
    Fraction,
    KindOrExtension,
    Name,
    Spec,
    Speed,
    kinds_of,
    name_other_than,
)

_ActorName = name_other_than("ego")  # events name the ego so
_Offset = Annotated[float, Field(ge=-20_000.0, le=20_000.0)]  # [m]


class Placement(Spec):
    """Where an actor starts, against the ego's lane, or on an arm of the junction ahead of it."""

    arm: Literal["own", "left", "right", "oncoming"]  # the road it comes along, as the ego sees the junction
    lane: Annotated[int, Field(ge=-9, le=9)]  # lanes to the left of the ego's; past the center line: oncoming
    ahead: Annotated[float, Field(ge=-2_000.0, le=2_000.0)]  # own: of the ego; other arms: before the junction [m]
    lateral: Annotated[float, Field(ge=-50.0, le=50.0)]  # left of that lane's center [m]
    heading_deg: Annotated[float, Field(ge=-360.0, le=360.0)]  # against that lane's direction
    height: Annotated[float, Field(ge=0.0, le=20.0)]  # of its underside above the ground [m]


class ActorSpec(Spec):
    """An actor that a scenario places itself."""

    kind: Literal["car", "truck", "bus", "motorcycle", "bicycle", "pedestrian", "child", "animal", "cargo", "cone"]
    model: Name | None = None  # of that kind in `simengine.physics.vehicle.catalog`; null: one of those usual, drawn
    behavior: Literal["traffic", "scripted", "parked", "walker"]
    place: Placement
    speed: Speed  # at the start [m/s]
    present: StrictBool  # from the start; else only once an `appear` event brings it


class TimeTrigger(Spec):
    """Fires at a time."""

    kind: Literal["time"]
    time: Duration  # [s]


class DistanceTrigger(Spec):
    """Fires when two actors' boxes are nearer than a distance."""

    kind: Literal["distance"]
    actor: Name
    other: Name
    below: Annotated[float, Field(ge=0.0, le=1e6)]  # [m]


class TimeToCollisionTrigger(Spec):
    """Fires when `actor` would reach `other` within a time at constant speeds, along the actor's heading."""

    kind: Literal["time_to_collision"]
    actor: Name
    other: Name
    below: Duration  # [s]


class PositionTrigger(Spec):
    """Fires when an actor has traveled a distance along its path since the start."""

    kind: Literal["position"]
    actor: Name
    traveled: Annotated[float, Field(ge=0.0, le=1e6)]  # [m]


class SpeedTrigger(Spec):
    """Fires when an actor's speed passes a bound."""

    kind: Literal["speed"]
    actor: Name
    bound: Speed  # [m/s]
    rising: StrictBool  # above the bound, else below it


class StopLineTrigger(Spec):
    """Fires when an actor could no longer stop before the stop line ahead, or before the junction if no line is drawn.

    Its way is straight on where lanes fork. It also fires for an actor that is past that point already.
    """

    kind: Literal["stop_line"]
    actor: Name
    deceleration: Annotated[float, Field(gt=0.0, le=10.0)]  # with which it could have stopped [m/s²]


class AfterTrigger(Spec):
    """Fires a time after another event did."""

    kind: Literal["after"]
    event: Name
    delay: Duration  # [s]


class ChanceTrigger(Spec):
    """Fires at random with a constant rate."""

    kind: Literal["chance"]
    rate: Annotated[float, Field(ge=0.0, le=1e6)]  # [1/s]


Trigger = Annotated[
    TimeTrigger
    | DistanceTrigger
    | TimeToCollisionTrigger
    | PositionTrigger
    | SpeedTrigger
    | StopLineTrigger
    | AfterTrigger
    | ChanceTrigger,
    Field(discriminator="kind"),
]


class BrakeAction(Spec):
    """Brake until standstill or for a time."""

    kind: Literal["brake"]
    deceleration: Annotated[float, Field(gt=0.0, le=15.0)]  # [m/s²]
    duration: Duration  # 0 until standstill, and it stays [s]


class SetSpeedAction(Spec):
    """Take up a new speed and keep it."""

    kind: Literal["set_speed"]
    speed: Speed  # [m/s]
    acceleration: Annotated[float, Field(gt=0.0, le=15.0)]  # [m/s²]


class ChangeLaneAction(Spec):
    """Move to the middle of another lane within a time, or as much longer as the bounds and the ground ask for."""

    kind: Literal["change_lane"]
    lanes: Annotated[int, Field(ge=-4, le=4)]  # to the left; 0: back to the middle of the own lane
    duration: Annotated[float, Field(gt=0.0, le=30.0)]  # [s]
    max_lateral_speed: Annotated[float, Field(gt=0.0, le=5.0)]  # real lane changes: 0.4 to 1.8 (UN R157) [m/s]
    max_lateral_acceleration: Annotated[float, Field(gt=0.0, le=6.0)]  # [m/s²]


class FollowPathAction(Spec):
    """Follow a polyline of ground points at a speed, slower in its corners, and stop at its end."""

    kind: Literal["follow_path"]
    points: Annotated[list[tuple[_Offset, _Offset]], Field(min_length=2, max_length=64)]  # ahead, left of its start [m]
    speed: Speed  # [m/s]
    max_lateral_acceleration: Annotated[float, Field(gt=0.0, le=6.0)]  # of a vehicle in the corners [m/s²]


class WalkAction(Spec):
    """Walk or run to a place, round what stands on the way; a deer's bound too."""

    kind: Literal["walk"]
    heading_deg: Annotated[float, Field(ge=-360.0, le=360.0)]  # against the ego's lane direction
    speed: Speed  # [m/s]
    distance: Annotated[float, Field(gt=0.0, le=1e6)]  # then stand [m]


class AppearAction(Spec):
    """Bring an absent actor into the world."""

    kind: Literal["appear"]


class DropLoadAction(Spec):
    """Release free bodies from the back of a vehicle."""

    kind: Literal["drop_load"]
    load: Annotated[list[Name], Field(min_length=1, max_length=16)]  # actors of kind cargo, absent until then


class FailTireAction(Spec):
    """Burst a tire, of a two-wheeler the whole wheel's: it drags, gives way sideways and, in bullet, is lower."""

    kind: Literal["fail_tire"]
    wheel: Annotated[int, Field(ge=0, le=3)]  # front left, front right, rear left, rear right
    grip: Fraction  # left of its friction


class RunRedAction(Spec):
    """Disregard signals and right of way from now on; for actors with behavior: traffic, as no other heeds them."""

    kind: Literal["run_red"]


class MarkAction(Spec):
    """Do nothing: the event marks a moment, such as a hazard's onset by an actor that goes on as it was."""

    kind: Literal["mark"]


class FrictionPatchAction(Spec):
    """Lay a slippery disc on the road."""

    kind: Literal["friction_patch"]
    ahead: Annotated[float, Field(ge=-1_000.0, le=1_000.0)]  # of the actor [m]
    radius: Annotated[float, Field(gt=0.0, le=200.0)]  # [m]
    friction: Annotated[float, Field(ge=0.0, le=1.5)]


class SensorFaultAction(Spec):
    """Disturb a sensor of the ego."""

    kind: Literal["sensor_fault"]
    sensor: Name
    fault: Literal["dropout", "freeze", "dirt"]
    duration: Duration  # 0 for good [s]


Action = Annotated[
    BrakeAction
    | SetSpeedAction
    | ChangeLaneAction
    | FollowPathAction
    | WalkAction
    | AppearAction
    | DropLoadAction
    | FailTireAction
    | RunRedAction
    | MarkAction
    | FrictionPatchAction
    | SensorFaultAction
    | ExtensionSpec,
    KindOrExtension(),
]
ACTION_KINDS = kinds_of(Action)


class EventSpec(Spec):
    """When a trigger fires, an actor acts, once."""

    actor: Name
    when: Trigger
    do: Action
    # Whether the response interval of the labels starts here; names: whom the ego must heed, if not the acting actor.
    hazard: StrictBool | Annotated[list[Name], Field(min_length=1, max_length=16)]


class GoalSpec(Spec):
    """Where the ego is to arrive."""

    traveled: Annotated[float, Field(ge=0.0, le=1e6)]  # along its route, 0 for no goal [m]
    exit: Literal["any", "straight", "left", "right"]  # which way through the first junction


class ScenarioSpec(Spec):
    """What is particular to one scenario."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_/\-]+$", max_length=128)]
    tests: Annotated[str, Field(min_length=1)]  # one sentence
    tags: list[Name]
    duration: Annotated[float, Field(gt=0.0, le=3_600.0)]  # [s]
    parameters: dict[Name, float | int | str]  # named values that the rest refers to
    actors: dict[_ActorName, ActorSpec]
    events: dict[Name, EventSpec]
    goal: GoalSpec
