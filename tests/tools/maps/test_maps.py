"""The table of road files: what it says of a file that is read, remarked, refused, or ends in a fault of the reader."""

from pathlib import Path

import pytest

from tools.check import main
from tools.checks.maps import maps

FIXTURES = Path(__file__).parents[2] / "road" / "fixtures"


def test_a_clean_file_is_read_and_its_lanes_meet():
    row = maps.read_row(FIXTURES / "sections.xodr", "sections.xodr")
    assert (row.outcome, row.reasons) == (maps.READ, ()) and row.look.lanes == 7
    assert row.look.gap < 1e-6 and row.look.kink < 1e-3 and row.look.folds == 0 and row.look.finite


def test_remarks_and_refusals_give_their_reasons(tmp_path):
    text = (FIXTURES / "line.xodr").read_text()
    for new, outcome, words in (
        ('length="100" junction="77"', maps.REMARKED, "belongs to a junction"),
        ('length="nan" junction="-1"', maps.REFUSED, "map.xodr, line 5: <road> length='nan'"),
    ):
        (tmp_path / "map.xodr").write_text(text.replace('length="100" junction="-1"', new))
        (row,) = maps.rows(tmp_path)
        assert row.outcome == outcome and words in row.reasons[0] and str(tmp_path) not in row.reasons[0]


def test_anything_but_a_readable_error_is_a_fault_and_fails_the_check(tmp_path, monkeypatch, capsys):
    (tmp_path / "map.xodr").write_text((FIXTURES / "line.xodr").read_text())

    def broken(path):
        raise KeyError("lane")

    monkeypatch.setattr(maps, "read_opendrive", broken)
    assert main(["maps", str(tmp_path)]) == 1
    assert "| map.xodr | BUG |" in capsys.readouterr().out


def test_only_commonroad_files_are_taken_of_all_xml(tmp_path):
    (tmp_path / "other.xml").write_text("<other/>")
    (tmp_path / "scenario.xml").write_text((FIXTURES / "intersection_2020a.xml").read_text())
    assert [row.kind for row in maps.rows(tmp_path)] == ["CommonRoad"]


def test_gaps_between_lanes_are_measured(tmp_path):
    text = (FIXTURES / "sections.xodr").read_text()
    (tmp_path / "map.xodr").write_text(text)
    whole = maps.read_row(tmp_path / "map.xodr", "map").look
    network = maps.read_opendrive(tmp_path / "map.xodr").network
    moved = network.point_position.copy()
    start = network.lane_first_point[network.successor[0]]
    moved[start, :] += (0.0, 3.0, 0.5)
    apart = maps.look_over(network._replace(point_position=moved))
    assert whole.gap < 1e-6 and apart.gap == pytest.approx(3.0) and apart.step == pytest.approx(0.5)


def test_a_line_that_turns_back_is_a_fold():
    network = maps.read_opendrive(FIXTURES / "line.xodr").network
    folded = network.point_position.copy()
    folded[2] = folded[0]
    assert maps.look_over(network._replace(point_position=folded)).folds == 2


def test_cells_cannot_break_the_table():
    row = maps.MapRow("a|b.xodr", "OpenDRIVE", maps.REMARKED, ("<x> | y" + "z" * 500,), None)
    line = maps.format_row(row)
    assert "&lt;x&gt; \\| y" in line and len(line) < 250
