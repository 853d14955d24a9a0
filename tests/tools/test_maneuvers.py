"""Maneuvers beside published models: inputs by closed form, references by their published values, verdicts."""

import math

import numpy as np
import pytest

from simengine.core.errors import ConfigError
from simengine.core.mechanics import GRAVITY
from simengine.physics.vehicle.catalog import model_named
from tools.check import main
from tools.checks.maneuvers import bends, cells, inputs, lane_change, ours, page, recorded_minute, reference, stops
from tools.checks.maneuvers.actuators import Inputs, after_actuators
from tools.checks.maneuvers.course import Course, apart, stopping_distance
from tools.checks.motion.closed_forms import understeer_gradient

STEP = 1.0 / 120.0


@pytest.fixture(scope="module")
def car():
    pytest.importorskip("vehiclemodels")
    return reference.load_reference()


def straight(seconds=1.0, speed=20.0, y=0.0, yaw=0.0, yaw_rate=0.0, load=math.inf):
    """A course straight on that ends at a y, a yaw and a yaw rate."""
    times = STEP * np.arange(round(seconds / STEP) + 1)
    ramp = times / times[-1]
    zero = np.zeros(len(times))
    return Course(speed * times, y * ramp, yaw * ramp, zero + speed, zero, yaw_rate * ramp, load, STEP)


def steady_turn(speed=20.0, radius=100.0, seconds=2.0):
    times = STEP * np.arange(round(seconds / STEP) + 1)
    yaw = times * speed / radius
    return Course(
        radius * np.sin(yaw), radius * (1.0 - np.cos(yaw)), yaw, speed * np.cos(yaw), speed * np.sin(yaw),
        np.full(len(times), speed / radius), math.inf, STEP,
    )  # fmt: skip


# What is judged.


def test_a_turn_has_its_lateral_acceleration_and_no_side_slip():
    course = steady_turn()
    np.testing.assert_allclose(course.lateral_acceleration[1:-1], 4.0, rtol=1e-4)
    np.testing.assert_allclose(course.side_slip, 0.0, atol=1e-12)
    assert apart(course, course._replace(y=course.y + 3.0)) == pytest.approx(3.0)


def test_a_figure_passes_within_both_models_and_five_percent_of_the_peak():
    models = (straight(yaw_rate=0.20, y=2.0, yaw=0.3), straight(yaw_rate=0.30, y=3.0, yaw=0.4))
    for rate, y, good in (
        (0.25, 2.5, (True, True)), (0.186, 1.86, (True, True)), (0.184, 1.84, (False, False)),
        (0.314, 3.14, (True, True)), (0.316, 3.16, (False, False)), (math.nan, 2.5, (False, True)),
        (0.25, -2.5, (True, False)),
    ):  # fmt: skip
        found = cells.judge(straight(yaw_rate=rate, y=y, yaw=0.35), models)
        assert [cell.what for cell in found] == [
            "peak yaw rate", "peak lateral acceleration", "final yaw", "final y"
        ]  # fmt: skip
        assert (found[0].good, found[3].good) == good, (rate, y)
    assert found[0].measured == pytest.approx(math.degrees(0.25))
    assert cells.judge(straight(yaw_rate=0.186), models)[0].inside is False


def test_the_peak_of_a_final_figure_is_that_on_the_way():
    swing = straight()._replace(y=np.sin(np.linspace(0.0, math.pi, 121)) * 2.0)
    (*_, end) = cells.judge(straight(y=0.09), (swing, swing))
    assert end.good and end.margin == pytest.approx(0.1)
    assert not cells.judge(straight(y=0.11), (swing, swing))[3].good


def test_maneuvers_in_which_the_multi_body_model_lifts_a_wheel_are_left_out():
    row = cells.compare("a", "bullet", straight(), straight(yaw_rate=0.1), straight(yaw_rate=0.1, load=-1.0))
    assert row.cells == () and "lifts a wheel" in row.left_out
    row = cells.compare("a", "bullet", straight(), straight(yaw_rate=0.2), straight(yaw_rate=0.1, load=1.0))
    assert len(row.cells) == 4 and row.yaw_rate_error == pytest.approx(row.published_yaw_rate_error)


def rows_with(good, bad, physics="bullet"):
    ok, off = cells.Cell("final y", "m", 1.0, 0.5, 1.5), cells.Cell("final y", "m", 2.0, 0.5, 1.5)
    return [cells.Row("a", physics, (ok,) * good + (off,) * bad)]


def test_each_physics_needs_eighty_percent():
    assert page.verdicts(rows_with(4, 1)) == [("bullet", 4, 5, True)]
    assert page.verdicts(rows_with(79, 21)) == [("bullet", 79, 100, False)]
    assert page.verdicts([cells.Row("a", "bullet", (), "MB lifts a wheel")]) == [("bullet", 0, 0, False)]
    both = page.verdicts(rows_with(5, 0, "batched") + rows_with(0, 5))
    assert [enough for *_, enough in both] == [True, False]


def test_the_page_tells_what_is_outside_and_what_is_left_out(car):
    bad = cells.judge(straight(y=9.0), (straight(y=1.0), straight(y=2.0)))
    rows = [cells.Row("step, fast", "bullet", bad), cells.Row("ramp", "bullet", (), "MB lifts a wheel")]
    text = page.document(car, rows, [recorded_minute.Drift("KS", 10.0, 1.5, -0.5, 0.1)])
    assert "**9** [0.9, 2.1]" in text and "- step, fast, bullet: final y 9 (0.9 to 2.1 m)" in text
    assert "- ramp: MB lifts a wheel" in text and "| KS | 10 | 1.50 | -0.50 | +5.73 |" in text


# What is asked for.


def test_sine_with_dwell_is_fmvss_126s():
    amplitude = 0.03
    at = [inputs.sine_with_dwell(t, amplitude) for t in (0.25 / 0.7, 0.75 / 0.7, 0.75 / 0.7 + 0.49, 0.5 / 0.7)]
    np.testing.assert_allclose(at, [amplitude, -amplitude, -amplitude, 0.0], atol=1e-12)
    assert inputs.sine_with_dwell(1.92, amplitude) < -1e-4 and inputs.sine_with_dwell(1.93, amplitude) == 0.0
    assert inputs.sine_with_dwell(0.5 / 0.7 + 0.1, amplitude) == pytest.approx(-amplitude * math.sin(0.14 * math.pi))


def test_sizes_are_those_of_a_neutral_car(car):
    assert inputs.handling_angle(car) == pytest.approx(2.5789 * 0.3 * 9.81 / (80.0 / 3.6) ** 2, rel=1e-4)
    (first, *_) = inputs.step_steers(car)
    assert first.steering[0] == 0.0 and first.steering[-1] == pytest.approx(2.5789 * 1.962 / 192.9, rel=1e-3)
    assert not first.acceleration.any()
    (ramp,) = inputs.ramp_steers(car)
    assert np.diff(ramp.steering).max() <= inputs.RAMP_RATE * STEP * (1.0 + 1e-9)
    assert ramp.steering[-1] * ramp.speed**2 / car.wheelbase == pytest.approx(1.0489 * 9.81)
    (_, hard) = inputs.brakes_in_turn(car)
    assert hard.acceleration[round((0.5 + 2.99) / STEP)] == 0.0 and hard.acceleration[round(3.6 / STEP)] == -6.0


def test_every_maneuver_of_the_table_is_there(car):
    assert [len(list(bends.BENDS[name](car))) for name in bends.BENDS] == [8, 1, 2, 4, 4, 2, 2, 1]
    assert len(list(stops.full_stops(car))) == 9 and len(list(stops.split_brakes(car))) == 2


def test_lane_changes_pass_the_cones_by_half_of_what_lanes_are_wider():
    track = lane_change.iso_3888_2(1.61)
    assert track.offset == pytest.approx(0.5 * (1.1 * 1.61 + 0.25) + 1.0 + 0.5 * 2.61)
    changes = lane_change.swings(track)
    ends = np.cumsum(track.sections)
    heights = [lane_change.way(changes, x)[0] for x in ends[:4]]
    out, across, back = (0.5 * slack for slack in track.slack)
    np.testing.assert_allclose(
        heights, [out, track.offset - across, track.offset - across, back], atol=1e-9,
    )  # fmt: skip
    y, slope, curvature = lane_change.way(changes, 19.0)
    ahead, behind = lane_change.way(changes, 19.001), lane_change.way(changes, 18.999)
    assert slope == pytest.approx((ahead[0] - behind[0]) / 0.002, rel=1e-5)
    assert curvature * (1.0 + slope**2) ** 1.5 == pytest.approx((ahead[1] - behind[1]) / 0.002, rel=1e-4)


def test_the_driver_follows_the_lane_change(car):
    demands, off = lane_change.drive_lane_change(car, lane_change.iso_3888_1(1.61), 80.0 / 3.6)
    assert off < 0.1 and max(demands) > 0.015 and min(demands) < -0.015


# The published models.


def ramp_and_hold(seconds, rate, until):
    times = STEP * np.arange(round(seconds / STEP) + 1)
    return Inputs(np.minimum(rate * times, until), np.zeros(len(times)), STEP)


def test_published_models_end_where_their_published_trajectories_do(car):
    """Steering 0.15 rad/s for 0.1 s at 20 m/s, then 4 s in all; and braking at 0.7 g for 2 s (LSODA, 1e-8)."""
    given = ramp_and_hold(4.0, 0.15, 0.015)
    single, multi = reference.drive_single_track(car, given, 20.0), reference.drive_multi_body(car, given, 20.0)
    for course, x, y, yaw, rate in (
        (single, 77.4798, 16.8613, 0.44872, 0.11633), (multi, 77.2460, 17.1254, 0.45469, 0.11793)
    ):  # fmt: skip
        np.testing.assert_allclose((course.x[-1], course.y[-1]), (x, y), atol=1e-3)
        np.testing.assert_allclose((course.yaw[-1], course.yaw_rate[-1]), (yaw, rate), atol=2e-5)
    brakes = Inputs(np.zeros(241), np.full(241, -0.7 * 9.81), STEP)
    single, multi = reference.drive_single_track(car, brakes, 20.0), reference.drive_multi_body(car, brakes, 20.0)
    for course, x, speed in ((single, 26.2660, 6.2660), (multi, 27.0000, 6.9641)):
        np.testing.assert_allclose((course.x[-1], course.speed[-1]), (x, speed), atol=2e-4)


def test_a_step_of_the_published_models_is_exact_and_one_that_runs_away_is_told():
    pytest.importorskip("scipy")
    after = reference.advance(lambda time, state: np.array([time, -200.0 * state[1]]), np.array([0.0, 1.0]), STEP)
    np.testing.assert_allclose(after, [0.5 * STEP**2, math.exp(-200.0 * STEP)], atol=1e-6)
    with pytest.raises(ArithmeticError, match="run away"):
        reference.advance(lambda time, state: state**2, np.array([240.0]), STEP)  # infinite after 1/240 s


def test_the_wheels_of_a_standing_car_carry_it(car):
    state = car.start_multi_body([0.0] * 7, car.parameters)
    loads = reference.wheel_loads(state, car.parameters)
    assert sum(loads) == pytest.approx(car.parameters.m * GRAVITY, rel=1e-3) and loads[0] == loads[1]
    state[13] = 0.02  # roll of the front axle
    rolled = reference.wheel_loads(state, car.parameters)
    assert rolled[0] < loads[0] < rolled[1] and rolled[2:] == loads[2:]


def test_tires_of_another_friction_keep_their_stiffness(car):
    from vehiclemodels.utils.tire_model import formula_lateral, formula_longitudinal

    tire = reference.with_friction(car.parameters, 0.5).tire
    most = max(abs(formula_lateral(0.001 * k, 0.0, 3000.0, tire)[0]) for k in range(200))
    assert most == pytest.approx(0.5 * 3000.0, rel=0.01)
    most = max(formula_longitudinal(-0.001 * k, 0.0, 3000.0, tire) for k in range(200))
    assert most == pytest.approx(0.5 * 1.1739 / 1.0489 * 3000.0, rel=0.01)
    for law in (formula_longitudinal, lambda *given: formula_lateral(*given)[0]):
        slope = [law(1e-4, 0.0, 3e3, p) - law(-1e-4, 0.0, 3e3, p) for p in (tire, car.parameters.tire)]
        assert slope[0] == pytest.approx(slope[1], rel=0.02)
    assert car.parameters.tire.p_dy1 == 1.0489  # the car's own are untouched


def test_the_multi_body_model_takes_tires_side_by_side(car):
    state = car.start_multi_body([0.0, 0.0, 0.02, 20.0, 0.0, 0.1, 0.01], car.parameters)
    state[23:27] = [0.9 * spin for spin in state[23:27]]
    plain = car.multi_body(list(state), (0.0, -3.0), car.parameters)
    equal = reference.SplitParameters(car.parameters, 1.0489, 1.0489)
    assert car.multi_body(list(state), (0.0, -3.0), equal) == plain and equal.asked == 16
    slippery = reference.with_friction(car.parameters, 0.3)
    low = car.multi_body(list(state), (0.0, -3.0), slippery)
    for split, changed in (((1.0489, 0.3), (23, 25)), ((0.3, 1.0489), (24, 26))):  # MB's left is on our right
        found = car.multi_body(list(state), (0.0, -3.0), reference.SplitParameters(car.parameters, *split))
        for wheel in range(23, 27):
            assert found[wheel] == (low if wheel in changed else plain)[wheel]


def test_a_car_whose_left_wheels_grip_turns_left_under_braking(car):
    """Both in MB and in ours, which have their y axes to other sides."""
    given = Inputs(np.zeros(91), np.full(91, -4.0), STEP)
    published = reference.drive_multi_body(car, given, 22.0, (1.0, 0.3), anti_lock=True)
    assert published.yaw[-1] > 0.001 and published.y[-1] > 0.001
    pytest.importorskip("pybullet")
    bullet = ours.drive("bullet", "bmw_320i", np.zeros(90), np.full(90, -4.0), 22.0, (1.0, 0.3), STEP)
    assert bullet.yaw[-1] > 0.001 and bullet.y[-1] > 0.001
    mirrored = stops.mirrored(published)
    assert mirrored.yaw[-1] == -published.yaw[-1] and mirrored.lateral_acceleration[-1] < 0.0


@pytest.mark.parametrize(("friction", "speed"), [(1.0, 15.0), (0.5, 15.0), (0.2, 6.0)])
def test_anti_lock_brakes_stop_as_the_tires_pull_most(car, friction, speed):
    given = Inputs(np.zeros(481), np.full(481, -11.5), STEP)
    multi = reference.drive_multi_body(car, given, speed, (friction, friction), anti_lock=True, until_standing=True)
    single = reference.drive_single_track(car, given, speed, friction, until_standing=True)
    best = speed**2 / (2.0 * friction * GRAVITY)
    assert stopping_distance(single) == pytest.approx(best, rel=1e-3)
    # Peak longitudinal force is p_dx1 / p_dy1 of the lateral one; on dry roads the front brakes' share limits.
    assert best / (1.1739 / 1.0489) * 0.99 < stopping_distance(multi) < best * 1.04


def test_a_stop_is_driven_to_its_end():
    times = STEP * np.arange(240)
    zero = np.zeros(len(times))
    course = Course(20.0 * times - 2.5 * times**2, zero, zero, 20.0 - 5.0 * times, zero, zero, math.inf, STEP)
    assert stopping_distance(course) == pytest.approx(40.0, rel=1e-6)


def test_a_car_that_never_slows_has_no_stopping_distance():
    times = STEP * np.arange(240)
    zero = np.zeros(len(times))
    course = Course(20.0 * times, zero, zero, np.full(len(times), 20.0), zero, zero, math.inf, STEP)
    assert math.isnan(stopping_distance(course))


def test_only_cars_with_published_parameters_are_taken():
    with pytest.raises(ConfigError, match="there are: ford_escort, bmw_320i"):
        reference.load_reference("truck")


@pytest.mark.parametrize("model", reference.PARAMETER_SETS)
def test_a_model_of_the_catalog_is_the_car_of_its_parameter_set(car, model):
    p, mine = reference.load_reference(model).parameters, model_named(model)
    np.testing.assert_allclose(
        (mine.mass, mine.yaw_inertia, mine.front_axle, mine.rear_axle, mine.max_steering_rate, mine.max_deceleration),
        (p.m, p.I_z, p.a, p.b, p.steering.v_max, p.longitudinal.a_max), rtol=1e-4,
    )  # fmt: skip


# Ours.


@pytest.mark.parametrize("physics", ours.PHYSICS)
def test_our_vehicles_get_the_inputs_that_the_published_models_get(physics):
    if physics == "bullet":
        pytest.importorskip("pybullet")
    ticks = np.arange(60)
    steering, acceleration = 0.1 * np.sin(0.3 * ticks), np.where(ticks > 20, -30.0, 2.0)
    given = after_actuators(model_named("bmw_320i"), steering, acceleration, STEP)
    vehicle = ours.Vehicle(physics, "bmw_320i", 20.0, (1.0, 1.0), 120)
    for k in range(60):
        vehicle.step(steering[k], acceleration[k])
        np.testing.assert_allclose(vehicle.actuators, (given.steering[k + 1], given.acceleration[k + 1]), atol=1e-12)
    vehicle.close()
    assert np.abs(np.diff(given.steering)).max() == pytest.approx(0.4 * STEP) and given.acceleration.min() > -11.5


@pytest.mark.parametrize("physics", ours.PHYSICS)
def test_a_course_is_that_of_the_center_of_mass(physics):
    if physics == "bullet":
        pytest.importorskip("pybullet")
    course = ours.drive(physics, "bmw_320i", np.full(180, 0.05), np.zeros(180), 12.0, (1.0, 1.0), STEP)
    assert (course.x[0], course.y[0], course.vx[0]) == pytest.approx((0.0, 0.0, 12.0))
    moved = np.stack([np.diff(course.x), np.diff(course.y)]) / STEP
    mean = 0.5 * np.stack([course.vx[1:] + course.vx[:-1], course.vy[1:] + course.vy[:-1]])
    assert np.abs(moved - mean).max() < 0.02
    # A quarter of a meter ahead of the box's center, which would tell another side slip.
    rear = 1.4227 - 12.0**2 / (20.9 * 9.81) * 2.5789 / 2.5789
    expected = math.atan(course.yaw_rate[-1] / course.speed[-1] * rear)
    assert course.side_slip[-1] == pytest.approx(expected, abs=0.003)
    assert course.yaw[-1] == pytest.approx(np.trapezoid(course.yaw_rate, dx=STEP), abs=0.01)


def test_a_vehicle_that_does_not_stop_passes_no_stop(car, monkeypatch):
    (stop, *_) = stops.full_stops(car)
    for end, good in ((4.0, False), (0.0, True)):
        speed = np.linspace(stop.maneuver.speed, end, 200)
        rest = end**2 / 12.0  # what it would still take
        far = np.linspace(0.0, 0.5 * stop.maneuver.speed + 10.8 - rest, 200)  # lead-in and what a stop takes
        zero = np.zeros(200)
        course = Course(far, zero, zero, speed, zero, zero, math.inf, STEP)
        monkeypatch.setattr(stops, "drive", lambda *given, course=course: course)
        (row,) = stops.stop_rows(car, stop, ("batched",))
        assert row.cells[0].good == good


def test_mechanics_of_the_hill():
    down = GRAVITY * 0.15 / math.hypot(1.0, 0.15)
    speed, way = stops.hill_speed(3.0, 0.0)
    assert speed == pytest.approx(3.0 * 2.9 - 3.0 * down) and way == pytest.approx(
        3.0 * (4.5 - 0.3 + 0.01) - 4.5 * down
    )
    assert stops.hill_speed(3.0, 0.05)[0] == pytest.approx(3.0 * 2.9 - 3.0 * down / 1.05)


# The recorded minute.


@pytest.fixture
def circle_recording(tmp_path):
    """A minute on a circle to the left of 500 m at 10 m/s, near San José, as comma2k19 stores it."""
    pyproj = pytest.importorskip("pyproj")
    times, radius, speed = np.arange(0.0, 60.0, 0.05), 500.0, 10.0
    turned = times * speed / radius + 0.7
    flat = np.stack([radius * np.sin(turned), -radius * np.cos(turned), np.zeros(len(times))], axis=1)
    velocity = speed * np.stack([np.cos(turned), np.sin(turned), np.zeros(len(times))], axis=1)
    lon, lat = -122.0, 37.0
    to_earth = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    origin, o, a = np.array(to_earth.transform(lon, lat, 30.0)), math.radians(lon), math.radians(lat)
    axes = np.array([
        [-math.sin(o), math.cos(o), 0.0],
        [-math.sin(a) * math.cos(o), -math.sin(a) * math.sin(o), math.cos(a)],
        [math.cos(a) * math.cos(o), math.cos(a) * math.sin(o), math.sin(a)],
    ])  # fmt: skip
    wheel = math.degrees(math.atan(recorded_minute.WHEELBASE / radius) * recorded_minute.RATIO) + 1.5
    segment = tmp_path / "segment"
    for name, values in (
        ("global_pose/frame_times", times + 1000.0), ("global_pose/frame_positions", origin + flat @ axes),
        ("global_pose/frame_velocities", velocity @ axes), ("processed_log/CAN/speed/t", times + 1000.0),
        ("processed_log/CAN/speed/value", np.full((len(times), 1), speed)),
        ("processed_log/CAN/steering_angle/t", times + 1000.0),
        ("processed_log/CAN/steering_angle/value", np.full(len(times), wheel)),
    ):  # fmt: skip
        path = segment / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.save(file, values)
    return tmp_path


def test_a_recorded_circle_is_driven_again(circle_recording):
    recording = recorded_minute.read_recording(circle_recording)
    assert recording.course[-1] == pytest.approx(59.95 * 10.0 / 500.0, abs=0.01)
    assert recording.y[1200] == pytest.approx(500.0 * (1.0 - math.cos(0.2)), abs=0.02)
    assert math.degrees(recorded_minute.straight_ahead(recording)) == pytest.approx(1.5, abs=0.05)
    drifts = recorded_minute.drifts(recording, ("batched",))
    assert [(d.model, round(d.time)) for d in drifts[:4]] == [("KS", 10), ("KS", 30), ("KS", 60), ("batched", 10)]
    assert all(d.apart < 3.0 and abs(d.turned) < 0.02 for d in drifts if d.model == "KS")
    # Ours understeers, which KS does not, and has a longer wheelbase: it turns by L_KS / (L + K v²) of the 0.02 rad/s.
    model = model_named(recorded_minute.MODEL)
    own = model.front_axle + model.rear_axle + understeer_gradient(model) * 10.0**2
    missing = 0.02 * (recorded_minute.WHEELBASE / own - 1.0)
    ours_turned = [(d.time, d.turned) for d in drifts if d.model == "batched"]
    assert all(turned == pytest.approx(missing * time, abs=0.01) for time, turned in ours_turned)


def test_a_recording_that_is_not_there_is_told(tmp_path, circle_recording):
    with pytest.raises(ConfigError, match="no recording of comma2k19"):
        recorded_minute.read_recording(tmp_path / "nothing")
    (circle_recording / "segment/processed_log/CAN/speed/value").unlink()
    with pytest.raises(ConfigError, match="speed/value"):
        recorded_minute.read_recording(circle_recording)


# The command.


def test_the_command_judges_what_it_is_asked(car, capsys, monkeypatch):
    assert main(["maneuvers", "--only", "batched", "--maneuver", "hill-start"]) == 0
    out = capsys.readouterr().out
    assert "ok  hill start, 15%, 3 m/s², batched" in out and "bullet" not in out and "recorded minute" not in out
    monkeypatch.setattr(stops, "hill_speed", lambda time, rotating: (9.0, 9.0))
    assert main(["maneuvers", "--only", "batched", "--maneuver", "hill-start"]) == 1
    assert "BAD batched  2 of 4 figures" in capsys.readouterr().out


def test_a_step_steer_passes_in_the_linear_range(car):
    (first, *_) = inputs.step_steers(car)
    (row,) = bends.bend_rows(car, first, ("batched",))
    assert all(cell.good for cell in row.cells) and row.path_error < 0.5


def test_a_maneuver_that_a_published_model_cannot_go_through_is_left_out(car, monkeypatch):
    def spin(*given, **settings):
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr(bends, "drive_multi_body", spin)
    (first, *_) = inputs.step_steers(car)
    rows = list(bends.bend_rows(car, first, ("batched", "bullet")))
    assert [row.cells for row in rows] == [(), ()] and "no answer" in rows[0].left_out


@pytest.mark.parametrize("package", ["vehiclemodels.init_mb", "scipy.integrate"])
def test_without_a_package_one_line_says_what_to_install(capsys, monkeypatch, package):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    assert main(["maneuvers"]) == 2
    assert 'pip install "simengine[test]"' in capsys.readouterr().err


def test_without_a_recording_the_rest_is_measured(car, capsys, monkeypatch, tmp_path):
    from tools.checks.commands import maneuvers

    monkeypatch.setattr(maneuvers, "ROOT", tmp_path / "repository")
    monkeypatch.setattr(bends, "rows", lambda *given: iter(rows_with(5, 0)))
    assert main(["maneuvers"]) == 0
    assert "the recorded minute is left out" in capsys.readouterr().out
    assert main(["maneuvers", "--maneuver", "recorded-minute"]) == 2
    assert "no recording of comma2k19" in capsys.readouterr().err
