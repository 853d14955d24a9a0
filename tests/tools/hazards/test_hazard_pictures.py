"""Sheets of hazards: which samples are chosen, and which moments of them are drawn."""

import numpy as np
import pytest
from PIL import Image

from simengine.scenario.compose import compose
from simengine.scenario.sampling import draw_parameters, load_scenario
from simengine.simulation.loop.execution import simulate
from simengine.simulation.pictures.from_above import MapView, scene_picture
from tools.check import main
from tools.checks.hazards import hazard_pictures
from tools.checks.hazards.hazard_pictures import choose_seeds, draw, find_moments

PACE, SIDE, KIND = "scenario.parameters.pace", "scenario.parameters.side", "scenario.actors.a.kind"


def test_the_extremes_of_every_side_are_chosen():
    drawn = {
        seed: {SIDE: side, PACE: 1.0 + 0.1 * k, KIND: "truck" if k == 4 else "car"}
        for side in (-1, 1) for k, seed in enumerate(range(10 if side < 0 else 30, (10 if side < 0 else 30) + 9))
    }  # fmt: skip
    chosen = choose_seeds(drawn, 20)
    assert sorted(chosen) == [10, 14, 18, 30, 34, 38]  # smallest, the truck, largest; the car is one of the others


def test_both_sides_come_first_if_few_rows_are_wanted():
    drawn = {seed: {SIDE: -1 if seed < 8 else 1, PACE: float(seed), KIND: str(seed % 8)} for seed in range(10)}
    assert {drawn[seed][SIDE] for seed in choose_seeds(drawn, 2)} == {-1, 1}
    assert len(choose_seeds(drawn, 3)) == 3


def test_one_seed_stands_for_several_extremes():
    drawn = {seed: {PACE: float(seed), "scenario.parameters.stop": -float(seed)} for seed in range(12)}
    assert sorted(choose_seeds(drawn, 20)) == [0, 11]


def test_every_side_of_the_library_is_told_apart():
    for name in ("highway/cut_in", "highway/stalled_vehicle", "urban/jaywalker", "urban/red_light_runner"):
        tree = compose("config", (f"scenario={name}",))
        sides = {hazard_pictures._side(draw_parameters(tree, seed)[1]) for seed in range(40)}
        assert len(sides) == 2 and "" not in sides, name


@pytest.fixture(scope="module")
def settings():
    return ["physics=batched", "traffic=none", "scenario.duration=6.0", "scenario.actors.lead.place.ahead=30.0"]


def test_onset_and_nearest_moment_are_those_of_the_tracks(settings):
    scenario = load_scenario("highway/hard_brake", ["sensors=none", *settings, "ego.reaction_time=0.5"], seed=1000)
    episode = simulate(scenario)
    moments = find_moments(episode)
    assert moments.onset_ns * 1e-9 == pytest.approx(scenario.scenario.events["brake"].when.time, abs=0.06)
    after = episode.tracks.time_ns >= moments.onset_ns
    apart = episode.tracks.position[:, 1, 0] - episode.tracks.position[:, 0, 0]
    if moments.words == "touches":
        assert moments.outcome_ns == episode.collisions[0].start_ns
    else:
        nearest = episode.tracks.time_ns[after][np.argmin(apart[after])]
        assert moments.outcome_ns == pytest.approx(nearest, abs=200_000_000)
    assert moments.actor == 1


def test_a_blind_ego_is_shown_as_it_touches(settings):
    scenario = load_scenario("highway/hard_brake", ["sensors=none", *settings, "ego.driver=constant"], seed=1000)
    episode = simulate(scenario)
    moments = find_moments(episode)
    assert moments.words == "touches" and moments.actor == 1
    assert moments.outcome_ns == episode.collisions[0].start_ns > moments.onset_ns


def test_a_parked_car_that_is_passed_is_not_what_became_of_a_hazard():
    settings = [
        "sensors=none", "traffic=none", "physics=batched", "ego.reaction_time=0.3", "pedestrians=none",
        "scenario.parameters.onward=9.1", "scenario.parameters.pace=3.0",
    ]  # fmt: skip
    moments = find_moments(simulate(load_scenario("urban/occluded_child", settings, seed=1000)))
    assert moments.words.startswith("nearest") and moments.actor == moments.cause == 1


def test_all_of_the_scenario_are_looked_at_where_the_ego_itself_is_the_hazard(settings):
    patch = "{kind: friction_patch, ahead: 300.0, radius: 1.0, friction: 0.5}"
    event = f"+scenario.events.own={{actor: ego, when: {{kind: time, time: 1.0}}, do: {patch}, hazard: true}}"
    quiet = [*settings, "ego.reaction_time=0.5", "scenario.events.brake.hazard=false", event]
    moments = find_moments(simulate(load_scenario("highway/hard_brake", ["sensors=none", *quiet], seed=1000)))
    assert (moments.cause, moments.actor) == (0, 1)


def test_shelves_are_drawn_and_the_roof_is_not():
    settings = ["sensors=none", "physics=batched", "scenario.duration=0.5", "road.passage_at=15.0"]
    episode = simulate(load_scenario("warehouse/person_steps_out", settings, seed=1))
    view = MapView(15.0, 0.0, 0.0, 10.0, (200, 100))
    bare, full = (np.asarray(scene_picture(episode, 0, view, scenery)).astype(int) for scenery in (False, True))
    changed = (bare != full).any(axis=2)
    shelf_right, shelf_left, passage, aisle = (10.0, -2.1), (20.0, 2.1), (15.0, -2.4), (12.0, 0.8)
    for (x, y), drawn in ((shelf_right, True), (shelf_left, True), (passage, False), (aisle, False)):
        column, row = view.pixels(np.array([[x, y]]))[0].astype(int).tolist()
        assert changed[row, column] == drawn, (x, y)


def test_a_sheet_shows_every_sample_and_says_which_does_not_fire(settings):
    late = [*settings, "scenario.events.brake.when.time=50.0", "scenario.duration=1.0"]
    sheet = draw("highway/hard_brake", [1000], 2, 8, late)
    assert sheet.faults == ["1000 does not fire"] and len(sheet.told) == 1
    assert sheet.image.width > 4 * 480 and sheet.image.height > 270
    assert len(np.unique(np.asarray(sheet.image).reshape(-1, 3), axis=0)) > 1000  # the camera saw something


def test_the_command_writes_a_file_and_fails_for_what_does_not_fire(tmp_path, monkeypatch, capsys):
    found = hazard_pictures.Sheet(Image.new("RGB", (4, 4)), ["7 passed"], ["7 does not fire"])
    monkeypatch.setattr(hazard_pictures, "draw", lambda *arguments: found)
    assert main(["hazards", "--pictures", str(tmp_path / "new"), "--scenario", "highway/cut_in"]) == 1
    assert (tmp_path / "new" / "highway_cut_in.png").is_file()
    assert "BAD highway/cut_in 7 does not fire" in capsys.readouterr().out
