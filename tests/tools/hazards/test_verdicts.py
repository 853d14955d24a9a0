"""Verdicts of both physics are compared sample by sample, and every difference is told."""

import pytest

from simengine.scenario.sampling import load_scenario
from tools.checks.hazards import verdicts
from tools.checks.hazards.verdicts import Agreement, Comparison, Course


def sample(seed, *outcomes, difference=""):
    return Comparison(seed, outcomes, tuple("hit" if text == "failed" else "" for text in outcomes), difference)


def test_shares_are_counted_and_differences_told():
    found = Agreement("highway/cut_in", [
        sample(1, "passed", "passed"), sample(2, "failed", "failed"),
        sample(3, "passed", "failed", difference="ego at 2.00 s: (1.0, 0.0) m against (2.0, 0.0) m"),
    ])  # fmt: skip
    assert (found.agreeing, found.having("failed", 0), found.having("failed", 1)) == (2, 1, 2)
    assert verdicts.format_agreement(found).startswith("BAD highway/cut_in")
    (line,) = verdicts.disagreements(found)
    assert "seed 3" in line and "bullet failed (hit)" in line and "ego at 2.00 s" in line
    page = verdicts.document([found], [1, 2, 3])
    assert "| highway/cut_in | 2 of 3 | 66.7% |" in page and line in page and "seeds 1 to 3" in page


def test_samples_without_a_verdict_in_both_agree_on_nothing():
    found = Agreement("highway/cut_in", [
        sample(1, "invalid", "invalid"), sample(2, "passed", "passed"), sample(3, "passed", "invalid"),
    ])  # fmt: skip
    assert (found.counted, found.agreeing, found.share) == (2, 1, 0.5)
    assert (found.having("invalid", 0), found.having("invalid", 1)) == (1, 2)
    assert "1 of    2 agree" in verdicts.format_agreement(found)
    assert "| 1 of 2 | 50.0% | 9.5% to 90.5% | 0 | 0 | 1 | 2 |" in verdicts.document([found], [1, 2, 3])
    nothing = Agreement("highway/cut_in", [sample(1, "invalid", "invalid")])
    assert nothing.share == 0.0 and verdicts.format_agreement(nothing).startswith("BAD")


def test_samples_that_pass_without_their_hazard_agree_on_nothing():
    found = Agreement("highway/cut_in", [
        sample(1, "untested", "untested"), sample(2, "passed", "passed"), sample(3, "untested", "passed"),
        sample(4, "untested", "invalid"),
    ])  # fmt: skip
    assert (found.counted, found.agreeing) == (2, 1)
    assert [line[:7] for line in verdicts.disagreements(found)] == ["seed 3:"]
    assert "untested: 3 in batched, 1 in bullet" in verdicts.format_agreement(found)
    assert "| 0 | 0 | 0 | 1 | 3 | 1 |" in verdicts.document([found], [1, 2, 3, 4])


@pytest.mark.parametrize(("duration", "outcome"), [(0.5, "untested"), (4.0, "passed")])
def test_a_run_whose_hazard_never_fires_is_untested(duration, outcome):
    scenario = load_scenario("highway/hard_brake", ["sensors=none", f"scenario.duration={duration}"], seed=3)
    assert verdicts.run_course(scenario, "batched").outcome == outcome


def test_the_first_actor_elsewhere_is_named():
    here = [{"ego": (0.1 * k, 0.0), "lead": (20.0, 0.0)} for k in range(10)]
    there = [{"ego": (0.1 * k, 0.0), "lead": (20.0 + 0.2 * k, 0.0)} for k in range(10)]
    said = verdicts.first_difference(Course("passed", "", here), Course("failed", "hit", there), 0.05)
    assert said == "lead at 0.15 s: (20.0, 0.0) m against (20.6, 0.0) m"
    gone = [*there[:2], {"ego": (0.2, 0.0)}]
    said = verdicts.first_difference(Course("passed", "", here), Course("passed", "", gone), 0.05)
    assert said == "lead is there in batched only from 0.10 s on"
    assert verdicts.first_difference(Course("passed", "", here), Course("passed", "", here), 0.05) == ""


def test_one_sample_is_run_in_both_physics():
    pytest.importorskip("pybullet")
    scenario = load_scenario("highway/hard_brake", ["sensors=none", "scenario.duration=1.0"], seed=3)
    found = verdicts.compare(scenario)
    assert found.seed == 3 and found.agrees and found.difference == ""
