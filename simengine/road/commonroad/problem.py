"""Planning problems of a CommonRoad file."""

import math

import numpy as np

from simengine.road.commonroad import shapes
from simengine.road.commonroad.lanelets import Lanelet, refs
from simengine.road.files.recording import GoalRegion, PlanningProblem
from simengine.road.files.xml import Element

_MAX_SPEED = 1_000.0  # [m/s]


def _goal(element: Element, lanelets: dict[str, Lanelet]) -> GoalRegion:
    time, position = element.find("time"), element.find("position")
    orientation, velocity = element.find("orientation"), element.find("velocity")
    first, last = shapes.interval(time, 0, shapes.MAX_STEP) if time is not None else (0.0, float(shapes.MAX_STEP))
    areas = shapes.outlines(position) if position is not None else []
    for name in refs(position, "lanelet") if position is not None else ():
        if name not in lanelets:
            raise element.error(f"lanelet ref='{name}': the file has no such lanelet")
        areas.append(np.concatenate([lanelets[name].left[:, :2], lanelets[name].right[::-1, :2]]))
    return GoalRegion(
        first_step=int(math.ceil(first)),
        last_step=int(last),
        is_timed=time is not None,
        areas=tuple(areas),
        heading=shapes.angles(orientation) if orientation is not None else (-math.pi, math.pi),
        velocity=shapes.interval(velocity, -_MAX_SPEED, _MAX_SPEED) if velocity is not None else (-math.inf, math.inf),
    )


def read_problems(root: Element, lanelets: dict[str, Lanelet]) -> tuple[PlanningProblem, ...]:
    """Read all planning problems of a file.

    Raises:
        ScenarioError: Names file, line, element, value and what is allowed.
    """
    problems = []
    for element in root.all("planningProblem"):
        if element.find("goalState") is None:
            element.remark("has no goal; none is judged", f"planning problem {element.string('id')}")
        state = element.require("initialState")
        velocity = state.find("velocity")
        problems.append(
            PlanningProblem(
                id=element.string("id"),
                first_step=shapes.step(state.require("time")),
                position=shapes.place(state.require("position")),
                heading=shapes.angle(state.require("orientation")),
                velocity=shapes.value(velocity, -_MAX_SPEED, _MAX_SPEED) if velocity is not None else 0.0,
                goals=tuple(_goal(goal, lanelets) for goal in element.all("goalState")),
            )
        )
    return tuple(problems)
