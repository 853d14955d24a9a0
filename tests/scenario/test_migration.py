"""Concrete scenarios of older schema versions are read as what they were."""

import pytest
import yaml

from simengine.core.errors import ConfigError
from simengine.scenario.sampling import from_yaml, load_scenario, read_concrete, to_yaml


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


def test_a_version_to_come_is_refused(oldest):
    with pytest.raises(ConfigError, match="schema_version = 3"):
        from_yaml(oldest.replace("schema_version: 1", "schema_version: 3"))


def test_a_scenario_of_the_present_version_lacks_no_key(oldest):
    with pytest.raises(ConfigError, match=r"traffic\.driver_kinds: this setting is missing"):
        from_yaml(oldest.replace("schema_version: 1", "schema_version: 2"))
