"""Channels read back from their messages as the sensor gave them, bit for bit."""

import numpy as np
import pytest

from simengine.core.errors import ConfigError
from simengine.scenario.compose import compose
from simengine.scenario.sampling import concretize
from simengine.sensors.base import Frame
from simengine.simulation.channels import read_channel, store_channels
from tests.simulation import episode_fixtures as drawn


def test_normals_and_flow_keep_every_bit_and_what_is_not_a_number():
    random = np.random.default_rng(5)
    channels = {
        "normal": random.normal(size=(12, 16, 3)).astype(np.float32),
        "flow": random.normal(size=(12, 16, 2)).astype(np.float32),
    }
    channels["flow"][3, 4] = np.nan
    frame = Frame("front", 0, 7, np.eye(4), channels)
    stored, payloads = store_channels(frame, drawn.concrete().recorder)
    messages = {payload.topic: b"".join(payload.content) for payload in payloads}
    for name, array in channels.items():
        back = read_channel(stored[name], frame.time_ns, messages.__getitem__)
        assert back.dtype == array.dtype and back.shape == array.shape
        assert back.tobytes() == array.tobytes()


def test_layers_are_chosen_by_an_override():
    chosen = concretize(compose("config", ("scenario=drive", "sensors.camera_front.layers=[normal,flow]")), 1)
    assert chosen.sensors["camera_front"].layers == ("normal", "flow")
    assert concretize(compose("config", ("scenario=drive",)), 1).sensors["camera_front"].layers == ()
    with pytest.raises(ConfigError, match="layers"):
        concretize(compose("config", ("scenario=drive", "sensors.camera_front.layers=[albedo]")), 1)
