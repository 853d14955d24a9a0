import ast
import math
from pathlib import Path

import numpy as np
import pytest

from simengine.behavior.driver_state import SHORTEST_TIME_GAP, TRUNCATION
from simengine.behavior.idm import EXPONENT, equilibrium_gap
from simengine.core.rng import generator
from simengine.verify import recorded_style
from simengine.verify.recorded_style.command import preset_drivers
from simengine.verify.recorded_style.quantities import Traffic
from simengine.verify.recorded_style.settled_gaps import DRAWS, equilibrium_gaps, settled_distance


def _traffic(*rows):
    return [Traffic({}, np.zeros(1, np.int32), np.ones(1), np.array(rows, float).reshape(-1, 3))]


def _equal(**changed):
    same = {"desired_speed": 1.0, "desired_speed_std": 0.0, "time_gap_std": 0.0, **changed}
    return preset_drivers("normal").model_copy(update=same)


@pytest.mark.parametrize("shape", ["normal", "lognormal"])
def test_equal_drivers_settle_at_the_closed_form(shape):
    found = equilibrium_gaps(_equal(time_gap=1.2, min_gap=1.5, time_gap_shape=shape), _traffic((15.0, 20.0, 30.0)))
    assert found == pytest.approx(equilibrium_gap(15.0, 30.0, 1.2, 3.0, EXPONENT))


def test_who_wants_no_more_speed_falls_back_as_far_as_is_followed():
    assert equilibrium_gaps(_equal(), _traffic((30.0, 20.0, 25.0))) == pytest.approx(100.0)


def test_drivers_who_would_close_up_later_are_told():
    steady = [(14.0, gap, 29.0) for gap in np.linspace(14.0, 26.0, 50)]
    wide, close = (settled_distance(_equal(time_gap=gap), _traffic(*steady)) for gap in (1.25, 0.5))
    assert wide < 4.0 < close


def test_spread_time_gaps_spread_the_gaps():
    drivers = _equal().model_copy(update={"time_gap": 1.5, "time_gap_std": 0.5, "time_gap_shape": "lognormal"})
    found = equilibrium_gaps(drivers, _traffic(*[(12.0, 20.0, 40.0)] * 200))
    assert found.std() == pytest.approx(12.0 * 0.5, rel=0.25)


def test_nothing_steady_is_no_number():
    assert np.isnan(settled_distance(_equal(), _traffic()))


def test_gaps_have_the_bits_of_the_c_library_on_every_processor():
    drivers = _equal().model_copy(update={"time_gap": 0.7, "time_gap_std": 0.4, "time_gap_shape": "lognormal"})
    found = equilibrium_gaps(drivers, _traffic(*[(12.0, 20.0, 40.0)] * 500))
    z = generator(0, "recorded_style", "settled").standard_normal((8, 2, 500 * DRAWS))[:, 0]
    drawn = [next(value for value in column if abs(value) <= TRUNCATION) for column in z.T.tolist()]
    variance = math.log(1.0 + (0.4 / 0.7) ** 2)
    middle, width = math.log(0.7) - 0.5 * variance, math.sqrt(variance)
    squared = (12.0 / 40.0) * (12.0 / 40.0)
    wide = [2.0 * drivers.min_gap + 12.0 * max(math.exp(middle + width * value), SHORTEST_TIME_GAP) for value in drawn]
    assert found.tolist() == [value / math.sqrt(1.0 - squared * squared) for value in wide]


def test_no_code_of_the_fit_asks_numpy_for_functions_whose_bits_differ_between_processors():
    folder = Path(recorded_style.__file__).parent
    differ = {"exp", "log", "sin", "cos", "tan", "arctan2", "power", "float_power", "expm1", "log1p", "tanh"}
    used = [
        (file.name, node.attr)
        for file in folder.glob("*.py") for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        and node.value.id == "np" and node.attr in differ
    ]  # fmt: skip
    assert used == []
