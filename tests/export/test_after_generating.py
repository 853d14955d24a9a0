"""`generate … export=…` writes what `export` writes, and refuses what it cannot before anything is simulated."""

import pytest

import simengine
from simengine.cli import main
from simengine.core.errors import ConfigError
from simengine.export.after_generating import Export
from simengine.simulation.jobs.generate import FollowUp, generate
from tests.tiny_rig import TINY

COMMAND = ["generate", "scenario=highway/hard_brake", *TINY, "physics=batched", "scenario.duration=0.25",
           "recorder.preview_episodes=0", "workers=1"]  # fmt: skip

REAR = ["+sensors.rear=${sensors.camera_front}"]


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_writes_below_the_output_what_export_writes_and_anew_for_more_episodes(tmp_path, capsys):
    data = tmp_path / "data"
    wanted = ["export=kitti,coco", "export.validation=0.5", "export.masks=polygon", f"output={data}"]
    assert main([*COMMAND, *wanted, "episodes=1"]) == 0
    assert main([*COMMAND, *wanted, "episodes=2"]) == 0
    assert "export/kitti: 4 frames" in capsys.readouterr().out
    assert sorted(path.name for path in (data / "export").iterdir()) == ["coco", "kitti"]
    for form, own in (("kitti", []), ("coco", ["masks=polygon"])):
        again = tmp_path / form
        assert main(["export", str(data), f"format={form}", f"output={again}", "validation=0.5", *own]) == 0
        assert files(again) == files(data / "export" / form)
    assert main(["replay", str(data), "--workers", "1"]) == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["export=kiti"], 'format = kiti: no such format (did you mean "kitti"?); allowed: coco, kitti'),
        (["export=[kitti,cocoo]"], 'format = cocoo: no such format (did you mean "coco"?)'),
        (["exprt=kitti"], 'exprt=kitti: no setting is called "exprt" (did you mean "export"?)'),
        (["export.masks=rle"], "export.masks=rle: name the format too"),
        (["export=coco", "export.mask=rle"], 'export.mask: no setting of that name (did you mean "masks"?)'),
        (["export=coco", "export.ma\n\nsk=rle"], "export.ma\\x0a\\x0ask: no setting of that name"),
        (["export=coco", "export.masks=rl"], 'masks = rl (did you mean "rle"?)'),
        (["export=kitti", "export.validation=2"], "validation = 2: must be a number from 0 to 1"),
        (["export=kitti", "export.camera=camera_frnt"], 'camera_frnt (did you mean "camera_front"?)'),
        (["export=kitti", "sensors=none"], "export=kitti needs a camera; the rig has none"),
        (["export=kitti", "export=coco"], "export is given twice, as kitti and as coco"),
        (["export=coco", "recorder.leave_out=[instance]"], "coco needs instance of camera_front, but recorder.le"),
        (["export=kitti", "recorder.leave_out=[lidar_top/intensity]"], "kitti needs intensity of lidar_top, but recor"),
        (["export=kitti", "export.lidar=lidar_top", "recorder.leave_out=[points]"], "kitti needs points of lidar_top"),
        ([*REAR, "export=kitti", "recorder.leave_out=[camera_front/labels]"], "kitti needs labels of camera_front, bu"),
        (["export=kitti", "sensors.camera_front.mount.pitch_deg=17"], "camera_front: it is tilted by 17 degrees"),
        ([*REAR, "export=coco", "recorder.leave_out=[rear/labels]"], "coco needs labels of rear, but recorder.leave"),
        ([*REAR, "export=coco", "export.camera=rear", "recorder.leave_out=[rear/rgb]"], "coco needs rgb of rear, but"),
    ],
)
def test_what_cannot_be_exported_is_refused_before_anything_is_simulated(tmp_path, capsys, settings, message):
    assert main(["generate", "scenario=drive", *settings, f"output={tmp_path / 'data'}"]) == 2
    said = capsys.readouterr().err
    assert message in said and len(said.strip().splitlines()) == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("form", "left_out"),
    [("kitti", "rear/labels"), ("kitti", "camera_front/rgb"), ("kitti", "points"), ("coco", "rear/rgb"),
     ("coco", "lidar_top/intensity"), ("coco", "camera_front/instance")],
)  # fmt: skip
def test_what_a_format_can_do_without_may_be_left_out(form, left_out):
    scenario = simengine.load_scenario("drive", [*REAR, f"recorder.leave_out=[{left_out}]"])
    Export({form: {}}, ()).check(scenario)


class SecondIsWrong(FollowUp):
    typed = ()

    def __init__(self):
        self.checked = 0

    def check(self, scenario):
        self.checked += 1
        if self.checked == 2:
            raise ConfigError("the second episode cannot be used")

    def write(self, folder):
        return []


def test_every_episode_is_checked_before_the_first_is_simulated(tmp_path):
    with pytest.raises(ConfigError, match="the second episode"):
        generate(["scenario=drive", "episodes=3", f"output={tmp_path / 'data'}"], follow_up=SecondIsWrong())
    assert not (tmp_path / "data").exists()
