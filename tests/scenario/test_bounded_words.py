"""What strangers write is neither repeated with its line ends nor taken at any size."""

import pytest

from simengine.core.errors import ConfigError
from simengine.scenario.overrides import expand_sweep, parse_overrides, refuse_sweep
from simengine.scenario.yaml_files import parse_concrete


@pytest.mark.parametrize(
    "text", ["++ego.speed=1e1\n\n", "a\n\n", "hydra.searchpath=\n\n", "a=[1,\n\n", "~\r\n\u2028x=("]
)
def test_a_setting_with_line_ends_is_repeated_in_one_line(text):
    with pytest.raises(ConfigError) as told:
        parse_overrides([text])
    assert len(str(told.value).splitlines()) == 1


def test_a_sweep_with_line_ends_is_repeated_in_one_line():
    for refuse, text in ((refuse_sweep, "a='x\n\ny',2"), (expand_sweep, "weather=glob('x\n\ny')")):
        with pytest.raises(ConfigError) as told:
            refuse([text])
        assert len(str(told.value).splitlines()) == 1


def test_a_concrete_scenario_may_hold_no_more_values_than_its_size_explains():
    assert len(parse_concrete("a: [" + "1," * 20_000 + "]")["a"]) == 20_000
    with pytest.raises(ConfigError, match=r"more than \d+ values"):
        parse_concrete("a: [" + "1," * 130_000 + "]")
