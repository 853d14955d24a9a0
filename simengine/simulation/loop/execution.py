"""A scenario from its beginning to its end: in memory, into a file, or only as far as compiles every kernel."""

from collections.abc import Callable
from pathlib import Path

from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.episode.episode import Episode, EpisodeSummary
from simengine.simulation.episode.in_memory import MemoryRecorder
from simengine.simulation.episode.recorder import Recorder
from simengine.simulation.loop.decisions import Control, DriverObservation
from simengine.simulation.loop.driver_checks import check_control
from simengine.simulation.loop.simulator import Simulator
from simengine.simulation.mcap.reader import read_episode
from simengine.simulation.mcap.writer import EpisodeWriter
from simengine.simulation.world.layout import World

Driver = Callable[[DriverObservation], Control]


def _run(simulator: Simulator, driver: Driver | None) -> None:
    snapshot = simulator.reset()
    name = getattr(driver, "__name__", type(driver).__name__)
    while not simulator.done:
        control = None
        if driver is not None:  # what it raises is its caller's own and passes through
            control = driver(snapshot.observation)
            control = check_control(control, f"driver {name} returned", simulator.steps, simulator.time_ns * 1e-9)
        snapshot = simulator.step(control)


def simulate(scenario: ConcreteScenario, driver: Driver | None = None, keep_frames: bool = True) -> Episode:
    """Run a scenario to its end, in memory.

    Args:
        scenario: What to run; see `load_scenario`.
        driver: Called with the ego's observation before every control step, returns its control; None: the scenario's
            own driver.
        keep_frames: Whether sensor frames stay in memory.

    Raises:
        ScenarioError: The scenario cannot be laid out.
        ConfigError: The driver returns something else than a `Control`.
    """
    recorders: list[MemoryRecorder] = []

    def remember(world: World) -> Recorder:
        recorders.append(
            MemoryRecorder(
                "episode",
                scenario,
                world.network,
                world.actors,
                world.inputs,
                keep_frames,
                world.remarks,
                world.scenery,
            )
        )
        return recorders[-1]

    simulator = Simulator(scenario, remember)
    try:
        _run(simulator, driver)
        simulator.finish()
    finally:
        simulator.close()
    return recorders[-1].episode()


def record(scenario: ConcreteScenario, episode_id: str, path: Path) -> EpisodeSummary:
    """Run a scenario to its end into a file, which appears under its name when it is complete."""
    record_with(
        scenario,
        lambda world: EpisodeWriter(
            path,
            episode_id,
            scenario,
            world.network,
            world.actors,
            scenario.recorder,
            world.inputs,
            world.remarks,
            world.scenery,
        ),
    )
    return read_episode(path).summary


def record_with(scenario: ConcreteScenario, recorder: Callable[[World], Recorder]) -> None:
    """Run a scenario to its end into a recorder that is made once the scenario is laid out."""
    simulator = Simulator(scenario, recorder)
    try:
        _run(simulator, None)
        simulator.finish()
    finally:
        simulator.close()


def warm_up(scenario: ConcreteScenario) -> None:
    """Compile every kernel that a scenario uses by running its first steps in memory."""
    simulator = Simulator(scenario)
    try:
        simulator.reset()
        for _ in range(max(2, scenario.physics.control_rate_hz // 4)):
            if not simulator.done:
                simulator.step()
    finally:
        simulator.close()
