"""How an episode begins on a file with a planning problem or a recording: whose problem, which vehicle, which step."""

import math
from typing import NamedTuple

import numpy as np

from simengine.core.errors import ScenarioError
from simengine.core.space.geometry import wrap_angle
from simengine.core.state import ActorKind
from simengine.road.commonroad import CommonRoadScenario
from simengine.road.files.recording import PlanningProblem, RecordedTracks
from simengine.road.files.remarks import remark_line
from simengine.scenario.spec import ConcreteScenario

_ALIKE = math.radians(45.0)  # an ego turned by more against a vehicle is another one [rad]
_LATE = 1  # a track may begin so many steps after the planning problem


class Start(NamedTuple):
    """Where on a recording tick 0 is, and whose place the ego takes."""

    problem: PlanningProblem | None  # that the ego is to solve
    row: int  # of the recorded vehicle that is the ego, −1 for none
    step: int  # of the recording at tick 0
    remarks: tuple[str, ...]


def choose_start(scenario: ConcreteScenario, recorded: CommonRoadScenario | None) -> Start:
    """Choose what the ego's settings ask for: a planning problem, a recorded vehicle, or both where they are one.

    Raises:
        ScenarioError: The file has no such problem or vehicle, or the setting needs another one.
    """
    ego, replay = scenario.ego, scenario.traffic.kind == "replay"
    if replay and recorded is None:
        raise ScenarioError("traffic=replay needs a road with a recording: road=commonroad road.file=PATH")
    if ego.driver == "recorded" and not replay:
        raise ScenarioError("ego.driver=recorded needs traffic=replay")
    if ego.recorded_id and not replay:
        raise ScenarioError(f"ego.recorded_id = {ego.recorded_id}: there is no recording; it needs traffic=replay")
    if recorded is None:
        if ego.problem:
            raise ScenarioError(f"ego.problem = {ego.problem}: there is no planning problem; it needs road=commonroad")
        return Start(None, -1, 0, ())
    problem = _named_problem(ego.problem, recorded)
    if ego.recorded_id:
        return _follow(scenario, recorded, problem)
    if problem is None and recorded.problems:
        problem = recorded.problems[0]
    row = own_track(recorded.tracks, recorded.time_step, problem) if replay and problem is not None else -1
    if ego.driver == "recorded" and row < 0:
        known = ", ".join(str(name) for name in recorded.tracks.id)
        raise ScenarioError(f"ego.driver=recorded needs ego.recorded_id, one of {known}")
    if problem is None:
        return Start(None, -1, 0, ())
    remarks = []
    if len(recorded.problems) > 1 and not ego.problem:
        names = [other.id for other in recorded.problems]
        remarks.append(
            remark_line(scenario.road.file, f"the ego has planning problem {problem.id} of several", names)
            + " (ego.problem names another)"
        )
    if row >= 0:
        remarks.append(
            remark_line(
                scenario.road.file, "the recorded obstacle at the planning problem's start is the ego itself",
                [f"obstacle {recorded.tracks.id[row]}, planning problem {problem.id}"],
            )
        )  # fmt: skip
    step = problem.first_step
    if replay and recorded.tracks.valid.any() and not recorded.tracks.valid[:, step:].any():
        last = int(np.flatnonzero(recorded.tracks.valid.any(axis=0))[-1])
        raise ScenarioError(
            f"ego.problem = {problem.id}: it starts at step {step}, after the recording ends at step {last}; choose "
            "another problem or traffic=none"
        )
    if ego.driver == "recorded" and not recorded.tracks.valid[row, step]:
        step += int(np.argmax(recorded.tracks.valid[row, step:]))  # there is nothing to follow before
    return Start(problem, row, step, tuple(remarks))


def _named_problem(name: str, recorded: CommonRoadScenario) -> PlanningProblem | None:
    if not name:
        return None
    for problem in recorded.problems:
        if problem.id == name:
            return problem
    known = ", ".join(problem.id for problem in recorded.problems) or "none, the file has no planning problem"
    raise ScenarioError(f"ego.problem = {name}: the file has no such planning problem; allowed: {known}")


def _follow(scenario: ConcreteScenario, recorded: CommonRoadScenario, problem: PlanningProblem | None) -> Start:
    """Begin where a named vehicle appears, or with the planning problem that starts on it."""
    tracks, wanted = recorded.tracks, scenario.ego.recorded_id
    known = [str(name) for name in tracks.id]
    if wanted not in known:
        raise ScenarioError(
            f"ego.recorded_id = {wanted}: the recording has no such vehicle; allowed: {', '.join(known)}"
        )
    row = known.index(wanted)
    for candidate in recorded.problems if problem is None else (problem,):
        if own_track(tracks, recorded.time_step, candidate) == row and tracks.valid[row, candidate.first_step]:
            return Start(candidate, row, candidate.first_step, ())
    if problem is not None:
        raise ScenarioError(
            f"ego.recorded_id = {wanted}: planning problem {problem.id} (ego.problem) starts elsewhere; set one of them"
        )
    return Start(None, row, int(np.argmax(tracks.valid[row])), ())


def own_track(tracks: RecordedTracks, time_step: float, problem: PlanningProblem) -> int:
    """Return the recorded vehicle that a planning problem's ego was made from, −1 if there is none.

    It is the one whose box holds the problem's start, turned alike; of several the nearest. Two vehicles are never in
    one place. A vehicle with the problem's own id may be off by its length, as its reference point may be its end.
    """
    best, nearest = -1, math.inf
    for row in range(len(tracks.id)):
        if tracks.kind[row] == ActorKind.PEDESTRIAN:
            continue
        steps = range(problem.first_step, min(problem.first_step + _LATE + 1, tracks.valid.shape[1]))
        step = next((k for k in steps if tracks.valid[row, k]), -1)
        if step < 0:
            continue
        driven = problem.velocity * (step - problem.first_step) * time_step
        heading = float(tracks.heading[row, step])
        dx = problem.position[0] + driven * math.cos(problem.heading) - float(tracks.position[row, step, 0])
        dy = problem.position[1] + driven * math.sin(problem.heading) - float(tracks.position[row, step, 1])
        along, across = math.cos(heading) * dx + math.sin(heading) * dy, math.cos(heading) * dy - math.sin(heading) * dx
        reach = 1.0 if str(tracks.id[row]) == problem.id else 0.5
        if abs(along) > reach * tracks.length[row] or abs(across) > reach * tracks.width[row]:
            continue
        if abs(wrap_angle(heading - problem.heading)) < _ALIKE and math.hypot(dx, dy) < nearest:
            best, nearest = row, math.hypot(dx, dy)
    return best
