"""`generate … export=…` writes what `export` writes, and refuses what it cannot before anything is simulated."""

import pytest

from simengine.cli import main
from tests.tiny_rig import TINY

COMMAND = ["generate", "scenario=highway/hard_brake", *TINY, "physics=batched", "scenario.duration=0.25",
           "recorder.preview_episodes=0", "workers=1"]  # fmt: skip


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
        (["export=kiti"], 'format = kiti: no such format (did you mean "kitti"?); allowed are coco, kitti'),
        (["export=[kitti,cocoo]"], 'format = cocoo: no such format (did you mean "coco"?)'),
        (["exprt=kitti"], 'exprt=kitti: no setting is called "exprt" (did you mean "export"?)'),
        (["export.masks=rle"], "export.masks=rle: name the format too"),
        (["export=coco", "export.mask=rle"], 'export.mask: no setting of that name (did you mean "masks"?)'),
        (["export=coco", "export.masks=rl"], 'masks = rl (did you mean "rle"?)'),
        (["export=kitti", "export.validation=2"], "validation = 2: must be a number from 0 to 1"),
        (["export=kitti", "export.camera=camera_frnt"], 'camera_frnt (did you mean "camera_front"?)'),
        (["export=kitti", "sensors=none"], "export=kitti needs a camera; the rig has none"),
        (["export=kitti", "export=coco"], "export is given twice, as kitti and as coco"),
        (["export=coco", "recorder.leave_out=[instance]"], "coco needs instance of camera_front, but recorder.le"),
    ],
)
def test_what_cannot_be_exported_is_refused_before_anything_is_simulated(tmp_path, capsys, settings, message):
    assert main(["generate", "scenario=drive", *settings, f"output={tmp_path / 'data'}"]) == 2
    said = capsys.readouterr().err
    assert message in said and len(said.strip().splitlines()) == 1
    assert not (tmp_path / "data").exists()
