"""A street on which nobody comes farther is told by the episode, whatever its verdict."""

import simengine
from simengine.behavior.traffic import removal

JAM = [
    "sensors=none", "physics=batched", "pedestrians=none", "road=rural", "traffic=town", "traffic.density=30",
    "ego=sedan_rural", "ego.driver=stop", "scenario.duration=25",
]  # fmt: skip


def test_vehicles_that_stand_behind_the_ego_are_told(monkeypatch):
    monkeypatch.setattr(removal, "STUCK", 8.0)
    episode = simengine.simulate(simengine.load_scenario("drive", JAM, seed=11))
    told = [interval for interval in episode.intervals if interval.name == "standing"]
    assert episode.verdict.passed and told
    assert all(one.end_ns - one.start_ns >= 8_000_000_000 for one in told)
    assert any("ordinary vehicle" in line and "came no farther" in line for line in episode.remarks)
