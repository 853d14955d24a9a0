"""Mutated input is taken or refused in words; the campaign itself is run by hand over thousands of seeds."""

import pytest

from simengine.core.errors import ConfigError
from tools.checks.fuzz.scenarios import judge, try_scenario


@pytest.mark.parametrize("seed", range(40))
def test_a_mutated_scenario_is_taken_or_refused_in_words(seed):
    _, fault = try_scenario(seed)
    assert fault is None, fault


@pytest.mark.parametrize("seed", range(25))
def test_a_mutated_checkpoint_is_taken_or_refused_in_words(seed):
    pytest.importorskip("stable_baselines3")
    from tools.checks.fuzz.checkpoints import try_checkpoint

    _, fault = try_checkpoint(seed)
    assert fault is None, fault


def test_a_fault_is_seen():
    def raises(error):
        raise error

    assert judge(3, lambda: raises(KeyError("x")), "case")[1].what.startswith("KeyError")
    assert "empty" in judge(3, lambda: raises(ConfigError("")), "case")[1].what
    assert judge(3, lambda: raises(ConfigError("a = 1: too small")), "case") == ("refused", None)
    assert judge(3, lambda: None, "case") == ("taken", None)
