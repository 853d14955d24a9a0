"""Late drivers are the plain ones but for their reaction time."""

import pytest
import yaml

from simengine.scenario.compose import compose
from simengine.scenario.config_loader import configuration_root


@pytest.mark.parametrize("plain", ["sedan", "sedan_town", "sedan_rural"])
def test_a_distracted_driver_differs_by_the_reaction_time_only(plain):
    late, usual = (compose("config", (f"ego={name}",))["ego"] for name in (f"{plain}_distracted", plain))
    assert {key for key in late | usual if late.get(key) != usual.get(key)} == {"reaction_time"}
    changed = compose("config", (f"ego={plain}_distracted", "ego.speed=5.5"))["ego"]
    assert changed == {**late, "speed": 5.5}


@pytest.mark.parametrize("plain", ["sedan", "sedan_town", "sedan_rural"])
def test_a_distracted_drivers_file_holds_only_what_it_changes(plain):
    held = yaml.safe_load((configuration_root() / "conf" / "ego" / f"{plain}_distracted.yaml").read_text())
    assert set(held) == {"defaults", "reaction_time"}
