"""What the documentation tells a user of Python is there, under the names it gives."""

import re
from pathlib import Path

import numpy as np

import simengine
from simengine.labels.annotation import Collision, Interval
from tests.tiny_rig import TINY

BLOCK = re.search(r"```python\n(.*?)```", Path("docs/python.md").read_text(), re.DOTALL)[1]
SETTINGS = ["physics=batched", "traffic=none", "scenario.duration=1.5", "scenario.events.brake.when.time=0.3", *TINY]


def test_every_public_name_is_there():
    for name in simengine.__all__:
        assert getattr(simengine, name) is not None
    assert set(re.findall(r"simengine\.([A-Z]\w+)", BLOCK)) <= set(simengine.__all__)


def test_the_labels_that_the_page_names_are_there():
    scenario = simengine.load_scenario("highway/hard_brake", [*SETTINGS, "scenario.actors.lead.place.ahead=12"], seed=3)
    episode = simengine.simulate(scenario)
    fields = {"one": {*Interval._fields, *Collision._fields}, "result": set(episode.verdict.results[0]._fields)}
    for record, known in fields.items():
        named = set(re.findall(rf"\b{record}\.(\w+)", BLOCK))
        assert len(named) > 5 and named <= known
    assert any(one.name == "hazard:brake" and one.actor == 1 for one in episode.intervals)
    assert simengine.ActorKind(episode.tracks.kind[1]).name == "CAR"
    camera = next(name for name in episode.sensors if "camera" in name)
    assert 2 in np.unique(episode.frames(camera)[0].instance)  # the lead's id is 1
    assert simengine.Semantic(int(episode.frames(camera)[0].semantic.max())).name
