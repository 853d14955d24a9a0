"""Scenarios that version 1 wrote are read, mean what they meant, and seeds draw what they drew then."""

from pathlib import Path

import pytest
import yaml

from simengine.core.errors import ConfigError
from simengine.scenario.migration import migrate, stream_path
from simengine.scenario.sampling import from_yaml, load_scenario, read_concrete, to_yaml

# Written by version 1, `highway/lost_cargo` with these words in that version's spelling and seed 5.
WRITTEN = Path(__file__).with_name("fixtures") / "version_1.yaml"
WORDS = [
    "sensors=none", "physics=batched", "scenario.duration=3", "scenario.goal.traveled={uniform: [20.0, 30.0]}",
    "+scenario.actors.box.model=cargo_tire",
    "+scenario.events.burst={actor: ego, when: {kind: position, actor: ego, traveled: {uniform: [5.0, 40.0]}}, "
    "do: {kind: fail_tire, wheel: 1, grip: 0.2}, hazard: false}",
]  # fmt: skip


def test_a_scenario_of_version_1_reads_as_the_present_version_composes_and_draws_it():
    then, now = read_concrete(WRITTEN), load_scenario("highway/lost_cargo", WORDS, seed=5)
    assert then == now.model_copy(update={"criteria": then.criteria})  # which the standard set has more of since


def test_what_is_read_of_version_1_is_written_as_version_2():
    scenario = read_concrete(WRITTEN)
    text = to_yaml(scenario)
    assert text.startswith("schema_version: 2\n") and not {"tyre", "travelled"} & set(text.replace("_", " ").split())
    assert from_yaml(text) == scenario


@pytest.mark.parametrize(
    ("path", "then"),
    [
        ("scenario.goal.traveled", "scenario.goal.travelled"),
        ("scenario.events.go.when.traveled", "scenario.events.go.when.travelled"),
        ("scenario.actors.traveled.speed", "scenario.actors.traveled.speed"),
        ("scenario.parameters.traveled", "scenario.parameters.traveled"),
    ],
)
def test_only_keys_that_were_renamed_draw_from_a_stream_of_another_name(path, then):
    assert stream_path(path) == then


@pytest.mark.parametrize(
    "tree",
    [{}, {"schema_version": True}, {"schema_version": 3}, {"schema_version": [1]}, {"schema_version": 2, "seed": 1}],
)
def test_what_is_not_of_version_1_stays_as_it_is(tree):
    assert migrate(tree) is tree


@pytest.mark.parametrize(
    "scenario",
    [None, 4, {"goal": 3}, {"goal": None, "events": []}, {"events": {"go": 1}},
     {"events": {"go": {"when": 2, "do": []}}},
     {"actors": {"box": ["model"]}}, {"actors": {"box": {"model": ["cargo_tyre"]}}}, {3: {}}],
)  # fmt: skip
def test_content_of_other_types_is_left_for_the_models_to_refuse(scenario):
    tree = {"schema_version": 1, "scenario": scenario, "sampled": {}}
    assert migrate(tree) == {"schema_version": 2, "scenario": scenario, "sampled": {}}
    with pytest.raises(ConfigError):
        from_yaml(f"schema_version: 1\nseed: 4\nscenario: {scenario!r}\n")


@pytest.fixture
def oldest() -> str:
    """The text of a scenario of everyday traffic as version 1 wrote it."""
    tree = yaml.safe_load(to_yaml(load_scenario("drive", seed=3)))
    del tree["traffic"]["driver_kinds"]
    return yaml.safe_dump({**tree, "schema_version": 1})


def test_a_scenario_of_version_1_has_the_drivers_that_stood_in_the_code(oldest, tmp_path):
    present = load_scenario("drive", seed=3)
    assert from_yaml(oldest) == present
    (tmp_path / "old.yaml").write_text(oldest)
    assert read_concrete(tmp_path / "old.yaml") == present
    kinds = present.traffic.driver_kinds
    assert (kinds.truck.max_acceleration, kinds.truck.min_gap, kinds.bicycle.cruising_speed) == (0.9, 2.5, 5.0)


def test_a_scenario_that_a_user_wrote_with_old_names_is_taken():
    old = [text.replace("traveled: {", "travelled: {").replace("tire", "tyre") for text in WORDS[4:]]
    assert load_scenario("highway/lost_cargo", [*WORDS[:4], *old], seed=5) == load_scenario(
        "highway/lost_cargo", WORDS, seed=5
    )


def test_a_version_to_come_is_refused(oldest):
    with pytest.raises(ConfigError, match="schema_version = 3"):
        from_yaml(oldest.replace("schema_version: 1", "schema_version: 3"))


def test_a_scenario_of_the_present_version_lacks_no_key(oldest):
    with pytest.raises(ConfigError, match=r"traffic\.driver_kinds: this setting is missing"):
        from_yaml(oldest.replace("schema_version: 1", "schema_version: 2"))
