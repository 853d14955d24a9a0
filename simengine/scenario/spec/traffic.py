"""The vehicles and people that are not the scenario's own."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from simengine.scenario.spec.base import Fraction, Spec


class DriverSpread(Spec):
    """How drivers differ: each parameter with a standard deviation is drawn per driver and cut at two of them.

    "Usual" is what `driver_kinds` says of the vehicle's kind.
    """

    desired_speed: Annotated[float, Field(gt=0.2, le=2.0)]  # mean, as a factor of the speed limit
    desired_speed_std: Annotated[float, Field(ge=0.0, le=0.5)]  # the same factor
    time_gap: Annotated[float, Field(ge=0.5, le=4.0)]  # IDM T [s]
    time_gap_std: Annotated[float, Field(ge=0.0, le=1.0)]  # [s]
    time_gap_shape: Literal["normal", "lognormal"]  # of its distribution
    min_gap: Annotated[float, Field(ge=0.25, le=3.0)]  # IDM s0, as a factor of the usual
    max_acceleration: Annotated[float, Field(ge=0.2, le=3.0)]  # IDM a, as a factor of the usual
    comfortable_deceleration: Annotated[float, Field(ge=0.2, le=3.0)]  # IDM b, as a factor of the usual
    temper_std: Annotated[float, Field(ge=0.0, le=0.3)]  # of a driver's own factor of a, b and comfort in bends
    politeness: Fraction  # MOBIL p
    lane_change_threshold: Annotated[float, Field(ge=0.0, le=10.0)]  # MOBIL Δa_th [m/s²]
    lane_change_bias: Annotated[float, Field(ge=-2.0, le=2.0)]  # MOBIL a_bias towards the right lane [m/s²]
    noise: Annotated[float, Field(ge=0.0, le=2.0)]  # of the acceleration, standard deviation; 0: none [m/s²]
    noise_time: Annotated[float, Field(ge=0.1, le=60.0)]  # its correlation time [s]


class DriverKind(Spec):
    """What is usual for drivers of a kind of vehicle."""

    max_acceleration: Annotated[float, Field(gt=0.0, le=10.0)]  # IDM a [m/s²]
    comfortable_deceleration: Annotated[float, Field(gt=0.0, le=10.0)]  # IDM b [m/s²]
    lateral_comfort: Annotated[float, Field(gt=0.0, le=10.0)]  # lateral acceleration accepted in bends [m/s²]
    desired_speed: Annotated[float, Field(gt=0.2, le=2.0)]  # factor of the drawn one
    time_gap: Annotated[float, Field(gt=0.2, le=4.0)]  # factor of the drawn one
    min_gap: Annotated[float, Field(gt=0.0, le=10.0)]  # IDM s0 [m]
    cruising_speed: Annotated[float, Field(gt=0.0, le=100.0)] | None  # at most; null: as fast as the vehicle goes [m/s]


class DriverKinds(Spec):
    """Drivers by the kind of their vehicle."""

    car: DriverKind
    truck: DriverKind
    bus: DriverKind
    motorcycle: DriverKind
    bicycle: DriverKind


class TrafficSpec(Spec):
    """The vehicles around the ego."""

    kind: Literal["idm", "replay", "none"]
    density: Annotated[float, Field(ge=0.0, le=120.0)]  # [vehicles/km/lane]
    max_vehicles: Annotated[int, Field(ge=0, le=500)]
    radius: Annotated[float, Field(ge=50.0, le=5_000.0)]  # of the ego within which vehicles are placed [m]
    inflow: Annotated[float, Field(ge=0.0, le=2_500.0)]  # on every lane that begins; 0: who leaves comes in again [1/h]
    mix: dict[Literal["car", "truck", "bus", "motorcycle", "bicycle"], Annotated[float, Field(ge=0.0, le=1e6)]]
    drivers: DriverSpread
    driver_kinds: DriverKinds
    reactive: StrictBool  # replayed vehicles drive themselves once the ego gets in their way


class PedestriansSpec(Spec):
    """The people on pavements and crossings."""

    density: Annotated[float, Field(ge=0.0, le=500.0)]  # [people per km of pavement]
    max_people: Annotated[int, Field(ge=0, le=300)]
    crossing_fraction: Fraction  # who will want to cross at a crossing
    group_share: Annotated[float, Field(ge=0.0, le=0.95)]  # of the people are in company; sizes are Poisson, from 1
    group_spacing: Annotated[float, Field(ge=0.7, le=1.5)]  # between neighbors in company, middle to middle [m]
    group_slowing: Annotated[float, Field(ge=0.0, le=0.3)]  # of everybody in a group, for each companion [m/s]
    standing_share: Fraction  # of the people stand, alone or talking
    waiting_share: Fraction  # of the people begin at the curb of a crossing, about to cross
