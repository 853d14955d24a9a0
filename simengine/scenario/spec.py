"""The types, units and ranges of a concrete scenario: one frozen model per group of `conf/`, values only there.

A model has no defaults: every value stands in a YAML file. Angles are degrees where a name says so and nowhere else.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

SCHEMA_VERSION = 1

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Length = Annotated[float, Field(gt=0.0, le=100_000.0)]
Speed = Annotated[float, Field(ge=0.0, le=100.0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_\-]*$", max_length=64)]


class Spec(BaseModel):
    """A frozen model that refuses unknown keys, NaN and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ExtensionSpec(BaseModel):
    """A sensor, action or criterion of an installed package, which checks its own settings."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)
    kind: Name


def _kind_or_extension(*built_in: str) -> Discriminator:
    """Tell built-in kinds apart by name; any other is an extension."""

    def tag(value: Any) -> str:
        kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
        return kind if kind in built_in else "extension"

    return Discriminator(tag)


# ------------------------------------------------------------------------------------------------------------- roads


class StreetRoad(Spec):
    """One straight or evenly curved road."""

    kind: Literal["street"]
    length: Annotated[float, Field(ge=50.0, le=20_000.0)]  # [m]
    curvature: Annotated[float, Field(ge=-0.02, le=0.02)]  # counter-clockwise positive [1/m]
    lanes_forward: Annotated[int, Field(ge=1, le=8)]
    lanes_backward: Annotated[int, Field(ge=0, le=8)]
    lane_width: Annotated[float, Field(ge=2.5, le=6.0)]  # [m]
    shoulder_width: Annotated[float, Field(ge=0.0, le=5.0)]  # [m]
    pavement_width: Annotated[float, Field(ge=0.0, le=10.0)]  # [m]
    parking_width: Annotated[float, Field(ge=0.0, le=4.0)]  # [m]
    parked_fraction: Fraction  # of the parking places
    crossing_spacing: Annotated[float, Field(ge=0.0, le=5_000.0)]  # between pedestrian crossings, 0 for none [m]
    speed_limit: Annotated[float, Field(gt=0.0, le=70.0)]  # [m/s]
    grade: Annotated[float, Field(ge=-0.2, le=0.2)]  # rise over run
    ring: bool  # closed into a circle of this length
    scenery: Literal["highway", "rural", "urban", "none"]


class IntersectionRoad(Spec):
    """A four-way intersection of two streets, signalled or by priority."""

    kind: Literal["intersection"]
    arm_length: Annotated[float, Field(ge=40.0, le=1_000.0)]  # [m]
    lanes: Annotated[int, Field(ge=1, le=3)]  # per direction
    lane_width: Annotated[float, Field(ge=2.5, le=6.0)]  # [m]
    pavement_width: Annotated[float, Field(ge=0.0, le=10.0)]  # [m]
    speed_limit: Annotated[float, Field(gt=0.0, le=70.0)]  # [m/s]
    signalled: bool
    green: Annotated[float, Field(gt=3.0, le=120.0)]  # [s]
    amber: Annotated[float, Field(gt=0.0, le=10.0)]  # [s]
    all_red: Annotated[float, Field(ge=0.0, le=10.0)]  # [s]
    scenery: Literal["urban", "none"]


class WarehouseRoad(Spec):
    """A hall with rows of shelves and aisles between them."""

    kind: Literal["warehouse"]
    aisles: Annotated[int, Field(ge=1, le=20)]
    aisle_length: Annotated[float, Field(ge=5.0, le=200.0)]  # [m]
    aisle_width: Annotated[float, Field(ge=1.5, le=8.0)]  # [m]
    shelf_depth: Annotated[float, Field(ge=0.4, le=3.0)]  # [m]
    shelf_height: Annotated[float, Field(ge=1.0, le=12.0)]  # [m]
    speed_limit: Annotated[float, Field(gt=0.0, le=10.0)]  # [m/s]


class OpenDriveRoad(Spec):
    """A road network read from an OpenDRIVE file."""

    kind: Literal["opendrive"]
    file: str
    scenery: Literal["urban", "rural", "none"]


class CommonRoadRoad(Spec):
    """A lanelet network read from a CommonRoad file, with its recorded obstacles."""

    kind: Literal["commonroad"]
    file: str
    scenery: Literal["urban", "rural", "none"]


RoadSpec = Annotated[
    StreetRoad | IntersectionRoad | WarehouseRoad | OpenDriveRoad | CommonRoadRoad, Field(discriminator="kind")
]

# ----------------------------------------------------------------------------------------------------- traffic, people


class DriverSpread(Spec):
    """How drivers differ: each parameter is drawn per driver from a normal cut at two standard deviations."""

    desired_speed: Annotated[float, Field(gt=0.2, le=2.0)]  # mean, as a factor of the speed limit
    desired_speed_std: Annotated[float, Field(ge=0.0, le=0.5)]  # the same factor
    time_gap: Annotated[float, Field(ge=0.5, le=4.0)]  # IDM T [s]
    time_gap_std: Annotated[float, Field(ge=0.0, le=1.0)]  # [s]
    politeness: Fraction  # MOBIL p


class TrafficSpec(Spec):
    """The vehicles around the ego."""

    kind: Literal["idm", "replay", "none"]
    density: Annotated[float, Field(ge=0.0, le=120.0)]  # [vehicles/km/lane]
    max_vehicles: Annotated[int, Field(ge=0, le=500)]
    radius: Annotated[float, Field(ge=50.0, le=5_000.0)]  # of the ego within which vehicles are placed [m]
    mix: dict[Literal["car", "truck", "bus", "motorcycle", "bicycle"], Annotated[float, Field(ge=0.0)]]
    drivers: DriverSpread
    reactive: bool  # replayed vehicles drive themselves once the ego gets in their way


class PedestriansSpec(Spec):
    """The people on pavements and crossings."""

    density: Annotated[float, Field(ge=0.0, le=500.0)]  # [people per km of pavement]
    max_people: Annotated[int, Field(ge=0, le=300)]
    crossing_fraction: Fraction  # who will want to cross at a crossing


class WeatherSpec(Spec):
    """The physical weather state; see `simengine.core.weather.Weather`."""

    rain_rate: Annotated[float, Field(ge=0.0, le=200.0)]  # [mm/h]
    snow_rate: Annotated[float, Field(ge=0.0, le=50.0)]  # water equivalent [mm/h]
    optical_range: Annotated[float, Field(ge=10.0, le=100_000.0)]  # 5 % contrast [m]
    sun_elevation_deg: Annotated[float, Field(ge=-90.0, le=90.0)]
    sun_azimuth_deg: Annotated[float, Field(ge=-360.0, le=360.0)]  # counter-clockwise from east
    cloud: Fraction
    wetness: Fraction
    snow_cover: Fraction
    ice: Fraction
    temperature: Annotated[float, Field(ge=-60.0, le=60.0)]  # [°C]
    wind_speed: Annotated[float, Field(ge=0.0, le=60.0)]  # [m/s]
    wind_direction_deg: Annotated[float, Field(ge=-360.0, le=360.0)]  # towards
    street_lights: Fraction


# ---------------------------------------------------------------------------------------------------------------- ego


class EgoSpec(Spec):
    """The actor under test and who drives it."""

    kind: Literal["car", "truck", "bus", "motorcycle", "robot"]
    model: Name  # a vehicle of `simengine.physics.catalog`
    driver: Name  # a built-in driver or an entry point of `simengine.drivers`
    lane: Annotated[int, Field(ge=0, le=7)]  # 0 is the rightmost driving lane
    position: Annotated[float, Field(ge=0.0, le=100_000.0)]  # along its lane [m]
    speed: Speed  # at the start [m/s]
    desired_speed: Annotated[float, Field(gt=0.0, le=100.0)]  # the built-in driver's [m/s]
    time_gap: Annotated[float, Field(ge=0.3, le=5.0)]  # the built-in driver's [s]
    reaction_time: Annotated[float, Field(ge=0.0, le=3.0)]  # the built-in driver's [s]
    recorded_id: str  # of the recorded vehicle that is the ego ("" for none)


# ------------------------------------------------------------------------------------------------ the scenario's events


class Placement(Spec):
    """Where an actor starts, against the ego's lane, or on an arm of the junction ahead of it."""

    arm: Literal["own", "left", "right", "oncoming"]  # the road it comes along, as the ego sees the junction
    lane: Annotated[int, Field(ge=-9, le=9)]  # lanes to the left of the ego's; past the centre line: oncoming
    ahead: Annotated[float, Field(ge=-2_000.0, le=2_000.0)]  # own: of the ego; other arms: before the junction [m]
    lateral: Annotated[float, Field(ge=-50.0, le=50.0)]  # left of that lane's centre [m]
    heading_deg: Annotated[float, Field(ge=-360.0, le=360.0)]  # against that lane's direction
    height: Annotated[float, Field(ge=0.0, le=20.0)]  # of its underside above the ground [m]


class ActorSpec(Spec):
    """An actor that a scenario places itself."""

    kind: Literal["car", "truck", "bus", "motorcycle", "bicycle", "pedestrian", "child", "animal", "cargo", "cone"]
    behavior: Literal["traffic", "scripted", "parked", "walker"]
    place: Placement
    speed: Speed  # at the start [m/s]
    present: bool  # from the start; else only once an `appear` event brings it


class TimeTrigger(Spec):
    """Fires at a time."""

    kind: Literal["time"]
    time: Annotated[float, Field(ge=0.0)]  # [s]


class DistanceTrigger(Spec):
    """Fires when two actors' boxes are nearer than a distance."""

    kind: Literal["distance"]
    actor: Name
    other: Name
    below: Annotated[float, Field(ge=0.0)]  # [m]


class TimeToCollisionTrigger(Spec):
    """Fires when `actor` would reach `other` within a time at constant speeds, along the actor's heading."""

    kind: Literal["time_to_collision"]
    actor: Name
    other: Name
    below: Annotated[float, Field(ge=0.0)]  # [s]


class PositionTrigger(Spec):
    """Fires when an actor has travelled a distance along its path since the start."""

    kind: Literal["position"]
    actor: Name
    travelled: Annotated[float, Field(ge=0.0)]  # [m]


class SpeedTrigger(Spec):
    """Fires when an actor's speed passes a bound."""

    kind: Literal["speed"]
    actor: Name
    bound: Speed  # [m/s]
    rising: bool  # above the bound, else below it


class AfterTrigger(Spec):
    """Fires a time after another event did."""

    kind: Literal["after"]
    event: Name
    delay: Annotated[float, Field(ge=0.0)]  # [s]


class ChanceTrigger(Spec):
    """Fires at random with a constant rate."""

    kind: Literal["chance"]
    rate: Annotated[float, Field(ge=0.0)]  # [1/s]


Trigger = Annotated[
    TimeTrigger
    | DistanceTrigger
    | TimeToCollisionTrigger
    | PositionTrigger
    | SpeedTrigger
    | AfterTrigger
    | ChanceTrigger,
    Field(discriminator="kind"),
]


class BrakeAction(Spec):
    """Brake until standstill or for a time."""

    kind: Literal["brake"]
    deceleration: Annotated[float, Field(gt=0.0, le=15.0)]  # [m/s²]
    duration: Annotated[float, Field(ge=0.0)]  # 0 until standstill, and it stays [s]


class SetSpeedAction(Spec):
    """Take up a new speed and keep it."""

    kind: Literal["set_speed"]
    speed: Speed  # [m/s]
    acceleration: Annotated[float, Field(gt=0.0, le=15.0)]  # [m/s²]


class ChangeLaneAction(Spec):
    """Move sideways by lanes within a time."""

    kind: Literal["change_lane"]
    lanes: Annotated[int, Field(ge=-4, le=4)]  # to the left
    duration: Annotated[float, Field(gt=0.0, le=30.0)]  # [s]


class FollowPathAction(Spec):
    """Follow a polyline of ground points at a speed."""

    kind: Literal["follow_path"]
    points: Annotated[list[tuple[float, float]], Field(min_length=2, max_length=64)]  # ahead, left of its start [m]
    speed: Speed  # [m/s]


class WalkAction(Spec):
    """Walk or run straight on; a deer's bound too."""

    kind: Literal["walk"]
    heading_deg: Annotated[float, Field(ge=-360.0, le=360.0)]  # against the ego's lane direction
    speed: Speed  # [m/s]
    distance: Annotated[float, Field(gt=0.0)]  # then stand [m]


class AppearAction(Spec):
    """Bring an absent actor into the world."""

    kind: Literal["appear"]


class DropLoadAction(Spec):
    """Release free bodies from the back of a vehicle."""

    kind: Literal["drop_load"]
    load: Annotated[list[Name], Field(min_length=1, max_length=16)]  # actors of kind cargo, absent until then


class FailTyreAction(Spec):
    """Burst a tyre."""

    kind: Literal["fail_tyre"]
    wheel: Annotated[int, Field(ge=0, le=3)]  # front left, front right, rear left, rear right
    grip: Fraction  # left of its friction


class RunRedAction(Spec):
    """Disregard signals and right of way from now on."""

    kind: Literal["run_red"]


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
    duration: Annotated[float, Field(ge=0.0)]  # 0 for good [s]


Action = Annotated[
    Annotated[BrakeAction, Tag("brake")]
    | Annotated[SetSpeedAction, Tag("set_speed")]
    | Annotated[ChangeLaneAction, Tag("change_lane")]
    | Annotated[FollowPathAction, Tag("follow_path")]
    | Annotated[WalkAction, Tag("walk")]
    | Annotated[AppearAction, Tag("appear")]
    | Annotated[DropLoadAction, Tag("drop_load")]
    | Annotated[FailTyreAction, Tag("fail_tyre")]
    | Annotated[RunRedAction, Tag("run_red")]
    | Annotated[FrictionPatchAction, Tag("friction_patch")]
    | Annotated[SensorFaultAction, Tag("sensor_fault")]
    | Annotated[ExtensionSpec, Tag("extension")],
    _kind_or_extension(
        "brake",
        "set_speed",
        "change_lane",
        "follow_path",
        "walk",
        "appear",
        "drop_load",
        "fail_tyre",
        "run_red",
        "friction_patch",
        "sensor_fault",
    ),
]


class EventSpec(Spec):
    """When a trigger fires, an actor acts, once."""

    actor: Name
    when: Trigger
    do: Action
    hazard: bool  # the response interval of the labels starts here


class GoalSpec(Spec):
    """Where the ego is to arrive."""

    travelled: Annotated[float, Field(ge=0.0)]  # along its route, 0 for no goal [m]
    exit: Literal["any", "straight", "left", "right"]  # which way through the first junction


class ScenarioSpec(Spec):
    """What is particular to one scenario."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_/\-]+$", max_length=128)]
    tests: Annotated[str, Field(min_length=1)]  # one sentence
    tags: list[Name]
    duration: Annotated[float, Field(gt=0.0, le=3_600.0)]  # [s]
    parameters: dict[Name, float | int | str]  # named values that the rest refers to
    actors: dict[Name, ActorSpec]
    events: dict[Name, EventSpec]
    goal: GoalSpec


# ------------------------------------------------------------------------------------------------------------- sensors


class Mount(Spec):
    """Where a sensor sits on the ego: from the centre of the rear axle on the ground, ISO 8855."""

    position: tuple[float, float, float]  # forward, left, up [m]
    roll_deg: float
    pitch_deg: float  # positive looks down
    yaw_deg: float


class CameraSpec(Spec):
    """A pinhole camera."""

    kind: Literal["camera"]
    mount: Mount
    rate_hz: Annotated[float, Field(gt=0.0, le=1_000.0)]
    phase: Annotated[float, Field(ge=0.0, le=10.0)]  # of the first frame [s]
    width: Annotated[int, Field(ge=16, le=8_192)]  # [px]
    height: Annotated[int, Field(ge=16, le=8_192)]  # [px]
    horizontal_fov_deg: Annotated[float, Field(gt=5.0, le=150.0)]
    exposure_bias: Annotated[float, Field(ge=-8.0, le=8.0)]  # stops on top of automatic exposure
    noise: bool  # shot and read noise


class LidarSpec(Spec):
    """A spinning LiDAR."""

    kind: Literal["lidar"]
    mount: Mount
    rate_hz: Annotated[float, Field(gt=0.0, le=1_000.0)]
    phase: Annotated[float, Field(ge=0.0, le=10.0)]  # of the first sweep's start [s]
    channels: Annotated[int, Field(ge=1, le=256)]
    columns: Annotated[int, Field(ge=8, le=8_192)]
    lowest_deg: Annotated[float, Field(ge=-89.0, le=89.0)]
    highest_deg: Annotated[float, Field(ge=-89.0, le=89.0)]
    max_range: Annotated[float, Field(gt=1.0, le=1_000.0)]  # [m]
    noise_std: Annotated[float, Field(ge=0.0, le=1.0)]  # of a range [m]


class ImuSpec(Spec):
    """An inertial measurement unit."""

    kind: Literal["imu"]
    mount: Mount
    rate_hz: Annotated[float, Field(gt=0.0, le=10_000.0)]
    phase: Annotated[float, Field(ge=0.0, le=10.0)]  # [s]
    gyro_noise: Annotated[float, Field(ge=0.0)]  # [rad/s/√Hz]
    gyro_walk: Annotated[float, Field(ge=0.0)]  # [rad/s²/√Hz]
    accelerometer_noise: Annotated[float, Field(ge=0.0)]  # [m/s²/√Hz]
    accelerometer_walk: Annotated[float, Field(ge=0.0)]  # [m/s³/√Hz]


class GnssSpec(Spec):
    """A satellite receiver: white noise plus a first-order Gauss–Markov error."""

    kind: Literal["gnss"]
    mount: Mount
    rate_hz: Annotated[float, Field(gt=0.0, le=1_000.0)]
    phase: Annotated[float, Field(ge=0.0, le=10.0)]  # [s]
    white_std: Annotated[float, Field(ge=0.0)]  # [m]
    drift_std: Annotated[float, Field(ge=0.0)]  # [m]
    drift_time: Annotated[float, Field(gt=0.0)]  # [s]


class OdometrySpec(Spec):
    """Wheel encoders."""

    kind: Literal["odometry"]
    mount: Mount
    rate_hz: Annotated[float, Field(gt=0.0, le=10_000.0)]
    phase: Annotated[float, Field(ge=0.0, le=10.0)]  # [s]
    ticks_per_turn: Annotated[int, Field(ge=1, le=1_000_000)]
    radius_error: Annotated[float, Field(ge=-0.2, le=0.2)]  # relative, of the assumed wheel radius


SensorSpec = Annotated[
    Annotated[CameraSpec, Tag("camera")]
    | Annotated[LidarSpec, Tag("lidar")]
    | Annotated[ImuSpec, Tag("imu")]
    | Annotated[GnssSpec, Tag("gnss")]
    | Annotated[OdometrySpec, Tag("odometry")]
    | Annotated[ExtensionSpec, Tag("extension")],
    _kind_or_extension("camera", "lidar", "imu", "gnss", "odometry"),
]


# --------------------------------------------------------------------------------------------------- physics, recorder


class PhysicsSpec(Spec):
    """Which physics runs the scenario, and how finely."""

    backend: Literal["bullet", "batched"]
    rate_hz: Annotated[int, Field(ge=20, le=2_000)]  # ticks
    control_rate_hz: Annotated[int, Field(ge=1, le=1_000)]  # behaviors decide; divides rate_hz
    model: Literal["dynamic", "kinematic"]  # of `batched`
    hold_after: Annotated[float, Field(ge=0.0, le=60.0)]  # seconds the episode goes on after a collision of the ego


class RecorderSpec(Spec):
    """How an episode is stored."""

    image: Literal["jpeg", "lossless"]
    jpeg_quality: Annotated[int, Field(ge=1, le=100)]
    depth: Literal["uint16", "float32", "none"]
    video: bool  # preview.mp4
    preview_episodes: Annotated[int, Field(ge=0, le=64)]  # rows of preview.png


# ------------------------------------------------------------------------------------------------------------- criteria


class NoCollision(Spec):
    """The ego touches nothing harder than an impulse."""

    kind: Literal["no_collision"]
    min_impulse: Annotated[float, Field(ge=0.0)]  # [N s]


class StayOnRoad(Spec):
    """The ego's centre stays on drivable lanes, with a margin."""

    kind: Literal["stay_on_road"]
    margin: Annotated[float, Field(ge=0.0, le=20.0)]  # [m]


class SpeedLimit(Spec):
    """The ego keeps to the limit."""

    kind: Literal["speed_limit"]
    tolerance: Annotated[float, Field(ge=0.0, le=20.0)]  # [m/s]
    duration: Annotated[float, Field(ge=0.0)]  # a violation must last [s]


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
    limit: Annotated[float, Field(gt=0.0)]  # [s]


CriterionSpec = Annotated[
    Annotated[NoCollision, Tag("no_collision")]
    | Annotated[StayOnRoad, Tag("stay_on_road")]
    | Annotated[SpeedLimit, Tag("speed_limit")]
    | Annotated[RedLight, Tag("red_light")]
    | Annotated[MinTtc, Tag("min_ttc")]
    | Annotated[MaxDeceleration, Tag("max_deceleration")]
    | Annotated[ReachGoal, Tag("reach_goal")]
    | Annotated[TimeLimit, Tag("time_limit")]
    | Annotated[ExtensionSpec, Tag("extension")],
    _kind_or_extension(
        "no_collision",
        "stay_on_road",
        "speed_limit",
        "red_light",
        "min_ttc",
        "max_deceleration",
        "reach_goal",
        "time_limit",
    ),
]


# --------------------------------------------------------------------------------------------------------------- whole


class ConcreteScenario(Spec):
    """A scenario of numbers only: what the simulator runs and an episode stores.

    `sensors` and `criteria` map a name to a spec whose `kind` selects a built-in or an installed package's entry point.
    """

    schema_version: Literal[1]
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)]
    scenario: ScenarioSpec
    road: RoadSpec
    traffic: TrafficSpec
    pedestrians: PedestriansSpec
    weather: WeatherSpec
    ego: EgoSpec
    sensors: dict[Name, SensorSpec]
    physics: PhysicsSpec
    recorder: RecorderSpec
    criteria: dict[Name, CriterionSpec]
    sampled: dict[str, float | int | str | bool]  # which values were drawn, by key path
    inputs: dict[str, str]  # SHA-256 of every input file by its path
