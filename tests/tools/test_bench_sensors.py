"""The sensors' benchmark: kernels see what closed forms say, peers see the same, and what is printed was measured."""

import json
import math

import numpy as np
import pytest

from simengine.core.errors import ConfigError
from tests.tools.bench_scenes import CAR, GROUND, TINY, WALL, WALL_AT, walled_scene
from tools.bench import main
from tools.benches import comparison, curves, sensing
from tools.benches.floor import costs_of, floor_of, machine_rates
from tools.benches.own import OwnSensors
from tools.benches.peers import PEERS, installed_peers
from tools.benches.sensing import Measured, Race
from tools.benches.subjects import RunningSubject, SubjectFailed, start_subjects
from tools.benches.tracing import agreement, trace
from tools.benches.triangles import write_scene
from tools.benches.views import (
    NOTHING,
    SENSOR,
    STILL,
    Views,
    beam_directions,
    car_matrices,
    motion_of,
    pixel_directions,
    place_cars,
    split_scene,
)
from tools.benches.workloads import CAMERA_ALL, CAMERA_IDS, LIDAR_DYNAMIC, LIDAR_STATIC, WORKLOADS

SCENE = walled_scene()
OURS = OwnSensors(SCENE, TINY, 1)


def see(subject, workload, frame):
    subject.prepare(workload, frame)
    subject.run(workload, frame)
    return subject.found(workload)


def test_beams_meet_ground_wall_and_car_where_geometry_says():
    distance, ids = see(OURS, LIDAR_STATIC, STILL)
    ray = beam_directions(TINY).astype(np.float64)
    with np.errstate(divide="ignore"):
        ground, wall = SENSOR[2] / -ray[:, 2], WALL_AT / ray[:, 0]
    on_ground, on_wall = ids == GROUND, ids == WALL
    assert on_ground.sum() > 50 and on_wall.sum() > 20 and (ids == CAR).sum() > 3 and (ids == NOTHING).sum() > 100
    np.testing.assert_allclose(distance[on_ground], ground[on_ground], rtol=1e-5)
    np.testing.assert_allclose(distance[on_wall], wall[on_wall], rtol=1e-5)
    assert np.isinf(distance[ids == NOTHING]).all()


def test_pixels_show_the_depth_of_what_they_see():
    depth, ids = see(OURS, CAMERA_IDS, STILL)
    ray = pixel_directions(TINY).astype(np.float64)
    np.testing.assert_allclose(depth[ids == WALL], WALL_AT, rtol=1e-5)
    on_ground = ids == GROUND
    np.testing.assert_allclose(depth[on_ground], SENSOR[2] / -ray[on_ground, 2], rtol=1e-5)
    assert (ids == CAR).sum() > 20 and on_ground.sum() > 200


def test_cars_are_where_the_frame_has_them():
    cars = split_scene(SCENE)[1]
    for frame in (0, 1):
        motion = motion_of(frame, 1)
        moved = place_cars(cars, motion)
        matrix = car_matrices(cars, motion)[0]
        np.testing.assert_allclose(moved, cars.local @ matrix[:3, :3].T + matrix[:3, 3], atol=1e-5)
        distance, ids = see(OURS, LIDAR_DYNAMIC, frame)
        point = np.array(SENSOR) + beam_directions(TINY)[ids == CAR] * distance[ids == CAR, None]
        local = (point - matrix[:3, 3]) @ matrix[:3, :3]  # into the car's box, 4 × 2 × 1.5 m
        assert np.abs(np.abs(local) / [2.0, 1.0, 0.75] - 1.0).min(axis=1).max() < 1e-4
    assert not np.array_equal(motion_of(0, 1).shift, motion_of(1, 1).shift) and not motion_of(STILL, 3).yaw.any()


def test_all_layers_hold_the_same_depth_as_ids_alone():
    alone, layers = see(OURS, CAMERA_IDS, 3), see(OURS, CAMERA_ALL, 3)
    assert all(np.array_equal(a, b) for a, b in zip(alone, layers, strict=True))


def test_a_digest_holds_all_layers_of_a_frame():
    digests = []
    for frame in (2, 3, 2, 3, 4):
        see(OURS, CAMERA_ALL, frame)
        digests.append(OURS.digest(CAMERA_ALL))
    assert digests[1] == digests[3] and len(set(digests[1:])) == 3


@pytest.mark.parametrize("workload", WORKLOADS)
def test_ours_agrees_with_embree(workload):
    pytest.importorskip("embreex")
    frame = STILL if workload == LIDAR_STATIC else 2
    found, truth = see(OURS, workload, frame), trace(SCENE, TINY, workload, frame)
    assert agreement(found, truth, SCENE, TINY, workload, frame) == 1.0


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_sees_what_an_exact_tracer_sees(name):
    if name not in installed_peers():
        pytest.skip(f"{name} is not installed")
    pytest.importorskip("embreex")
    subject = RunningSubject(name, 1, by_clock=False)
    try:
        subject.build(SCENE, TINY)
        assert subject.workloads
        for workload in subject.workloads:
            if (name, workload) == ("pybullet", CAMERA_IDS):
                continue  # it drops triangles that cross the near plane, the ground under the camera among them
            frame = STILL if workload == LIDAR_STATIC else 2
            subject.ask("time", workload, frame)
            found = subject.ask("found", workload)
            share = agreement(found, trace(SCENE, TINY, workload, frame), SCENE, TINY, workload, frame)
            assert share > 0.99 if workload in (CAMERA_IDS, CAMERA_ALL) else share == 1.0
    finally:
        subject.close()


def test_agreement_counts_wrong_ranges_wrong_instances_and_ties():
    pytest.importorskip("embreex")
    distance, ids = truth = trace(SCENE, TINY, LIDAR_STATIC, STILL)
    hit = np.flatnonzero(ids == WALL)
    far, wrong = distance.copy(), ids.copy()
    far[hit[:10]] += 0.002
    wrong[hit[10:15]] = GROUND
    share = agreement((far, wrong), truth, SCENE, TINY, LIDAR_STATIC, STILL)
    assert share == pytest.approx(1.0 - 15 / len(ids))
    missed = ids.copy()
    missed[hit[:4]] = NOTHING
    assert agreement((distance, missed), truth, SCENE, TINY, LIDAR_STATIC, STILL) == pytest.approx(1.0 - 4 / len(ids))
    twice = sensing.TriangleScene(  # the wall's rows once more, as the car's
        *SCENE[:1],
        np.concatenate([SCENE.triangle, SCENE.triangle[2:14]]),
        SCENE.first_vertex,
        np.array([0, 2, 14, 38]),
        *SCENE[4:],
    )
    as_car = ids.copy()
    as_car[hit] = CAR
    still = twice._replace(cars=np.zeros(0, np.int64))
    assert agreement((distance, as_car), truth, still, TINY, LIDAR_STATIC, STILL) == 1.0


def test_subjects_run_in_processes_of_their_own_and_failures_are_one_line(tmp_path, capfd):
    subject = RunningSubject("simengine", 1, by_clock=True)
    subject.build(SCENE, TINY)
    assert subject.workloads == WORKLOADS and subject.ask("time", LIDAR_DYNAMIC, 1) > 0.0
    there, here = subject.ask("found", LIDAR_DYNAMIC), see(OURS, LIDAR_DYNAMIC, 1)
    assert all(np.array_equal(a, b) for a, b in zip(there, here, strict=True))
    with pytest.raises(SubjectFailed, match="simengine: KeyError"):
        subject.ask("found", "no such workload")
    subject._process.kill()
    with pytest.raises(SubjectFailed, match="ended with code -9"):
        subject.ask("found", LIDAR_DYNAMIC)
    subject.close()
    assert capfd.readouterr().out == ""


class Failing:
    """A subject that answers so many times and then fails."""

    def __init__(self, name, answers):
        self.name, self.workloads, self.left, self.closed = name, (LIDAR_DYNAMIC,), answers, False

    def ask(self, command, workload, frame=None):
        self.left -= 1
        if self.left < 0:
            raise SubjectFailed(f"{self.name}: broke")
        return {"time": 1.0, "found": "seen", "digest": "d"}[command]

    def close(self):
        self.closed = True


def test_a_peer_that_fails_is_left_out_and_the_others_go_on(capsys):
    assert start_subjects(["no such peer"], [1], SCENE, TINY) == []
    assert capsys.readouterr().err.startswith("left out: no such peer: KeyError")
    sound, early, late = Failing("sound", 99), Failing("early", 3), Failing("late", 6)
    race = Race([sound, early, late])
    assert {subject.name: times for subject, times in race.times(LIDAR_DYNAMIC, 3).items()} == {
        "sound": [1.0] * 3, "late": [1.0] * 3,
    }  # fmt: skip
    assert early.closed and not sound.closed
    assert {subject.name: what for subject, what in race.seen(LIDAR_DYNAMIC).items()} == {"sound": ("seen", "d")}
    assert capsys.readouterr().err == "left out: early: broke\nleft out: late: broke\n"
    with pytest.raises(ConfigError, match="simengine: broke"):
        Race([Failing("simengine", 3)]).times(LIDAR_DYNAMIC, 3)


def test_json_is_one_list_of_records_and_nothing_else(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("tools.benches.views.FULL", TINY)
    write_scene(tmp_path / "scene.npz", SCENE)
    arguments = ["sensors", "--scene", str(tmp_path / "scene.npz"), "--runs", "2", "--json"]
    assert main([*arguments, "--workload", LIDAR_DYNAMIC, "--threads", "2", "1"]) == 0
    record, other = json.loads(capsys.readouterr().out)
    assert {**other, "threads": 1, "median_ms": record["median_ms"]} == record and other["threads"] == 2
    assert list(record) == ["workload", "subject", "threads", "median_ms", "agreement"]
    assert record["workload"] == LIDAR_DYNAMIC and record["subject"] == "simengine" and record["threads"] == 1
    assert record["median_ms"] > 0.0 and record["agreement"] in (None, 1.0)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "--scene"),
        (["--scene", "none.npz"], "none.npz: no such file"),
        (["--scene", "none.npz", "--threads", "-1"], "-1 is not a whole number from 1"),
        (["--scene", "none.npz", "--workload", "radar"], "radar"),
        (["--scene", "none.npz", "--json", "--markdown"], "--markdown"),
    ],
)
def test_wrong_requests_get_one_line_and_exit_code_2(capsys, arguments, part):
    try:
        code = main(["sensors", *arguments])
    except SystemExit as exit_:
        code = exit_.code
    err = capsys.readouterr().err
    assert code == 2 and part in err and len(err.strip().splitlines()) == 1


def test_an_unknown_weather_is_refused(tmp_path, capsys):
    write_scene(tmp_path / "scene.npz", SCENE)
    assert main(["sensors", "--scene", str(tmp_path / "scene.npz"), "--weather", "hail"]) == 2
    assert "hail" in capsys.readouterr().err


FOUND = [
    Measured(LIDAR_DYNAMIC, "simengine", 1, (9.0, 11.0, 10.0), 1.0, "a"),
    Measured(LIDAR_DYNAMIC, "simengine", 2, (5.0, 5.0, 5.0), 1.0, "a"),
    Measured(LIDAR_DYNAMIC, "open3d", 1, (60.0, 60.0, 60.0), 0.9999, "b"),
    Measured(LIDAR_DYNAMIC, "mitsuba", 1, (55.0, 55.0, 55.0), None, "c"),
    Measured(CAMERA_ALL, "simengine", 1, (30.0,), 1.0, "d"), Measured(CAMERA_ALL, "simengine", 2, (20.0,), 1.0, "e"),
    Measured(CAMERA_ALL, "moderngl", 1, (20.0,), 1.0, "f"),
]  # fmt: skip


def test_ratios_are_against_the_best_peer_and_held_against_the_aims():
    text = "\n".join(comparison.table_lines(FOUND, SCENE, TINY))
    assert "against the best peer, mitsuba: 5.50×" in text and "6.00× ours" in text
    assert "against mitsuba: 5.50× (aim ≥ 5×: reached; stretch 10×)" in text
    assert "against moderngl: 0.67× (aim ≥ 0.769×: NOT REACHED" in text and "1.50× the time that moderngl" in text
    twice = "as fast as one (aim ≥ 1.8×:"
    assert f"2 threads are 2.00× {twice} reached, and the stretch of 1.95× too), identical bits" in text
    assert f"camera_all_dynamic: 2 threads are 1.50× {twice} NOT REACHED; stretch 1.95×), DIFFERENT BITS" in text


def test_markdown_has_a_row_for_every_workload_and_its_floor():
    lines = list(comparison.markdown_lines(FOUND, SCENE, TINY, "tools/bench.py sensors"))
    rows = [line for line in lines if line.startswith("| ")]
    assert all(line.count("|") == rows[0].count("|") for line in rows[:4])
    assert rows[1].startswith("| lidar_dynamic | 1 | 10.0 | 100.000 % | mitsuba 55.0 | – | 5.50× | ≥ 5.00×: reached | ")
    assert len(rows) == 1 + 4 + 1 + len(FOUND)


def test_the_floor_counts_bytes_and_operations():
    moved, operations = costs_of(LIDAR_DYNAMIC, 1000, 2000, Views(channels=10, columns=100))
    assert moved == 12 * 1000 + 6 * 2000 + 8 * 1000 and operations == 18 * 1000 + 36 * 2000 + 6 * 1000
    assert costs_of(CAMERA_ALL, 10, 10, TINY) > costs_of(CAMERA_IDS, 10, 10, TINY)
    bandwidth, rate = machine_rates()
    assert 1e8 < bandwidth < 1e12 and 1e8 < rate < 1e12
    floor = floor_of(LIDAR_DYNAMIC, SCENE, TINY)
    assert floor.memory_ms == pytest.approx(1e9 * floor.megabytes / bandwidth)
    assert math.isclose(floor.arithmetic_ms, 1e9 * floor.megaops / rate)


def test_exponents_are_slopes_of_logarithms(tmp_path):
    pytest.importorskip("matplotlib")
    found = [
        curves.Curve("triangles", LIDAR_DYNAMIC, (10, 100, 1000), (1.0, 10.0**0.5, 10.0)),
        curves.Curve("actors", CAMERA_IDS, (0, 10, 40), (7.0, 8.0, 16.0)),
    ]
    assert [curve.exponent for curve in found] == pytest.approx([0.5, 0.5])
    assert curves.show(iter(found), tmp_path / "a.svg") == 0 and curves.show(iter(found), tmp_path / "b.svg") == 0
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text() and "exponent 0.50" in text.replace("&#160;", " ")


def test_a_curve_has_a_point_for_every_amount():
    axis = curves.Axis("beams", (64, 128), lambda amount: (SCENE, TINY._replace(columns=amount)), (LIDAR_DYNAMIC,))
    (curve,) = curves.measure(2, [axis])
    assert curve.axis == "beams" and curve.amount == (64, 128) and len(curve.median) == 2 and min(curve.median) > 0.0


def test_a_figure_is_drawn_only_where_it_can_be(capsys):
    for path, part in (("a.pdf", ".svg or .png"), ("no/such/a.svg", "no folder no/such")):
        assert main(["curves", path]) == 2 and part in capsys.readouterr().err
