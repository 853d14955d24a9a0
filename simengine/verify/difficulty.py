"""How hard a scenario is: does its hazard fire, does the built-in driver fail, could a careful driver have avoided it.

A sample that the built-in driver fails is run again, and there brakes as the careful and competent driver of UN
Regulation 157 does (`metrics.careful_driver`), from the moment at which that driver would: it knows what is visible and
how everybody moves, nothing of events. Where the built-in driver brakes harder, or earlier, that counts. The failure
was avoidable if nothing is harmed in the second run; whether the ego arrives, and how hard it brakes, does not matter
there. A failure without harm is no question of avoiding harm, and a second run whose hazard came to grief by itself
(`metrics.validity`) does not answer it: both are counted beside and belong to no share of avoidable failures.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from simengine.behavior.ego.observation import Control, DriverObservation
from simengine.behavior.lanes.lane_rules import road_rules
from simengine.core.state import EGO, Mobility
from simengine.metrics.careful_driver import CarefulLimits, human_limits, robot_limits
from simengine.metrics.careful_watch import CarefulWatch
from simengine.metrics.verdict import Verdict
from simengine.scenario.compose import compose
from simengine.scenario.override_text import setting
from simengine.scenario.sampling import concretize, from_yaml, to_yaml
from simengine.simulation.jobs.runner import Job, run_jobs
from simengine.simulation.loop.simulator import Simulator
from simengine.verify.library import Difficulty, share_of

TUNING_SEED = 1000  # first of the seeds on which scenarios may be tuned, up to 1199
REPORTED_SEED = 5000  # first of the seeds whose figures are published; nothing is tuned on them
_HARMLESS = ("reach_goal", "time_limit", "max_deceleration")  # to arrive late, or to brake hard, harms nobody


class Sample(NamedTuple):
    """What one sample showed."""

    seed: int
    fired: bool
    failed: bool  # a criterion of any kind
    harmed: bool  # a criterion that is about harm; to arrive late or to brake hard is none
    avoidable: bool | None  # whether the careful driver avoids all harm; None: no harm, or the second run is invalid
    reason: str  # why it failed
    careful: str  # what the careful driver saw first and when, in words
    invalid: str = ""  # why the sample says nothing, "" if it does


def careful_limits(simulator: Simulator) -> CarefulLimits:
    """Return what a careful driver of a scenario's ego can do."""
    actors = simulator.world.actors
    if actors.mobility[0, EGO] == Mobility.DIFFERENTIAL:
        return robot_limits(simulator.scenario.ego.reaction_time, float(actors.max_deceleration[0, EGO]))
    return human_limits(int(actors.kind[0, EGO]))


def make_watch(simulator: Simulator) -> CarefulWatch:
    """Return a careful driver who has seen nothing yet of a scenario."""
    world = simulator.world
    return CarefulWatch(
        road_rules(world.network, float(world.ground.friction[0])),
        world.actors,
        world.ground.obstacles,
        careful_limits(simulator),
        simulator.control_step,
    )


def harm_ns(simulator: Simulator, verdict: Verdict) -> float | None:
    """Return when the first criterion failed that is about harm [ns]: infinite if no moment is known, None if none."""
    kinds = {name: spec.kind for name, spec in simulator.scenario.criteria.items()}
    harm = [r for r in verdict.results if r.passed is False and kinds[r.name] not in _HARMLESS]
    return min((r.time_ns if r.time_ns >= 0 else math.inf for r in harm), default=None)


def _run(simulator: Simulator, watch: CarefulWatch, brakes: bool) -> None:
    """Run a scenario with the built-in driver while a careful one watches, and brakes too if so asked."""
    snapshot = simulator.reset()

    def revise(observation: DriverObservation, control: Control) -> Control:
        return watch.brake(observation, control)

    while not simulator.done:
        if brakes or math.isinf(watch.brakes_at):
            watch.look(snapshot.state, snapshot.observation)
        snapshot = simulator.step(None, revise if brakes else None)


def judge_sample(simulator: Simulator) -> Sample:
    """Run a scenario with the built-in driver, and if that fails once more with the careful one."""
    watch = make_watch(simulator)
    _run(simulator, watch, False)
    verdict, fired = simulator.verdict, bool(simulator.hazards)
    words = "sees no threat"
    if watch.first is not None:
        kind = ("", "stands", "ahead", "cuts in", "crosses")[watch.first.threat]
        words = f"sees actor {watch.first.actor} ({kind}) at {watch.first.time:.2f} s"
        if math.isfinite(watch.brakes_at):
            words += f", brakes at {watch.brakes_at:.2f} s"
    seed = simulator.scenario.seed
    if verdict.invalid:
        return Sample(seed, fired, False, False, None, "", words, verdict.invalid)
    harmed, failed = harm_ns(simulator, verdict), verdict.passed is False
    if harmed is None:
        return Sample(seed, fired, failed, False, None, verdict.reason, words)
    if watch.first is None or watch.brakes_at * 1e9 >= harmed:  # the second run would be the first
        return Sample(seed, fired, True, True, False, verdict.reason, words)
    _run(simulator, make_watch(simulator), True)
    avoided, words = judge_second(simulator, simulator.verdict, words)
    return Sample(seed, fired, True, True, avoided, verdict.reason, words)


def judge_second(simulator: Simulator, verdict: Verdict, words: str) -> tuple[bool | None, str]:
    """Return whether the careful driver's run avoided all harm, None if it is invalid, and words with its reason."""
    if verdict.invalid:
        return None, f"{words}; then invalid: {verdict.invalid}"
    if harm_ns(simulator, verdict) is not None:
        return False, f"{words}; {verdict.reason}"
    return True, words


def run_sample(job: Job) -> Sample:
    """Judge one sample in a worker."""
    simulator = Simulator(from_yaml(job.scenario_yaml))
    try:
        return judge_sample(simulator)
    finally:
        simulator.close()


def sample_scenario(
    name: str,
    samples: int,
    workers: int,
    overrides: tuple[str, ...] = (),
    progress: Callable[[], None] = lambda: None,
    first_seed: int = REPORTED_SEED,
) -> Iterator[Sample]:
    """Judge samples of a scenario's distribution, seeds `first_seed` and up."""
    tree = compose("config", (setting("scenario", name), "sensors=none", *overrides))
    jobs = [Job(str(seed), to_yaml(concretize(tree, seed)), "") for seed in range(first_seed, first_seed + samples)]
    found = []
    for sample in run_jobs(jobs, workers, run_sample):
        progress()
        found.append(sample)
    yield from sorted(found, key=lambda sample: sample.seed)


def measure(samples: list[Sample], ego: str) -> Difficulty:
    """Sum samples up.

    Args:
        samples: Of one scenario.
        ego: Preset of its ego.
    """
    valid = [sample for sample in samples if not sample.invalid]
    failures = sum(sample.failed for sample in valid)
    harmed = [sample for sample in valid if sample.harmed]
    judged = [sample for sample in harmed if sample.avoidable is not None]
    avoided = sum(sample.avoidable is True for sample in judged)
    return Difficulty(
        ego,
        len(samples),
        len(samples) - len(valid),
        sum(sample.fired for sample in valid) / len(valid) if valid else 0.0,
        failures,
        failures - len(harmed),
        len(harmed) - len(judged),
        share_of(failures, len(valid)),
        share_of(avoided, len(judged)),
        share_of(len(judged) - avoided, len(valid)),
    )
