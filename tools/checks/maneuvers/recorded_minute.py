"""A recorded minute of highway: its steering and speed in, a path out, and how far that drifts from the recorded one.

The recording is the example segment of comma2k19 (Schafer, Santana, Haden & Biasini, "A Commute in Data: The comma2k19
Dataset", arXiv 1812.05752): steering wheel and speed of the car's own bus, and its pose by GNSS and inertial
measurement. Its device is the one that the dataset's description names as that of the Toyota RAV4. The steering ratio
and the wheelbase are those that openpilot, which steers this car, has for it (16.88 and 2.65 m; the maker's ratio from
end to end is 14.5).

What is fitted is one number, where the steering wheel stands when the car goes straight: such that KS turns as far as
the recorded car within the first 30 s. Only the figures at 60 s are of more than the fitted part. (Within 10 s the
noise of the recorded heading would decide: a tenth of a degree of the wheel, 20 m to the side after a minute.)
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyproj
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.core.surface_friction import ASPHALT
from tools.checks.maneuvers.inputs import STEP
from tools.checks.maneuvers.ours import Vehicle
from tools.checks.maneuvers.reference import advance

RATIO, WHEELBASE = 16.88, 2.65  # of the car
MODEL = "suv"  # the nearest of the catalog; wheelbase 2.70 m
TIMES = (10.0, 30.0, 60.0)  # [s]
FITTED_TIME = 30.0  # [s]
_SMOOTH = 0.5  # over which speed and the recorded course are averaged [s]
_SPEED_GAIN = 2.0  # of the pedal that keeps the recorded speed [1/s]


class Recording(NamedTuple):
    """A recorded minute at our ticks, in the frame of its start. Shapes (ticks + 1,)."""

    steering: NDArray[np.float64]  # of the wheel in the driver's hands, to the left [rad]
    speed: NDArray[np.float64]  # [m/s]
    x: NDArray[np.float64]  # recorded path [m]
    y: NDArray[np.float64]
    course: NDArray[np.float64]  # recorded direction of motion, from that of the start [rad]


class Drift(NamedTuple):
    """Where a model is beside the recording at one time."""

    model: str
    time: float  # [s]
    apart: float  # [m]
    aside: float  # to the left of the recorded place [m]
    turned: float  # by how much further to the left it heads [rad]


def read_recording(folder: Path) -> Recording:
    """Read a segment.

    Raises:
        ConfigError: It is not there.
    """
    segments = sorted(path.parent for path in folder.rglob("global_pose") if path.is_dir())
    if not segments:
        raise ConfigError(f"{folder}: no recording of comma2k19 there (a folder with global_pose and processed_log)")
    segment = segments[0]

    def read(path: str) -> NDArray[np.float64]:
        try:
            return np.load(segment / path).astype(np.float64)
        except (OSError, ValueError) as error:
            raise ConfigError(f"{segment / path}: {error}") from None

    bus = "processed_log/CAN"
    speed_time, steering_time = read(f"{bus}/speed/t"), read(f"{bus}/steering_angle/t")
    pose_time, place, velocity = (read(f"global_pose/frame_{name}") for name in ("times", "positions", "velocities"))
    start = max(speed_time[0], steering_time[0], pose_time[0])
    end = min(speed_time[-1], steering_time[-1], pose_time[-1])
    times = start + STEP * np.arange(round((end - start) / STEP))

    def at(known: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(times, known, values)

    east, north = _level(place[0])
    vx, vy = _smooth(at(pose_time, velocity @ east)), _smooth(at(pose_time, velocity @ north))
    course = np.unwrap(np.arctan2(vy, vx))
    cosine, sine = math.cos(course[0]), math.sin(course[0])
    x, y = at(pose_time, (place - place[0]) @ east), at(pose_time, (place - place[0]) @ north)
    x, y = x - x[0], y - y[0]
    return Recording(
        np.radians(at(steering_time, read(f"{bus}/steering_angle/value").ravel())),
        _smooth(at(speed_time, read(f"{bus}/speed/value").ravel())),
        x * cosine + y * sine, y * cosine - x * sine, course - course[0],
    )  # fmt: skip


def _level(place: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the directions east and north at a place, all earth-centered."""
    longitude, latitude, _ = pyproj.Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True).transform(*place)
    around, up = math.radians(longitude), math.radians(latitude)
    east = np.array([-math.sin(around), math.cos(around), 0.0])
    return east, np.array([-math.sin(up) * math.cos(around), -math.sin(up) * math.sin(around), math.cos(up)])


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return running means over half a second, beyond the ends as if it went on as it began and ended."""
    half = round(0.5 * _SMOOTH / STEP)
    beyond = np.pad(values, half, "reflect", reflect_type="odd")
    return np.convolve(beyond, np.full(2 * half + 1, 1.0 / (2 * half + 1)), "valid")


def straight_ahead(recording: Recording) -> float:
    """Return the angle of the steering wheel at which KS turns as far as the recording while it is fitted [rad]."""
    upto = round(FITTED_TIME / STEP)
    way = np.trapezoid(recording.speed[:upto], dx=STEP)
    steered = np.trapezoid(recording.speed[:upto] * recording.steering[:upto], dx=STEP)
    return float((steered - recording.course[upto] * RATIO * WHEELBASE) / way)


def drive_kinematic(recording: Recording, wheel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return x, y, yaw of KS with the car's own wheelbase at every tick. Shape (ticks + 1, 3)."""
    state, found = np.zeros(3), [np.zeros(3)]
    for k in range(len(wheel) - 1):
        speed, turn = 0.5 * (recording.speed[k] + recording.speed[k + 1]), 0.5 * (wheel[k] + wheel[k + 1])
        rate = speed / WHEELBASE * math.tan(turn)

        def slopes(_, state, speed=speed, rate=rate):
            return np.array([speed * math.cos(state[2]), speed * math.sin(state[2]), rate])

        state = advance(slopes, state, STEP)
        found.append(state)
    return np.array(found)


def drive_ours(physics: str, recording: Recording, wheel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return x, y, yaw of one of our vehicles at every tick, kept at the recorded speed. Shape (ticks + 1, 3)."""
    vehicle = Vehicle(physics, MODEL, float(recording.speed[0]), (ASPHALT.dry, ASPHALT.dry), round(1.0 / STEP))
    found = [vehicle.center()]
    for k in range(len(wheel) - 1):
        speed = math.hypot(found[-1][3], found[-1][4])
        gain = (recording.speed[k + 1] - recording.speed[k]) / STEP
        vehicle.step(float(wheel[k]), gain + _SPEED_GAIN * (recording.speed[k] - speed))
        found.append(vehicle.center())
    vehicle.close()
    return np.array(found)[:, :3]


def drifts(recording: Recording, physics: tuple[str, ...]) -> list[Drift]:
    """Return how far KS and our physics are from the recording at each of `TIMES`."""
    wheel = (recording.steering - straight_ahead(recording)) / RATIO
    paths = {"KS": drive_kinematic(recording, wheel)}
    paths |= {name: drive_ours(name, recording, wheel) for name in physics}
    found = []
    for name, path in paths.items():
        for time in TIMES:
            k = min(round(time / STEP), len(path) - 1)
            dx, dy, course = path[k, 0] - recording.x[k], path[k, 1] - recording.y[k], recording.course[k]
            aside = dy * math.cos(course) - dx * math.sin(course)
            found.append(Drift(name, k * STEP, math.hypot(dx, dy), aside, float(path[k, 2] - course)))
    return found
