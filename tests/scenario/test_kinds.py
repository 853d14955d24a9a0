"""Kinds come from the models of the settings: what is built for each names all of them, and nothing else."""

import pytest

from simengine.behavior.script import actions, events
from simengine.metrics import criteria
from simengine.scenario.spec import ExtensionSpec
from simengine.scenario.spec.base import kinds_of
from simengine.scenario.spec.criteria import CriterionSpec
from simengine.scenario.spec.events import Action, EventSpec, Trigger
from simengine.scenario.spec.sensors import SensorSpec
from simengine.simulation.episode.leaving_out import CHANNELS


@pytest.mark.parametrize(
    ("union", "table"),
    [
        (Action, actions._ACTIONS),
        (Trigger, events._KINDS),
        (CriterionSpec, criteria.BUILT_IN),
        (SensorSpec, CHANNELS),
    ],
    ids=["actions", "triggers", "criteria", "sensors"],
)
def test_every_kind_of_the_settings_is_built_and_no_other(union, table):
    assert set(kinds_of(union)) == set(table)


def test_a_kind_that_no_model_has_is_an_extension_with_settings_of_its_own():
    body = {"actor": "a", "when": {"kind": "time", "time": 1.0}, "hazard": False}
    event = EventSpec.model_validate({**body, "do": {"kind": "honk", "decibels": 110}})
    assert isinstance(event.do, ExtensionSpec) and event.do.decibels == 110
    assert EventSpec.model_validate({**body, "do": {"kind": "mark"}}).do.kind == "mark"
