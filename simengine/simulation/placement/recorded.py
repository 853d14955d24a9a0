"""Where a recording puts vehicles, and which of them is the ego."""

import math
from dataclasses import replace

import numpy as np

from simengine.core.errors import ScenarioError
from simengine.core.state import ActorKind, Behavior, Mobility
from simengine.physics.vehicle.catalog import VehicleModel, model_named, models_of_kind
from simengine.road.commonroad import CommonRoadScenario
from simengine.road.files.recording import RecordedTracks, StillObstacles
from simengine.road.network.projection import locate
from simengine.road.network.traverse import walk_lanes
from simengine.simulation.placement.ego import ego_model, height
from simengine.simulation.placement.placer import ActorPlan, Course, Placer, apart
from simengine.simulation.placement.recorded_room import clear_track, give_way
from simengine.simulation.placement.start import Start

_EDGE = 20.0  # actors that leave nearer than this to where the map ends leave it by driving on [m]


def _model(kind: ActorKind, length: float) -> VehicleModel:
    """Return what stands for a recorded actor: the model nearest in length; of things that lie about a crate."""
    if kind == ActorKind.CARGO:
        return model_named("cargo_crate")  # what is recorded stands in the way, unlike a ladder that lies flat
    return min(models_of_kind(kind), key=lambda model: (abs(model.length - length), model.name))


def place_recorded_ego(placer: Placer, recording: RecordedTracks, row: int, step: int) -> None:
    """Start the ego where and as a recorded vehicle is then; with the recorded driver it follows that recording."""
    plan = _recorded_plan(placer, recording, row, step, "ego", Behavior.EGO)
    if placer.scenario.ego.driver != "recorded":
        plan = replace(plan, model=ego_model(placer.scenario.ego), track=-1, size=None)
    lane, s, _ = locate(placer.lanes, plan.x, plan.y, plan.z, plan.yaw)
    if lane < 0:
        raise ScenarioError(f"ego.recorded_id = {recording.id[row]}: it starts on no lane")
    placer.course = Course(lane, s)
    placer.add(replace(plan, present=True), "ego.recorded_id")
    if plan.track >= 0:
        clear_track(placer, plan, recording, step)


def place_recorded(placer: Placer, recorded: CommonRoadScenario, start: Start) -> None:
    """Add the recorded actors, as many as the spec admits, those nearest to the ego first; name those left out."""
    recording, ego = recorded.tracks, placer.plans[0]
    gone, plans = [], []
    for row in range(len(recording.id)):
        if row == start.row:
            continue
        name = f"recorded_{recording.id[row]}"
        ahead = int(recording.valid[row, start.step :].sum())
        if ahead == 0 or (ahead == 1 and recording.valid[row].sum() > 1 and recording.valid[row, start.step]):
            gone.append(name)
        else:
            plans.append(_recorded_plan(placer, recording, row, start.step, name, Behavior.REPLAY))
    plans.sort(key=lambda plan: math.hypot(plan.x - ego.x, plan.y - ego.y))
    most = placer.scenario.traffic.max_vehicles
    placer.remark("recorded actors leave before the episode begins; they are left out", gone)
    placer.remark(
        f"traffic.max_vehicles = {most} leaves out recorded actors, the farthest ones", [p.name for p in plans[most:]]
    )
    unsteady, doubles, waiting, blocked = [], [], [], []
    for plan in plans[:most]:
        alone = recording.valid[plan.track].sum() == 1
        if alone and not plan.present:
            waiting.append(plan.name)
            continue
        hits = [other for other in placer.plans if plan.present and other.present and not apart(plan, other)]
        # Two recorded boxes may touch, as measured; none may stand in an actor that somebody placed.
        placed = next((o for o in hits if o.track < 0 and o.behavior != Behavior.REPLAY), None)
        if placed is not None:
            raise ScenarioError(
                f"{plan.name} starts at x = {plan.x:.1f} m, y = {plan.y:.1f} m where {placed.name} stands; move it, "
                "choose a smaller model or set ego.recorded_id"
            )
        if alone and hits:
            doubles.append(f"{plan.name} in {hits[0].name}")
            continue
        if alone:  # nothing to follow: it drives itself from the first tick, as after a hand-over
            unsteady.append(plan.name)
            plan = replace(plan, track=-1)
        inside = clear_track(placer, plan, recording, start.step)
        if inside:
            blocked.append(f"{plan.name} in {inside[0]}")
        placer.plans.append(plan)
    placer.remark("recorded actors have a single state; vehicles drive on by themselves, others stand", unsteady)
    placer.remark("recorded actors appear later for a single state; they are left out", waiting)
    placer.remark("recorded actors with a single state start in another; they are left out", doubles)
    placer.remark("recorded actors pass through what the map has there", blocked)
    _name_vanishing(placer, recorded, start)


def _name_vanishing(placer: Placer, recorded: CommonRoadScenario, start: Start) -> None:
    """Name the actors that are gone before the recording ends though the map goes on before them."""
    recording, found = recorded.tracks, []
    if not recording.valid.any():
        return
    end = int(np.flatnonzero(recording.valid.any(axis=0))[-1])
    for plan in placer.plans:
        if plan.track < 0:
            continue
        last = int(np.flatnonzero(recording.valid[plan.track])[-1])
        if last >= end:
            continue
        x, y = (float(value) for value in recording.position[plan.track, last])
        lane, s, _ = locate(placer.lanes, x, y, math.nan, float(recording.heading[plan.track, last]))
        if lane >= 0 and plan.model.mobility == Mobility.WHEELED:
            lane, s = walk_lanes(placer.lanes, lane, s, _EDGE)
            if s > placer.lanes.lane_length[lane]:
                continue
        found.append(f"{plan.name} after {(last - start.step) * recorded.time_step:.2f} s")
    placer.remark("recorded actors vanish on the map, where their recording ends before the others'", found)


def _recorded_plan(
    placer: Placer, recording: RecordedTracks, row: int, step: int, name: str, behavior: Behavior
) -> ActorPlan:
    """Plan an actor where a recording has it at a step, or where it appears after that."""
    kind = ActorKind(int(recording.kind[row]))
    length = float(recording.length[row])
    model = _model(kind, length)
    first = step + int(np.argmax(recording.valid[row, step:]))
    x, y = (float(value) for value in recording.position[row, first])
    heading = float(recording.heading[row, first])
    return ActorPlan(
        name, model, behavior, x, y, height(placer, x, y, heading), heading, float(recording.velocity[row, first]),
        placer.paint(kind), present=first == step, track=row,
        size=(length, float(recording.width[row])),
    )  # fmt: skip


def place_still(placer: Placer, obstacles: StillObstacles) -> None:
    """Add what stands in a recording from its start to its end; as recorded, it may touch others of the recording."""
    placed, blocked = [plan for plan in placer.plans if plan.size is None], []
    for row in range(len(obstacles.id)):
        kind, length = ActorKind(int(obstacles.kind[row])), float(obstacles.length[row])
        model = _model(kind, length)
        x, y = (float(value) for value in obstacles.position[row])
        heading = float(obstacles.heading[row])
        plan = ActorPlan(
            f"still_{obstacles.id[row]}", model, Behavior.PARKED, x, y, height(placer, x, y, heading), heading, 0.0,
            placer.paint(kind), size=(length, float(obstacles.width[row])),
        )  # fmt: skip
        hit = next((other for other in placed if other.present and not apart(plan, other)), None)
        if hit is not None:
            raise ScenarioError(
                f"road.file, obstacle {obstacles.id[row]}: stands at x = {x:.1f} m, y = {y:.1f} m in {hit.name}; move "
                "that or choose a smaller model"
            )
        inside = give_way(placer, plan)
        if inside:
            blocked.append(f"{plan.name} in {inside[0]}")
        placer.plans.append(plan)
    placer.remark("recorded obstacles stand in what the map has there", blocked)
