"""JSON as recorded: every number reads back to the same bits, and none that is not finite gets in."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.core.errors import ConfigError
from simengine.simulation.files.array_encoding import encode_json

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(FLOATS), st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32)))
def test_json_reads_back_to_the_same_bits(long, short):
    single = np.array(short, np.float32)
    read = json.loads(encode_json({"long": long, "short": single.tolist()}, "it"))
    assert np.array(read["long"], np.float64).tobytes() == np.array(long, np.float64).tobytes()
    assert np.array(read["short"], np.float32).tobytes() == single.tobytes()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
def test_json_refuses_a_number_that_is_not_finite(number):
    with pytest.raises(ConfigError, match="/state at 1.000 s: a number that is not finite cannot be recorded"):
        encode_json({"acceleration": [0.0, number]}, "/state at 1.000 s")


def test_json_takes_text_and_the_numbers_of_numpy():
    value = {"name": "NaN and Infinity, größer", "one": np.int32(1), "yes": np.bool_(True), "half": np.float32(0.5)}
    content = encode_json(value, "it")
    assert json.loads(content) == {"name": value["name"], "one": 1, "yes": True, "half": 0.5}
    assert "größer".encode() in content
