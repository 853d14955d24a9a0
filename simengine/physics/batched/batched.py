"""Physics of many worlds at once: vehicles on four wheels, walkers, sliding loads, robots, contacts of oriented boxes.

What it leaves out beside `bullet`: body roll, pitch and suspension (an actor takes the ground's slope at once, and
loads move between its wheels at once), wheels that turn at another speed than the road, rolling sideways down a banked
road, and tumbling (a load keeps its face down; a struck person falls over once and slides). Two-wheelers do not lean
and follow their riders' steering for as long as nothing strikes them; with `model="kinematic"` all vehicles roll
without slip and do not crumple, and a burst tire drags without pulling to its side. Low loads lift and tilt the
vehicles that drive over them and stay where they are; curbs and low scenery do not hold wheels back.
"""

import numpy as np

from simengine.core.errors import ScenarioError
from simengine.core.state import ActorTable, Controls, WorldState, copy_state
from simengine.physics.backend import Contact, Ground, Physics
from simengine.physics.batched.hand_over_worlds import mark_hand_overs
from simengine.physics.batched.world_step import WorldContacts, advance_worlds
from simengine.physics.contact.contact_records import CONTACT, RESTING
from simengine.physics.contact.ground_pose import settle_actors
from simengine.physics.contact.obstacle_grid import obstacle_grid
from simengine.physics.vehicle.slippery_patches import RoadFriction
from simengine.road.network.network import lane_arrays

MODELS = ("dynamic", "kinematic")


class BatchedPhysics(Physics):
    """Advances any number of worlds over one ground; see the module for what is modeled.

    Args:
        model: "dynamic" (tires) or "kinematic" (rolling without slip).
    """

    def __init__(self, model: str = "dynamic") -> None:
        if model not in MODELS:
            raise ScenarioError(f"physics.model: {model!r} is not known; allowed: {', '.join(MODELS)}")
        self._kinematic = model == "kinematic"
        self._rows = self._last_rows = np.zeros((0, 0), CONTACT)
        self._counts = self._last_counts = np.zeros(0, np.int64)
        self._tick = np.zeros(0, np.int64)

    def reset(self, actors: ActorTable, state: WorldState, ground: Ground, rate_hz: int) -> WorldState:
        """Take the arrays as the world and return its state with every actor set on the ground; see `Physics`."""
        if rate_hz <= 0:
            raise ScenarioError(f"physics.rate_hz: {rate_hz} is not allowed; must be positive")
        self._actors, self._ground, self._step = actors, ground, 1.0 / rate_hz
        self._lanes = lane_arrays(ground.network)
        self._obstacles = obstacle_grid(ground.obstacles)
        num_envs, num_actors = state.valid.shape
        sliding = np.broadcast_to(np.asarray(ground.sliding, np.float64), num_envs).copy()
        self._road = RoadFriction(ground.friction, sliding, ground.patches)
        self._rows = np.zeros((num_envs, max(8, 2 * num_actors)), CONTACT)
        self._last_rows = np.zeros((num_envs, 1), CONTACT)
        self._counts, self._last_counts = np.zeros(num_envs, np.int64), np.zeros(num_envs, np.int64)
        self._tick = state.tick.copy()
        settled = copy_state(state)
        settle_actors(actors, self._lanes, settled)
        return settled

    def step(self, state: WorldState, controls: Controls) -> WorldState:
        """Advance every world by one tick; see `Physics`.

        A replayed actor that something dynamic is about to touch is handed over: `replayed` is then false in the
        returned state.
        """
        state = self._hand_over(state)
        self._rows, self._last_rows = self._last_rows, self._rows
        self._counts, self._last_counts = self._last_counts, self._counts
        while True:
            after = copy_state(state)
            advance_worlds(
                self._actors, state, controls, self._road, self._lanes, self._obstacles, self._kinematic, self._step,
                WorldContacts(self._last_rows, self._last_counts), after, self._rows, self._counts,
            )  # fmt: skip
            most = int(self._counts.max(initial=0))
            if most <= self._rows.shape[1]:
                break
            # More contacts than rows: make room and take the tick again from the same state.
            self._rows = np.zeros((self._rows.shape[0], 2 * most), CONTACT)
        self._tick = after.tick
        return after

    def _hand_over(self, state: WorldState) -> WorldState:
        """Return the state with every replayed actor that is about to be touched made dynamic."""
        if not (state.valid & state.replayed).any():
            return state
        must = np.zeros(state.valid.shape, np.bool_)
        if mark_hand_overs(self._actors, state, self._step, must) == 0:
            return state
        handed = copy_state(state)
        handed.replayed[must] = False
        # The pose it was given is that of the tick to come.
        handed.position[must] -= state.velocity[must] * self._step
        return handed

    def contacts(self) -> list[Contact]:
        """Return what touched during the last tick."""
        found = []
        for e in np.flatnonzero(self._counts):
            for row in self._rows[e, : self._counts[e]]:
                if row["kind"] == RESTING:
                    continue
                a, b = int(row["actor"]), int(row["other"])
                found.append(
                    Contact(
                        env=int(e), tick=int(self._tick[e]), actor=a, other=max(b, -1),
                        position=(float(row["x"]), float(row["y"]), float(row["z"])),
                        normal=(float(row["nx"]), float(row["ny"]), 0.0),
                        impulse=float(row["impulse"]), closing_speed=float(row["closing_speed"]),
                    )
                )  # fmt: skip
        return found

    def close(self) -> None:
        """Nothing to free: the arrays are the world."""
