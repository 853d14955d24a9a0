"""The table of traffic on many maps: an absent file is told, a fault fails its row, findings can be replayed."""

import pytest

from simengine.core.errors import ConfigError
from simengine.verify.flow_maps import MAPS, Case, MapRun, TrafficMap
from tools.checks import traffic_maps as check

CALM = MapRun(120.0, 20.0, 8.0, 40, 50, 45, [], [], [], [], [])
CRASH = CALM._replace(collisions=["seed 2, bullet: 3.00 s at x = 1.0 m"])


def test_twelve_maps_of_our_own_and_others_are_in_the_table():
    assert len({place.name for place in MAPS}) == len(MAPS)
    seen = [place for place in MAPS if place.seen]
    assert len(seen) == 12 and 3 <= sum(not place.file for place in seen) <= 6


def test_maps_that_nobody_tuned_on_are_in_the_table_and_marked():
    unseen = [place for place in MAPS if not place.seen]
    assert len(unseen) >= 8 and sum(not place.file for place in unseen) >= 2
    lines = check.document([check.MapRow(place.name, "batched", (CALM,), ()) for place in MAPS], "x").splitlines()
    marked = {line.split("|")[1].strip() for line in lines if line.startswith("| ") and "| batched |" in line}
    assert marked == {place.name if place.seen else f"{place.name} *" for place in MAPS}


@pytest.mark.parametrize("what", check.FINDINGS)
def test_a_row_is_good_only_without_faults_and_taking_out_is_counted_beside(what):
    row = check.MapRow("a", "batched", (CALM, CALM._replace(**{what: ["seed 2"]})), ())
    assert row.good is (what == "taken_out")
    assert row.count(what) == 1 and check.findings(row) == [f"a: {what.replace('_', ' ')}: seed 2"]


def test_a_row_with_a_run_that_was_refused_is_bad():
    assert check.MapRow("a", "batched", (CALM,), ()).good
    assert not check.MapRow("a", "batched", (CALM,), ("no free gap",)).good
    assert not check.MapRow("a", "batched", (), ("a.xodr is absent",)).good


def test_absent_files_are_told_and_the_others_run(monkeypatch, tmp_path):
    places = [TrafficMap("here", "", (), True), TrafficMap("gone", "gone.xodr", (), True)]
    seen = []

    def run(cases, folder, seconds, workers):
        seen.extend(cases)
        yield from ((case, CRASH if case.seed == 2 else CALM) for case in reversed(cases))

    monkeypatch.setattr(check, "run_maps", run)
    gone, here = check.rows(places, ["batched"], [1, 2], 120.0, tmp_path, 1)
    assert gone.refused == ("gone.xodr is absent",) and not gone.good
    assert seen == [Case(places[0], "batched", 1), Case(places[0], "batched", 2)]
    assert here.runs == (CALM, CRASH) and not here.good
    page = check.document([here, gone], "the command")
    assert "| here | batched | 2 × 120 s | 20.0 | 1200 | 8.0 | 90 % | 1 | 0 | 0 | 0 | 0 |" in page
    assert "- here: collisions: seed 2, bullet: 3.00 s at x = 1.0 m" in page
    assert "gone.xodr is absent" in page and "`the command`" in page


def test_maps_are_named_or_road_files(tmp_path):
    (tmp_path / "town.xodr").write_text("")
    town, ring = check.chosen_maps(["town.xodr", "ring"], tmp_path)
    assert (town.name, town.file, town.settings[0]) == ("town", "town.xodr", "road=opendrive")
    assert ring.name == "ring" and ring in MAPS
    with pytest.raises(ConfigError, match="nowhere.*ring"):
        check.chosen_maps(["nowhere"], tmp_path)
