"""What the ego's driver perceives of others, how late, and how ordinary traffic responds to just that."""

from collections import deque
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import EXIT_TURN, MAX_DECELERATION, PRESENT, DriverMemory, empty_memory, set_style
from simengine.behavior.ego.observation import DriverObservation
from simengine.behavior.ego.red_runners import expect_runners
from simengine.behavior.lanes.lane_rules import road_rules
from simengine.behavior.lanes.long_vehicles import find_long_ways
from simengine.behavior.lanes.occupancy import LENGTH, SPEED, VX, VY, WIDTH, YAW, Places, X, Y, Z
from simengine.behavior.lanes.route import extend_route
from simengine.behavior.traffic.traffic import BRAKES, Drivers, DrivingConditions, decide, empty_scratch, survey
from simengine.behavior.vehicle.road_conditions import EMERGENCY_SHARE, grip_bound
from simengine.core.state import EGO, empty_controls
from simengine.road.network.network import RoadNetwork, lane_arrays
from simengine.scenario.spec import EgoSpec

ALERTED = 0.75  # reaction time of a driver who is alert, if it is longer else: UN R157's of a careful one [s]
ALARMING = 1.0  # braking from which a driver is alert [m/s²]
ALERT_TIME = 3.0  # for which it stays so when it has let go of the brake [s]


class Sight(NamedTuple):
    """Others as they were perceived at one control step."""

    seen: NDArray[np.bool_]  # (num_actors,)
    identity: NDArray[np.int32]  # who they were: a place may go to another vehicle since. (num_actors,)
    pose: NDArray[np.float64]  # x, y, z, yaw, vx, vy, speed. (num_actors, 7)


@njit(cache=True, _nrt=False)
def extrapolate(
    seen: NDArray[np.bool_],
    then: NDArray[np.float64],
    age: float,
    size: NDArray[np.float64],
    ego: NDArray[np.float64],
    places: Places,
) -> None:
    """Write where others are believed to be, from what was seen `age` seconds ago, and where the ego is now.

    Args:
        seen: Who was seen. Shape (num_actors,).
        then: x, y, z, yaw, vx, vy, speed at that time. Shape (num_actors, 7).
        age: How long ago [s].
        size: Length, width, height [m]. Shape (num_actors, 3).
        ego: The ego's row now. Shape (7,).
        places: Written.
    """
    for a in range(len(seen)):
        row, lag = (ego, 0.0) if a == EGO else (then[a], age)
        places.seen[a] = seen[a] or a == EGO
        places.pose[a, X] = row[0] + lag * row[4]
        places.pose[a, Y] = row[1] + lag * row[5]
        places.pose[a, Z] = row[2]
        places.pose[a, YAW] = row[3]
        places.pose[a, VX] = row[4]
        places.pose[a, VY] = row[5]
        places.pose[a, SPEED] = row[6]
        places.pose[a, LENGTH] = size[a, 0]
        places.pose[a, WIDTH] = size[a, 1]


class Perceiver:
    """What a driver keeps from step to step: its mind, and what it saw of others.

    Args:
        ego: Its style.
        network: The road.
        dt: Time between decisions [s].
        foresees: Whether it sees how others move; else it takes everybody to stay where they are.
    """

    def __init__(self, ego: EgoSpec, network: RoadNetwork, dt: float, foresees: bool = True) -> None:
        self.dt, self._foresees = dt, foresees
        self.rules = road_rules(network)
        self._network = network
        self.memory: DriverMemory | None = None
        self.step = 0
        self._ego = ego
        self._sights: deque[Sight] = deque(maxlen=1 + round(ego.reaction_time / dt))
        self._late = 0  # how many steps ago it saw what it now responds to
        self._alert_until = -1  # step

    def begin(self, observation: DriverObservation) -> None:
        """Make up a mind at the first step."""
        num_actors = len(observation.present)
        open_ways = find_long_ways(lane_arrays(self._network), float(observation.friction))
        self.rules = self.rules._replace(ways=self.rules.ways._replace(lane_long=open_ways))
        self.memory = empty_memory(1, num_actors)
        set_style(self.memory, 0, EGO, self._ego.desired_speed, self._ego.time_gap)
        self.memory.may_change_lane[...] = False  # it changes only where its lane does not lead on
        self.memory.choice[0, EGO, EXIT_TURN] = observation.exit_turn
        self.drives = np.arange(num_actors) == EGO
        self.obeys = np.ones(num_actors, np.bool_)
        crossed = len(self.rules.crossings.crossing)
        self.scratch = empty_scratch(num_actors, len(self.rules.ways.lane_length), crossed)
        self.vehicles, self.steering = np.zeros((num_actors, len(observation.vehicle))), np.zeros(num_actors)
        self.controls = empty_controls(1, num_actors)

    def perceive(self, observation: DriverObservation) -> None:
        """Write where the driver believes everybody is: itself now, the others as seen a reaction time ago."""
        places = self.scratch.places
        columns = [
            observation.actor_position,
            observation.actor_yaw[:, None],
            observation.actor_velocity,
            observation.actor_speed[:, None],
        ]
        now = Sight(observation.visible, observation.identity, np.concatenate(columns, axis=1))
        if not self._foresees:
            now.pose[np.arange(len(now.pose)) != EGO, 4:] = 0.0
        self._sights.append(now)
        # What has been seen stays seen: when a driver is alert no more, its picture grows old.
        alert = self.step < self._alert_until
        self._late = min(round(ALERTED / self.dt) if alert else self._late + 1, len(self._sights) - 1)
        then = self._sights[len(self._sights) - 1 - self._late]
        extrapolate(
            then.seen & observation.present & (then.identity == observation.identity),
            then.pose,
            self._late * self.dt,
            observation.size,
            now.pose[EGO],
            places,
        )
        if observation.lane >= 0 and self.memory.lane[0, EGO] == observation.route[PRESENT]:
            self.memory.route[0, EGO] = observation.route  # the way that was chosen for the ego
            extend_route(self.rules.ways, self.memory, np.uint64(0), 0, EGO)

    def respond(self, observation: DriverObservation) -> tuple[float, float, int]:
        """Return acceleration [m/s²], road-wheel angle [rad] and lights."""
        if self.memory is None:
            self.begin(observation)
        self.perceive(observation)
        self.vehicles[EGO], self.steering[EGO] = observation.vehicle, observation.steering
        seed, controls, friction = np.uint64(0), self.controls, float(observation.friction)
        brakes = min(float(observation.vehicle[MAX_DECELERATION]), BRAKES)
        expect_runners(
            self.rules.ways,
            self.rules.stops,
            self.rules.conflicts,
            self.memory,
            self.scratch.places,
            self.scratch.passage,
            observation.signals,
            self._late * self.dt,
            grip_bound(brakes, friction, EMERGENCY_SHARE),
            EGO,
            self.obeys,
        )
        survey(
            self.rules,
            observation.mobility,
            self.memory,
            self.scratch,
            observation.signals,
            self.drives,
            self.obeys,
            friction,
            self.step,
            seed,
            self.dt,
            0,
        )
        conditions = DrivingConditions(friction, float(observation.sight_distance), bool(observation.headlights))
        decide(
            self.rules,
            Drivers(self.drives, self.vehicles, self.steering, True),
            self.memory,
            self.scratch,
            conditions,
            seed,
            self.dt,
            0,
            controls.acceleration[0],
            controls.steering[0],
            controls.lights[0],
        )
        if controls.acceleration[0, EGO] < -ALARMING:
            self._alert_until = self.step + round(ALERT_TIME / self.dt)
        self.step += 1
        lights = int(controls.lights[0, EGO])
        return float(controls.acceleration[0, EGO]), float(controls.steering[0, EGO]), lights
