import pytest

from simengine.core.errors import ScenarioError
from simengine.verify.recorded_style.roads import read_road
from simengine.verify.recorded_style.sites import groups_of, recordings, site_of, split
from tests.verify.recorded_style.platoon import platoon


@pytest.fixture(scope="module")
def roads(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    files = [
        platoon(folder, 3, name=f"ZAM_Street-{k}_1_T-1.xml", first_id=first)
        for k, first in enumerate((10, 30, 12, 50), start=1)  # 1 and 3 share vehicle 12
    ]
    return [read_road(file) for file in files]


def test_recordings_that_share_a_vehicle_stay_together(roads):
    names = [[road.name[11] for road in group] for group in groups_of(roads)]
    assert names == [["1", "3"], ["2"], ["4"]]


def test_no_vehicle_is_on_both_sides(roads):
    fitted, held_out = split(roads)
    ids = [{name for road in side["ZAM_Street"] for name in road.tracks.id.tolist()} for side in (fitted, held_out)]
    assert not ids[0] & ids[1]
    assert [road.name[11] for road in held_out["ZAM_Street"]] == ["2"]


def test_a_site_is_what_comes_before_the_hyphen():
    assert site_of("USA_US101-3_3_T-1") == "USA_US101"


def test_a_recording_given_twice_is_refused(tmp_path):
    file = platoon(tmp_path)
    with pytest.raises(ScenarioError, match="given twice"):
        recordings([str(file), str(tmp_path)])
    with pytest.raises(ScenarioError, match="nowhere"):
        recordings([str(tmp_path / "nowhere")])
