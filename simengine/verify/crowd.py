"""People on foot as they are measured in streets: company, spacing, speeds, standing, and that nobody is walked into.

Each place is run by the whole simulator with ordinary traffic and a shopping street's crowd; what a camera above the
street would count is read from positions and velocities alone, but who belongs to whom, which the placing knows.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.state import ActorKind, Behavior
from simengine.scenario.compose import compose
from simengine.scenario.sampling import concretize, from_yaml, to_yaml
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.jobs.runner import Job, run_jobs
from simengine.simulation.loop.simulator import Simulator
from simengine.verify.company_passing import meetings

PLACES = {
    "street": ("road=urban",),
    "narrow street": ("road=urban", "road.pavement_width=2.0", "road.crossing_spacing=60"),
    "intersection": ("road=intersection",),
}
_USUAL = ("scenario=drive", "sensors=none", "traffic=town", "ego=sedan_town", "criteria=collision")
_EVERY = 10  # control steps between two looks
_STANDING = 0.2  # slower people stand [m/s]
_CALM = 5.0  # after which walking speeds are measured: everybody has taken up speed [s]


class CrowdRun(NamedTuple):
    """What one world showed."""

    people: int
    sizes: dict[str, int]  # groups by their size
    nearest: list[float]  # of people in company to the nearest person, at every look [m]
    nearest_alone: list[float]  # of people alone [m]
    speeds: dict[str, list[float]]  # of each walker, by the size of its group: mean over the run while walking [m/s]
    standing: float  # share of people who stand, over all looks
    spread: float  # largest distance of a companion from the middle of its group [m]
    split: int  # groups whose people end on two sides of a road or farther than 10 m apart
    stuck: int  # walkers away from curbs of crossings who came less than 1 m ahead in the last 20 s
    crossed: int  # people who stepped onto a crossing
    meetings: tuple[int, int]  # of companies that came towards each other: passed, walked through (`passing`)
    contacts: dict[str, int]  # pairs that touched: people with people, with vehicles, with scenery


def crowd_scenario(place: str, physics: str, seed: int, duration: float, *overrides: str) -> ConcreteScenario:
    """Return a place with ordinary traffic and a crowd; `duration` in seconds."""
    settings = (*_USUAL, *PLACES[place], "pedestrians=crowd", f"physics={physics}", f"scenario.duration={duration}")
    return concretize(compose("config", (*settings, *overrides)), seed)


def nearest_distances(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each of some places is from the nearest other one [m]; infinite if there is none.

    Args:
        position: Places in plan view [m]. Shape (num_people, 2).
    """
    if len(position) < 2:
        return np.full(len(position), math.inf)
    offset = position[:, None] - position[None, :]
    distance = np.hypot(offset[..., 0], offset[..., 1])
    np.fill_diagonal(distance, math.inf)
    return distance.min(axis=1)


def run_crowd(scenario: ConcreteScenario) -> CrowdRun:
    """Run a scenario to its end and measure its people."""
    simulator = Simulator(scenario, ends_with_ego=False)
    touched: dict[str, set[tuple[int, int]]] = {"people": set(), "vehicles": set(), "scenery": set()}
    try:
        state = simulator.reset().state
        world = simulator.world
        kind, walks = world.actors.kind[0], world.actors.behavior[0] == Behavior.WALKER
        person = kind == ActorKind.PEDESTRIAN
        who = np.flatnonzero(walks & state.valid[0])
        group, stands = world.crowd.group[0, who], world.crowd.stands[0, who]
        size = np.array([1 if g < 0 else int((group == g).sum()) for g in group], np.int64)
        nearest, alone, standing, spread, looks = [], [], [], 0.0, []
        while not simulator.done:
            snapshot = simulator.step()
            state = snapshot.state
            for contact in snapshot.contacts:
                pair = (contact.actor, contact.other)
                if person[pair[0]] or (pair[1] >= 0 and person[pair[1]]):
                    on_foot = pair[1] >= 0 and person[pair[0]] and person[pair[1]]
                    touched["people" if on_foot else "vehicles" if pair[1] >= 0 else "scenery"].add(pair)
            if simulator.steps % _EVERY:
                continue
            place, velocity = state.position[0, who, :2], state.velocity[0, who, :2]
            looks.append((place.copy(), np.hypot(velocity[:, 0], velocity[:, 1])))
            near = nearest_distances(place)
            nearest += near[size > 1].tolist()
            alone += near[size == 1].tolist()
            standing.append(float((looks[-1][1] < _STANDING).mean()) if len(who) else 0.0)
            spread = max(spread, _spread(place, group))
        dt = _EVERY * simulator.control_step
    finally:
        simulator.close()
    start, end = world.network.crossing_start[:, :2], world.network.crossing_end[:, :2]
    places, speeds = np.array([look[0] for look in looks]), np.array([look[1] for look in looks])
    return CrowdRun(
        people=len(who),
        sizes={str(n): round(int((size == n).sum()) / n) for n in sorted(set(size.tolist()))},
        nearest=nearest,
        nearest_alone=[value for value in alone if math.isfinite(value)],
        speeds=_walking_speeds(speeds, size, stands, round(_CALM / dt)),
        standing=float(np.mean(standing)),
        spread=spread,
        split=_split(places[-1], group),
        stuck=_stuck(places, stands, round(20.0 / dt), np.concatenate([start, end])),
        crossed=_crossed(places, 0.5 * (start + end)),
        meetings=meetings(places, group, dt),
        contacts={name: len(pairs) for name, pairs in touched.items()},
    )


def _spread(place: NDArray[np.float64], group: NDArray[np.int32]) -> float:
    most = 0.0
    for g in np.unique(group[group >= 0]):
        offset = place[group == g] - place[group == g].mean(axis=0)
        most = max(most, float(np.hypot(offset[:, 0], offset[:, 1]).max()))
    return most


def _split(place: NDArray[np.float64], group: NDArray[np.int32]) -> int:
    count = 0
    for g in np.unique(group[group >= 0]):
        of = place[group == g]
        offset = of[:, None] - of[None, :]
        count += bool(np.hypot(offset[..., 0], offset[..., 1]).max() > 10.0)
    return count


def _walking_speeds(
    speeds: NDArray[np.float64], size: NDArray[np.int64], stands: NDArray[np.bool_], since: int
) -> dict[str, list[float]]:
    """Return the mean speed of each walker while it walks, by "1", "2" and "3+" people in its group [m/s]."""
    found: dict[str, list[float]] = {"1": [], "2": [], "3+": []}
    for a in np.flatnonzero(~stands):
        walking = speeds[since:, a][speeds[since:, a] > 0.5]
        if len(walking) > 4:
            found["3+" if size[a] > 2 else str(int(size[a]))].append(float(walking.mean()))
    return found


def _stuck(places: NDArray[np.float64], stands: NDArray[np.bool_], span: int, curbs: NDArray[np.float64]) -> int:
    """Return how many walkers have hardly moved over the last looks, away from where people wait to cross.

    Args:
        places: Of all people at every look [m]. Shape (num_looks, num_people, 2).
        stands: Who is not walking anyway. Shape (num_people,).
        span: Looks.
        curbs: Where crossings begin and end [m]. Shape (num_curbs, 2).
    """
    if len(places) <= span:
        return 0
    way = places[-1 - span :] - places[-1]
    still = np.hypot(way[..., 0], way[..., 1]).max(axis=0) < 1.0
    offset = places[-1][:, None] - curbs[None, :]
    waits = (np.hypot(offset[..., 0], offset[..., 1]) < 4.0).any(axis=1)
    return int((still & ~stands & ~waits).sum())


def _crossed(places: NDArray[np.float64], middle: NDArray[np.float64]) -> int:
    """Return how many people came within 1.5 m of the middle of a crossing [m]; shapes as in `_stuck`."""
    near = np.zeros(places.shape[1], np.bool_)
    for x, y in middle.tolist():
        near |= (np.hypot(places[..., 0] - x, places[..., 1] - y) < 1.5).any(axis=0)
    return int(near.sum())


def crowd_job(job: Job) -> tuple[str, CrowdRun]:
    """Run one world in a worker; returns the job's id and what the world showed."""
    return job.id, run_crowd(from_yaml(job.scenario_yaml))


def run_places(
    places: Sequence[str], physics: str, seeds: Sequence[int], duration: float, workers: int
) -> Iterator[tuple[str, CrowdRun]]:
    """Run every place with every seed and yield what each showed, with the place's name.

    Args:
        places: Names of `PLACES`.
        physics: "batched" or "bullet".
        seeds: Of everything.
        duration: Of each run [s].
        workers: Processes.
    """
    place_of, jobs = {}, []
    for place in places:
        for seed in seeds:
            jobs.append(Job(f"{place} {seed}", to_yaml(crowd_scenario(place, physics, seed, duration)), ""))
            place_of[jobs[-1].id] = place
    for name, found in run_jobs(jobs, workers, crowd_job):
        yield place_of[name], found
