"""From a concrete scenario to the arrays of tick 0: roads, ground, actors, poses."""

import math
import sys
from typing import NamedTuple

import numpy as np

from simengine.behavior.pedestrian.pavement import Crowd, no_crowd
from simengine.behavior.replay.recorded_motion import lay_out
from simengine.behavior.replay.replay import follow_recording
from simengine.core.errors import ScenarioError
from simengine.core.rng import generator
from simengine.core.space.geometry import quaternion_from_euler, rotate
from simengine.core.state import (
    EGO,
    ActorKind,
    ActorTable,
    Behavior,
    Light,
    Mobility,
    WorldState,
    empty_actors,
    empty_state,
)
from simengine.core.surface_friction import Surface, friction, sliding_friction
from simengine.core.text.bounded_files import MAX_MAP_BYTES, home_path, read_bounded
from simengine.core.weather import Weather, air_density, hall_weather, needs_headlamps
from simengine.metrics.goal import TimedRegion
from simengine.physics.backend import FrictionPatches, Ground
from simengine.physics.vehicle.catalog import fill_actor
from simengine.road.commonroad import CommonRoadScenario, read_commonroad
from simengine.road.files.datum import local_datum, map_bounds
from simengine.road.files.remarks import remark_line
from simengine.road.network.network import LaneArrays, RoadNetwork
from simengine.road.network.projection import ground_at
from simengine.road.opendrive import read_opendrive
from simengine.road.procedural.kinds import make_intersection, make_street, make_warehouse
from simengine.scenario.spec import ConcreteScenario, WeatherSpec
from simengine.simulation.placement import ActorPlan, Placer, Start, choose_start, place_everybody
from simengine.simulation.world.scenery import Scenery, furnish, make_scenery, obstacles_of


class World(NamedTuple):
    """A scenario laid out at tick 0."""

    scenario: ConcreteScenario
    network: RoadNetwork
    lanes: LaneArrays
    ground: Ground
    weather: Weather  # where the actors are: that of the scenario, or under the roof of a hall
    actors: ActorTable
    state: WorldState
    names: dict[str, int]  # actor index by name
    crowd: Crowd  # who of those on foot belongs together
    recording: CommonRoadScenario | None  # where traffic is replayed
    recorded_row: np.ndarray  # row of the recording each actor follows, −1 for none. (num_actors,)
    ego_track: str  # id of the recorded vehicle whose place the ego takes, "" for none
    recording_start: float  # time of the recording at tick 0 [s]
    goals: tuple[TimedRegion, ...]  # of the ego's planning problem, one of which is to be reached
    scenery: Scenery
    inputs: dict[str, bytes]  # content of the input files by path
    remarks: tuple[str, ...]  # what was tolerated in the input files

    @property
    def recording_end_ns(self) -> int:
        """When the last recorded vehicle is seen for the last time; never without a recorded motion ahead [ns]."""
        if self.recording is None or not self.recording.tracks.valid.any():
            return sys.maxsize
        last = int(np.flatnonzero(self.recording.tracks.valid.any(axis=0))[-1])
        end = round((last * self.recording.time_step - self.recording_start) * 1e9)
        return end if end > 0 else sys.maxsize

    @property
    def last_ns(self) -> int:
        """When the episode has nothing more to show: its recording and the time for its goal are over [ns]."""
        stated = [goal.end_ns for goal in self.goals if goal.end_ns < sys.maxsize]
        return max([self.recording_end_ns, *stated])


def weather_from_spec(spec: WeatherSpec) -> Weather:
    """Convert a weather spec: degrees into radians, nothing else."""
    values = spec.model_dump()
    for name in ("sun_elevation", "sun_azimuth", "wind_direction"):
        values[name] = math.radians(values.pop(f"{name}_deg"))
    return Weather(**values)


def _read_inputs(scenario: ConcreteScenario) -> dict[str, bytes]:
    import hashlib

    inputs = {}
    for path, digest in scenario.inputs.items():
        try:
            inputs[path] = read_bounded(home_path(path), MAX_MAP_BYTES)
        except ScenarioError as error:
            raise ScenarioError(f"road.file = {error}") from None
        except OSError as error:
            raise ScenarioError(f"road.file = {path}: {(error.strerror or str(error)).lower()}") from None
        found = hashlib.sha256(inputs[path]).hexdigest()
        if found != digest:
            raise ScenarioError(
                f"road.file = {path}: its content has changed: SHA-256 {found[:12]}…, not {digest[:12]}… as recorded"
            )
    return inputs


def _settings(scenario: ConcreteScenario, *leave_out: str) -> dict:
    return scenario.road.model_dump(exclude={"kind", "scenery", *leave_out})


def build_world(scenario: ConcreteScenario) -> World:
    """Lay a scenario out.

    Raises:
        ScenarioError: A file cannot be read, or somebody cannot be placed.
    """
    inputs = _read_inputs(scenario)
    road, recorded, shelves = scenario.road, None, []
    remarks: tuple[str, ...] = ()
    if road.kind == "street":
        network = make_street(**_settings(scenario, "parked_fraction"))
    elif road.kind == "intersection":
        network = make_intersection(**_settings(scenario))
    elif road.kind == "warehouse":
        network, shelves = make_warehouse(**_settings(scenario))
    elif road.kind == "opendrive":
        network, remarks = read_opendrive(home_path(road.file))
    else:
        recorded = read_commonroad(home_path(road.file))
        network, remarks = recorded.network, recorded.remarks
    if network.datum is None:
        place = scenario.datum
        bounds = map_bounds(network.point_position)
        datum = local_datum(place.latitude_deg, place.longitude_deg, place.height, bounds)
        network = network._replace(datum=datum)
    start = choose_start(scenario, recorded)
    begin = start.step * recorded.time_step if recorded is not None else 0.0
    if begin > 0.0:  # signals are where they are at that time of the recording
        network = network._replace(program_offset=network.program_offset - begin)
    random = generator(scenario.seed, "placement")
    props = furnish(scenario, network, shelves)
    weather = weather_from_spec(scenario.weather)
    if road.kind == "warehouse":
        weather = hall_weather(weather)
    surface = Surface(**scenario.surface.model_dump())
    greatest = friction(weather, surface)
    placer = Placer(scenario, network, random, greatest, obstacles_of(props))
    follows = np.array(place_everybody(placer, recorded, start), np.int64)
    lanes = placer.lanes
    _check_speeds(scenario, placer.plans)
    actors, state = _arrays(placer.plans, weather)
    _fit_stability_control(scenario, actors)
    _resize(actors, placer.plans)
    _set_poses(actors, state, placer.plans, lanes)
    scenery = make_scenery(props, placer.obstacles.given_way, placer.plans)
    none = np.zeros((1, 8))
    patches = FrictionPatches(np.zeros((1, 8), np.bool_), none, none.copy(), none.copy(), none.copy())
    slides = np.array([sliding_friction(weather, surface) / greatest])
    ground = Ground(network, np.array([greatest]), patches, scenery.obstacles, slides)
    replayed = recorded if scenario.traffic.kind == "replay" else None
    if replayed is not None:  # poses and velocities of tick 0 are the recording's, as those of all later ones
        state = follow_recording(lanes, lay_out(replayed.tracks, replayed.time_step, follows), actors, state, begin)
    names = {plan.name: index for index, plan in enumerate(placer.plans)}
    ego_track = str(replayed.tracks.id[start.row]) if replayed is not None and start.row >= 0 else ""
    world = World(
        scenario, network, lanes, ground, weather, actors, state, names, _crowd(placer.plans), replayed, follows,
        ego_track, begin,
        _goals(scenario, recorded, start), scenery, inputs, (*remarks, *start.remarks, *placer.remarks),
    )  # fmt: skip
    return world._replace(remarks=(*world.remarks, *_goal_remarks(world, start)))


def _goals(scenario: ConcreteScenario, recorded: CommonRoadScenario | None, start: Start) -> tuple[TimedRegion, ...]:
    """Return the goal of the ego's planning problem in the episode's time; none if the scenario has one of its own."""
    own = scenario.scenario.goal
    if start.problem is None or recorded is None or own.traveled > 0.0 or own.exit != "any":
        return ()
    slack = round(0.5e9 / scenario.physics.control_rate_hz)
    duration = round(scenario.scenario.duration * 1e9)
    goals = []
    for goal in start.problem.goals:
        begin, end = (round((k - start.step) * recorded.time_step * 1e9) for k in (goal.first_step, goal.last_step))
        end = end if goal.is_timed else sys.maxsize
        goals.append(TimedRegion(goal, begin, end, slack, begin <= duration + slack))
    return tuple(goals)


def _goal_remarks(world: World, start: Start) -> list[str]:
    """Say which goal is judged instead of the planning problem's, and if the recording ends before its time."""
    if start.problem is None or not start.problem.goals:
        return []
    file, problem = world.scenario.road.file, f"planning problem {start.problem.id}"
    if not world.goals:
        return [remark_line(file, "the scenario's own goal is judged, not the planning problem's", [problem])]
    end, last = world.recording_end_ns, min(world.last_ns, round(world.scenario.scenario.duration * 1e9))
    if end >= last:
        return []
    text = "the recording ends before the time for the goal; from then on there are no recorded actors"
    return [remark_line(file, text, [f"{problem}, {1e-9 * end:.2f} s of {1e-9 * last:.2f} s"])]


def _check_speeds(scenario: ConcreteScenario, plans: list[ActorPlan]) -> None:
    """Refuse actors of the scenario's own that would start faster than they can go.

    Raises:
        ScenarioError: One would.
    """
    for plan in plans:
        actor = scenario.scenario.actors.get(plan.name)
        if actor is not None and plan.model.mobility != Mobility.FREE and actor.speed > plan.model.max_speed:
            most = f"must be at most {plan.model.max_speed:g} m/s, the top speed of a {plan.model.name}"
            raise ScenarioError(f"scenario.actors.{plan.name}.speed = {actor.speed:g}: {most}")


def _arrays(plans: list[ActorPlan], weather: Weather) -> tuple[ActorTable, WorldState]:
    """Turn plans into the arrays of tick 0; heights follow once sizes are final."""
    actors, state = empty_actors(1, len(plans)), empty_state(1, len(plans))
    density = air_density(weather.temperature)
    for index, plan in enumerate(plans):
        fill_actor(actors, 0, index, plan.model.name, plan.color, density)
        actors.behavior[0, index] = plan.behavior
        state.valid[0, index] = plan.present
        state.replayed[0, index] = plan.track >= 0 and plan.behavior in (Behavior.REPLAY, Behavior.EGO)
    state.lights[headlamps_on(actors, weather)] = Light.HEAD
    return actors, state


def _fit_stability_control(scenario: ConcreteScenario, actors: ActorTable) -> None:
    """Give the ego stability control, or none, where the scenario says so."""
    asked = scenario.ego.esc
    if asked is None:
        return
    if asked and (actors.mobility[0, EGO] != Mobility.WHEELED or actors.track_width[0, EGO] == 0.0):
        raise ScenarioError(f"ego.esc = true: a {scenario.ego.model} has no stability control; allowed: false, null")
    actors.stability[0, EGO] = asked


def _crowd(plans: list[ActorPlan]) -> Crowd:
    crowd = no_crowd(1, len(plans))
    for index, plan in enumerate(plans):
        crowd.group[0, index], crowd.stands[0, index], crowd.waits[0, index] = plan.group, plan.stands, plan.crossing
    return crowd


def headlamps_on(actors: ActorTable, weather: Weather) -> np.ndarray:
    """Return whose headlamps are on: motorcycles' always (§ 17 (2a) StVO), others' by the weather; never parked ones'.

    Shape (num_envs, num_actors).
    """
    driven = (actors.mobility == Mobility.WHEELED) & (actors.behavior != Behavior.PARKED)
    return driven & (needs_headlamps(weather) | (actors.kind == ActorKind.MOTORCYCLE))


def _resize(actors: ActorTable, plans: list[ActorPlan]) -> None:
    """Give recorded actors their recorded size; axles and mass scale with it."""
    for index, plan in enumerate(plans):
        if plan.size is None:
            continue
        longer = plan.size[0] / float(actors.length[0, index])
        wider = plan.size[1] / float(actors.width[0, index])
        for name in ("length", "front_axle", "rear_axle", "cog_offset"):
            getattr(actors, name)[0, index] *= longer
        for name in ("width", "track_width"):
            getattr(actors, name)[0, index] *= wider
        actors.mass[0, index] *= longer * wider
        actors.yaw_inertia[0, index] *= longer**3 * wider


def _set_poses(actors: ActorTable, state: WorldState, plans: list[ActorPlan], lanes: LaneArrays) -> None:
    """Stand every actor on the ground, level with it, moving along its heading."""
    for index, plan in enumerate(plans):
        height, nx, ny, nz = ground_at(lanes, plan.x, plan.y, plan.z)
        c, s = math.cos(plan.yaw), math.sin(plan.yaw)
        pitch = math.atan2(nx * c + ny * s, nz)  # uphill lifts the nose: positive pitch lowers it
        roll = math.atan2(nx * s - ny * c, math.hypot(nx * c + ny * s, nz))
        q = quaternion_from_euler(roll, pitch, plan.yaw)
        above = 0.5 * float(actors.height[0, index])
        up = rotate(*q, 0.0, 0.0, above)
        state.position[0, index] = (plan.x + up[0], plan.y + up[1], height + up[2] + plan.clearance)
        state.orientation[0, index] = q
        state.velocity[0, index] = rotate(*q, plan.speed, 0.0, 0.0)
        if actors.wheel_radius[0, index] > 0.0:
            state.wheel_speed[0, index] = plan.speed / actors.wheel_radius[0, index]
