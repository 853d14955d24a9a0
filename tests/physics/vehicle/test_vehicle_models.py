"""The vehicle models against CommonRoad's published derivatives and trajectories, and against closed forms."""

import math

import pytest

from simengine.physics.vehicle import reference_models
from simengine.physics.vehicle import vehicle_models as models
from simengine.physics.vehicle.vehicle_models import PlanarMotion, SingleTrack

# BMW 320i, vehicle 2 of commonroad-vehicle-models 3.0.2. ST there uses the sprung mass's height h_s.
MASS, YAW_INERTIA, FRONT, REAR, HEIGHT = 1093.2952334674046, 1791.5995300122856, 1.1561957064, 1.4227170936, 0.61373004
FRICTION = 1.0489  # p_dy1
STIFFNESS = 21.92 / FRICTION  # −p_ky1 / p_dy1 [1/rad]
MAX_STEERING, MAX_RATE, MAX_ACCELERATION, SWITCH, MIN_SPEED, MAX_SPEED = 1.066, 0.4, 11.5, 7.319, -13.9, 50.8
TRACK = SingleTrack(MASS, YAW_INERTIA, FRONT, REAR, HEIGHT, STIFFNESS, STIFFNESS)


def on_tires(stiffness: float) -> SingleTrack:
    """Return the vehicle with another stiffness of both axles."""
    return TRACK._replace(front_stiffness=stiffness, rear_stiffness=stiffness)


def limited(steering: float, speed: float, rate: float, acceleration: float) -> tuple[float, float]:
    return (
        models.limit_steering_rate(steering, rate, MAX_STEERING, MAX_RATE),
        models.limit_acceleration(speed, acceleration, MAX_ACCELERATION, SWITCH, MIN_SPEED, MAX_SPEED),
    )


def drive(rate, acceleration, speed: float, duration: float, step: float, dynamic: bool) -> tuple[float, ...]:
    """Run the fixed step under a steering rate and acceleration given as functions of time."""
    x = y = yaw = left = yaw_rate = steering = 0.0
    forward = speed
    for k in range(round(duration / step)):
        time = (k + 0.5) * step
        r, a = limited(steering, forward, rate(time), acceleration(time))
        middle = steering + 0.5 * r * step
        if dynamic:
            x, y, yaw, forward, left, yaw_rate = models.advance_dynamic(
                PlanarMotion(x, y, yaw, forward, left, yaw_rate),
                middle,
                a,
                0.0,
                on_tires(STIFFNESS * FRICTION),
                10.0,
                10.0,
                step,
            )
        else:
            speed_now = math.hypot(forward, left)
            x, y, yaw, _, forward, left, yaw_rate = models.advance_kinematic(
                x, y, yaw, speed_now, middle, a, FRONT, REAR, step
            )
        steering += r * step
    return x, y, yaw, forward, yaw_rate


def test_kinematic_derivative_is_the_published_one() -> None:
    x = (3.9579422297936526, 0.0391650102771405, 0.0378491427211811, 16.3546957860883566, 0.0294717351052816)
    rate, acceleration = limited(x[2], x[3], 0.15, 0.63 * 9.81)
    f = reference_models.kinematic_derivative(x[2], x[3], x[4], rate, acceleration, FRONT + REAR)
    expected = (16.3475935934250209, 0.4819314886013121, 0.15, 5.1464424102339752, 0.2401426578627629)
    assert f == pytest.approx(expected, abs=1e-14)


def test_dynamic_derivative_is_the_published_one() -> None:
    x = (2.0233348142065677, 0.0041907137716636, 0.0197545248559617, 15.7216236334290116, 0.0025857914776859,
         0.0529001056654038, 0.0033012170610298)  # fmt: skip
    rate, acceleration = limited(x[2], x[3], 0.15, 0.63 * 9.81)
    f = reference_models.dynamic_derivative(*x[2:], rate, acceleration, TRACK, FRICTION)
    expected = (15.7213512030862397, 0.0925527979719355, 0.15, 5.3536773276413925, 0.0529001056654038,
                0.6435589397748606, 0.0313297971641291)  # fmt: skip
    assert f == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("speed", [0.05, -0.08])
def test_dynamic_derivative_rolls_without_slip_at_walking_pace(speed: float) -> None:
    package = pytest.importorskip("vehiclemodels.vehicle_dynamics_st")
    parameters = pytest.importorskip("vehiclemodels.parameters_vehicle2").parameters_vehicle2()
    x = [0.0, 0.0, 0.2, speed, 0.3, 0.01, 0.05]
    expected = package.vehicle_dynamics_st(x, [0.15, 1.0], parameters)
    f = reference_models.dynamic_derivative(*x[2:], *limited(x[2], x[3], 0.15, 1.0), TRACK, FRICTION)
    assert f == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize(
    ("steering", "rate", "expected"),
    [(0.0, 0.9, 0.4), (0.0, -0.9, -0.4), (1.066, 0.1, 0.0), (-1.066, -0.1, 0.0), (1.066, -0.1, -0.1)],
)
def test_steering_stops_and_rate_hold(steering: float, rate: float, expected: float) -> None:
    assert models.limit_steering_rate(steering, rate, MAX_STEERING, MAX_RATE) == expected


@pytest.mark.parametrize(
    ("speed", "demand", "expected"),
    [(5.0, 20.0, 11.5), (14.638, 20.0, 5.75), (14.638, -20.0, -11.5), (50.8, 1.0, 0.0), (-13.9, -1.0, 0.0)],
)
def test_drive_is_limited_by_force_then_by_power(speed: float, demand: float, expected: float) -> None:
    acceleration = models.limit_acceleration(speed, demand, MAX_ACCELERATION, SWITCH, MIN_SPEED, MAX_SPEED)
    assert acceleration == pytest.approx(expected)


# Trajectories of the package with LSODA at 1e-8; our steps at 120 Hz.
def test_kinematic_step_follows_the_published_step_steer() -> None:
    # The package's KS runs from the rear axle; shift both ends by the rear axle's arm.
    x, y, yaw, _, _ = drive(lambda t: 0.15 if t < 0.1 else 0.0, lambda t: 0.0, 20.0, 4.0, 1 / 120, dynamic=False)
    rear_x, rear_y = x - REAR * math.cos(yaw) + REAR, y - REAR * math.sin(yaw)
    assert (rear_x, rear_y, yaw) == pytest.approx((77.2488, 17.8352, 0.45953), rel=2e-3)


def test_dynamic_step_follows_the_published_step_steer() -> None:
    x, y, yaw, _, yaw_rate = drive(lambda t: 0.15 if t < 0.1 else 0.0, lambda t: 0.0, 20.0, 4.0, 1 / 120, dynamic=True)
    assert (x, y, yaw, yaw_rate) == pytest.approx((77.4798, 16.8613, 0.44872, 0.11633), rel=5e-3)


def test_dynamic_step_follows_the_published_braking() -> None:
    x, _, _, forward, _ = drive(lambda t: 0.0, lambda t: -0.7 * 9.81, 20.0, 2.0, 1 / 120, dynamic=True)
    assert (x, forward) == pytest.approx((26.2660, 6.2660), rel=1e-4)


@pytest.mark.parametrize(("dynamic", "expected"), [(False, 6.2714), (True, 6.2369)])
def test_steps_follow_the_published_sine_steer(dynamic: bool, expected: float) -> None:
    # Steering rate 0.1 cos(2π 0.5 t) rad/s for two periods.
    _, y, *_ = drive(lambda t: 0.1 * math.cos(math.pi * t), lambda t: 0.0, 20.0, 4.0, 1 / 120, dynamic=dynamic)
    assert y == pytest.approx(expected, rel=1e-2)


def test_dynamic_step_converges() -> None:
    def rate(t: float) -> float:
        return 0.1 * math.cos(math.pi * t)

    _, coarse, *_ = drive(rate, lambda t: 0.0, 20.0, 4.0, 1 / 60, dynamic=True)
    _, fine, *_ = drive(rate, lambda t: 0.0, 20.0, 4.0, 1 / 480, dynamic=True)
    assert coarse == pytest.approx(fine, rel=1e-3)


def test_steady_cornering_matches_the_linear_single_track() -> None:
    x = y = yaw = left = yaw_rate = 0.0
    forward, steering = 20.0, 0.01
    for _ in range(600):
        _, _, _, forward, left, yaw_rate = models.advance_dynamic(
            PlanarMotion(x, y, yaw, 20.0, left, yaw_rate), steering, 0.0, 0.0, on_tires(15.0), 1.0, 1.0, 1 / 120
        )
    # Equal C_S on both axles: neutral steering, r / δ = v / L.
    assert yaw_rate / steering == pytest.approx(20.0 / (FRONT + REAR), rel=2e-3)


@pytest.mark.parametrize("step", [1 / 240, 1 / 50])
@pytest.mark.parametrize("speed", [0.0, 0.05, 0.3, 2.0])
def test_a_crawling_vehicle_does_not_ring(step: float, speed: float) -> None:
    left, yaw_rate, forward = 0.3, 0.5, speed
    for _ in range(40):
        _, _, _, forward, left, yaw_rate = models.advance_dynamic(
            PlanarMotion(0.0, 0.0, 0.0, speed, left, yaw_rate), 0.0, 0.0, 0.0, on_tires(20.0), 0.8, 0.8, step
        )
    if speed <= 0.05:
        assert abs(left) < 0.02 and abs(yaw_rate) < 0.05
    assert abs(left) < 0.3 and abs(yaw_rate) < 0.5


@pytest.mark.parametrize("friction", [0.1, 0.8])
def test_a_sideways_slide_stops_as_coulomb_friction_says(friction: float) -> None:
    y = yaw = yaw_rate = forward = 0.0
    left, time, step = 8.0, 0.0, 1 / 240
    while left > 0.02 and time < 30.0:
        _, y, yaw, forward, left, yaw_rate = models.advance_dynamic(
            PlanarMotion(0.0, y, yaw, forward, left, yaw_rate), 0.0, 0.0, 0.0, on_tires(20.0), friction, friction, step
        )
        time += step
    assert y == pytest.approx(8.0**2 / (2.0 * friction * 9.81), rel=0.02)
    assert abs(yaw) < 0.05


def test_cornering_force_is_capped_by_friction() -> None:
    x = y = left = yaw_rate = yaw = 0.0
    forward = 20.0
    for _ in range(180):
        x, y, yaw, forward, left, yaw_rate = models.advance_dynamic(
            PlanarMotion(x, y, yaw, forward, left, yaw_rate), 0.2, 0.0, 0.0, on_tires(20.0), 0.3, 0.3, 1 / 120
        )
    assert 0.5 < y < 0.5 * 0.3 * 9.81 * 1.5**2


@pytest.mark.parametrize(("pull", "push", "left_over"), [(0.0, -0.9, 1.0), (-0.4, 0.0, math.sqrt(0.84))])
def test_only_what_the_tires_give_takes_friction_from_the_turn(pull: float, push: float, left_over: float) -> None:
    """Air drag slows the body: on ice at 27 m/s it is a quarter of µ g, which a turn must not lose."""
    grip, step = 0.1 * 9.81, 1 / 240
    after = models.advance_dynamic(
        PlanarMotion(0.0, 0.0, 0.0, 30.0, 0.0, 0.0), 0.1, pull * grip, push * grip, on_tires(20.0), 0.1, 0.1, step
    )
    front_share = REAR / (FRONT + REAR)  # of the load at rest; the rear tires do not slide yet
    moved = pull * grip * HEIGHT / (9.81 * (FRONT + REAR))
    assert after.leftward / step == pytest.approx(left_over * grip * (front_share - moved), rel=0.05)
