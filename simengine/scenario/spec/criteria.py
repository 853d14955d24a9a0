"""What an episode is judged by."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from simengine.scenario.spec.base import Duration, ExtensionSpec, KindOrExtension, Spec


class NoCollision(Spec):
    """The ego touches nothing harder than an impulse."""

    kind: Literal["no_collision"]
    min_impulse: Annotated[float, Field(ge=0.0, le=1e9)]  # [N s]
    at_fault_only: StrictBool  # being struck while standing, or from behind, does not fail it; see `metrics.fault`


class StayOnRoad(Spec):
    """The ego's center stays on drivable lanes, with a margin."""

    kind: Literal["stay_on_road"]
    margin: Annotated[float, Field(ge=0.0, le=20.0)]  # [m]


class StayUpright(Spec):
    """The ego does not roll over."""

    kind: Literal["stay_upright"]


class DrivingDirection(Spec):
    """The ego drives as its lane runs."""

    kind: Literal["driving_direction"]
    distance: Annotated[float, Field(ge=0.0, le=1_000.0)]  # against it, outside junctions, without a break [m]


class SpeedLimit(Spec):
    """The ego keeps to the limit."""

    kind: Literal["speed_limit"]
    tolerance: Annotated[float, Field(ge=0.0, le=20.0)]  # [m/s]
    duration: Duration  # a violation must last [s]


class RedLight(Spec):
    """The ego does not cross a stop line at red."""

    kind: Literal["red_light"]


class MinTtc(Spec):
    """The time to collision with the vehicle ahead stays above a bound."""

    kind: Literal["min_ttc"]
    bound: Annotated[float, Field(ge=0.0, le=20.0)]  # [s]


class MaxDeceleration(Spec):
    """The ego never brakes harder than a bound."""

    kind: Literal["max_deceleration"]
    bound: Annotated[float, Field(gt=0.0, le=30.0)]  # [m/s²]


class ReachGoal(Spec):
    """The ego arrives at the scenario's goal."""

    kind: Literal["reach_goal"]


class TimeLimit(Spec):
    """The goal is reached within a time."""

    kind: Literal["time_limit"]
    limit: Annotated[float, Field(gt=0.0, le=86_400.0)]  # [s]


CriterionSpec = Annotated[
    NoCollision
    | StayOnRoad
    | StayUpright
    | DrivingDirection
    | SpeedLimit
    | RedLight
    | MinTtc
    | MaxDeceleration
    | ReachGoal
    | TimeLimit
    | ExtensionSpec,
    KindOrExtension(),
]
