"""Sensors and where they sit."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from simengine.scenario.spec.base import Contradiction, ExtensionSpec, KindOrExtension, Spec, kinds_of

_Place = Annotated[float, Field(ge=-100.0, le=100.0)]  # [m]
_Angle = Annotated[float, Field(ge=-360.0, le=360.0)]  # [°]
_Noise = Annotated[float, Field(ge=0.0, le=1_000.0)]
_Error = Annotated[float, Field(ge=0.0, le=10_000.0)]  # [m]


class Mount(Spec):
    """Where a sensor sits on the ego: from the center of the rear axle on the ground, ISO 8855."""

    position: tuple[_Place, _Place, _Place]  # forward, left, up [m]
    roll_deg: _Angle
    pitch_deg: _Angle  # positive looks down
    yaw_deg: _Angle


class CameraSpec(Spec):
    """A pinhole camera."""

    kind: Literal["camera"]
    mount: Mount
    rate_hz: Annotated[float, Field(ge=0.001, le=1_000.0)]
    phase: Annotated[float, Field(ge=0.0, le=10.0)]  # of the first frame [s]
    width: Annotated[int, Field(ge=16, le=8_192)]  # [px]
    height: Annotated[int, Field(ge=16, le=8_192)]  # [px]
    horizontal_fov_deg: Annotated[float, Field(gt=5.0, le=150.0)]
    exposure_bias: Annotated[float, Field(ge=-8.0, le=8.0)]  # stops on top of automatic exposure
    noise: StrictBool  # shot and read noise
    layers: tuple[
        Literal["normal", "flow"], ...
    ] = ()  # recorded as well, see `simengine.sensors.camera.normal_and_flow`


class LidarSpec(Spec):
    """A spinning LiDAR."""

    kind: Literal["lidar"]
    mount: Mount
    rate_hz: Annotated[float, Field(ge=1.0, le=1_000.0)]  # no sweep longer than a place in traffic stays empty
    phase: Annotated[float, Field(ge=0.0, le=10.0)]  # of the first sweep's start [s]
    channels: Annotated[int, Field(ge=1, le=256)]
    columns: Annotated[int, Field(ge=8, le=8_192)]
    lowest_deg: Annotated[float, Field(ge=-89.0, le=89.0)]
    highest_deg: Annotated[float, Field(ge=-89.0, le=89.0)]
    max_range: Annotated[float, Field(gt=1.0, le=1_000.0)]  # [m]
    noise_std: Annotated[float, Field(ge=0.0, le=1.0)]  # of a range [m]

    @model_validator(mode="after")
    def _highest_not_below_the_lowest(self) -> "LidarSpec":
        if self.highest_deg < self.lowest_deg:
            raise Contradiction(
                f"{{}}lowest_deg = {self.lowest_deg:g} and {{}}highest_deg = {self.highest_deg:g}: the highest beam "
                "must be at least as high as the lowest; set both"
            )
        return self


class ImuSpec(Spec):
    """An inertial measurement unit."""

    kind: Literal["imu"]
    mount: Mount
    rate_hz: Annotated[float, Field(ge=0.001, le=10_000.0)]
    phase: Annotated[float, Field(ge=0.0, le=10.0)]  # [s]
    gyro_noise: _Noise  # [rad/s/√Hz]
    gyro_walk: _Noise  # [rad/s²/√Hz]
    accelerometer_noise: _Noise  # [m/s²/√Hz]
    accelerometer_walk: _Noise  # [m/s³/√Hz]


class GnssSpec(Spec):
    """A satellite receiver: white noise plus a first-order Gauss–Markov error."""

    kind: Literal["gnss"]
    mount: Mount
    rate_hz: Annotated[float, Field(ge=0.001, le=1_000.0)]
    phase: Annotated[float, Field(ge=0.0, le=10.0)]  # [s]
    white_std: _Error  # [m]
    drift_std: _Error  # [m]
    drift_time: Annotated[float, Field(ge=0.001, le=1e9)]  # [s]


class OdometrySpec(Spec):
    """Wheel encoders."""

    kind: Literal["odometry"]
    mount: Mount
    rate_hz: Annotated[float, Field(ge=0.001, le=10_000.0)]
    phase: Annotated[float, Field(ge=0.0, le=10.0)]  # [s]
    ticks_per_turn: Annotated[int, Field(ge=1, le=1_000_000)]
    radius_error: Annotated[float, Field(ge=-0.2, le=0.2)]  # relative, of the assumed wheel radius


SensorSpec = Annotated[
    CameraSpec | LidarSpec | ImuSpec | GnssSpec | OdometrySpec | ExtensionSpec,
    KindOrExtension(),
]
SENSOR_KINDS = kinds_of(SensorSpec)
