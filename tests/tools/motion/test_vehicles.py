"""The page of vehicles: figures that must keep to the parameters, and what a figure that does not looks like."""

import math

import pytest

from simengine.core.mechanics import ROTATING
from simengine.physics.vehicle.catalog import model_named
from tools.checks.motion.closed_forms import MPH, full_stop_distance, run_up_time
from tools.checks.motion.vehicles import Figure, as_line, document, measured_turning_circle, turning_circle


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
    assert not good._replace(measured={"batched": math.inf}).good
    assert not good._replace(expected=math.nan).good


def test_the_page_tells_parameters_sources_figures_and_what_is_missing():
    page = document([Figure("sedan", "stops", "m", 11.66, {"batched": 11.7, "bullet": 11.6}, 0.3)], "COMMAND")
    for said in ("COMMAND", "| mass [kg] |", "Althoff", "| sedan | stops [m] | 11.66 | 11.7 | 11.6 |", "not modeled"):
        assert said in page


def test_a_run_up_is_that_of_force_then_power():
    """Without resistances: v / a up to the speed at which P = m a v, m (v² − v₀²) / 2 P from there; and the lag."""
    free = model_named("suv")._replace(drag_area=1e-9, rolling_resistance=0.0)
    force_until = free.power / (ROTATING * free.mass * free.max_acceleration)
    target = 1.5 * force_until
    gained = 0.5 * ROTATING * free.mass * (target**2 - force_until**2)
    seconds = force_until / free.max_acceleration + gained / free.power
    assert run_up_time(free, target, 0.9) == pytest.approx(0.1 + seconds, rel=1e-4)
    assert run_up_time(free._replace(power=1.0, rolling_resistance=0.012), target, 0.9) == math.inf


def test_a_run_up_on_ice_is_that_of_the_driven_wheels():
    sedan = model_named("sedan")._replace(drag_area=1e-9, rolling_resistance=0.0)
    wheelbase, friction = sedan.front_axle + sedan.rear_axle, 0.2
    for front in (0.0, 1.0):
        pull, arm = 0.0, sedan.rear_axle if front else -sedan.front_axle
        for _ in range(50):  # pull and the load that it moves follow from each other
            pull = friction * 9.81 * (abs(arm) - math.copysign(pull / 9.81 * sedan.cog_height, arm)) / wheelbase
        found = run_up_time(sedan._replace(drive_front=front), 10.0, friction)
        assert found == pytest.approx(10.0 / pull, abs=0.1)


def test_a_full_stop_is_limited_by_tires_or_brakes():
    car, truck = model_named("sedan"), model_named("truck")
    speed = 30.0 * MPH
    assert full_stop_distance(car, speed, 0.67) == pytest.approx(14.0, abs=1.0)  # of the Highway Code
    assert full_stop_distance(truck, speed, 0.9) == pytest.approx(speed**2 / 16.0 + 0.1 * speed, rel=0.02)
