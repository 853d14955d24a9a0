"""The check of fitted drivers: its figures and its page, made from small recordings."""

import pytest

from simengine.core.errors import ConfigError, ScenarioError
from tests.verify.recorded_style.platoon import platoon
from tools import check
from tools.checks import pages
from tools.checks.traffic import style


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("style")
    for k in range(3):
        platoon(folder, 4, 18.0 + 6.0 * k, last=25, name=f"ZAM_Street-{k}_1_T-1.xml", first_id=10 * (k + 1))
    return style.measure([], folder)


def test_only_recordings_held_out_are_bounded(found):
    assert [road.name for road in found.held_out["ZAM_Street"]] == ["ZAM_Street-1_1_T-1"]
    names = [row.what for row in style.rows(found)]
    assert names == [f"ZAM_Street: {n}" for n in ("acceleration", "speed", "headway", "gap", "lane changes")]


def test_the_page_names_what_is_missed(found):
    page = style.as_markdown(found, "tools/check.py style --write")
    missing = [row.what.split(": ")[1] for row in style.rows(found) if not row.good]
    told = page.split("## What was found")[1].split("The drivers")[0]
    assert all(f"{name} at ZAM_Street" in told for name in missing)
    assert ("missed" in told) == bool(missing)
    assert "Held out: ZAM_Street-1_1_T-1; 3 vehicles" in page
    assert page.count("**missed**") == len(missing)


def test_the_page_is_of_the_recordings_it_was_fitted_to(capsys):
    assert check.main(["style", "--write", "FILE"]) == 2
    assert "not with FILE" in capsys.readouterr().err


def test_a_folder_without_recordings_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="neither a CommonRoad file"):
        style.measure([], tmp_path)


def test_a_folder_with_one_vehicle_or_nothing_held_out_is_refused_in_one_line(tmp_path, capsys):
    platoon(tmp_path, 1, 18.0, last=25)
    assert check.main(["style", str(tmp_path)]) == 2
    assert "fewer than two vehicles" in capsys.readouterr().err
    platoon(tmp_path, 4, 18.0, last=25)  # in its place
    assert check.main(["style", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "no recording is held out" in error and error.count("\n") == 1


def test_a_page_that_cannot_be_written_is_told_before_the_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(style, "measure", None)  # what would be the work
    (tmp_path / "docs").write_text("a file where the folder should be")
    assert check.main(["style", "--write"]) == 2
    error = capsys.readouterr().err
    assert "--write" in error and "not a directory" in error and error.count("\n") == 1


def test_a_page_that_fails_leaves_the_old_one_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    pages.write_page("a.md", "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ConfigError, match="no space left"):
        pages.write_page("a.md", "new")
    assert [(path.name, path.read_text()) for path in (tmp_path / "docs").iterdir()] == [("a.md", "old")]
