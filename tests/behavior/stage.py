"""A stage for events: scripted actors in the small world, and what an event may change."""

import math

import numpy as np
from pydantic import BaseModel

from simengine.behavior.actions import Stage, find_action
from simengine.behavior.events import Event
from simengine.behavior.scripted import begin_script, chassis_columns, scripted_controls
from simengine.core.geometry import yaw_from_quaternion
from simengine.core.state import Behavior, Mobility
from tests.behavior.small_world import DT, SmallWorld, straight

RATE = round(1.0 / DT)  # the small world's tick is its control step [Hz]


class StagedWorld(SmallWorld):
    """A straight two-lane road along x on which every actor keeps to the script."""

    def __init__(self, models: list[str]) -> None:
        super().__init__(straight(2), models)
        self.actors.behavior[...] = Behavior.SCRIPTED
        self.chassis = chassis_columns(self.actors)
        self.faults: list[tuple[str, str, float]] = []
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
            Stage(
                0, self.time, self.lanes, self.actors, self.state, self.script, 0.0, self.start,
                self.memory.ignores_signals, *self.patches, self.faults,
            ),
            event,
        )  # fmt: skip

    def play(self, seconds: float) -> None:
        """Let everybody do as told for a while."""
        for _ in range(round(seconds / DT)):
            self.controls.lights[...] = 0
            scripted_controls(
                self.rules.ways, self.actors, self.chassis, self.state, self.script, np.array([0.75]), RATE, DT,
                self.controls,
            )  # fmt: skip
            walks = self.actors.mobility[0] == Mobility.WALKER
            self.state.velocity[0, walks, :2] = self.controls.velocity[0, walks]
            self.move()

    def lateral(self, a: int) -> float:
        """Return how far left of its start an actor is, as seen in its first heading [m]."""
        x, y, yaw = self.start[a]
        dx, dy = self.state.position[0, a, 0] - x, self.state.position[0, a, 1] - y
        return float(dy * math.cos(yaw) - dx * math.sin(yaw))
