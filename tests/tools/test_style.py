"""The check of fitted drivers: its figures and its page, made from small recordings."""

import pytest

from simengine.core.errors import ScenarioError
from tests.verify.recorded_style.platoon import platoon
from tools import check
from tools.checks import style


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
