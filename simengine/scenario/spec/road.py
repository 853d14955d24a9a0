"""Roads: procedural ones, and those read from files."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from simengine.scenario.spec.base import Contradiction, Fraction, Spec


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
    ring: StrictBool  # closed into a circle of this length
    scenery: Literal["highway", "rural", "urban", "none"]


class IntersectionRoad(Spec):
    """A four-way intersection of two streets, signaled or by priority."""

    kind: Literal["intersection"]
    arm_length: Annotated[float, Field(ge=40.0, le=1_000.0)]  # [m]
    lanes: Annotated[int, Field(ge=1, le=3)]  # per direction
    lane_width: Annotated[float, Field(ge=2.5, le=6.0)]  # [m]
    pavement_width: Annotated[float, Field(ge=0.0, le=10.0)]  # [m]
    speed_limit: Annotated[float, Field(gt=0.0, le=70.0)]  # [m/s]
    signaled: StrictBool
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
    passage_at: Annotated[float, Field(ge=0.0, le=200.0)]  # middle of a way on foot through all shelves [m]
    passage_width: Annotated[float, Field(ge=0.0, le=5.0)]  # of it, 0 for none [m]
    speed_limit: Annotated[float, Field(gt=0.0, le=10.0)]  # [m/s]

    @model_validator(mode="after")
    def _passage_between_shelves(self) -> Self:
        half = 0.5 * self.passage_width
        if half > 0.0 and not half < self.passage_at < self.aisle_length - half:
            raise Contradiction(
                f"{{}}passage_at = {self.passage_at:g}: a passage {self.passage_width:g} m wide must lie between "
                f"{half:g} and {self.aisle_length - half:g}, where the shelves are"
            )
        return self


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
