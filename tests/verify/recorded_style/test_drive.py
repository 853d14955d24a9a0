import numpy as np
import pytest

from simengine.behavior.driver_state import TIME_GAP
from simengine.core.errors import ScenarioError
from simengine.verify.recorded_style.command import preset_drivers
from simengine.verify.recorded_style.drive import deal_time_gaps, drive, set_stage
from simengine.verify.recorded_style.fit import show
from simengine.verify.recorded_style.roads import read_road
from tests.road.drawn_recordings import problem
from tests.verify.recorded_style.platoon import platoon


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    return read_road(platoon(tmp_path_factory.mktemp("drive")))


def _rows(road):
    return {str(name): row for row, name in enumerate(road.tracks.id)}


def test_who_has_nobody_ahead_is_not_driven(road):
    driven = {name: bool(road.driven[row]) for name, row in _rows(road).items()}
    assert driven == {"10": True, "11": True, "12": True, "13": True, "14": False}


def test_who_follows_the_left_out_vehicle_of_the_planning_problem_is_not_driven(tmp_path):
    # Vehicle 12 is at 70 m, 13 at 95 m; the problem's own vehicle at 82 m is not in the file.
    road = read_road(platoon(tmp_path, inside=problem(99, 82.0)))
    driven = {name: bool(road.driven[row]) for name, row in _rows(road).items()}
    assert driven == {"10": True, "11": True, "12": False, "13": True, "14": False}


def test_who_is_not_driven_follows_the_recording(road):
    tracks, _ = drive(set_stage(road), preset_drivers("normal"), 1, 1)
    row = _rows(road)["14"]
    recorded = road.tracks.valid[row]
    assert np.abs(tracks[0].position[row, recorded] - road.tracks.position[row, recorded]).max() < 1e-6


def test_driven_vehicles_start_as_recorded_and_then_drive_themselves(road):
    drivers = preset_drivers("normal").model_copy(update={"time_gap": 3.5, "time_gap_std": 0.0})
    tracks, touched = drive(set_stage(road), drivers, 1, 1)
    row = _rows(road)["13"]
    assert np.abs(tracks[0].position[row, 0] - road.tracks.position[row, 0]).max() < 1e-6
    assert tracks[0].position[row, -1, 0] < road.tracks.position[row, -1, 0] - 5.0  # it falls back
    assert touched == 0


def test_a_vehicle_that_has_left_the_recording_is_still_seen(tmp_path):
    # The leader's recording ends after 2 s; whoever follows it must not take the road for free.
    from tests.road.drawn_recordings import car, street, write

    def at_the_end(*leader):
        cars = [car(1, 215.0, speed=12.0), *leader]
        road = read_road(write(tmp_path, street(1), *cars, name="ZAM_End-1_1_T-1.xml"))
        tracks, _ = drive(set_stage(road), preset_drivers("normal"), 1, 1)
        return tracks[0].position[_rows(road)["1"], -1, 0]

    short, whole = at_the_end(car(2, 240.0, speed=12.0, last=20)), at_the_end(car(2, 240.0, speed=12.0))
    assert short == pytest.approx(whole, abs=0.05)


def test_a_world_does_not_depend_on_how_many_there_are(road):
    stage, drivers = set_stage(road), preset_drivers("normal")
    alone, _ = drive(stage, drivers, 1, 3)
    first, second, _ = drive(stage, drivers, 3, 3)[0]
    assert (alone[0].position == first.position).all()
    assert (first.position != second.position).any()


def test_who_is_held_to_a_recording_does_not_run_into_driven_vehicles(tmp_path):
    # Vehicle 3 starts alone in the left lane and is recorded to move over behind 2, which our driver makes slower.
    from tests.road.drawn_recordings import car, obstacle, state, street, write

    states = []
    for k in range(1, 61):
        y = 5.25 - 3.5 * min(1.0, max(0.0, (k - 5) / 15.0))
        states.append(state("state", k, 30.0 + 1.5 * k, y, speed=15.0))
    path = f"<trajectory>{''.join(states)}</trajectory>"
    changer = obstacle(3, state("initialState", 0, 30.0, 5.25, speed=15.0) + path)
    road = read_road(
        write(tmp_path, street(2, mark="dashed"), car(1, 70.0, speed=15.0), car(2, 45.0, speed=15.0), changer)
    )
    assert road.driven[_rows(road)["2"]] and not road.driven[_rows(road)["3"]]
    drivers = preset_drivers("normal").model_copy(update={"time_gap": 4.0, "time_gap_std": 0.0})
    tracks, touched = drive(set_stage(road), drivers, 1, 1)
    assert touched == 0
    row = _rows(road)["3"]
    assert tracks[0].position[row, -1, 0] < road.tracks.position[row, -1, 0] - 2.0  # it has braked


def test_time_gaps_are_dealt_by_what_vehicles_start_with(tmp_path):
    from tests.road.drawn_recordings import car, street, write

    # Gaps at the start: 1 behind 2: 10.5 m, 2 behind 3: 35.5 m, 3 behind 4: 20.5 m, all at 12 m/s.
    cars = [car(k + 1, x, speed=12.0) for k, x in enumerate((20.0, 35.0, 75.0, 100.0))]
    road = read_road(write(tmp_path, street(1), *cars))
    row = _rows(road)
    assert road.start_gap[[row["1"], row["2"], row["3"]]] == pytest.approx([10.5 / 12.0, 35.5 / 12.0, 20.5 / 12.0])
    style = np.random.default_rng(1).random((5, 4, 14))
    before = style.copy()
    deal_time_gaps(road, style)
    dealt = style[:, [row["1"], row["3"], row["2"]], TIME_GAP]
    assert (np.diff(dealt, axis=1) > 0.0).all()
    driven = [row["1"], row["2"], row["3"]]
    assert (np.sort(style[:, driven, TIME_GAP]) == np.sort(before[:, driven, TIME_GAP])).all()
    assert (style[:, row["4"]] == before[:, row["4"]]).all()
    rest = np.arange(14) != TIME_GAP
    assert (style[..., rest] == before[..., rest]).all()


def test_longer_time_gaps_show_as_longer_headways(road):
    stage, drivers = set_stage(road, 60), preset_drivers("normal")
    mean = []
    for gap in (0.8, 2.5):
        shown, _ = show(stage, drivers.model_copy(update={"time_gap": gap}), 2, 1)
        mean.append(np.mean([one.quantity["headway"].value[-1] for one in shown]))
    assert mean[1] > mean[0] + 0.1


def test_a_recording_too_short_for_accelerations_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="at least 1 s"):
        read_road(platoon(tmp_path, last=8))
