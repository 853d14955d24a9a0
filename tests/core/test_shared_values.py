"""What several parts must agree on is written once."""

import ast
import math
from pathlib import Path

import numpy as np
import pytest

import simengine
from simengine.core.heading import write_yaws, yaw_of_actor
from simengine.core.space.geometry import quaternion_from_euler
from simengine.core.space.plan_view import OVERTURNED
from simengine.core.state import empty_state

FILES = {file: ast.parse(file.read_text()) for file in Path(simengine.__file__).parent.rglob("*.py")}


@pytest.mark.parametrize(
    ("value", "home"), [(9.81, "core/mechanics.py"), (9.80665, "core/mechanics.py")]
)  # fmt: skip
def test_gravity_is_written_in_one_place(value, home):
    found = [
        file.relative_to(Path(simengine.__file__).parent).as_posix()
        for file, tree in FILES.items() for node in ast.walk(tree) if isinstance(node, ast.Constant)
        and node.value == value
    ]  # fmt: skip
    assert found == [home]


def test_no_other_file_makes_a_yaw_of_its_own():
    twice = [
        (file.name, node.name)
        for file, tree in FILES.items() for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in ("_yaw", "_yaws")
    ]  # fmt: skip
    assert twice == []


def test_yaws_of_actors():
    state, out = empty_state(1, 2), np.zeros(2)
    state.orientation[0, 1] = quaternion_from_euler(0.1, -0.2, 2.5)
    write_yaws(state.orientation[0], out)
    assert yaw_of_actor(state, 0, 1) == pytest.approx(2.5) and out == pytest.approx([0.0, 2.5])


def test_who_has_rolled_over_leans_beyond_sixty_degrees():
    assert math.degrees(math.acos(OVERTURNED)) == pytest.approx(60.0)
