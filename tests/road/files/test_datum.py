"""Where maps lie on the Earth: known places, distances on the ellipsoid, what files state, hostile statements."""

import math
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod, Transformer, network

from simengine.core.errors import ScenarioError
from simengine.road.commonroad import read_commonroad
from simengine.road.files.datum import GEOID, SHIFT, UNKNOWN, check_datum, local_datum, make_locator, projected_datum
from simengine.road.opendrive import read_opendrive

FIXTURES = Path(__file__).parents[1] / "fixtures"
BOUNDS = np.array([[0.0, 0.0], [500.0, 400.0]])
WGS84 = Geod(ellps="WGS84")
TMERC = "+proj=tmerc +lat_0=48.5 +lon_0=9.5 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"


def written(tmp_path, header):
    path = tmp_path / "map.xodr"
    text = (FIXTURES / "line.xodr").read_text()
    path.write_text(
        text.replace('<header revMajor="1" revMinor="4"/>', f'<header revMajor="1" revMinor="4">{header}</header>')
    )
    return read_opendrive(path)


def located(tmp_path, location):
    path = tmp_path / "map.xml"
    text = (FIXTURES / "lanelets_2018b.xml").read_text()
    path.write_text(text.replace('timeStepSize="0.1">', f'timeStepSize="0.1"><location>{location}</location>'))
    return read_commonroad(path)


def told(read):
    """Return what is remarked of the location, among the rest."""
    return [line for line in read.remarks if "<location>" in line or "<gps" in line or "<geo" in line]


def places(remarks):
    return "\n".join(remarks)


def test_a_known_tower_stands_where_its_utm_coordinates_say():
    datum, notes = projected_datum("+proj=utm +zone=17 +datum=WGS84 +units=m +no_defs")
    latitude, longitude, height = make_locator(datum)(630_084.0, 4_833_438.0, 76.0)
    assert (latitude, longitude) == pytest.approx((43.642566, -79.387139), abs=1e-5)  # CN Tower, Toronto
    assert height == 76.0 and notes == []


@pytest.mark.parametrize("crs", [TMERC, "EPSG:25832", "EPSG:32632", "+proj=utm +zone=32 +ellps=WGS84 +towgs84=0,0,0"])
def test_fixes_are_where_the_forward_projection_came_from(crs):
    datum, _ = projected_datum(crs)
    forward = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = forward.transform(9.66, 48.7)
    assert make_locator(datum)(x, y, 0.0) == pytest.approx((48.7, 9.66, 0.0), abs=2e-9)


def test_a_known_system_of_another_ellipsoid_is_shifted_without_grids():
    datum, _ = projected_datum("EPSG:31467")  # Gauss-Krüger, Bessel's ellipsoid
    latitude, longitude, _ = make_locator(datum)(3_513_000.0, 5_404_000.0, 0.0)
    unshifted = make_locator(projected_datum("+proj=tmerc +lat_0=0 +lon_0=9 +x_0=3500000 +ellps=bessel")[0])
    assert "helmert" in datum.pipeline and "grids" not in datum.pipeline
    distance = WGS84.inv(longitude, latitude, *unshifted(3_513_000.0, 5_404_000.0, 0.0)[1::-1])[2]
    assert 50.0 < distance < 300.0


def test_offset_turns_before_it_shifts():
    datum, _ = projected_datum(TMERC, (1_000.0, 200.0, 40.0), math.pi / 2)
    plain, _ = projected_datum(TMERC)
    expected = make_locator(plain)(1_000.0 - 7.0, 200.0 + 30.0, 42.0)
    assert make_locator(datum)(30.0, 7.0, 2.0) == pytest.approx(expected, abs=2e-9)


def test_distances_on_the_ellipsoid_are_those_of_the_map():
    locate = make_locator(local_datum(57.7089, 11.9746, 10.0, BOUNDS))
    assert locate(0.0, 0.0, 1.5) == (57.7089, 11.9746, 11.5)
    for x, y in ((1_000.0, 0.0), (0.0, 1_000.0), (-3_000.0, 4_000.0)):
        latitude, longitude, _ = locate(x, y, 0.0)
        azimuth, _, distance = WGS84.inv(11.9746, 57.7089, longitude, latitude)
        assert distance == pytest.approx(math.hypot(x, y), rel=1e-6)
        assert azimuth == pytest.approx(math.degrees(math.atan2(x, y)), abs=1e-2)
    datum, _ = projected_datum("+proj=utm +zone=32 +datum=WGS84")
    assert check_datum(datum, BOUNDS + [500_000.0, 6_000_000.0]) == pytest.approx(1.0 / 0.9996, abs=1e-5)


def test_a_map_far_from_its_origin_is_put_by_its_middle():
    bounds = BOUNDS + [680_123.0, 4_180_456.0]
    datum = local_datum(57.0, 12.0, 0.0, bounds)
    assert datum.offset == (-680_000.0, -4_181_000.0, 0.0)
    assert make_locator(datum)(680_000.0, 4_181_000.0, 0.0) == (57.0, 12.0, 0.0)


def test_names_of_files_are_left_out_and_said():
    datum, notes = projected_datum(
        "+proj=tmerc +lat_0=0 +lon_0=0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +geoidgrids=egm96_15.gtx +vunits=m"
    )
    assert notes == [(GEOID, "+geoidgrids=egm96_15.gtx")] and "egm" not in datum.crs + datum.pipeline
    _, notes = projected_datum("+proj=tmerc +nadgrids=/etc/passwd +ellps=bessel +lot_0=3")
    assert notes == [(SHIFT, "+nadgrids=/etc/passwd"), (UNKNOWN, "+lot_0=3")]


@pytest.mark.parametrize(
    "text",
    ["nonsense", "", " ", "{}", "/etc/passwd", "@/etc/passwd", "+init=/etc/passwd:x", "+proj=longlat +datum=WGS84",
     "+proj=geocent +datum=WGS84", "EPSG:4326", "EPSG:4978", "EPSG:99999", "+proj=utm +zone=99", "+proj=tmerc +lat_0=x",
     "+proj=tmerc +lat_0=nan", "+proj=utm +zone=32 +ellps=/etc/passwd", "+proj=tmerc +ellps=WGS84 +R=1e-300",
     "+proj=pipeline +step +proj=hgridshift +grids=/etc/passwd", "+proj=deformation +xy_grids=a +z_grids=b",
     'PROJCS["a",GEOGCS["b"],EXTENSION["PROJ4","+proj=tmerc +nadgrids=/etc/passwd"]]', "PROJCS[", "+" * 5_000],
)  # fmt: skip
def test_what_is_no_map_projection_is_refused_with_its_reason(text):
    with pytest.raises(ScenarioError) as error:
        check_datum(projected_datum(text)[0], BOUNDS)
    assert "\n" not in str(error.value) and len(str(error.value)) < 250


def test_nothing_is_fetched_even_where_the_program_allows_it():
    network.set_network_enabled(True)
    try:
        datum, _ = projected_datum("EPSG:31467")  # whose best operation needs a grid
        assert network.is_network_enabled()
    finally:
        network.set_network_enabled(False)
    assert "grids" not in datum.pipeline


# ---------------------------------------------------------------------------------------------------------- OpenDRIVE


def test_opendrive_georeference_and_offset_are_the_datum(tmp_path):
    read = written(
        tmp_path, f'<geoReference> <![CDATA[{TMERC}]]>\n</geoReference><offset x="100" y="50" z="7" hdg="0"/>'
    )
    assert read.remarks == ()
    expected = make_locator(projected_datum(TMERC)[0])(110.0, 70.0, 8.0)
    assert make_locator(read.network.datum)(10.0, 20.0, 1.0) == expected
    assert expected[:2] == pytest.approx((48.5, 9.5), abs=2e-3)


def test_opendrive_without_georeference_states_no_datum(tmp_path):
    assert written(tmp_path, "").network.datum is None
    assert written(tmp_path, "<geoReference/>").network.datum is None


@pytest.mark.parametrize("text", ["+proj=longlat", "hello", "+proj=utm +zone=99"])
def test_a_georeference_that_cannot_be_followed_is_told(tmp_path, text):
    read = written(tmp_path, f"<geoReference>{text}</geoReference>")
    assert read.network.datum is None
    assert "<geoReference> cannot be followed: the road's own datum holds: line 4" in places(read.remarks)


def test_local_coordinates_under_a_projection_of_a_zone_are_told(tmp_path):
    read = written(tmp_path, "<geoReference>+proj=utm +zone=32 +datum=WGS84</geoReference>")
    assert make_locator(read.network.datum)(0.0, 0.0, 0.0)[0] == pytest.approx(0.0, abs=1e-6)
    assert "distorts lengths" in places(read.remarks) and "is <offset> missing?" in places(read.remarks)


# --------------------------------------------------------------------------------------------------------- CommonRoad


def test_commonroad_location_is_where_the_origin_lies(tmp_path):
    read = located(
        tmp_path, "<geoNameId>1</geoNameId><gpsLatitude>48.26</gpsLatitude><gpsLongitude>11.67</gpsLongitude>"
    )
    assert make_locator(read.network.datum)(0.0, 0.0, 0.0) == (48.26, 11.67, 0.0)


@pytest.mark.parametrize("unknown", ["999", "999.0", "-999"])
def test_commonroad_sentinels_are_no_place(tmp_path, unknown):
    read = located(tmp_path, f"<gpsLatitude>{unknown}</gpsLatitude><gpsLongitude>{unknown}</gpsLongitude>")
    assert read.network.datum is None and told(read) == []


def test_commonroad_coordinates_beyond_the_globe_are_told(tmp_path):
    read = located(tmp_path, "<gpsLatitude>123</gpsLatitude><gpsLongitude>11</gpsLongitude>")
    assert read.network.datum is None and "<gpsLatitude> is no coordinate" in places(read.remarks)


def transformation(x, y, turn=0.0, scale=1.0, crs="EPSG:25832"):
    return (
        f"<geoTransformation><geoReference>{crs}</geoReference><additionalTransformation><xTranslation>{x}</xTranslation>"
        f"<yTranslation>{y}</yTranslation><zRotation>{turn}</zRotation><scaling>{scale}</scaling>"
        "</additionalTransformation></geoTransformation>"
    )


def test_commonroad_transformation_leads_into_its_projection(tmp_path):
    unknown = "<gpsLatitude>999</gpsLatitude><gpsLongitude>999</gpsLongitude>"
    read = located(tmp_path, unknown + transformation(690_000, 5_340_000, 0.5, 1.01))
    x = 690_000 + 1.01 * (100.0 * math.cos(0.5) - 20.0 * math.sin(0.5))
    y = 5_340_000 + 1.01 * (100.0 * math.sin(0.5) + 20.0 * math.cos(0.5))
    longitude, latitude = Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True).transform(x, y)
    assert make_locator(read.network.datum)(100.0, 20.0, 0.0)[:2] == pytest.approx((latitude, longitude), abs=2e-9)


def test_a_transformation_that_contradicts_the_coordinates_is_told_and_left_out(tmp_path):
    place = "<gpsLatitude>48.701</gpsLatitude><gpsLongitude>9.662</gpsLongitude>"
    read = located(tmp_path, place + transformation(0, 0, crs="EPSG:3857"))
    assert make_locator(read.network.datum)(0.0, 0.0, 0.0) == (48.701, 9.662, 0.0)
    assert "leads elsewhere than its coordinates" in places(read.remarks)
    agreeing = located(tmp_path, place + transformation(548_000, 5_394_500))
    assert agreeing.network.datum.crs == "EPSG:25832" and told(agreeing) == []
