"""The check of people: its interval, its verdict and its page, on runs made by hand."""

import math

import pytest

from simengine.verify.crowd import CrowdRun
from tools.checks.traffic.people import SHARE, SPEEDS, as_table, document, gather, share_interval


def run(**changes) -> CrowdRun:
    usual = {
        "people": 10, "sizes": {"1": 3, "2": 2, "3": 1}, "nearest": [0.8, 0.9, 1.0], "nearest_alone": [4.0],
        "speeds": {"1": [1.2], "2": [1.1], "3+": []}, "standing": 0.2, "spread": 1.0, "split": 0, "stuck": 0,
        "crossed": 1, "meetings": (2, 0), "contacts": {"people": 0, "vehicles": 0, "scenery": 0},
    }  # fmt: skip
    return CrowdRun(**{**usual, **changes})


def test_the_interval_is_wilsons_and_wider_for_people_who_come_in_groups():
    low, high = share_interval({1: 50, 2: 25})  # 100 people, of whom 150 / ... count as 66.7
    drawn, share, z = 100.0**2 / 150.0, 0.5, 1.96
    roots = [  # where a share p is 1.96 of its own deviations from what was counted
        p / 1e4 for p in range(1, 10_000)
        if abs(p / 1e4 - share) <= z * math.sqrt(p / 1e4 * (1.0 - p / 1e4) / drawn)
    ]  # fmt: skip
    assert (low, high) == (pytest.approx(roots[0], abs=2e-4), pytest.approx(roots[-1], abs=2e-4))
    larger = share_interval({1: 50, 5: 10})
    assert larger[1] - larger[0] > high - low
    assert share_interval({}) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("sizes", "good"),
    [({"1": 33, "2": 34}, True), ({"1": 60, "2": 20}, False), ({"1": 10, "2": 90}, False),
     ({"1": 250, "2": 150}, False)],
)  # fmt: skip
def test_the_share_in_company_has_to_agree_with_the_published_one(sizes, good):
    found = gather([("street", run(sizes=sizes))])["street"]
    assert found.good == found.as_often_in_company == good and SHARE == (0.6, 0.7)


@pytest.mark.parametrize(
    "changes",
    [
        {"contacts": {"people": 1, "vehicles": 0, "scenery": 0}},
        {"contacts": {"people": 0, "vehicles": 0, "scenery": 1}},
        {"speeds": {"1": [1.45], "2": [1.1], "3+": []}}, {"speeds": {"1": [1.2], "2": [1.0], "3+": []}},
        {"speeds": {"1": [1.2], "2": [1.1], "3+": [1.25]}}, {"speeds": {"1": [1.2], "2": [1.1], "3+": [0.6]}},
        {"stuck": 1}, {"split": 1}, {"nearest": [3.6, 3.7, 3.8]}, {"nearest": [0.5, 0.6, 0.6]},
    ],
)  # fmt: skip
def test_touching_being_stuck_torn_apart_and_wrong_distances_are_not_good(changes):
    assert gather([("street", run())])["street"].good
    assert not gather([("street", run(**changes))])["street"].good


def test_runs_of_a_place_are_added_up_and_shown():
    found = gather([("street", run()), ("square", run(meetings=(0, 1))), ("street", run(stuck=1))])
    street = found["street"]
    assert street.people == 20 and street.sizes == {1: 6, 2: 4, 3: 2} and street.stuck == 1
    assert street.meetings == (4, 0) and found["square"].meetings == (0, 1)
    assert street.company == pytest.approx(14 / 20) and math.isnan(street.speeds[2])
    lines = as_table(found)
    assert lines[0].count("|") == 7
    assert "| companies that met and walked through each other | – | – | – | 0 | 1 |" in lines
    assert all(line in document(found, "a command", range(5, 7), 60.0, "bullet") for line in lines)


def test_what_is_given_is_called_an_input_and_what_is_measured_is_shown():
    lines = as_table(gather([("street", run(nearest_alone=[2.0, 3.0, 4.0], crossed=7, meetings=(3, 1)))]))
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert [row[1] for row in cells[2:] if row[1] != "–"] == ["67 %", "zero-truncated Poisson", "0.8"]
    told = {row[0]: row[4] for row in cells}
    assert told["nearest person of those alone, median (quartiles) [m]"] == "3.00 (2.50–3.50)"
    assert told["people who stepped onto a crossing"] == "7"
    assert told["companies that met and passed on one side"] == "3"


def test_published_speeds_of_groups_follow_from_the_two_lines():
    lines = [(-0.04, 1.26), (-0.08, 1.24)]
    for (low, high), sizes in zip(SPEEDS, ((1,), (2,), range(3, 7)), strict=True):
        values = [slope * n + at for n in sizes for slope, at in lines]
        assert low == pytest.approx(min(values))
        assert high == pytest.approx(max(values) if sizes != (1,) else 1.34)  # alone: Helbing & Molnár
