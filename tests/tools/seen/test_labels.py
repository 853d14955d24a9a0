"""The check of labels, on one tiny scenario: everything agrees, and what is disturbed does not."""

import pytest

pytest.importorskip("embreex", reason="embreex is in the test extra")
pytest.importorskip("pybullet")
pytest.importorskip("pycocotools")

from tests.tiny_rig import TINY  # noqa: E402
from tools.checks.seen import labels, sight  # noqa: E402

SMALL = [text for text in TINY if text.startswith(("traffic", "sensors.lidar"))]
SMALL += ["sensors.camera_front.width=192", "sensors.camera_front.height=108", "road.parked_fraction=0.1"]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_sensors_labels_and_exports_agree(tmp_path):
    near = "scenario.actors.walker.place.ahead=12.0"  # else nothing is large enough for a KITTI object
    rows = list(labels.rows(["urban/jaywalker"], ["clear"], 1, [*SMALL, near], tmp_path))
    assert len(rows) >= 12
    assert [row.what for row in rows if not row.good] == []
    assert any("no echo" in row.what for row in rows)


def test_a_shifted_image_and_a_wrong_range_are_seen(monkeypatch):
    look, sweep = sight.Witness.look, sight.Witness.sweep

    def shifted(self, frame, poses):
        channels = frame.channels
        moved = {name: channels[name].copy() for name in ("instance", "depth")}
        moved["instance"][:, :-3], moved["depth"][:, :-3] = (
            channels["instance"][:, 3:],
            channels["depth"][:, 3:] + 0.002,
        )
        return look(self, frame._replace(channels={**channels, **moved}), poses)

    def stretched(self, frame, *arguments):
        return sweep(
            self, frame._replace(channels={**frame.channels, "range": frame.channels["range"] + 0.002}), *arguments
        )

    monkeypatch.setattr(sight.Witness, "look", shifted)
    monkeypatch.setattr(sight.Witness, "sweep", stretched)
    rows = labels.Watched("urban/jaywalker", "clear", 1, SMALL).rows()
    bad = [row.what.split(": ")[1] for row in rows if not row.good]
    assert {"camera depth", "LiDAR range"} <= set(bad)
