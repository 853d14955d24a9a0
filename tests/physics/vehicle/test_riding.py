"""Vehicles stay behind their front wheels when they brake, on two wheels as on four, in both physics.

Wide margins: what is unstable ends with a side slip of 50° to 90°.
"""

import math

import numpy as np
import pytest

pytest.importorskip("pybullet")

from simengine.core.mechanics import GRAVITY, ROTATING  # noqa: E402
from simengine.core.space.geometry import yaw_from_quaternion  # noqa: E402
from simengine.core.state import empty_actors, empty_controls, empty_state  # noqa: E402
from simengine.physics.backend import Ground  # noqa: E402
from simengine.physics.batched.batched import BatchedPhysics  # noqa: E402
from simengine.physics.bullet.bullet import BulletPhysics  # noqa: E402
from simengine.physics.vehicle.catalog import fill_actor, model_named  # noqa: E402
from simengine.physics.vehicle.riding import hardest_riding, steepest_riding  # noqa: E402
from tools.checks.motion.braking_course import brake_on_course  # noqa: E402
from tools.checks.motion.proving_ground import RATE, SLIDING, no_patches, plain  # noqa: E402

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
@pytest.mark.parametrize(("speed", "radius", "friction"), [(10.0, math.inf, 0.8), (12.0, 60.0, 0.8), (11.0, 60.0, 0.5)])
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


def test_a_rider_asks_for_no_turn_that_the_tires_cannot_carry():
    angle = steepest_riding(20.0, 0.8, 1.4, 0.6)
    assert 20.0**2 * math.tan(angle) / 1.4 == pytest.approx(0.6 * 0.8 * GRAVITY)
    assert steepest_riding(1.0, 0.8, 1.4, 0.6) == 0.6


def coast(physics, model, burst, steering=0.0, seconds=1.5):
    """Roll from 15 m/s without air and rolling resistance; return the states from half a second on."""
    actors, state, controls = empty_actors(1, 1), empty_state(1, 1), empty_controls(1, 1)
    fill_actor(actors, 0, 0, model, (0.5, 0.5, 0.5))
    actors.drag[:] = actors.rolling_resistance[:] = 0.0
    state.valid[:] = True
    state.position[0, 0, 2] = 0.5 * actors.height[0, 0]
    state.velocity[0, 0, 0] = 15.0
    state.tire_burst[0, 0] = burst
    controls.steering[:] = steering
    state = physics.reset(actors, state, Ground(plain(), np.array([0.9]), no_patches(), (), SLIDING), RATE)
    states = []
    for tick in range(round(seconds * RATE)):
        state = physics.step(state, controls)
        if tick >= RATE // 2:
            states.append(state)
    physics.close()
    return states


def speed_of(state) -> float:
    return float(np.hypot(*state.velocity[0, 0, :2]))


FRONT_BURST, REAR_BURST = (True, True, False, False), (False, False, True, True)
ALL_PHYSICS = [
    (BulletPhysics, "motorcycle"), (BatchedPhysics, "motorcycle"),
    (lambda: BatchedPhysics("kinematic"), "motorcycle"), (lambda: BatchedPhysics("kinematic"), "sedan"),
]  # fmt: skip


@pytest.mark.parametrize("burst", [FRONT_BURST, REAR_BURST, (True,) * 4])
@pytest.mark.parametrize(("physics", "model"), ALL_PHYSICS)
def test_a_burst_tire_drags_with_a_fifth_of_its_load(physics, model, burst):
    row = model_named(model)
    states = coast(physics(), model, burst)
    front, rear, wheelbase = row.rear_axle * burst[0], row.front_axle * burst[2], row.front_axle + row.rear_axle
    # Deceleration over g; what the drag moves to the front drags there, or no more at the rear.
    drag = 0.2 * (front + rear) / (wheelbase - 0.2 * row.cog_height * (burst[0] - burst[2]))
    found = (speed_of(states[0]) - speed_of(states[-1])) * RATE / (len(states) - 1)
    if physics is BulletPhysics:
        # The wheels turn, faster on a smaller radius: I / m r² = 0.0131 each. And the burst one lowers its end of the
        # vehicle by 0.06 m, which puts more load on it.
        drag /= 1.0 + 0.0131 * sum(1.0 / 0.8**2 if flat else 1.0 for flat in burst)
    else:
        drag /= ROTATING
    assert found == pytest.approx(drag * GRAVITY, rel=0.06 if physics is BulletPhysics else 0.01)
    _, x, y, _ = states[-1].orientation[0, 0]
    assert 1.0 - 2.0 * (x * x + y * y) > 0.99


@pytest.mark.parametrize("physics", PHYSICS)
def test_a_burst_rear_tire_of_a_two_wheeler_slips_the_more_in_a_turn(physics):
    row, slips = model_named("motorcycle"), []
    for burst in ((False,) * 4, REAR_BURST):
        states, found = coast(physics(), "motorcycle", burst, steering=0.015, seconds=2.5), []
        for state in states[RATE:]:
            yaw, rate = yaw_from_quaternion(*state.orientation[0, 0]), state.angular_velocity[0, 0, 2]
            vx, vy = state.velocity[0, 0, :2]
            forward, leftward = vx * math.cos(yaw) + vy * math.sin(yaw), -vx * math.sin(yaw) + vy * math.cos(yaw)
            found.append((leftward - row.rear_axle * rate) / forward / (rate * forward))
        slips.append(float(np.mean(found)))
    # In its linear range the slip per lateral acceleration is 1 / (g C); of a burst tire 0.3 of C is left.
    assert slips[0] == pytest.approx(-1.0 / (GRAVITY * row.rear_stiffness), rel=0.1)
    assert slips[1] == pytest.approx(slips[0] / 0.3, rel=0.15)
