"""The types, units and ranges of a concrete scenario: one frozen model per group of `conf/`, values only there.

A model has no defaults: every value stands in a YAML file. Angles are degrees where a name says so and nowhere else.
"""

from typing import Annotated, Literal

from pydantic import Field

from simengine.scenario.spec.base import ExtensionSpec, Name, Spec, name_other_than
from simengine.scenario.spec.criteria import CriterionSpec
from simengine.scenario.spec.datum import DatumSpec
from simengine.scenario.spec.ego import EgoSpec
from simengine.scenario.spec.events import ActorSpec, Placement, ScenarioSpec
from simengine.scenario.spec.road import RoadSpec
from simengine.scenario.spec.run import PhysicsSpec, RecorderSpec
from simengine.scenario.spec.sensors import CameraSpec, GnssSpec, ImuSpec, LidarSpec, Mount, OdometrySpec, SensorSpec
from simengine.scenario.spec.surface import SurfaceSpec
from simengine.scenario.spec.traffic import DriverSpread, PedestriansSpec, TrafficSpec
from simengine.scenario.spec.weather import WeatherSpec

__all__ = [
    "ActorSpec",
    "CameraSpec",
    "ConcreteScenario",
    "CriterionSpec",
    "DatumSpec",
    "DriverSpread",
    "EgoSpec",
    "ExtensionSpec",
    "GnssSpec",
    "ImuSpec",
    "LidarSpec",
    "Mount",
    "Name",
    "OdometrySpec",
    "PedestriansSpec",
    "PhysicsSpec",
    "Placement",
    "RecorderSpec",
    "RoadSpec",
    "SCHEMA_VERSION",
    "ScenarioSpec",
    "SensorSpec",
    "Spec",
    "TrafficSpec",
    "SurfaceSpec",
    "WeatherSpec",
]

SCHEMA_VERSION = 2  # `migration` reads earlier ones
_SensorName = name_other_than("ego", "world")  # frames of the recorded transforms


class ConcreteScenario(Spec):
    """A scenario of numbers only: what the simulator runs and an episode stores.

    `sensors` and `criteria` map a name to a spec whose `kind` selects a built-in or an installed package's entry point.
    """

    schema_version: Literal[2]
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)]
    scenario: ScenarioSpec
    road: RoadSpec
    datum: DatumSpec
    traffic: TrafficSpec
    pedestrians: PedestriansSpec
    weather: WeatherSpec
    surface: SurfaceSpec
    ego: EgoSpec
    sensors: dict[_SensorName, SensorSpec]
    physics: PhysicsSpec
    recorder: RecorderSpec
    criteria: dict[Name, CriterionSpec]
    sampled: dict[str, float | int | str | bool]  # which values were drawn, by key path
    inputs: dict[str, str]  # SHA-256 of every input file by its path
