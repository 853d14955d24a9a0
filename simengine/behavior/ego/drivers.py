"""The built-in drivers under test, by name; an installed package adds its own through `simengine.drivers`.

`idm` is a plausible, imperfect human: it follows, keeps to signals and rights of way as all traffic does, but perceives
others late (positions extrapolated at constant velocity over the reaction time, as in Treiber, Kesting & Helbing,
"Delays, inaccuracies and anticipation in microscopic traffic models", Physica A 360 (2006) 71), sees only what is in
sight, brakes gently until a collision threatens, and does not swerve. A driver who has begun to brake for something is
distracted no more: what it does next is noticed as an alert driver does.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

from simengine.behavior.driver_state import (
    LATERAL_COMFORT,
    MIN_GAP,
)
from simengine.behavior.ego.observation import Control, DriverObservation, observe
from simengine.behavior.ego.perceiver import Perceiver
from simengine.behavior.vehicle.pedals import GENTLE
from simengine.behavior.vehicle.steering import PREVIEW_TIME, path_curvature_demand
from simengine.core.errors import ConfigError, ScenarioError
from simengine.core.plugins import check_part, make_part, part_names
from simengine.core.space.geometry import wrap_angle
from simengine.core.state import EGO
from simengine.road.network.network import RoadNetwork
from simengine.scenario.spec import EgoSpec

__all__ = ["Control", "Driver", "DriverObservation", "check_driver", "driver_names", "make_driver", "observe"]

ROBOT_LOOK_AHEAD = 0.8  # at standstill [m]
ROBOT_TURN_RATE = 1.5  # [rad/s]
ROBOT_MIN_GAP = 0.8  # [m]
ROBOT_LATERAL = 0.5  # lateral acceleration in turns [m/s²]
SPEED_TIME = 0.5  # in which a constant speed is taken up again [s]


class Driver(ABC):
    """Decides for the ego at every control step."""

    @abstractmethod
    def decide(self, observation: DriverObservation) -> Control:
        """Return what to do until the next control step."""


class IdmDriver(Driver):
    """A human-like driver of a road vehicle; see the module.

    Args:
        ego: Its style.
        network: The road.
        dt: Time between decisions [s].
    """

    def __init__(self, ego: EgoSpec, network: RoadNetwork, dt: float) -> None:
        self._perceiver = Perceiver(ego, network, dt)

    def decide(self, observation: DriverObservation) -> Control:
        """Follow, stop and steer as the module says."""
        acceleration, steering, lights = self._perceiver.respond(observation)
        return Control(acceleration=acceleration, steering=steering, lights=lights)


class AisleDriver(Driver):
    """A robot that follows its aisles at the desired speed and stops for whoever stands or walks ahead.

    One that does not foresee has only a safety scanner with a protective field (ISO 3691-4): it stops for whoever is in
    its way, not for whoever is about to be.

    Args:
        ego: Its style.
        network: The floor.
        dt: Time between decisions [s].
        foresees: Whether it sees how others move.
    """

    def __init__(self, ego: EgoSpec, network: RoadNetwork, dt: float, foresees: bool) -> None:
        self._perceiver = Perceiver(ego, network, dt, foresees)
        self._top, self._dt, self._asked = ego.desired_speed, dt, ego.speed

    def decide(self, observation: DriverObservation) -> Control:
        """Ask for a speed and a yaw rate."""
        first = self._perceiver.memory is None
        if first:
            self._perceiver.begin(observation)
            style = self._perceiver.memory.style[0, EGO]
            style[MIN_GAP], style[LATERAL_COMFORT] = ROBOT_MIN_GAP, ROBOT_LATERAL
        acceleration, _, lights = self._perceiver.respond(observation)
        if abs(self._asked - observation.speed) > 0.5:
            self._asked = observation.speed
        self._asked = min(self._top, max(0.0, self._asked + acceleration * self._dt))
        if observation.lane < 0:
            return Control(velocity=(0.0, 0.0), lights=lights)
        look_ahead = ROBOT_LOOK_AHEAD + PREVIEW_TIME * max(0.0, observation.speed)
        heading_error = wrap_angle(observation.yaw - observation.lane_heading)
        ahead = min(len(observation.preview) - 1, 1)
        curvature = float(observation.preview[ahead, 3]) if ahead >= 0 else observation.lane_curvature
        demand = path_curvature_demand(observation.lane_t, heading_error, curvature, look_ahead)
        turn = min(ROBOT_TURN_RATE, max(-ROBOT_TURN_RATE, self._asked * demand))
        return Control(velocity=(self._asked, turn), lights=lights)


class ConstantDriver(Driver):
    """Keeps lane and speed whatever happens: the negative control of every test.

    Args:
        ego: Its start.
        network: The road.
        dt: Time between decisions [s].
    """

    def __init__(self, ego: EgoSpec, network: RoadNetwork, dt: float) -> None:
        self._perceiver = Perceiver(ego, network, dt)
        self._speed, self._robot = ego.speed, ego.kind == "robot"

    def decide(self, observation: DriverObservation) -> Control:
        """Steer along the lane, hold the first speed."""
        _, steering, lights = self._perceiver.respond(observation)
        acceleration = min(2.0, max(-2.0, (self._speed - observation.speed) / SPEED_TIME))
        if self._robot:
            return Control(velocity=(self._speed, 0.0), lights=lights)
        return Control(acceleration=acceleration, steering=steering, lights=lights)


class StopDriver(Driver):
    """Brakes at once and stands.

    Args:
        ego: Its start.
        network: The road.
        dt: Time between decisions [s].
    """

    def __init__(self, ego: EgoSpec, network: RoadNetwork, dt: float) -> None:
        self._perceiver = Perceiver(ego, network, dt)

    def decide(self, observation: DriverObservation) -> Control:
        """Steer along the lane, brake gently."""
        _, steering, lights = self._perceiver.respond(observation)
        return Control(acceleration=-GENTLE, steering=steering, lights=lights)


class RecordedDriver(Driver):
    """The recording moves the ego; there is nothing to decide."""

    def decide(self, observation: DriverObservation) -> Control:
        """Ask for nothing."""
        return Control()


def _built_in() -> dict[str, Callable[[EgoSpec, RoadNetwork, float], Driver]]:
    return {
        "idm": IdmDriver,
        "aisle": lambda ego, network, dt: AisleDriver(ego, network, dt, True),
        "scanner": lambda ego, network, dt: AisleDriver(ego, network, dt, False),
        "constant": ConstantDriver,
        "stop": StopDriver,
        "recorded": lambda ego, network, dt: RecordedDriver(),
    }


def driver_names() -> tuple[str, ...]:
    """Return the names that `ego.driver` may have: the built-in drivers and those of installed packages."""
    return part_names("driver", _built_in())


def check_driver(name: str) -> None:
    """Refuse a driver that there is not.

    Raises:
        ConfigError: There is no such driver.
    """
    check_part("driver", "ego.driver", name, _built_in())


def make_driver(ego: EgoSpec, network: RoadNetwork, dt: float) -> Driver:
    """Make the driver that a scenario names.

    An entry point of the group `simengine.drivers` is a callable with these same arguments that returns a `Driver`.

    Args:
        ego: Name and style.
        network: The road.
        dt: Time between decisions [s].

    Raises:
        ConfigError: There is no such driver, or what a package brings is none.
        ScenarioError: It does not suit the ego, or the package that brings it raised something.
    """
    robot = ego.kind == "robot"
    if (ego.driver in ("aisle", "scanner") and not robot) or (ego.driver == "idm" and robot):
        allowed = "aisle, scanner, constant" if robot else "idm, constant, stop, recorded"
        raise ScenarioError(f"ego.driver = {ego.driver}: does not drive a {ego.kind}; allowed: {allowed}")
    driver = make_part("driver", "ego.driver", ego.driver, _built_in(), ego, network, dt)
    if not isinstance(driver, Driver):
        raise ConfigError(f"ego.driver = {ego.driver}: the package made no simengine Driver")
    return driver
