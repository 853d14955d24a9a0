"""Which episodes say nothing about the ego."""

from types import SimpleNamespace

import numpy as np
import pytest

from simengine.core.space.geometry import quaternion_from_euler
from simengine.core.state import ActorKind, empty_actors, empty_state
from simengine.metrics.validity import Hazard, HazardWatch
from simengine.metrics.verdict import CriterionResult, Verdict
from simengine.physics.backend import Contact
from simengine.simulation.loop.ego_monitor import watched_hazards

LEAD, OTHER, LOAD = 1, 2, 3


class Stage:
    """Four actors in a row, the ego first and 20 m apart."""

    def __init__(self, **lead):
        self.actors, self.state = empty_actors(1, 4), empty_state(1, 4)
        self.actors.length[0], self.actors.width[0], self.actors.height[0] = 4.5, 1.8, 1.5
        self.actors.kind[0, LOAD] = ActorKind.CARGO
        self.state.valid[0] = True
        self.state.position[0, :, 0] = (0.0, 20.0, 40.0, 22.0)
        hazard = Hazard("brake", LEAD, "lead", frozenset({LOAD}))
        self.actors.mass[0], self.failed = 1500.0, False
        self.watch = HazardWatch([hazard], {0: "ego", LEAD: "lead", OTHER: "other", LOAD: "load"})

    def see(self, time, *pairs, fired=(), impulse=300.0):
        contacts = [Contact(0, 0, a, b, (0.0,) * 3, (1.0, 0.0, 0.0), impulse, 1.0) for a, b in pairs]
        fired = frozenset(fired)
        self.watch.update(round(time * 1e9), self.actors, self.state, contacts, fired, lambda: self.failed)
        return self.watch.reason


@pytest.mark.parametrize(("other", "whom"), [(OTHER, "other"), (-1, "the scenery")])
def test_a_hazard_that_touches_something_else_first_makes_the_episode_invalid(other, whom):
    stage = Stage()
    assert stage.see(1.0) == ""
    pair = (LEAD, other)
    reason = stage.see(2.0, pair, fired=["brake"])
    assert reason == f"lead touched {whom} at 2.00 s, after brake fired and not because the ego touched it"


@pytest.mark.parametrize("impulse", [300.0, 0.0])
def test_what_happens_to_a_hazard_after_the_ego_has_touched_it_does_not(impulse):
    """Boxes that overlap but part are pushed aside without an impulse, and may so be pushed into something."""
    stage = Stage()
    assert stage.see(1.0, (0, LEAD), impulse=impulse) == ""
    assert stage.see(1.1, (LEAD, OTHER)) == ""
    stage.state.orientation[0, LEAD] = quaternion_from_euler(1.5, 0.0, 0.0)
    assert stage.see(1.2) == ""


def test_whom_the_ego_touched_may_touch_the_hazard():
    stage = Stage()
    assert stage.see(1.0, (0, OTHER), impulse=1.0) == ""
    assert stage.see(1.1, (LEAD, OTHER), (LEAD, -1)) == ""


@pytest.mark.parametrize("scrape", [(0, -1), (0, OTHER)])
def test_a_scrape_elsewhere_does_not_explain_how_a_hazard_came_to_grief(scrape):
    stage = Stage()
    assert stage.see(1.0, scrape, impulse=1.0) == ""
    assert "lead touched the scenery" in stage.see(1.1, (LEAD, -1))


def test_a_vehicle_that_takes_the_place_of_one_that_the_ego_touched_is_another():
    stage = Stage()
    assert stage.see(1.0, (0, OTHER), impulse=1.0) == ""
    stage.state.identity[0, OTHER] = 7
    assert "lead touched other" in stage.see(1.1, (LEAD, OTHER))


def test_a_vehicle_may_touch_the_load_it_drops_and_others_may_collide():
    assert Stage().see(1.0, (LEAD, LOAD), (OTHER, LOAD), (OTHER, -1)) == ""


def test_a_hazard_that_has_fallen_makes_it_invalid_but_a_tumbling_load_does_not():
    stage = Stage()
    stage.state.orientation[0, LOAD] = quaternion_from_euler(1.5, 0.0, 0.0)
    assert stage.see(1.0) == ""
    stage.state.orientation[0, LEAD] = quaternion_from_euler(1.5, 0.0, 0.0)
    assert "lead fell at 1.10 s, before brake fired" in stage.see(1.1)


def test_a_hazard_that_the_ego_has_left_behind_is_over():
    stage = Stage()
    stage.state.position[0, LEAD, 0] = -6.0
    assert stage.see(1.0, fired=["brake"]) == ""
    assert stage.see(1.1, (LEAD, OTHER), fired=["brake"]) == ""


def test_an_ego_that_has_failed_before_stays_failed():
    stage = Stage()
    stage.failed = True
    assert stage.see(1.0, (LEAD, OTHER)) == ""
    stage.failed = False
    assert stage.see(1.1, (LEAD, OTHER)) == ""


def test_a_brush_is_no_grief_but_many_small_touches_are():
    """0.1 N s and, of a vehicle of 1500 kg, 100 N s are less than 0.1 m/s; a second one of 100 N s is more."""
    stage = Stage()
    assert stage.see(1.0, (LEAD, OTHER), impulse=0.1) == ""
    assert stage.see(1.1, (LEAD, OTHER), impulse=100.0) == ""
    assert "lead touched other at 1.20 s" in stage.see(1.2, (OTHER, LEAD), impulse=100.0)


def test_actors_that_the_ego_has_to_heed_are_watched_and_may_touch_what_is_dropped():
    do = SimpleNamespace(load=("load",))
    event = SimpleNamespace(hazard=("other", "load"), actor="lead", do=do)
    names = {"ego": 0, "lead": LEAD, "other": OTHER, "load": LOAD}
    kinds = np.zeros(4, np.int32)
    kinds[LOAD] = ActorKind.CARGO
    found = watched_hazards({"brake": event}, names, kinds)
    assert [hazard.actor_name for hazard in found] == ["lead", "other"]  # a load tumbles
    stage = Stage()
    stage.watch = HazardWatch(found, {index: name for name, index in names.items()})
    assert stage.see(1.0, (LEAD, LOAD), (OTHER, LOAD)) == ""
    assert "other touched the scenery" in stage.see(1.1, (OTHER, -1))
    event.hazard = True
    assert [hazard.actor_name for hazard in watched_hazards({"brake": event}, names, kinds)] == ["lead"]


def test_an_invalid_verdict_is_neither_passed_nor_failed():
    failed = CriterionResult("no_collision", False, 3, (0, 1), 1.0, "1 N s")
    verdict = Verdict((failed,), "lead fell at 1.10 s")
    assert verdict.passed is None and verdict.outcome == "invalid"
    assert str(verdict) == "invalid: lead fell at 1.10 s"


def test_whom_a_hazard_met_is_told_by_the_id_that_labels_have():
    stage = Stage()
    del stage.watch._names[OTHER]
    stage.state.identity[0, OTHER] = 41  # the slot's second vehicle
    assert "lead touched actor 41" in stage.see(1.1, (LEAD, OTHER))
