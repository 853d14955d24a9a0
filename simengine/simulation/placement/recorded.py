"""Where a recording puts vehicles, and which of them is the ego."""

import math
from dataclasses import replace

import numpy as np

from simengine.core.errors import ScenarioError
from simengine.core.state import ActorKind, Behavior
from simengine.physics.catalog import models_of_kind
from simengine.road.projection import locate
from simengine.road.recording import RecordedTracks, StillObstacles
from simengine.simulation.placement.ego import ego_model, height
from simengine.simulation.placement.placer import ActorPlan, Course, Placer, apart


def place_recorded_ego(placer: Placer, recording: RecordedTracks, row: int) -> None:
    """Start the ego where and as a recorded vehicle starts; with the recorded driver it follows that recording."""
    plan = _recorded_plan(placer, recording, row, "ego", Behavior.EGO)
    if placer.scenario.ego.driver != "recorded":
        plan = replace(plan, model=ego_model(placer), track=-1, size=None)
    lane, s, _ = locate(placer.lanes, plan.x, plan.y, plan.z, plan.yaw)
    if lane < 0:
        raise ScenarioError(f"ego.recorded_id = {recording.id[row]}: it starts on no lane")
    placer.course = Course(lane, s)
    placer.add(replace(plan, present=True), "ego.recorded_id")


def place_recorded(placer: Placer, recording: RecordedTracks, leave_out: int) -> None:
    """Add the recorded vehicles, as many as the spec admits, those nearest to the ego first."""
    ego = placer.plans[0]
    plans = [
        _recorded_plan(placer, recording, row, f"recorded_{recording.id[row]}", Behavior.REPLAY)
        for row in range(len(recording.id))
        if row != leave_out and recording.valid[row].any()
    ]
    plans.sort(key=lambda plan: math.hypot(plan.x - ego.x, plan.y - ego.y))
    for plan in plans[: placer.scenario.traffic.max_vehicles]:
        # Two recorded boxes may touch, as measured; none may stand in an actor that somebody placed.
        if plan.present and any(not apart(plan, o) for o in placer.plans if o.track < 0 and o.present):
            raise ScenarioError(
                f"{plan.name} starts where ego or scenario actors stand; set ego.recorded_id or move them"
            )
        placer.plans.append(plan)


def _recorded_plan(placer: Placer, recording: RecordedTracks, row: int, name: str, behavior: Behavior) -> ActorPlan:
    kind = ActorKind(int(recording.kind[row]))
    length = float(recording.length[row])
    model = min(models_of_kind(kind), key=lambda m: (abs(m.length - length), m.name))
    first = int(np.argmax(recording.valid[row]))
    x, y = (float(value) for value in recording.position[row, first])
    heading = float(recording.heading[row, first])
    return ActorPlan(
        name, model, behavior, x, y, height(placer, x, y, heading), heading, float(recording.velocity[row, first]),
        placer.paint(kind), present=first == 0, track=row,
        size=(length, float(recording.width[row])),
    )  # fmt: skip


def place_still(placer: Placer, obstacles: StillObstacles) -> None:
    """Add what stands in a recording from its start to its end."""
    for row in range(len(obstacles.id)):
        kind, length = ActorKind(int(obstacles.kind[row])), float(obstacles.length[row])
        model = min(models_of_kind(kind), key=lambda m: (abs(m.length - length), m.name))
        x, y = (float(value) for value in obstacles.position[row])
        heading = float(obstacles.heading[row])
        plan = ActorPlan(
            f"still_{obstacles.id[row]}", model, Behavior.PARKED, x, y, height(placer, x, y, heading), heading, 0.0,
            placer.paint(kind), size=(length, float(obstacles.width[row])),
        )  # fmt: skip
        placer.add(plan, f"road.file, obstacle {obstacles.id[row]}")
