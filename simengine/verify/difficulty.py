"""How hard a scenario is: does its hazard fire, does the built-in driver fail, would acting in time have saved it.

A failed sample is run again with drivers that know: from the hazard's onset on they brake as hard as the tyres let
them, or steer a lane's width aside, or both. A sample that one of them survives was solvable.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from simengine.behavior.observation import Control, DriverObservation
from simengine.behavior.steering import path_steering, slip_compliance
from simengine.core.geometry import wrap_angle
from simengine.core.state import EGO, Mobility
from simengine.scenario.compose import compose
from simengine.scenario.sampling import concretize, from_yaml
from simengine.simulation.runner import Job, Outcome, run_jobs
from simengine.simulation.simulator import Simulator
from simengine.verify.library import Difficulty

_FULL_BRAKE = -12.0  # more than any tyre holds [m/s²]
_ARRIVAL = ("reach_goal", "time_limit")
_ASIDE = 2.6  # how far the evasion goes, about from one lane's car to beside it [m]


class Evasion(NamedTuple):
    """What a driver who knows does from the onset on."""

    brake: bool
    aside: float  # left positive [m]


EVASIONS = (
    Evasion(True, 0.0), Evasion(True, _ASIDE), Evasion(True, -_ASIDE), Evasion(False, _ASIDE), Evasion(False, -_ASIDE),
)  # fmt: skip


class Sample(NamedTuple):
    """What one sample showed."""

    fired: bool
    failed: bool
    solvable: bool  # an evasion at the onset survives; true where nothing failed
    reason: str


def _evade(
    observation: DriverObservation, evasion: Evasion, start: float, wheelbase: float, stiffness: float
) -> Control:
    """Carry an evasion out; `start` is where in the lane it began [m]."""
    if observation.mobility[EGO] == Mobility.DIFFERENTIAL:
        return Control(velocity=(0.0, 0.0))
    steering = 0.0
    if observation.lane >= 0 and observation.speed > 0.5:
        steering = path_steering(
            observation.lane_t - (start + evasion.aside), wrap_angle(observation.yaw - observation.lane_heading),
            observation.lane_curvature, observation.speed, wheelbase, 0.0,
            slip_compliance(stiffness, observation.friction), 0.6,
        )  # fmt: skip
    braking = evasion.brake and observation.speed > 0.05
    return Control(_FULL_BRAKE if braking else (-3.0 if evasion.brake else 0.0), steering)


def _drive(simulator: Simulator, evasion: Evasion | None) -> tuple[bool, bool, str]:
    """Run a scenario once; returns whether a hazard fired, whether it failed, and why."""
    snapshot = simulator.reset()
    actors = simulator.world.actors
    wheelbase = float(actors.front_axle[0, EGO] + actors.rear_axle[0, EGO])
    stiffness, start = float(actors.cornering_stiffness[0, EGO]), math.nan
    while not simulator.done:
        control = None
        if evasion is not None and simulator.hazards:
            if math.isnan(start):
                start = snapshot.observation.lane_t
            control = _evade(snapshot.observation, evasion, start, wheelbase, stiffness)
        snapshot = simulator.step(control)
    verdict = simulator.verdict
    failed = verdict.passed is False
    if evasion is not None:  # who stops for good never arrives: only harm counts against an evasion
        kinds = {name: spec.kind for name, spec in simulator.scenario.criteria.items()}
        failed = any(r.passed is False and kinds[r.name] not in _ARRIVAL for r in verdict.results)
    return bool(simulator.hazards), failed, verdict.reason


def judge_sample(simulator: Simulator) -> Sample:
    """Run a scenario with the built-in driver, and if that fails with every evasion until one survives."""
    fired, failed, reason = _drive(simulator, None)
    if not failed:
        return Sample(fired, False, True, "")
    solvable = any(not _drive(simulator, evasion)[1] for evasion in EVASIONS)
    return Sample(fired, True, solvable, reason)


def run_sample(job: Job) -> Outcome:
    """Judge one sample in a worker; the outcome's verdict is three digits and the reason."""
    simulator = Simulator(from_yaml(job.scenario_yaml))
    try:
        sample = judge_sample(simulator)
    finally:
        simulator.close()
    text = f"{int(sample.fired)}{int(sample.failed)}{int(sample.solvable)}{sample.reason}"
    return Outcome(job.id, "", text, "", 0.0, 0.0)


def sample_scenario(
    name: str,
    samples: int,
    workers: int,
    overrides: tuple[str, ...] = (),
    progress: Callable[[], None] = lambda: None,
) -> Iterator[Sample]:
    """Judge samples of a scenario's distribution, seeds 1000 and up."""
    from simengine.scenario.sampling import to_yaml

    tree = compose("config", (f"scenario={name}", "sensors=none", *overrides))
    jobs = [Job(str(seed), to_yaml(concretize(tree, seed)), "") for seed in range(1000, 1000 + samples)]
    outcomes = {outcome.id: outcome for outcome in _watched(run_jobs(jobs, workers, run_sample), progress)}
    for job in jobs:
        text = outcomes[job.id].verdict
        yield Sample(text[0] == "1", text[1] == "1", text[2] == "1", text[3:])


def _watched(outcomes: Iterator[Outcome], progress: Callable[[], None]) -> Iterator[Outcome]:
    for outcome in outcomes:
        progress()
        yield outcome


def measure(samples: list[Sample]) -> Difficulty:
    """Sum samples up."""
    failed = [sample for sample in samples if sample.failed]
    return Difficulty(
        len(samples),
        sum(sample.fired for sample in samples) / len(samples),
        len(failed) / len(samples),
        sum(sample.solvable for sample in failed) / len(failed) if failed else 1.0,
    )
