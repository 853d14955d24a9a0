import numpy as np
import pytest

from simengine.behavior.idm import EXPONENT, equilibrium_gap
from simengine.verify.recorded_style.command import preset_drivers
from simengine.verify.recorded_style.quantities import Traffic
from simengine.verify.recorded_style.settled import equilibrium_gaps, settled_distance


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
