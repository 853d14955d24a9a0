"""A stage for events: scripted actors in the small world, and what an event may change."""

import math

import numpy as np
from pydantic import BaseModel

from simengine.behavior.script.actions import ActionContext, find_action
from simengine.behavior.script.events import Event
from simengine.behavior.script.script import begin_script
from simengine.behavior.script.scripted import scripted_controls
from simengine.behavior.vehicle.side_force import chassis_of
from simengine.core.space.geometry import yaw_from_quaternion
from simengine.core.state import Behavior, Mobility
from simengine.road.network.network import RoadNetwork
from simengine.scenario.spec import events as specs
from tests.behavior.small_world import DT, SmallWorld, straight

RATE = round(1.0 / DT)  # the small world's tick is its control step [Hz]


def lane_change(lanes: int, duration: float, speed: float = 1.8, acceleration: float = 2.0) -> specs.ChangeLaneAction:
    """Return a lane change of a duration [s] with bounds of lateral speed [m/s] and acceleration [m/s²]."""
    return specs.ChangeLaneAction(
        kind="change_lane", lanes=lanes, duration=duration, max_lateral_speed=speed,
        max_lateral_acceleration=acceleration,
    )  # fmt: skip


class StagedWorld(SmallWorld):
    """A straight two-lane road along x on which every actor keeps to the script."""

    def __init__(self, models: list[str], network: RoadNetwork | None = None) -> None:
        super().__init__(straight(2) if network is None else network, models)
        self.actors.behavior[...] = Behavior.SCRIPTED
        self.chassis = chassis_of(self.actors)
        self.faults: list[tuple[str, str, float]] = []
        self.remarks: list[str] = []
        self.friction = 0.75
        self.obstacles = np.zeros((0, 5))
        self.patches = np.zeros((1, 1), np.bool_), tuple(np.zeros((1, 1)) for _ in range(4))

    def begin(self) -> None:
        """Start the script with everybody as placed."""
        self.script = begin_script(self.lanes, self.actors, self.state)
        self.start = np.array([[*self.state.position[0, a, :2], self.yaw(a)] for a in range(len(self.drives[0]))])

    def yaw(self, a: int) -> float:
        return yaw_from_quaternion(*(float(q) for q in self.state.orientation[0, a]))

    def fire(self, actor: int, action: BaseModel, load: tuple[int, ...] = ()) -> None:
        """Carry an action out now."""
        event = Event("event", actor, action, True, load)
        find_action(event)(
            ActionContext(
                0, self.time, self.lanes, self.actors, self.state, self.script, self.friction, 0.0, self.start,
                self.memory.ignores_signals, *self.patches, self.faults, self.remarks,
            ),
            event,
        )  # fmt: skip

    def play(self, seconds: float) -> None:
        """Let everybody do as told for a while."""
        for _ in range(round(seconds / DT)):
            self.controls.lights[...] = 0
            scripted_controls(
                self.rules.ways, self.actors, self.chassis, self.state, self.script, 
                np.array([self.friction]), self.obstacles, RATE, DT, self.controls,
            )  # fmt: skip
            walks = self.actors.mobility[0] == Mobility.WALKER
            self.state.velocity[0, walks, :2] = self.controls.velocity[0, walks]
            self.move()

    def course(self, a: int, seconds: float) -> np.ndarray:
        """Play and return an actor's lateral offset from its start [m], every control step."""
        found = []
        for _ in range(round(seconds / DT)):
            self.play(DT)
            found.append(self.lateral(a))
        return np.array(found)

    def lateral(self, a: int) -> float:
        """Return how far left of its start an actor is, as seen in its first heading [m]."""
        x, y, yaw = self.start[a]
        dx, dy = self.state.position[0, a, 0] - x, self.state.position[0, a, 1] - y
        return float(dy * math.cos(yaw) - dx * math.sin(yaw))
