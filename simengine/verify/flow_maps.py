"""Ordinary traffic on many maps: collisions, vehicles that roll over, stand for ever or leave their lane; throughput.

A run goes on after a collision, so what follows one is seen too. `flow_watch` defines the faults.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simengine.core.errors import ScenarioError
from simengine.core.state import Behavior, Mobility
from simengine.labels.collisions import join_contacts
from simengine.physics.backend import Contact
from simengine.scenario.compose import compose
from simengine.scenario.sampling import concretize, from_yaml, to_yaml
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.jobs.runner import Job, run_jobs
from simengine.simulation.loop.simulator import Simulator
from simengine.verify.flow_watch import GRACE, LOOK, TrafficWatch

_ORDINARY = ("scenario=drive", "sensors=none", "pedestrians=none", "criteria=collision")


class TrafficMap(NamedTuple):
    """A map and the traffic on it."""

    name: str
    file: str  # under the folder of road files; "" for a road of our own
    settings: tuple[str, ...]
    further: bool = False  # chosen before anything was measured on it
    riders: bool = False  # every other vehicle is a motorcycle, in bad weather


class MapRun(NamedTuple):
    """What one run on a map showed; each finding tells seed, time, place and vehicle."""

    simulated: float  # [s]
    vehicles: float  # in the world, on average
    mean_speed: float  # of ordinary vehicles, over the run [m/s]
    left: int  # vehicles that left at the end of the map or far behind the ego
    arrived: int  # at places of inflow, where the traffic is given as a demand; else 0
    admitted: int  # of them
    collisions: list[str]
    rolled: list[str]
    waited: list[str]  # long, told and no fault
    standing: list[str]  # those of them that did not go on
    off_lane: list[str]
    # Vehicles taken out of the world by `traffic.removal`, by reason; each is counted among the faults besides.
    out_standing: list[str]
    out_overturned: list[str]
    out_off_road: list[str]
    out_wrecked: list[str]  # that stood or lay after a collision of their own


def _own(road: str, *settings: str, further: bool = False) -> TrafficMap:
    return TrafficMap(road, "", (f"road={road}", *settings), further)


def _riders(road: str, weather: str, *settings: str) -> TrafficMap:
    ridden = ("traffic.mix.motorcycle=1.0", f"weather={weather}")
    return TrafficMap(f"{road}, {weather}, motorcycles", "", (f"road={road}", *settings, *ridden), riders=True)


def _file(name: str, file: str, *settings: str, further: bool = False) -> TrafficMap:
    kind = "opendrive" if file.endswith(".xodr") else "commonroad"
    return TrafficMap(name, file, (f"road={kind}", *settings), further)


_ESMINI = "openscenario/esmini/resources/xodr"
_TOWN = ("traffic=town", "traffic.density=15", "traffic.max_vehicles=60", "ego=sedan_town")
_FAST = ("traffic=dense", "ego=sedan")
_DEMAND = ("traffic=town", "traffic.inflow=400", "traffic.density=10", "traffic.max_vehicles=90", "ego=sedan_town")
MAPS = (
    _own("highway_curved", *_FAST),
    _own("ring", *_FAST, "traffic.radius=500"),
    _own("rural", "traffic=town", "ego=sedan_rural"),
    _own("intersection", *_DEMAND),
    _file("Town01", "opendrive/carla-towns/Town01.xodr", *_TOWN),
    _file("Town03", "opendrive/carla-towns/Town03.xodr", *_TOWN),
    _file("Town04", "opendrive/carla-towns/Town04.xodr", *_FAST),
    _file("Town10HD", "opendrive/carla-towns/Town10HD.xodr", *_TOWN),
    _file("e6mini", f"{_ESMINI}/e6mini.xodr", *_FAST),
    _file("fabriksgatan", f"{_ESMINI}/fabriksgatan.xodr", *_DEMAND),
    _file("DEU_Starnberg", "commonroad/handcrafted/DEU_Starnberg-1_1_T-1.xml", *_TOWN),
    _file("DEU_Moabit", "commonroad/sumo/DEU_Moabit-6_2_T-1.xml", *_TOWN),
    _own("highway", *_FAST, further=True),
    _own("urban", *_TOWN, further=True),
    _file("Town02", "opendrive/carla-towns/Town02.xodr", *_TOWN, further=True),
    _file("soderleden", f"{_ESMINI}/soderleden.xodr", *_FAST, further=True),
    _file("jolengatan", f"{_ESMINI}/jolengatan.xodr", *_TOWN, further=True),
    _file("od_newmarket", "opendrive/smarts/od_newmarket.xodr", *_TOWN, further=True),
    _file("BEL_Putte", "commonroad/sumo/BEL_Putte-3_1_T-1.xml", *_TOWN, further=True),
    _file("DEU_Guetersloh", "commonroad/sumo/DEU_Guetersloh-8_1_T-1.xml", *_TOWN, further=True),
    _file("ESP_Inca", "commonroad/sumo/ESP_Inca-7_1_T-1.xml", *_TOWN, further=True),
    _riders("highway_curved", "heavy_rain", *_FAST),
    _riders("highway_curved", "ice", *_FAST),
    _riders("rural", "ice", "traffic=town", "ego=sedan_rural"),
    _riders("urban", "snow", *_TOWN),
)


def map_scenario(place: TrafficMap, folder: Path, physics: str, seed: int, seconds: float) -> ConcreteScenario:
    """Return a map with ordinary traffic.

    Args:
        place: Which map.
        folder: Of road files.
        physics: "batched" or "bullet".
        seed: Of everything.
        seconds: [s].
    """
    file = (f"road.file={folder / place.file}",) if place.file else ()
    overrides = (*_ORDINARY, f"physics={physics}", f"scenario.duration={seconds}", *place.settings, *file)
    return concretize(compose("config", overrides), seed)


def _collisions(simulator: Simulator, contacts: list[Contact], places: dict[tuple[int, int, int], str]) -> list[str]:
    """Say when, where and between which vehicles collisions were; one that goes on, or is repeated, is one."""
    said: dict[tuple[int, int], str] = {}
    for collision in join_contacts(contacts, simulator.scenario.physics.rate_hz):
        a, b = pair = (collision.actor, collision.other)
        struck = places.get((b, a, b), "the scenery").split(" m, ")[-1]
        speed = f"closing at {collision.closing_speed:.2f} m/s"
        said.setdefault(pair, f"{places[a, a, b]} and {struck}, {speed}")
    return list(said.values())


def run_map(scenario: ConcreteScenario) -> MapRun:
    """Run a scenario for its whole time, whatever happens, and say what happened.

    While somebody stands at its end, it goes on for up to `GRACE`, to see whether they go on.
    """
    duration = scenario.scenario.duration
    longer = scenario.scenario.model_copy(update={"duration": duration + GRACE})
    simulator = Simulator(scenario.model_copy(update={"scenario": longer}), ends_with_ego=False)
    contacts: list[Contact] = []
    left, speed_sum, count = 0, 0.0, 0
    try:
        snapshot = simulator.reset()
        watch = TrafficWatch(simulator)
        drives = simulator.world.actors.mobility[0] == Mobility.WHEELED
        ordinary = simulator.world.actors.behavior[0] == Behavior.TRAFFIC
        steps, places, ended = 0, {}, False
        end = round(duration * 1e9)
        while not simulator.done:
            if simulator.time_ns >= end:
                if not ended:
                    watch.note_standing(snapshot.state, simulator.time_ns * 1e-9)
                    ended = True
                if not watch.someone_waits(snapshot.state):
                    break
                snapshot = simulator.step()
                watch.look_for_progress(snapshot.state, simulator.time_ns * 1e-9)
                continue
            before = snapshot.state
            snapshot = simulator.step()
            for contact in snapshot.contacts:
                if drives[contact.actor] or (contact.other >= 0 and drives[contact.other]):
                    contacts.append(contact)
                    a, b = contact.actor, contact.other
                    pair = (a, b) if b < 0 or a < b else (b, a)
                    for slot in pair:
                        if slot < 0:
                            continue
                        watch.collided.add(int(before.identity[0, slot]))
                        if (slot, *pair) not in places:
                            places[(slot, *pair)] = watch.place_of(before, slot, simulator.time_ns * 1e-9)
            valid = snapshot.state.valid[0]
            left += int((before.valid[0] & ~valid & ordinary).sum())
            moving = snapshot.state.velocity[0, valid & ordinary]
            speed_sum += float(np.hypot(moving[:, 0], moving[:, 1]).sum())
            count += len(moving)
            steps += 1
            if steps % max(1, round(LOOK / simulator.control_step)) == 0:
                watch.look(snapshot.state, simulator.time_ns * 1e-9)
        collisions = _collisions(simulator, contacts, places)
        simulated, demand = min(simulator.time_ns, end) * 1e-9, simulator.demand
        watch.tell_standing(snapshot.state)
        for removal in simulator.taken_out:
            watch.tell_removal(removal)
        removed = len(simulator.taken_out)
    finally:
        simulator.close()
    arrived, admitted = demand
    return MapRun(
        simulated=simulated,
        vehicles=count / max(1, steps),
        mean_speed=speed_sum / max(1, count),
        left=left - removed,
        arrived=arrived,
        admitted=admitted,
        collisions=collisions,
        **watch.found,
    )


def map_job(job: Job) -> tuple[str, MapRun | str]:
    """Run one map in a worker; returns the job's id and what the map showed, or why it cannot be run."""
    try:
        return job.id, run_map(from_yaml(job.scenario_yaml))
    except ScenarioError as error:
        return job.id, str(error)


class MapCase(NamedTuple):
    """One run to make."""

    place: TrafficMap
    physics: str  # "batched" or "bullet"
    seed: int


def run_maps(
    cases: Sequence[MapCase], folder: Path, seconds: float, workers: int
) -> Iterator[tuple[MapCase, MapRun | str]]:
    """Run maps and yield what each showed when it is there, or why it cannot be run.

    Args:
        cases: What to run; their files must exist.
        folder: Of road files.
        seconds: Of each run [s].
        workers: Processes.
    """
    by_id = {f"{case.place.name} {case.physics} {case.seed}": case for case in cases}
    jobs = []
    for name, case in by_id.items():
        jobs.append(Job(name, to_yaml(map_scenario(case.place, folder, case.physics, case.seed, seconds)), ""))
    for name, found in run_jobs(jobs, workers, map_job):
        yield by_id[name], found
