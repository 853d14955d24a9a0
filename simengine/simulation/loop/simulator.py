"""THE LOOP: who wants what, what the world lets them do, what is seen of it, what is true, what it means.

`Simulator(scenario)` with `reset()` and `step(control)` hands it to a user's own; `loop.execution` runs
it to the end.
"""

from collections.abc import Callable
from typing import NamedTuple

from simengine.behavior.traffic.removal import Removal, Standstill, standstill_remarks
from simengine.core.errors import ConfigError, ScenarioError, blame, suggest
from simengine.core.history import History, time_of_tick
from simengine.core.state import Controls, WorldState
from simengine.labels.annotate import Annotator
from simengine.labels.annotation import Annotation
from simengine.labels.hazards import HazardOnset
from simengine.metrics.verdict import Verdict
from simengine.physics.backend import Contact, Physics
from simengine.physics.contact.run_over import with_run_over
from simengine.road.network.signals import signal_colors
from simengine.scenario.spec import ConcreteScenario
from simengine.sensors.base.sensor import Frame, Scene, Sensor
from simengine.sensors.faults import Faults
from simengine.sensors.registry import make_sensors
from simengine.sensors.scene.scene_arrays import SceneArrays, flatten_scene
from simengine.simulation.episode.recorder import Recorder
from simengine.simulation.loop.decisions import Control, Decisions, DriverObservation, Revise, Watch, unwatched
from simengine.simulation.loop.driver_checks import check_control
from simengine.simulation.loop.ego_monitor import EgoMonitor
from simengine.simulation.loop.walking_demands import asked_before, ramped_demands
from simengine.simulation.world.layout import World, build_world
from simengine.simulation.world.scenery import make_scene


class Snapshot(NamedTuple):
    """What one control step leaves behind."""

    time_ns: int
    state: WorldState
    controls: Controls  # that led here; all zero after `reset`
    frames: tuple[Frame, ...]  # captured during the step
    annotations: tuple[Annotation, ...]  # of those frames that have labels
    contacts: tuple[Contact, ...]  # during the step
    observation: DriverObservation  # what the ego's driver knows now
    done: bool


def make_physics(scenario: ConcreteScenario) -> Physics:
    """Make the physics that a scenario asks for.

    Raises:
        ImportError: It needs a package that is not installed; the message has the pip line.
    """
    if scenario.physics.backend == "bullet":
        from simengine.physics.bullet.bullet import BulletPhysics

        return BulletPhysics()
    from simengine.physics.batched.batched import BatchedPhysics

    return BatchedPhysics(scenario.physics.model)


def _check_faults(scenario: ConcreteScenario) -> None:
    """Refuse a sensor fault of a sensor that the rig lacks, before its event fires; sensors=none has no faults."""
    for name, event in scenario.scenario.events.items():
        if event.do.kind == "sensor_fault" and scenario.sensors and event.do.sensor not in scenario.sensors:
            rig = list(scenario.sensors)
            raise ConfigError(
                f"scenario.events.{name}.do.sensor = {event.do.sensor}: the rig has no such sensor"
                f"{suggest(event.do.sensor, rig)}"
            )


class Simulator:
    """One scenario, step by step.

    Args:
        scenario: What to run.
        recorder: Takes everything in; None keeps nothing. Made once per episode, so it serves a single `reset`.
        watch: Told what is under way, for whoever has to say what hangs.
        ends_with_ego: Whether an episode is over when the ego has crashed or come to the end of the map; else only
            its time ends it.
    """

    def __init__(
        self,
        scenario: ConcreteScenario,
        recorder: Callable[[World], Recorder] | None = None,
        watch: Watch = unwatched,
        ends_with_ego: bool = True,
    ) -> None:
        if scenario.physics.rate_hz % scenario.physics.control_rate_hz:
            raise ConfigError(
                f"physics.control_rate_hz = {scenario.physics.control_rate_hz}: must divide physics.rate_hz = "
                f"{scenario.physics.rate_hz}"
            )
        _check_faults(scenario)
        self.scenario = scenario
        self.world: World = build_world(scenario)
        self.done = True
        self._closed = False
        self._state: WorldState | None = None
        self._watch = watch
        self._ends_with_ego = ends_with_ego
        self._make_recorder = recorder
        self._recorder: Recorder | None = None
        self._physics = make_physics(scenario)
        self._rate = scenario.physics.rate_hz
        self._substeps = self._rate // scenario.physics.control_rate_hz
        world = self.world
        self._scene: Scene | None = None
        self._arrays: SceneArrays | None = None
        if scenario.sensors:
            self._scene = make_scene(scenario, world.network, world.scenery, world.actors, world.weather)
            self._arrays = flatten_scene(self._scene)

    def reset(self) -> Snapshot:
        """Begin the episode anew; the same scenario gives the same episode."""
        world, scenario = self.world, self.scenario
        world.ground.patches.active[:] = False  # what events laid in an earlier run
        self._sensors: dict[str, Sensor] = {}
        if self._scene is not None:
            self._sensors = make_sensors(scenario.sensors, self._scene, scenario.seed, self._arrays)
        self._faults = Faults({name: spec.kind for name, spec in scenario.sensors.items()}, scenario.seed)
        self._history = History(self._rate, self._history_length())
        self._decisions = Decisions(world, self._watch)
        self._monitor = EgoMonitor(world)
        self._annotator = Annotator(world.actors, world.weather, self._scene, self._arrays, world.network, self._rate)
        self._recorder = self._make_recorder(world) if self._make_recorder else None
        self._end_ns = self._planned_ns = min(round(scenario.scenario.duration * 1e9), world.last_ns)
        self._latest: dict[str, Frame] = {}
        self._state = self._physics.reset(world.actors, world.state, world.ground, self._rate)
        self._asked = self.state.velocity[..., :2]  # of walkers, from where their next demands begin
        self._history.push(self.state)
        self.done = self._closed = False
        self._monitor.update(0, self.state, signal_colors(world.network, 0.0), [])
        if self._recorder is not None:
            self._recorder.append_state(0, self.state, None)
        return self._snapshot(self._decisions.idle_controls, (), (), ())

    def step(self, control: Control | None = None, revise: Revise | None = None) -> Snapshot:
        """Advance by one control step.

        Args:
            control: Of the ego; None lets the scenario's own driver decide.
            revise: Given what that driver knows and asks for, returns what is done instead; None changes nothing.

        Raises:
            ScenarioError: The episode is over, or has not begun; or the scenario's driver raised something, or
                returned no control or one that holds something that is not a finite number.
            ConfigError: Such a control was given.
        """
        if self.done:
            self._require_begun()
            over = "the simulator was closed" if self._closed else "the episode is over"
            raise ScenarioError(f"{over}; reset() begins it anew")
        time = self.time_ns * 1e-9
        self._watch("", self.steps, time)
        if control is not None:
            control = check_control(control, "step() was given", self.steps, time)
        colors = signal_colors(self.world.network, self.time_ns * 1e-9)
        state, controls = self._decisions.decide(self.state, colors, control, self._latest, revise)
        self._start_faults()
        contacts: list[Contact] = []
        asked = asked_before(self._asked, self.state, state)
        for tick in range(self._substeps):
            demands = ramped_demands(self.world.actors, asked, controls, (tick + 1) / self._substeps)
            state = self._physics.step(self._decisions.follow(state), demands)
            self._history.push(state)
            contacts += with_run_over(self._physics.contacts(), self.world.actors, self.world.lanes, state)
        self._state, self._asked = state, controls.velocity
        frames, annotations = self._sense()
        if self._recorder is not None:  # the episode's labels are asked for by `finish` alone
            self._annotator.update(self.time_ns, state, contacts, self._decisions.fired)
        fired = frozenset(onset.name for onset in self._decisions.fired)
        self._monitor.update(
            self.time_ns, state, signal_colors(self.world.network, self.time_ns * 1e-9), contacts, fired
        )
        if self._recorder is not None:
            self._recorder.append_state(self.time_ns, state, controls)
        self._decide_end()
        return self._snapshot(controls, frames, annotations, tuple(contacts))

    @property
    def state(self) -> WorldState:
        """Everything that moves, now."""
        self._require_begun()
        return self._state

    @property
    def time_ns(self) -> int:
        """Now [ns]."""
        return time_of_tick(int(self.state.tick[0]), self._rate)

    @property
    def steps(self) -> int:
        """How many control steps have been taken."""
        return int(self.state.tick[0]) // self._substeps

    @property
    def control_step(self) -> float:
        """Between two control steps [s]."""
        return self._substeps / self._rate

    @property
    def scene(self) -> Scene | None:
        """What the sensors can see; None where there are none."""
        return self._scene

    @property
    def history(self) -> History:
        """The latest states, as far back as any sensor looks."""
        self._require_begun()
        return self._history

    @property
    def crashed(self) -> bool:
        """Whether the ego has touched anything."""
        self._require_begun()
        return self._monitor.collided

    @property
    def hazards(self) -> tuple[HazardOnset, ...]:
        """The hazards that have been set off so far."""
        self._require_begun()
        return tuple(self._decisions.fired)

    @property
    def taken_out(self) -> tuple[Removal, ...]:
        """Vehicles that could not go on and were taken out so far, where the ego did not see it."""
        self._require_begun()
        return tuple(self._decisions.taken_out)

    @property
    def standstills(self) -> tuple[Standstill, ...]:
        """Ordinary vehicles that came no farther for a minute or more so far and were not taken out."""
        self._require_begun()
        return tuple(self._decisions.standstills(self.time_ns * 1e-9))

    @property
    def demand(self) -> tuple[int, int]:
        """Vehicles that have arrived where lanes begin, and those of them that have come in; 0 without a demand."""
        self._require_begun()
        return self._decisions.demand

    @property
    def verdict(self) -> Verdict:
        """What the criteria say so far."""
        self._require_begun()
        return self._monitor.verdict()

    @property
    def metrics(self) -> dict[str, float | bool | None]:
        """The headline measures so far."""
        self._require_begun()
        return self._monitor.metrics()

    @property
    def untested(self) -> tuple[str, ...]:
        """A remark for each hazard that has not fired so far."""
        self._require_begun()
        return self._monitor.untested

    @property
    def tests_nothing(self) -> bool:
        """Whether the scenario has hazards and none has fired so far: to pass it then means nothing."""
        self._require_begun()
        return self._monitor.tests_nothing

    def finish(self) -> str:
        """Complete the record of the episode; returns its digest."""
        self._require_begun()
        if self._recorder is None:
            raise ScenarioError("nothing was recorded: the simulator was made without a recorder")
        stood = self.standstills
        collisions, intervals = self._annotator.finish(self.time_ns, self._decisions.taken_out, stood)
        self._recorder.append_remarks([*self._decisions.remarks, *self._monitor.untested, *standstill_remarks(stood)])
        return self._recorder.finish(self._monitor.verdict(), collisions, intervals, self._monitor.metrics())

    def close(self) -> None:
        """Free the physics and drop an unfinished record; may be called twice. `reset` begins anew."""
        self._physics.close()
        self.done = self._closed = True
        if self._recorder is not None:
            self._recorder.abort()

    def _require_begun(self) -> None:
        if self._state is None:
            raise ScenarioError("the episode has not begun; call reset() first")

    def _history_length(self) -> int:
        longest = max([sensor.span_ns() for sensor in self._sensors.values()], default=0)
        return longest * self._rate // 1_000_000_000 + self._substeps + 3

    def _start_faults(self) -> None:
        faults = self._decisions.sensor_faults()
        for sensor, fault, duration in faults if self._sensors else ():  # without a rig there is nothing to disturb
            self._faults.start(sensor, fault, self.time_ns, duration)

    def _sense(self) -> tuple[tuple[Frame, ...], tuple[Annotation, ...]]:
        """Let every sensor measure that is due, label what it saw, record what arrives."""
        frames, annotations = [], []
        now = self.time_ns
        for name, sensor in self._sensors.items():
            while sensor.next_time_ns() <= now:
                colors = signal_colors(self.world.network, sensor.next_time_ns() * 1e-9)
                with blame(sensor, f"sensors.{name}", f" at {now * 1e-9:.2f} s"):
                    frame = sensor.capture(self._history, colors)
                frame, annotation = self._annotator.annotate(frame, self._history)
                arrived = self._faults.disturb(frame)
                if arrived is None:
                    continue
                if self._recorder is not None:
                    self._recorder.append_frame(arrived, annotation)
                frames.append(arrived)
                self._latest[name] = arrived
                if annotation is not None:
                    annotations.append(annotation)
        return tuple(frames), tuple(annotations)

    def _decide_end(self) -> None:
        """End the episode after its time, with recording and goal, at the map's end, or some time after a crash.

        A goal whose time is over without its having been reached ends it too, if a criterion asks for the goal.
        """
        if self._ends_with_ego and self._monitor.collided:
            hold = round(self.scenario.physics.hold_after * 1e9)
            self._end_ns = min(self._end_ns, self.time_ns + hold)
        over = self._monitor.at_end or self._monitor.missed_goal
        self.done = self.time_ns >= self._end_ns or (self._ends_with_ego and over)
        if self.done and self.time_ns < self._planned_ns and not self._monitor.missed_goal:
            self._monitor.end_early(self.time_ns)
        if self.done:  # a loop of a user's own often ends here and never calls `close`
            self._physics.close()

    def _snapshot(
        self,
        controls: Controls,
        frames: tuple[Frame, ...],
        annotations: tuple[Annotation, ...],
        contacts: tuple[Contact, ...],
    ) -> Snapshot:
        observation = self._decisions.observe(self.state, self._latest)
        return Snapshot(self.time_ns, self.state, controls, frames, annotations, contacts, observation, self.done)
