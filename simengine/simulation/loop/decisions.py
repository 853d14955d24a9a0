"""Everybody's decisions in one episode: the recording, traffic, people, events and the ego's driver, in that order."""

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.driver_state import EXIT_TURN, draw_drivers, empty_memory
from simengine.behavior.ego.drivers import Control, DriverObservation, make_driver, observe
from simengine.behavior.lanes.lane_rules import road_rules
from simengine.behavior.pedestrian.pavement import begin_people, walk_people
from simengine.behavior.pedestrian.people import People
from simengine.behavior.replay.recorded_motion import Recording, lay_out
from simengine.behavior.replay.release import hand_over, leave_at_end
from simengine.behavior.replay.replay import follow_recording
from simengine.behavior.script.action_checks import check_behavior, check_mobility, check_road, moved_sideways_once
from simengine.behavior.script.actions import ActionContext, find_action
from simengine.behavior.script.events import AFTER, compile_events, empty_latches, evaluate_triggers
from simengine.behavior.script.script import begin_script
from simengine.behavior.script.scripted import scripted_controls
from simengine.behavior.traffic.inflow import Inflow, begin_inflow, refill, send_out
from simengine.behavior.traffic.removal import Removal, Standstill, begin_wreckage, find_removals, find_standstills
from simengine.behavior.traffic.traffic import Conditions, traffic_controls
from simengine.behavior.vehicle.side_force import chassis_of
from simengine.core.errors import ConfigError, PartError, blame
from simengine.core.heading import yaw_of_actor
from simengine.core.rng import kernel_seed
from simengine.core.state import (
    EGO,
    Behavior,
    Controls,
    Light,
    WorldState,
    copy_state,
    empty_controls,
)
from simengine.core.weather import needs_headlamps, sight_distance
from simengine.labels.hazards import HazardOnset
from simengine.road.network.network import Turn
from simengine.road.network.projection import lane_pose, locate
from simengine.simulation.loop.driver_checks import check_control, moment
from simengine.simulation.world.layout import World, headlamps_on

_TURNS = {"any": Turn.NONE, "straight": Turn.STRAIGHT, "left": Turn.LEFT, "right": Turn.RIGHT}
# When an event fired whose action found nothing to do: it is not tried again, and no event that waits for it happens.
_NEVER = np.iinfo(np.int64).max // 2
_PARKED_BRAKE = -5.0  # brakes held by a parked vehicle [m/s²]

# Told what is under way ("" for the loop itself), at which control step (−1: the scenario is laid out) and time [s].
Watch = Callable[[str, int, float], None]
# Given what the ego's own driver knew and asked for, returns what is done instead.
Revise = Callable[[DriverObservation, Control], Control]


def unwatched(part: str, step: int, time: float) -> None:
    """Tell nobody what is under way."""


class Decisions:
    """What everybody carries from one decision to the next.

    Args:
        world: Who there is and where.
        watch: Told when the ego's driver begins to decide and when it has.

    Raises:
        ScenarioError: An event or driver names something that does not exist.
        ConfigError: An action that an actor cannot carry out.
    """

    def __init__(self, world: World, watch: Watch = unwatched) -> None:
        scenario, actors = world.scenario, world.actors
        num_actors = actors.kind.shape[1]
        self._world = world
        self._watch = watch
        self._seed = kernel_seed(scenario.seed, "behavior")
        self._rate_hz = scenario.physics.rate_hz
        self._dt = 1.0 / scenario.physics.control_rate_hz
        self._rules = road_rules(world.network, float(world.ground.friction[0]))
        self._memory = draw_drivers(
            empty_memory(1, num_actors), actors, scenario.traffic.driver_kinds, scenario.traffic.drivers,
            kernel_seed(scenario.seed, "drivers"),
        )  # fmt: skip
        friction = np.array([float(world.ground.friction[0])])
        self._conditions = Conditions(
            friction, np.array([sight_distance(world.weather)]), np.array([needs_headlamps(world.weather)])
        )
        self._headlamps = headlamps_on(actors, world.weather)[0]
        self._people: People = begin_people(world.network, world.lanes, actors, world.state, world.crowd,
                                            scenario.pedestrians, kernel_seed(scenario.seed, "people"))  # fmt: skip
        self._inflow: Inflow | None = None
        road = scenario.road
        stays = np.zeros(num_actors, np.bool_)
        stays[[world.names[name] for name in scenario.scenario.actors]] = True
        self.taken_out: list[Removal] = []
        self._wreckage = begin_wreckage(
            actors, (actors.behavior[0] == Behavior.TRAFFIC) & ~stays,
            [(box.position, box.yaw, box.size) for box in world.ground.obstacles],
            float(world.network.program_duration.sum(axis=1).max(initial=0.0)),
        )  # fmt: skip
        if scenario.traffic.kind == "idm" and road.kind != "warehouse" and not (road.kind == "street" and road.ring):
            self._inflow = begin_inflow(
                world.lanes, actors, world.state, scenario.traffic.radius, kernel_seed(scenario.seed, "inflow"), stays,
                float(friction[0]), scenario.traffic.inflow,
            )  # fmt: skip
        self._chassis = chassis_of(actors)
        self._obstacles = np.array(
            [(*box.position[:2], box.yaw, *box.size[:2]) for box in world.ground.obstacles]
        ).reshape(-1, 5)
        self._memory.choice[0, EGO, EXIT_TURN] = _TURNS[scenario.scenario.goal.exit]
        self._script = begin_script(world.lanes, actors, world.state)
        # Vehicles of the traffic leave, and others take their places: an event of one would befall another.
        steady = {
            name: a
            for name, a in world.names.items()
            if name in scenario.scenario.actors or actors.behavior[0, a] != Behavior.TRAFFIC
        }
        self._table, self._events = compile_events(scenario.scenario, steady)
        for event, known in zip(self._events, moved_sideways_once(self._events).tolist(), strict=True):
            check_mobility(event, actors)
            check_behavior(event, self._events, actors, world.state)
            check_road(event, world.lanes, actors, world.state, known)
        self._actions = [find_action(event) for event in self._events]
        self._latches = empty_latches(1, num_actors, len(self._events))
        self._recording: Recording | None = None
        if world.recording is not None:
            self._recording = lay_out(world.recording.tracks, world.recording.time_step, world.recorded_row)
        self._watch(f"driver {scenario.ego.driver}", -1, 0.0)
        self._driver = make_driver(scenario.ego, world.network, self._dt)
        self._watch("", -1, 0.0)
        self._sensor_faults: list[tuple[str, str, float]] = []
        self._start = np.array(
            [[*world.state.position[0, a, :2], yaw_of_actor(world.state, 0, a)] for a in range(num_actors)]
        )
        self.idle_controls = empty_controls(1, num_actors)
        self.fired: list[HazardOnset] = []
        self.remarks: list[str] = []  # what events could not do as told

    def decide(
        self,
        state: WorldState,
        colors: NDArray[np.int32],
        control: Control | None,
        frames: Mapping[str, object],
        revise: Revise | None = None,
    ) -> tuple[WorldState, Controls]:
        """Let everybody decide for the next control step.

        Args:
            state: Now.
            colors: What every signal shows. Shape (num_signals,).
            control: Of the ego; None lets its own driver decide.
            frames: Latest frame of every sensor, which the ego's driver may look at.
            revise: What changes the own driver's control, if anything does.

        Returns:
            The state with what events changed (appearances, hand-overs, tires), and the controls.
        """
        world, actors = self._world, self._world.actors
        state = self._hand_over(state)
        state = self._fire_events(state)
        state = self._take_out(state)
        if self._inflow is not None:
            state = refill(self._inflow, actors, state, self._memory, int(state.tick[0]) / self._rate_hz)
        controls = empty_controls(1, actors.kind.shape[1])
        drives, obeys = self._driven(state)
        traffic_controls(
            world.lanes,
            self._rules,
            actors, state, self._memory, drives, obeys, colors.reshape(1, -1),
            self._conditions, self._seed, self._dt, controls,
        )  # fmt: skip
        controls.acceleration[0, actors.behavior[0] == Behavior.PARKED] = _PARKED_BRAKE
        walk_people(self._people, actors, state, colors, self._dt, controls)
        scripted_controls(
            self._rules.ways,
            actors,
            self._chassis,
            state,
            self._script,
            self._conditions.friction,
            self._obstacles,
            self._rate_hz,
            self._dt,
            controls,
        )
        controls.lights[0, self._headlamps] |= Light.HEAD
        if control is None:
            control = self._ask_driver(state, frames, revise)
        self._take(control, controls)
        return state, controls

    def _ask_driver(self, state: WorldState, frames: Mapping[str, object], revise: Revise | None) -> Control:
        time = int(state.tick[0]) / self._rate_hz
        step, name = round(time / self._dt), f"driver {self._world.scenario.ego.driver}"
        observation = self.observe(state, frames)
        self._watch(name, step, time)
        with blame(self._driver, name, f" at {moment(step, time)}"):
            control = self._driver.decide(observation)
        self._watch("", step, time)
        try:
            control = check_control(control, f"{name} returned", step, time)
        except ConfigError as error:  # a fault of the driver like any other: it ends this episode and no other
            raise PartError(str(error)) from None
        return control if revise is None else revise(observation, control)

    def follow(self, state: WorldState) -> WorldState:
        """Put replayed actors where their recording has them: at the tick that the next physics step leads to.

        Args:
            state: Now.
        """
        if self._recording is None:
            return state
        time = self._world.recording_start + (int(state.tick[0]) + 1) / self._rate_hz
        return follow_recording(self._world.lanes, self._recording, self._world.actors, state, time)

    def observe(self, state: WorldState, frames: Mapping[str, object]) -> DriverObservation:
        """Return what the ego's driver knows."""
        return observe(self._world.network, self._world.lanes, self._world.actors, state, self._memory,
                       self._conditions, self._rate_hz, frames)  # fmt: skip

    def sensor_faults(self) -> list[tuple[str, str, float]]:
        """Return the sensor faults that began since the last call: sensor, fault, duration [s]."""
        faults, self._sensor_faults = self._sensor_faults, []
        return faults

    def _take(self, control: Control, controls: Controls) -> None:
        controls.acceleration[0, EGO] = control.acceleration
        controls.steering[0, EGO] = control.steering
        controls.velocity[0, EGO] = control.velocity
        controls.lights[0, EGO] |= control.lights

    def _driven(self, state: WorldState) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return who follows the rules of traffic now: drivers, and recorded vehicles that were handed over."""
        behavior = self._world.actors.behavior
        freed = (behavior == Behavior.REPLAY) & ~state.replayed
        drives = state.valid & ((behavior == Behavior.TRAFFIC) | freed)
        return drives, drives & ~self._memory.ignores_signals

    def _hand_over(self, state: WorldState) -> WorldState:
        if self._recording is None:
            return state
        time = self._world.recording_start + int(state.tick[0]) / self._rate_hz
        reactive = self._world.scenario.traffic.reactive
        state = leave_at_end(self._world.lanes, self._world.actors, state, self._memory)
        return hand_over(self._recording, self._world.actors, state, time, reactive)

    def _take_out(self, state: WorldState) -> WorldState:
        """Take out vehicles that cannot go on, where the ego does not see it."""
        time = int(state.tick[0]) / self._rate_hz
        found = find_removals(self._wreckage, self._world.actors, state, self._memory, time)
        if not found:
            return state
        state = copy_state(state)
        for removal in found:
            state.valid[0, removal.slot] = False
            if self._inflow is not None:
                send_out(self._inflow, self._memory, removal.slot, time)
        self.taken_out += found
        return state

    def standstills(self, time: float) -> list[Standstill]:
        """Return the ordinary vehicles that came no farther for long and were not taken out, up to a time [s]."""
        return find_standstills(self._wreckage, time)

    @property
    def demand(self) -> tuple[int, int]:
        """Vehicles that have arrived where lanes begin, and those of them that have come in; 0 without a demand."""
        if self._inflow is None or self._inflow.demand == 0.0:
            return 0, 0
        return int(self._inflow.arrived.sum()), int(self._inflow.admitted.sum())

    def _fire_events(self, state: WorldState) -> WorldState:
        before = self._latches.fired_tick.copy()
        world = self._world
        evaluate_triggers(
            self._table, self._latches, world.lanes, self._rules.stops, world.actors, state, self._rate_hz, self._dt,
            self._seed,
        )  # fmt: skip
        fired = np.flatnonzero(self._latches.fired_tick[0] != before[0])
        if len(fired) == 0:
            return state
        state = copy_state(state)
        stage = self._stage(state)
        ticks = self._latches.fired_tick[0]
        for k in fired:
            event, awaited = self._events[k], int(self._table.other[k])
            if self._table.trigger[k] == AFTER and ticks[awaited] == _NEVER:
                ticks[k] = _NEVER  # it was to happen in the same step
                continue
            with blame(self._actions[k], f"the action of scenario.events.{event.name}", f" at {stage.time:.2f} s"):
                happened = self._actions[k](stage, event) is not False
            if not happened:
                ticks[k] = _NEVER
            elif event.hazard:
                time_ns = round(stage.time * 1e9)
                threats = tuple(int(state.identity[0, a]) for a in event.threats)
                self.fired.append(HazardOnset(event.name, int(state.identity[0, event.actor]), time_ns, threats))
        return state

    def _stage(self, state: WorldState) -> ActionContext:
        world, patches = self._world, self._world.ground.patches
        x, y, z = (float(value) for value in state.position[0, EGO])
        yaw = yaw_of_actor(state, 0, EGO)
        lane, s, _ = locate(world.lanes, x, y, z, yaw)
        heading = lane_pose(world.lanes, lane, s, 0.0)[3] if lane >= 0 else yaw
        if math.cos(heading - yaw) < 0.0:  # on the wrong side of the road the course is still the ego's
            heading += math.pi
        return ActionContext(
            0, int(state.tick[0]) / self._rate_hz, world.lanes, world.actors, state, self._script,
            float(self._conditions.friction[0]), heading, self._start,
            self._memory.ignores_signals, patches.active, (patches.x, patches.y, patches.radius, patches.friction),
            self._sensor_faults, self.remarks,
        )  # fmt: skip
