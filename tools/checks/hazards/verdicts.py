"""Do both physics judge a scenario alike: every sample of the library run in `batched` and in `bullet`, by one driver.

The samples of both are the same: equal seeds give equal scenarios, drivers and hazards, so what differs is the physics.
Sensors are left out, which change no verdict. The interval of a share is Wilson's (`metrics.intervals`),
which stays within 0 and 1 and holds where all samples agree. A sample that is invalid in both physics has no verdict
there and is in no share; one that is invalid in only one of them is a disagreement. The same goes for one that passes
without its hazard having fired: it says nothing about either physics.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from simengine.core.state import EGO
from simengine.metrics.intervals import wilson_interval
from simengine.scenario.compose import compose
from simengine.scenario.override_text import setting
from simengine.scenario.sampling import concretize, from_yaml, to_yaml
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.jobs.runner import Job, run_jobs
from simengine.simulation.loop.simulator import Simulator

BACKENDS = ("batched", "bullet")
LEAST = 0.97  # share of verdicts that have to agree
APART = 0.5  # distance between an actor's places in either physics from which they are told to differ [m]
FIRST_SEED = 7000  # its own range: neither that of tuning nor the one whose difficulty is published
_TOLD = ("failed", "invalid", "untested")
LEAST_REPORTED = 100  # samples of each scenario on a page that is kept


class Course(NamedTuple):
    """What one run showed."""

    outcome: str  # "passed", "failed", "not applicable", "untested", "invalid"
    reason: str
    places: list[dict[str, tuple[float, float]]]  # of the ego and the scenario's own actors by name, each step [m]


class Comparison(NamedTuple):
    """One sample in both physics."""

    seed: int
    outcomes: tuple[str, str]  # in the order of `BACKENDS`
    reasons: tuple[str, str]
    difference: str  # who was first elsewhere, when and where; empty where nobody was

    @property
    def agrees(self) -> bool:
        """Whether both verdicts are the same."""
        return self.outcomes[0] == self.outcomes[1]

    @property
    def counts(self) -> bool:
        """Whether at least one of the verdicts says something."""
        return any(outcome not in ("invalid", "untested") for outcome in self.outcomes)


class Agreement(NamedTuple):
    """All samples of one scenario."""

    scenario: str
    samples: list[Comparison]

    @property
    def counted(self) -> int:
        """How many samples there are without those that say nothing in both physics."""
        return sum(sample.counts for sample in self.samples)

    @property
    def agreeing(self) -> int:
        """How many verdicts agree, without those that say nothing in both physics."""
        return sum(sample.agrees for sample in self.samples if sample.counts)

    @property
    def share(self) -> float:
        """Share of the verdicts that agree; of none, 0."""
        return self.agreeing / self.counted if self.counted else 0.0

    def having(self, outcome: str, backend: int) -> int:
        """Return how many samples had an outcome in a physics, by its place in `BACKENDS`."""
        return sum(sample.outcomes[backend] == outcome for sample in self.samples)


def run_course(scenario: ConcreteScenario, backend: str) -> Course:
    """Run a scenario in a physics with its own driver.

    Args:
        scenario: What to run.
        backend: Of `BACKENDS`.
    """
    physics = scenario.physics.model_copy(update={"backend": backend})
    simulator = Simulator(scenario.model_copy(update={"physics": physics}))
    places: list[dict[str, tuple[float, float]]] = []
    try:
        state = simulator.reset().state
        named = {"ego": EGO} | {name: simulator.world.names[name] for name in scenario.scenario.actors}
        while True:
            places.append({
                name: (float(state.position[0, a, 0]), float(state.position[0, a, 1]))
                for name, a in named.items() if state.valid[0, a]
            })  # fmt: skip
            if simulator.done:
                break
            state = simulator.step().state
        verdict = simulator.verdict
    finally:
        simulator.close()
    return Course(verdict.outcome, verdict.reason, places)


def first_difference(one: Course, other: Course, step: float) -> str:
    """Say which of the named actors was first in different places, when and where.

    Args:
        one: In the first physics.
        other: In the second.
        step: Of the control [s].
    """
    for k, (here, there) in enumerate(zip(one.places, other.places, strict=False)):
        for name in sorted({*here, *there}, key=lambda name: (name != "ego", name)):
            a, b = here.get(name), there.get(name)
            if a is None or b is None:
                return f"{name} is there in {BACKENDS[a is None]} only from {k * step:.2f} s on"
            apart = float(np.hypot(a[0] - b[0], a[1] - b[1]))
            if apart > APART:
                return f"{name} at {k * step:.2f} s: ({a[0]:.1f}, {a[1]:.1f}) m against ({b[0]:.1f}, {b[1]:.1f}) m"
    if len(one.places) != len(other.places):
        ends = [(len(course.places) - 1) * step for course in (one, other)]
        return f"nobody within {min(ends):.2f} s; the runs end at {ends[0]:.2f} s and {ends[1]:.2f} s"
    return ""


def compare(scenario: ConcreteScenario) -> Comparison:
    """Run a scenario in both physics."""
    one, other = (run_course(scenario, backend) for backend in BACKENDS)
    step = 1.0 / scenario.physics.control_rate_hz
    difference = first_difference(one, other, step)
    return Comparison(scenario.seed, (one.outcome, other.outcome), (one.reason, other.reason), difference)


def compare_job(job: Job) -> Comparison:
    """Compare one sample in a worker."""
    return compare(from_yaml(job.scenario_yaml))


def agreement(
    name: str, seeds: Sequence[int], workers: int, overrides: Sequence[str] = (),
    progress: Callable[[], None] = lambda: None,
) -> Agreement:  # fmt: skip
    """Run samples of a scenario of the library in both physics.

    Args:
        name: Of the scenario.
        seeds: Of the samples.
        workers: Processes.
        overrides: Further settings.
        progress: Called after every sample.
    """
    tree = compose("config", (setting("scenario", name), "sensors=none", *overrides))
    jobs = [Job(str(seed), to_yaml(concretize(tree, seed)), "") for seed in seeds]
    found = []
    for comparison in run_jobs(jobs, workers, compare_job):
        found.append(comparison)
        progress()
    return Agreement(name, sorted(found))


def _in_both(found: Agreement, outcome: str) -> str:
    """Return how many samples had an outcome in either physics, in words."""
    return ", ".join(f"{found.having(outcome, k)} in {backend}" for k, backend in enumerate(BACKENDS))


def format_agreement(found: Agreement) -> str:
    """Return a scenario's figures as one line."""
    low, high = wilson_interval(found.agreeing, found.counted)
    mark = "ok " if found.share >= LEAST else "BAD"
    return (
        f"{mark} {found.scenario:28} {found.agreeing:4} of {found.counted:4} agree: {found.share:6.1%} "
        f"({low:.1%} to {high:.1%}; ≥ {LEAST:.0%})  fail: {_in_both(found, 'failed')}; "
        f"invalid: {_in_both(found, 'invalid')}; untested: {_in_both(found, 'untested')}"
    )


def disagreements(found: Agreement) -> Iterator[str]:
    """Yield a line for each sample whose verdicts differ."""
    for sample in found.samples:
        if sample.counts and not sample.agrees:
            said = "; ".join(
                f"{backend} {outcome}" + (f" ({reason})" if reason else "")
                for backend, outcome, reason in zip(BACKENDS, sample.outcomes, sample.reasons, strict=True)
            )
            yield f"seed {sample.seed}: {said}; {sample.difference or 'nobody was elsewhere'}"


def document(found: Sequence[Agreement], seeds: Sequence[int]) -> str:
    """Return the page of all scenarios.

    Args:
        found: One for each scenario.
        seeds: Of the samples.
    """
    lines = [
        "# Agreement of the two physics",
        "",
        "Verdicts of the built-in driver on the same samples in `batched` and in `bullet`, seeds "
        f"{seeds[0]} to {seeds[-1]}, with Wilson's 95 % interval; at least {LEAST:.0%} have to agree. The check tells "
        "of every difference, so these seeds serve to find them; figures of difficulty have seeds of their own.",
        "Invalid are samples whose hazard came to grief without the ego's doing. Those that are invalid in both "
        "physics are left out of the shares; one that is invalid in one physics only is a difference. The same goes "
        "for samples that pass without a hazard having fired (untested).",
        f"`.venv/bin/python tools/check.py agreement --samples {len(seeds)} --seeds-from {seeds[0]} --write` makes "
        "this page.",
        "",
        "| scenario | agree | share | 95 % interval | failed in batched | failed in bullet | invalid in batched | "
        "invalid in bullet | untested in batched | untested in bullet |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in found:
        low, high = wilson_interval(one.agreeing, one.counted)
        counts = " | ".join(str(one.having(outcome, k)) for outcome in _TOLD for k in range(2))
        lines.append(
            f"| {one.scenario} | {one.agreeing} of {one.counted} | {one.share:.1%} | {low:.1%} to {high:.1%} | "
            f"{counts} |"
        )
    lines += [
        "",
        "## Where they differ",
        "",
        f"Both reasons, and which of the ego and the scenario's own actors was first more than {APART} m elsewhere "
        "(place in `batched` against place in `bullet`).",
        "",
    ]
    told = False
    for one in found:
        for line in disagreements(one):
            lines.append(f"- {one.scenario}, {line}")
            told = True
    if not told:
        lines.append("Nowhere.")
    return "\n".join(lines) + "\n"
