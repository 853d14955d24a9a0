"""Vehicles stay behind their front wheels when they brake, on two wheels as on four, in both physics.

Wide margins: what is unstable ends with a side slip of 50° to 90°.
"""

import math

import pytest

pytest.importorskip("pybullet")

from simengine.core.gravity import GRAVITY  # noqa: E402
from simengine.physics.batched import BatchedPhysics  # noqa: E402
from simengine.physics.bullet import BulletPhysics  # noqa: E402
from simengine.physics.riding import hardest_riding, steepest_riding  # noqa: E402
from tools.checks.braking_course import brake_on_course  # noqa: E402

PHYSICS = [BulletPhysics, BatchedPhysics]
STEADY = math.radians(6.0)


@pytest.mark.parametrize("physics", PHYSICS)
@pytest.mark.parametrize(
    ("speed", "radius", "deceleration", "friction"),
    [(31.0, math.inf, 5.3, 0.8), (31.0, math.inf, 9.0, 0.8), (31.0, 300.0, 7.0, 0.8), (20.0, 120.0, 9.0, 0.8),
     (45.0, math.inf, 9.0, 0.5), (31.0, 1000.0, 5.3, 0.35)],
)  # fmt: skip
def test_a_motorcycle_stays_up_when_it_brakes(physics, speed, radius, deceleration, friction):
    offset = 0.3 if math.isinf(radius) else 0.0
    found = brake_on_course(physics(), "motorcycle", speed, radius, deceleration, friction, offset)
    assert found.side_slip < STEADY and found.upright > 0.9
    assert found.off_path < 1.0


@pytest.mark.parametrize("physics", PHYSICS)
@pytest.mark.parametrize(
    ("speed", "radius", "friction"), [(10.0, math.inf, 0.8), (12.0, 60.0, 0.8), (11.0, 60.0, 0.5)]
)
def test_a_bicycle_stays_up_when_it_brakes(physics, speed, radius, friction):
    offset = 0.3 if math.isinf(radius) else 0.0
    found = brake_on_course(physics(), "bicycle", speed, radius, 4.5, friction, offset)
    assert found.side_slip < STEADY and found.upright > 0.9


@pytest.mark.parametrize("physics", PHYSICS)
@pytest.mark.parametrize("model", ["sedan", "truck"])
@pytest.mark.parametrize(("speed", "radius"), [(31.0, 300.0), (20.0, 120.0)])
def test_four_wheels_do_not_spin_when_they_brake_in_a_bend(physics, model, speed, radius):
    for deceleration in (5.3, 7.0, 9.0):
        found = brake_on_course(physics(), model, speed, radius, deceleration, 0.8)
        assert found.side_slip < STEADY, f"at {deceleration} m/s²"
        assert found.upright > 0.9


@pytest.mark.parametrize("model", ["sedan", "truck", "motorcycle"])
@pytest.mark.parametrize("deceleration", [4.0, 9.0])
def test_both_physics_brake_alike_in_a_bend(model, deceleration):
    one, other = (brake_on_course(physics(), model, 31.0, 300.0, deceleration, 0.8) for physics in PHYSICS)
    assert one.seconds == pytest.approx(other.seconds, rel=0.03)
    if model == "motorcycle":
        # The steering reckons with the slip of a turn: rolling without it, it would be 0.7 m beside its way.
        assert max(one.off_path, other.off_path) < 0.5


def test_a_rider_leaves_the_friction_that_the_turn_needs():
    straight = hardest_riding(0.0, 0.8, 0.72, 0.62)
    turning = hardest_riding(0.5 * 0.8 * GRAVITY, 0.8, 0.72, 0.62)
    assert 0.8 * GRAVITY < straight < 1.1 * 0.8 * GRAVITY
    assert math.hypot(turning, 0.5 * 0.8 * GRAVITY) <= 0.8 * GRAVITY
    # Nor may braking lift the rear wheel, which carries its part of the turn.
    lifted = hardest_riding(0.5 * 0.8 * GRAVITY, 0.8, 0.60, 1.00) / GRAVITY
    rear_load = (0.60 - lifted * 1.00) / 1.05
    rear_force = math.hypot(0.5 * 0.8 * 0.60 / 1.05, lifted * rear_load)
    assert rear_force == pytest.approx(0.9 * 0.8 * rear_load, rel=0.01)


def test_a_rider_asks_for_no_turn_that_the_tyres_cannot_carry():
    angle = steepest_riding(20.0, 0.8, 1.4, 0.6)
    assert 20.0**2 * math.tan(angle) / 1.4 == pytest.approx(0.6 * 0.8 * GRAVITY)
    assert steepest_riding(1.0, 0.8, 1.4, 0.6) == 0.6
