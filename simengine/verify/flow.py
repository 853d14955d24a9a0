"""Ordinary traffic is right: it does not collide, it lets as many through as come, it flows as the model says.

Three worlds, each run by the real simulator: a ring highway and a signaled intersection with the mixed fleet, and a
ring of equal drivers whose flow is compared with the equilibrium of the Intelligent Driver Model.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from simengine.behavior.idm import EXPONENT, equilibrium_speed
from simengine.core.state import Behavior, Mobility
from simengine.labels.collisions import join_contacts
from simengine.physics.backend import Contact
from simengine.scenario.compose import compose
from simengine.scenario.sampling import concretize, from_yaml, to_yaml
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.jobs.runner import Job, run_jobs
from simengine.simulation.loop.simulator import Simulator
from simengine.verify.usual_drivers import usual_kinds

RING_DENSITY = 25.0  # [vehicles/km/lane]
INFLOW = 400.0  # on every approach of the intersection [vehicles/h]
THROUGHPUT = 0.95  # of the inflow that has to get through
FLOW_ERROR = 0.01  # of the closed form
SETTLE = 120.0  # until vehicles come out of the intersection as they go in [s]
CALM = 240.0  # until equal drivers are equally far apart [s]
OBSERVED = 60.0  # for which their flow is then measured [s]
ROUNDS = (10.0, 25.0, 45.0)  # densities of the ring of equal drivers [vehicles/km]
_ORDINARY = ("scenario=drive", "sensors=none", "pedestrians=none", "criteria=collision")


class FlowRun(NamedTuple):
    """What one world showed."""

    simulated: float  # [s]
    collisions: list[str]  # time, place and actors of each
    left: int  # vehicles that left the map after `SETTLE`
    entered: int  # and came in
    arrived: int  # and arrived where lanes begin, whether or not there was room to come in
    mean_speed: float  # of ordinary vehicles, over the run [m/s]


class EquilibriumFlow(NamedTuple):
    """Flow of equal drivers on a ring of one lane, and what the model predicts [vehicles/h]."""

    density: float  # [vehicles/km]
    measured: float
    predicted: float

    @property
    def error(self) -> float:
        """Relative."""
        return self.measured / self.predicted - 1.0


def ring_scenario(physics: str, seed: int, duration: float) -> ConcreteScenario:
    """Return a ring highway with the mixed fleet; the ego is one of them.

    Args:
        physics: "batched" or "bullet".
        seed: Of everything.
        duration: [s].
    """
    return _concrete(
        seed, duration, physics, "road=ring", "traffic=dense", f"traffic.density={RING_DENSITY}",
        "traffic.max_vehicles=500", "traffic.radius=1000",
    )  # fmt: skip


def intersection_scenario(physics: str, seed: int, duration: float, inflow: float = INFLOW) -> ConcreteScenario:
    """Return a signaled intersection that vehicles reach at random times; arguments as above, `inflow` [1/h]."""
    return _concrete(
        seed, duration, physics, "road=intersection", "traffic=town", "traffic.density=10",
        f"traffic.inflow={inflow}", "traffic.max_vehicles=90", "traffic.radius=1000", "ego=sedan_town",
    )  # fmt: skip


def equilibrium_scenario(density: float, seed: int = 1) -> ConcreteScenario:
    """Return a ring of one lane with equal drivers, wide enough that its bend slows nobody; density [vehicles/km]."""
    length = 3000.0
    return _concrete(
        seed, CALM + OBSERVED, "batched", "road=ring", f"road.length={length}", f"road.curvature={math.tau / length}",
        "road.lanes_forward=1", "road.speed_limit=25", "traffic=dense", f"traffic.density={density}",
        "traffic.max_vehicles=500", "traffic.radius=1000", "traffic.mix.truck=0", "traffic.mix.bus=0",
        "traffic.mix.motorcycle=0", "traffic.drivers.desired_speed=1.0", "traffic.drivers.desired_speed_std=0",
        "traffic.drivers.time_gap=1.5",
        "traffic.drivers.time_gap_std=0", "ego.lane=0", "ego.desired_speed=25", "ego.time_gap=1.5",
        f"ego.speed={_even_speed(1000.0 / density - 4.6, 25.0, 1.5):.2f}",
    )  # fmt: skip


def _even_speed(gap: float, desired: float, time_gap: float) -> float:
    return equilibrium_speed(gap, desired, time_gap, usual_kinds().car.min_gap, EXPONENT)


def _concrete(seed: int, duration: float, physics: str, *overrides: str) -> ConcreteScenario:
    tree = compose("config", (*_ORDINARY, f"physics={physics}", f"scenario.duration={duration}", *overrides))
    return concretize(tree, seed)


def run_flow(scenario: ConcreteScenario) -> FlowRun:
    """Run a scenario until its end or a vehicle's first collision: what follows it is not ordinary."""
    simulator = Simulator(scenario, ends_with_ego=False)  # it may come to the end of the map; the others drive on
    contacts: list[Contact] = []
    left = entered = arrived = 0
    speed_sum, speed_count = 0.0, 0
    try:
        snapshot = simulator.reset()
        drives = simulator.world.actors.mobility[0] == Mobility.WHEELED
        ordinary = simulator.world.actors.behavior[0] == Behavior.TRAFFIC
        while not simulator.done and not contacts:
            before = snapshot.state.valid[0]
            snapshot = simulator.step()
            contacts += [c for c in snapshot.contacts if drives[c.actor] or (c.other >= 0 and drives[c.other])]
            valid = snapshot.state.valid[0]
            if simulator.time_ns > SETTLE * 1e9:
                left += int((before & ~valid).sum())
                entered += int((valid & ~before).sum())
            else:
                arrived = simulator.demand[0]
            moving = snapshot.state.velocity[0, valid & ordinary]
            speed_sum += float(np.hypot(moving[:, 0], moving[:, 1]).sum())
            speed_count += len(moving)
        reports = _reports(simulator, contacts)
        simulated, arrived = simulator.time_ns * 1e-9, simulator.demand[0] - arrived
    finally:
        simulator.close()
    return FlowRun(simulated, reports, left, entered, arrived, speed_sum / max(1, speed_count))


def _reports(simulator: Simulator, contacts: list[Contact]) -> list[str]:
    """Say when, where and between whom collisions were, so that they can be replayed."""
    names = [*simulator.world.names]
    names.sort(key=simulator.world.names.__getitem__)
    kinds, scenario = simulator.world.actors.kind[0], simulator.scenario
    said = []
    for collision in join_contacts(contacts, scenario.physics.rate_hz):
        who = " and ".join(
            f"{names[a]} (kind {int(kinds[a])})" if a >= 0 else "the scenery"
            for a in (collision.actor, collision.other)
        )
        x, y, _ = collision.position
        said.append(
            f"seed {scenario.seed}, {scenario.physics.backend}: {collision.start_ns * 1e-9:.2f} s at "
            f"x = {x:.1f} m, y = {y:.1f} m, {who}, closing at {collision.closing_speed:.2f} m/s"
        )
    return said


def measure_equilibrium(density: float, seed: int = 1) -> EquilibriumFlow:
    """Measure the flow of equal drivers; predicted is that at which the gaps add up to the ring.

    Args:
        density: Asked for; that of the vehicles that could be placed is what counts [vehicles/km].
        seed: Of the places.
    """
    simulator = Simulator(equilibrium_scenario(density, seed))
    try:
        snapshot = simulator.reset()
        world = simulator.world
        valid = snapshot.state.valid[0]
        count, length = int(valid.sum()), float(world.lanes.lane_length[_only_lane(simulator)])
        gap = (length - float(world.actors.length[0, valid].sum())) / count
        way, since = 0.0, None
        while not simulator.done:
            snapshot = simulator.step()
            if simulator.time_ns > CALM * 1e9:
                since = simulator.time_ns * 1e-9 if since is None else since
                velocity = snapshot.state.velocity[0, valid]
                way += float(np.hypot(velocity[:, 0], velocity[:, 1]).mean()) * simulator.control_step
        steps = round((simulator.time_ns * 1e-9 - since) / simulator.control_step) + 1
    finally:
        simulator.close()
    per_hour = 3600.0 * count / length
    speed = way / (steps * simulator.control_step)
    return EquilibriumFlow(1000.0 * count / length, per_hour * speed, per_hour * _even_speed(gap, 25.0, 1.5))


def _only_lane(simulator: Simulator) -> int:
    return int(np.argmax(simulator.world.lanes.lane_length * (simulator.world.lanes.lane_type == 0)))


def flow_job(job: Job) -> FlowRun:
    """Run one world in a worker."""
    return run_flow(from_yaml(job.scenario_yaml))


def equilibrium_job(job: Job) -> EquilibriumFlow:
    """Measure one density, the job's id, in a worker."""
    return measure_equilibrium(float(job.id))


def run_worlds(place: str, physics: str, seconds: float, each: float, workers: int) -> Iterator[FlowRun]:
    """Run so many seconds of ring or intersection, split over worlds with seeds 1, 2, …, and yield what each showed.

    Args:
        place: "ring" or "intersection".
        physics: "batched" or "bullet".
        seconds: In all, not counting how long an intersection takes to fill [s].
        each: Of one world at most [s].
        workers: Processes.
    """
    count = max(1, math.ceil(seconds / each - 1e-9))
    make, extra = (ring_scenario, 0.0) if place == "ring" else (intersection_scenario, SETTLE)
    jobs = [
        Job(f"{place} {seed}", to_yaml(make(physics, seed, seconds / count + extra)), "")
        for seed in range(1, count + 1)
    ]
    yield from run_jobs(jobs, workers, flow_job)


def run_equilibria(workers: int) -> Iterator[EquilibriumFlow]:
    """Measure the flow at each of `ROUNDS`."""
    yield from run_jobs([Job(str(density), "", "") for density in ROUNDS], workers, equilibrium_job)
