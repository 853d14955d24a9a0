"""Signals and scenery in the record of an episode: the same in memory and in the file, and nothing without a record."""

import json

import numpy as np
import pytest

import simengine
from simengine.core.semantics import Semantic
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft, SignalDraft, StopLineDraft
from simengine.road.network.network import SignalColor
from simengine.sensors.base.sensor import FIRST_STATIC, MOST_INSTANCES
from simengine.simulation.episode.in_memory import MemoryRecorder
from simengine.simulation.loop.simulator import Simulator
from simengine.simulation.mcap.container_reader import ContainerReader
from simengine.simulation.mcap.reader import read_episode
from simengine.simulation.mcap.writer import EpisodeWriter
from simengine.simulation.world.scenery import Prop, Scenery, make_scene, scenery_instances
from simengine.simulation.world.scenery_record import describe_signals, scenery_table
from tests.simulation import episode_fixtures as drawn

PROGRAM = [(0.15, SignalColor.GREEN), (0.1, SignalColor.AMBER), (10.0, SignalColor.RED)]
PROPS = (
    Prop("signal", (60.0, -3.0, 0.1), np.pi, (0.35, 0.35, 3.4), 0),
    Prop("lamp_post", (20.0, 5.0, 0.0), 0.0, (1.8, 0.3, 7.0)),
    Prop("sign:speed_limit:50", (30.0, -3.0, 0.0), np.pi, (0.06, 0.65, 2.6)),
)
SCENERY = Scenery(PROPS, (), (0.0, 0.0, 0.0))


def network():
    x = np.linspace(-50.0, 350.0, 41)
    lanes = [
        LaneDraft(name, np.stack([x, np.full(41, y), np.zeros(41)], axis=1), np.full(41, 3.6), np.zeros(41))
        for name, y in (("right", 0.0), ("left", 3.6))
    ]
    signals = [SignalDraft("head", (60.0, 0.0, 5.0), np.pi, PROGRAM, group="g")]
    return build_network(lanes, signals=signals, stop_lines=[StopLineDraft("right", 108.0, "head")])


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    path = tmp_path_factory.mktemp("episodes") / "000000.mcap"
    scenario = drawn.concrete()
    writer = EpisodeWriter(path, "000000", scenario, network(), drawn.actors(), scenario.recorder, {}, scenery=SCENERY)
    memory = MemoryRecorder("000000", scenario, network(), drawn.actors(), {}, scenery=SCENERY)
    digests = [drawn.record(recorder) for recorder in (writer, memory)]
    assert digests[0] == digests[1]
    return read_episode(path), memory.episode()


def test_signals_tell_what_they_show_at_any_time(both):
    for episode in both:
        signals = episode.signals
        assert len(signals) == 1 and signals.name.tolist() == ["head"]
        assert signals.lanes == (("right",),) and signals.stop_s == ((108.0,),)
        assert signals.stop_lines[0].tolist() == [[[58.0, 1.8, 0.0], [58.0, -1.8, 0.0]]]
        assert not signals.walkers[0] and signals.instance[0] == FIRST_STATIC
        assert signals.position[0] == pytest.approx([60.0, -3.0, 0.1 + 3.4 - 0.58])  # where the head is drawn
        assert signals.change_ns.tolist() == pytest.approx([0, 150_000_000, 250_000_000], abs=1)
        shown = [signals.color_at(t).tolist() for t in (0, 149_999_000, 151_000_000, 249_999_000, 260_000_000, 10**10)]
        assert shown == [["green"], ["green"], ["amber"], ["amber"], ["red"], ["red"]]


def test_scenery_has_a_row_for_every_instance(both):
    for episode in both:
        table = episode.scenery
        assert table.instance.tolist() == [FIRST_STATIC, FIRST_STATIC + 1, FIRST_STATIC + 2]
        assert table.kind.tolist() == ["signal", "lamp_post", "sign"]
        assert table.semantic.tolist() == [Semantic.TRAFFIC_LIGHT, Semantic.POLE, Semantic.TRAFFIC_SIGN]
        assert table.type.tolist() == ["", "", "speed_limit:50"] and table.signal.tolist() == [0, -1, -1]
        assert table.position[1] == pytest.approx([20.85, 5.0, 3.5])  # the middle of post and arm
        assert table.size[1] == pytest.approx([1.9, 0.24, 7.0])
    for a, b in zip(both[0].scenery, both[1].scenery, strict=True):
        assert a.dtype.kind == b.dtype.kind
        np.testing.assert_array_equal(a, b)


def test_a_color_or_an_object_that_differs_changes_the_digest():
    scenario, digests = drawn.concrete(), set()
    other = build_network(
        [LaneDraft("right", np.array([[-50.0, 0, 0], [350.0, 0, 0]]), np.full(2, 3.6), np.zeros(2))],
        signals=[SignalDraft("head", (60.0, 0.0, 5.0), np.pi, PROGRAM, offset=0.05, group="g")],
    )
    for road, scenery in ((network(), SCENERY), (other, SCENERY), (network(), SCENERY._replace(props=PROPS[:2]))):
        recorder = MemoryRecorder("000000", scenario, road, drawn.actors(), {}, scenery=scenery)
        digests.add(drawn.record(recorder))
    assert len(digests) == 3


def test_signals_are_written_at_the_start_and_at_each_change_only(tmp_path):
    scenario, path = drawn.concrete(), tmp_path / "a.mcap"
    writer = EpisodeWriter(path, "a", scenario, network(), drawn.actors(), scenario.recorder, {}, scenery=SCENERY)
    drawn.record(writer)
    file = ContainerReader(path)
    states = [json.loads(file.read(ref)) for ref in file.messages("/signals")]
    assert [state["color"] for state in states] == [["green"], ["amber"], ["red"]]
    assert len(file.messages("/signal_lamps")) == 3


def test_a_road_without_signals_has_none(tmp_path):
    scenario, path = drawn.concrete(), tmp_path / "a.mcap"
    drawn.record(EpisodeWriter(path, "a", scenario, drawn.network(), drawn.actors(), scenario.recorder, {}))
    episode = read_episode(path)
    assert len(episode.signals) == 0 and len(episode.signals.color_at(0)) == 0
    assert len(episode.scenery.instance) == 0


def test_instances_past_what_masks_can_tell_apart_are_background():
    many = SCENERY._replace(props=(Prop("tree", (0.0, 0.0, 0.0), 0.0, (2.0, 2.0, 4.0)),) * MOST_INSTANCES)
    ids = scenery_instances(many)
    beyond = len(ids) - (MOST_INSTANCES - FIRST_STATIC + 1)
    assert ids[0] == FIRST_STATIC and ids.max() == MOST_INSTANCES and (ids[-beyond:] == 0).all()
    assert len(scenery_table(many).instance) == MOST_INSTANCES - FIRST_STATIC + 1


def test_heads_for_people_say_so():
    scenario = simengine.load_scenario("urban/red_light_runner", ["sensors=none", "physics=batched"])
    world = Simulator(scenario).world
    heads = describe_signals(world.network, world.scenery)
    assert all(head["lanes"] or head["walkers"] for head in heads)
    ids = set(scenery_table(world.scenery).instance.tolist())
    assert {head["instance"] for head in heads} <= ids | {0}


@pytest.mark.parametrize("name", ["urban/red_light_runner", "warehouse/person_steps_out"])
def test_every_instance_that_can_be_seen_is_an_actor_or_has_a_row(name):
    scenario = simengine.load_scenario(name, ["sensors=none", "physics=batched"])
    world = Simulator(scenario).world
    scene = make_scene(scenario, world.network, world.scenery, world.actors, world.weather)
    table = scenery_table(world.scenery)
    recorded = dict(zip(table.instance.tolist(), zip(table.position, table.size), strict=True))
    assert set(recorded) == set(scene.static_instance.tolist()) - {0}
    for mesh, instance in zip(scene.static_mesh, scene.static_instance.tolist(), strict=True):
        if instance:
            position, size = recorded[instance]
            away = np.hypot(*(mesh.vertex.astype(float) + scene.origin - position).T[:2])
            assert away.max() <= 0.5 * np.hypot(*size[:2]) + 0.1  # it lies in its box
    body = scene.actor_mesh[0]
    assert (body.semantic == Semantic.EGO).all()
    assert not any((mesh.semantic == Semantic.EGO).any() for mesh in scene.actor_mesh[1:])
