"""A collision or a jam is out of bounds, and is told."""

import pytest

from simengine.verify import flow
from tools.checks.traffic import traffic


def rows(monkeypatch, *runs: flow.FlowRun, place: str = "intersection"):
    monkeypatch.setattr(flow, "run_worlds", lambda *arguments: iter(runs))
    return list(traffic.rows({"batched": 720.0}, [place], 1800.0, 1))


def test_a_collision_is_out_of_bounds_and_told(monkeypatch):
    calm = flow.FlowRun(360.0, [], 0, 0, 0, 15.0)
    crash = calm._replace(collisions=["seed 2, batched: 3.00 s at x = 1.0 m"])
    (row,) = rows(monkeypatch, calm, crash, place="ring")
    assert (row.measured, row.good) == (1, False)
    assert "0.20 h" in row.what and "seed 2, batched: 3.00 s" in row.note
    assert rows(monkeypatch, calm, place="ring")[0].good


@pytest.mark.parametrize(("left", "good"), [(153, True), (151, False)])
def test_throughput_is_held_against_those_who_arrived(monkeypatch, left, good):
    run = flow.FlowRun(flow.SETTLE + 360.0, [], left, 160, 160, 6.0)
    collisions, throughput = rows(monkeypatch, run)
    assert collisions.good
    assert throughput.measured == pytest.approx(100.0 * left / 160.0)
    assert throughput.good is good


def test_flow_is_held_against_the_closed_form(monkeypatch):
    found = [flow.EquilibriumFlow(25.0, 1500.0, 1500.0), flow.EquilibriumFlow(45.0, 1470.0, 1500.0)]
    monkeypatch.setattr(flow, "run_equilibria", lambda workers: iter(found))
    assert [row.good for row in traffic.rows({}, ["flow"], 1800.0, 1)] == [True, False]
