"""Channels read back from their messages as the sensor gave them, bit for bit."""

import numpy as np
import pytest

from simengine.core.errors import ConfigError
from simengine.scenario.compose import compose
from simengine.scenario.sampling import concretize
from simengine.sensors.base.sensor import Frame
from simengine.simulation.mcap.channel_storage import Limits, read_channel, store_channels
from tests.simulation import episode_fixtures as drawn

LIMITS = Limits(most_bytes=1 << 24)


def test_normals_and_flow_keep_every_bit_and_what_is_not_a_number():
    random = np.random.default_rng(5)
    channels = {
        "normal": random.normal(size=(12, 16, 3)).astype(np.float32),
        "flow": random.normal(size=(12, 16, 2)).astype(np.float32),
    }
    channels["flow"][3, 4] = np.nan
    channels["normal"] = np.concatenate([channels["normal"]] * 30)  # longer than what is written as numbers
    channels["flow"] = np.concatenate([channels["flow"]] * 30)
    frame = Frame("front", 0, 7, np.eye(4), channels)
    stored, payloads = store_channels(frame, drawn.concrete().recorder)
    messages = {payload.topic: b"".join(payload.content) for payload in payloads}
    assert set(messages) == {
        "/front/normal/forward",
        "/front/normal/left",
        "/front/normal/up",
        "/front/flow/right",
        "/front/flow/down",
    }
    assert {payload.kind for payload in payloads} == {"raw_image"}  # which every viewer shows
    for name, array in channels.items():
        back = read_channel(name, stored[name], frame.time_ns, messages.__getitem__, LIMITS)
        assert back.dtype == array.dtype and back.shape == array.shape
        assert back.tobytes() == array.tobytes()


def test_expected_hits_are_numbers_that_viewers_show():
    rows = np.stack([np.arange(1, 301), np.arange(300)], axis=1).astype(np.int32)
    frame = Frame("top", 0, 7, np.eye(4), {"points": np.zeros((4, 3), np.float32), "expected_hits": rows})
    stored, payloads = store_channels(frame, drawn.concrete().recorder)
    assert [payload.kind for payload in payloads] == ["point_cloud"] and stored["expected_hits"]["form"] == "values"
    back = read_channel("expected_hits", stored["expected_hits"], 7, {}.__getitem__, LIMITS)
    assert back.dtype == np.int32 and np.array_equal(back, rows)


def test_images_of_another_package_with_any_numbers_a_pixel_are_shown_too():
    image = np.arange(40 * 50 * 4, dtype=np.uint16).reshape(40, 50, 4)
    frame = Frame("thermal", 0, 7, np.eye(4), {"bands": image})
    stored, payloads = store_channels(frame, drawn.concrete().recorder)
    assert [payload.topic for payload in payloads] == [f"/thermal/bands/{k}" for k in range(4)]
    messages = {payload.topic: b"".join(payload.content) for payload in payloads}
    assert np.array_equal(read_channel("bands", stored["bands"], 7, messages.__getitem__, LIMITS), image)


def test_layers_are_chosen_by_an_override():
    chosen = concretize(compose("config", ("scenario=drive", "sensors.camera_front.layers=[normal,flow]")), 1)
    assert chosen.sensors["camera_front"].layers == ("normal", "flow")
    assert concretize(compose("config", ("scenario=drive",)), 1).sensors["camera_front"].layers == ()
    with pytest.raises(ConfigError, match="layers"):
        concretize(compose("config", ("scenario=drive", "sensors.camera_front.layers=[albedo]")), 1)
