"""Lanelets without a stated limit: that of the road before, of the recorded speeds, or the usual one."""

import pytest

from simengine.road.commonroad import read_commonroad
from tests.road.drawn_recordings import car, lanelet, street, write

URBAN = "<laneletType>urban</laneletType>"


def limits(path):
    network = read_commonroad(path).network
    return {str(n): round(3.6 * float(v), 1) for n, v in zip(network.lane_name, network.lane_speed_limit, strict=True)}


def test_recorded_speeds_above_the_usual_ones_give_the_limit_and_are_remarked(tmp_path):
    path = write(tmp_path, street(2, URBAN), car(1, 10.0, speed=20.0), car(2, 60.0, 5.25, speed=21.0))
    assert limits(path) == {"1": 80.0, "2": 80.0}  # 75.6 km/h: the next sign is 80
    assert any("lanelets 1, 2" in line and "limit 80 instead of 50" in line for line in read_commonroad(path).remarks)


@pytest.mark.parametrize("speed", [5.0, 14.0])
def test_a_jam_or_traffic_at_the_limit_changes_nothing(tmp_path, speed):
    path = write(tmp_path, street(2, URBAN), car(1, 10.0, speed=speed))
    assert limits(path) == {"1": 50.0, "2": 50.0}
    assert not any("speed limit" in line for line in read_commonroad(path).remarks)


def test_a_stated_limit_holds_beside_and_after_its_lanelet_however_fast_people_drive(tmp_path):
    sign = "<speedLimit>10</speedLimit>"
    first = lanelet(1, 0, 3.5, (0, 50, 100), sign + '<successor ref="2"/>' + URBAN)
    path = write(tmp_path, first, lanelet(2, 0, 3.5, (100, 150, 200), URBAN), car(1, 110.0, speed=30.0, last=20))
    assert limits(path) == {"1": 36.0, "2": 36.0}


@pytest.mark.parametrize(("country", "limit"), [("USA", 104.6), ("DEU", 100.0)])
def test_a_wide_one_way_road_without_junctions_is_a_motorway_even_in_dense_traffic(tmp_path, country, limit):
    cars = [car(k, 10.0 + 30.0 * k, 1.75 + 3.5 * (k % 3), speed=15.0, last=40) for k in range(4)]
    assert limits(write(tmp_path, street(3, URBAN), *cars, country=country)) == dict.fromkeys("123", limit)
    narrow = write(tmp_path, street(2, URBAN), *cars[:2], country=country)
    assert limits(narrow) == dict.fromkeys("12", 56.3 if country == "USA" else 60.0)


def test_pedestrians_and_bicycles_set_no_limit(tmp_path):
    path = write(tmp_path, street(1, "<laneletType>driveWay</laneletType>"), car(1, 10.0, speed=5.0, kind="bicycle"))
    assert limits(path) == {"1": 10.0}
