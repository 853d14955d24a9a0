"""The page of vehicles: figures that must keep to the parameters, and what a figure that does not looks like."""

import math

import pytest

from simengine.physics.catalog import model_named
from tools.checks.vehicles import Figure, as_line, document, measured_turning_circle, turning_circle


def test_the_turning_circle_is_that_of_the_lock():
    sedan = model_named("sedan")
    wheelbase = sedan.front_axle + sedan.rear_axle
    outer = math.atan(wheelbase / (wheelbase / math.tan(sedan.max_steering) + 0.5 * sedan.track_width))
    assert turning_circle(sedan) == pytest.approx(2.0 * (wheelbase / math.sin(outer)), rel=0.08)
    assert 10.0 < turning_circle(sedan) < 11.0
    assert measured_turning_circle("batched", sedan) == pytest.approx(turning_circle(sedan), rel=0.02)


def test_a_figure_outside_its_margin_is_bad_and_said_so():
    good = Figure("sedan", "turning circle", "m", 10.5, {"batched": 10.6, "bullet": 10.4}, 0.4)
    bad = good._replace(measured={"batched": 10.6, "bullet": 11.0})
    assert good.good and not bad.good
    assert as_line(bad).startswith("BAD") and "11" in as_line(bad)
    assert not good._replace(expected=math.nan, measured={"batched": math.inf}).good


def test_the_page_tells_parameters_sources_figures_and_what_is_missing():
    page = document([Figure("sedan", "stops", "m", math.nan, {"batched": 11.7, "bullet": 11.6}, 0.0)], "COMMAND")
    for said in ("COMMAND", "| mass [kg] |", "Althoff", "| sedan | stops [m] | – | 11.7 | 11.6 |", "not modelled"):
        assert said in page
