"""The page of settings: what it says is what the models take, and it is the page that lies in docs."""

import pytest

from simengine.scenario.spec.events import ActorSpec, EventSpec, FailTireAction
from simengine.scenario.spec.sensors import LidarSpec
from tools.checks.pages import ROOT
from tools.checks.settings import PAGE, document, field_notes


def test_the_page_in_docs_is_that_of_the_models():
    assert (ROOT / "docs" / PAGE).read_text(encoding="utf-8") == document()


@pytest.mark.parametrize(("model", "field", "note"), [
    (FailTireAction, "wheel", "front left, front right, rear left, rear right"),
    (LidarSpec, "max_range", "[m]"),
    (ActorSpec, "kind", ""),
    (EventSpec, "hazard", "Whether the response interval"),
])  # fmt: skip
def test_a_field_is_told_by_the_comment_beside_or_above_it(model, field, note):
    assert field_notes(model)[field].startswith(note)


def test_bounds_choices_and_kinds_are_in_words():
    page = document()
    assert "| `grip` | number, at least 0, at most 1 | left of its friction |" in page
    assert "| `fault` | `dropout`, `freeze`, `dirt` | |" in page
    assert "[FailTireAction](#failtireaction)" in page and "### FailTireAction" in page
