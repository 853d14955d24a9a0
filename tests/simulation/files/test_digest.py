"""The digest is of values: order of topics does not enter, every bit of a value does."""

import subprocess
import sys

import numpy as np
import pytest

from simengine.core.errors import ConfigError
from simengine.simulation.episode.in_memory import MemoryRecorder
from simengine.simulation.files.digest import EpisodeDigest, first_difference
from tests.simulation import episode_fixtures as drawn


def digest_of(*records) -> EpisodeDigest:
    digest = EpisodeDigest()
    for record in records:
        digest.add(*record)
    return digest


A = ("state", 0, {"position": np.arange(6.0).reshape(2, 3), "valid": np.array([True, False])})
B = ("camera/frame", 5, {"rgb": np.zeros((2, 2, 3), np.uint8)})
LONG = ("camera/frame", 5, {"rgb": np.arange(60 * 40 * 3, dtype=np.uint8).reshape(60, 40, 3)})


def test_order_of_topics_and_of_names_does_not_enter():
    swapped = ("state", 0, dict(reversed(A[2].items())))
    assert digest_of(A, B).hexdigest() == digest_of(B, swapped).hexdigest()


def test_digest_is_a_published_constant():
    # Hashing must never change by accident: datasets are compared across versions by it.
    assert digest_of(A, B).hexdigest() == "c097c3f6f7ac48104ad9228dd93776e4fbcee44ea789f6709ceffc465e391fa8"
    assert digest_of(A, LONG).hexdigest() == "d885cd1392e753dc4b324e29ca4b0d5587753c5226ad04a30d88d36551334fb7"


@pytest.mark.parametrize(
    "changed",
    [
        ("state", 1, A[2]),
        ("states", 0, A[2]),
        ("state", 0, {**A[2], "position": np.nextafter(A[2]["position"], 9.0)}),
        ("state", 0, {**A[2], "position": A[2]["position"].reshape(3, 2)}),
        ("state", 0, {**A[2], "position": A[2]["position"].astype(np.float32)}),
        ("state", 0, {"positions": A[2]["position"], "valid": A[2]["valid"]}),
        ("state", 0, {"position": A[2]["position"]}),
    ],
)
def test_any_change_of_time_topic_value_shape_type_or_name_changes_it(changed):
    assert digest_of(A, B).hexdigest() != digest_of(changed, B).hexdigest()


def test_a_single_bit_of_a_long_array_changes_it():
    plain = digest_of(LONG).hexdigest()
    for place in ((0, 0, 0), (30, 20, 1), (59, 39, 2)):
        changed = LONG[2]["rgb"].copy()
        changed[place] ^= 1
        assert digest_of((*LONG[:2], {"rgb": changed})).hexdigest() != plain


def test_negative_zero_counts_and_byte_order_and_memory_layout_do_not():
    values = np.array([[0.0, 1.0], [2.0, 3.0]])
    plain = digest_of(("t", 0, {"x": values})).hexdigest()
    assert digest_of(("t", 0, {"x": values.astype(">f8")})).hexdigest() == plain
    assert digest_of(("t", 0, {"x": np.asfortranarray(values)})).hexdigest() == plain
    assert digest_of(("t", 0, {"x": values * [[-1, 1], [1, 1]]})).hexdigest() != plain


def test_objects_have_no_digest():
    with pytest.raises(ConfigError, match="type object cannot be recorded"):
        digest_of(("t", 0, {"x": np.array([None])}))


def test_first_difference_names_topic_and_time_of_the_earliest():
    later = ("camera/frame", 5, {"rgb": np.ones((2, 2, 3), np.uint8)})
    extra = ("state", 9, A[2])
    assert first_difference(digest_of(A, B).records(), digest_of(B, A).records()) is None
    assert first_difference(digest_of(A, B).records(), digest_of(A, later).records()) == ("camera/frame", 5)
    assert first_difference(digest_of(A, B).records(), digest_of(A, later, extra).records()) == ("camera/frame", 5)
    assert first_difference(digest_of(A, B).records(), digest_of(A, B, extra).records()) == ("state", 9)


def test_a_single_pixel_or_label_changes_the_episode():
    def play(touch) -> str:
        recorder = MemoryRecorder("x", drawn.concrete(), drawn.network(), drawn.actors(), {}, keep_frames=False)
        state = drawn.state_at(0, 0.0)
        frame, labels = drawn.camera_frame(0, 0, state)
        touch(frame, labels, state)
        recorder.append_state(0, state, None)
        recorder.append_frame(frame, labels)
        return recorder.finish(drawn.VERDICT, [], [], {})

    plain = play(lambda frame, labels, state: None)
    assert play(lambda frame, labels, state: None) == plain
    assert play(lambda frame, labels, state: frame.channels["rgb"].__setitem__((5, 5, 0), 1)) != plain
    assert play(lambda frame, labels, state: labels.boxes_2d.occluder.__setitem__(0, 4)) != plain
    assert play(lambda frame, labels, state: state.tire_grip.__setitem__((0, 0, 0), 0.5)) != plain


def test_a_fresh_process_gives_the_same_digest():
    program = (
        "from tests.simulation import episode_fixtures as d;"
        "from simengine.simulation.episode.in_memory import MemoryRecorder;"
        "print(d.record(MemoryRecorder('x', d.concrete(), d.network(), d.actors(), {}), 2))"
    )
    fresh = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert fresh == drawn.record(MemoryRecorder("y", drawn.concrete(), drawn.network(), drawn.actors(), {}), 2)
