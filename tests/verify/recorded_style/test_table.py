import numpy as np
import pytest

from simengine.verify.recorded_style.command import preset_drivers
from simengine.verify.recorded_style.distance import between, wasserstein
from simengine.verify.recorded_style.drive import set_stage
from simengine.verify.recorded_style.fit import show
from simengine.verify.recorded_style.roads import read_road
from simengine.verify.recorded_style.table import BOUND, WORLDS, format_tables, measure_sites, missed
from tests.verify.recorded_style.platoon import platoon


@pytest.fixture(scope="module")
def roads(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    return [
        read_road(platoon(folder, 4, 18.0 + 6.0 * k, last=25, name=f"ZAM_Street-{k}_1_T-1.xml", first_id=10 * (k + 1)))
        for k in range(3)
    ]


def _lines(tables):
    return {line.name: line for line in tables[0].lines}


def test_lines_hold_distance_floor_and_interval(roads):
    drivers = preset_drivers("normal")
    tables = measure_sites({"ZAM_Street": roads[1:2]}, {"ZAM_Street": roads}, drivers, 5)
    lines = _lines(tables)
    assert tables[0].vehicles == 3
    shown, _ = show(set_stage(roads[1]), drivers, WORLDS, 5)
    for name, line in lines.items():
        assert line.distance == pytest.approx(between(shown, [roads[1].recorded], name))
        assert line.floor >= 0.0
    assert lines["gap"].interval[0] <= lines["gap"].distance * 1.5
    # Gaps of 13.5, 19.5 and 25.5 m: each half of one against the other two.
    values = [road.recorded.quantity["gap"].value for road in roads]
    expected = np.mean(
        [wasserstein(values[k], np.concatenate([values[j] for j in range(3) if j != k])) for k in range(3)]
    )
    assert lines["gap"].floor == pytest.approx(expected)


def test_a_distance_beyond_two_floors_is_missed(roads):
    calm = preset_drivers("normal").model_copy(update={"time_gap": 4.0, "time_gap_std": 0.0})
    tables = measure_sites({"ZAM_Street": roads}, {"ZAM_Street": roads}, calm, 5)  # nine vehicles
    found = missed(tables)
    assert "acceleration" in {line.name for line in found}
    assert all(line.distance > BOUND * line.floor for line in found)
    assert "BAD acceleration" in format_tables(tables)


def test_one_recording_has_no_floor_and_cannot_keep_to_it(roads):
    line = _lines(measure_sites({"ZAM_Street": roads[:1]}, {"ZAM_Street": roads[:1]}, preset_drivers("normal"), 5))
    assert not np.isfinite(line["gap"].floor)
    assert not line["gap"].good


def test_the_same_seed_gives_the_same_table(roads):
    site = {"ZAM_Street": roads[:1]}
    one, two = (measure_sites(site, {"ZAM_Street": roads}, preset_drivers("normal"), 5) for _ in range(2))
    assert one == two
