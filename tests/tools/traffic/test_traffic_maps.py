"""The table of traffic on many maps: an absent file is told, a fault fails its row, findings can be replayed."""

import argparse
from pathlib import Path

import pytest

from simengine.core.errors import ConfigError
from simengine.verify.flow_maps import MAPS, MapCase, MapRun, TrafficMap, map_scenario
from tools.checks.commands import traffic_maps as command
from tools.checks.traffic import traffic_maps as check

CALM = MapRun(120.0, 20.0, 8.0, 40, 50, 45, *([] for _ in range(9)))
CRASH = CALM._replace(collisions=["seed 2, bullet: 3.00 s at x = 1.0 m"])


def test_twelve_maps_of_our_own_and_others_are_in_the_table():
    assert len({place.name for place in MAPS}) == len(MAPS)
    first = [place for place in MAPS if not place.further and not place.riders]
    assert len(first) == 12 and 3 <= sum(not place.file for place in first) <= 6


def test_motorcycles_are_watched_in_rain_and_snow_and_on_ice():
    ridden = [map_scenario(place, Path("."), "batched", 1, 1.0) for place in MAPS if place.riders]
    assert all(scenario.traffic.mix["motorcycle"] == 1.0 for scenario in ridden)
    weathers = [scenario.weather for scenario in ridden]
    assert max(weather.ice for weather in weathers) > 0.5 and max(weather.snow_cover for weather in weathers) > 0.5
    assert max(weather.rain_rate for weather in weathers) > 10.0


def test_further_maps_are_in_the_table_and_marked():
    further = [place for place in MAPS if place.further]
    assert len(further) == 9 and sum(not place.file for place in further) >= 2
    lines = check.document([check.MapRow(place.name, "batched", (CALM,), ()) for place in MAPS], "x", [1]).splitlines()
    marked = {line.split("|")[1].strip() for line in lines if line.startswith("| ") and "| batched |" in line}
    assert marked == {f"{place.name} *" if place.further else place.name for place in MAPS}


def test_who_waited_long_is_told_and_no_fault():
    row = check.MapRow("m", "batched", (CALM._replace(waited=["seed 2: somebody"]),), ())
    assert row.good and check.findings(row) == ["m: waited: seed 2: somebody"]
    assert check.cells(row)[7] == "1"


@pytest.mark.parametrize("what", check.FINDINGS)
def test_a_row_is_good_only_without_faults_and_without_vehicles_taken_out(what):
    row = check.MapRow("a", "batched", (CALM, CALM._replace(**{what: ["seed 2"]})), ())
    assert not row.good
    assert row.count(what) == 1 and check.findings(row) == [f"a: {what.replace('_', ' ')}: seed 2"]


def test_a_row_with_a_run_that_was_refused_is_bad():
    assert check.MapRow("a", "batched", (CALM,), ()).good
    assert not check.MapRow("a", "batched", (CALM,), ("no free gap",)).good
    assert not check.MapRow("a", "batched", (), ("a.xodr is absent",)).good


def test_absent_files_are_told_and_the_others_run(monkeypatch, tmp_path):
    places = [TrafficMap("here", "", ()), TrafficMap("gone", "gone.xodr", ())]
    seen = []

    def run(cases, folder, seconds, workers):
        seen.extend(cases)
        yield from ((case, CRASH if case.seed == 2 else CALM) for case in reversed(cases))

    monkeypatch.setattr(check, "run_maps", run)
    gone, here = check.rows(places, ["batched"], [1, 2], 120.0, tmp_path, 1)
    assert gone.refused == ("gone.xodr is absent",) and not gone.good
    assert seen == [MapCase(places[0], "batched", 1), MapCase(places[0], "batched", 2)]
    assert here.runs == (CALM, CRASH) and not here.good
    page = check.document([here, gone], "the command", [1, 2])
    assert "| here | batched | 2 × 120 s | 20.0 | 1200 | 8.0 | 90 % | 0 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |" in page
    assert "- here: collisions: seed 2, bullet: 3.00 s at x = 1.0 m" in page
    assert "gone.xodr is absent" in page and "`the command`" in page and "the seeds 1, 2;" in page


@pytest.mark.parametrize("option", [["--seed", "7"], ["--seconds", "30"], ["--map", "ring"]])
def test_the_page_is_written_from_the_whole_table_only(option):
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())
    arguments = parser.parse_args(["traffic-maps", "--write", *option])
    with pytest.raises(ConfigError, match="--write"):
        arguments.run(arguments)


def test_each_physics_has_a_page(monkeypatch):
    written = {}
    monkeypatch.setattr(command, "check_page", lambda name: None)
    monkeypatch.setattr(command, "write_page", lambda name, text: written.update({name: text}))
    monkeypatch.setattr(check, "run_maps", lambda cases, *_: ((case, CALM) for case in cases))
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())
    arguments = parser.parse_args(["traffic-maps", "--write", "--only", "bullet"])
    arguments.run(arguments)
    assert list(written) == ["traffic_bullet.md"] and "batched |" not in written["traffic_bullet.md"]


def test_maps_are_named_or_road_files(tmp_path):
    (tmp_path / "town.xodr").write_text("")
    town, ring = check.chosen_maps(["town.xodr", "ring"], tmp_path)
    assert (town.name, town.file, town.settings[0]) == ("town", "town.xodr", "road=opendrive")
    assert ring.name == "ring" and ring in MAPS
    with pytest.raises(ConfigError, match="nowhere.*ring"):
        check.chosen_maps(["nowhere"], tmp_path)
