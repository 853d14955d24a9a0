"""What an installed package adds by entry points runs beside what is built in, and nobody has to fork."""

import importlib
import sys

import pytest

import simengine
from simengine.cli import main
from simengine.core.errors import ConfigError, ScenarioError
from simengine.export.registry import exporter, formats

PACKAGE = """
from simengine.behavior.ego.drivers import Control, Driver
from simengine.core.errors import ConfigError
from simengine.export.target import ExportReport
from simengine.metrics.criteria import Criterion
from simengine.metrics.verdict import CriterionResult

HONKED = []


class Stroller(Driver):
    def __init__(self, ego, network, dt):
        self.first = ego.speed

    def decide(self, observation):
        return Control(acceleration=-1.0 if observation.speed > 0.5 * self.first else 0.0)


class Confused(Stroller):
    def decide(self, observation):
        broken = observation.time > 0.4 and self.first > 20.0
        return Control(acceleration=float("nan") if broken else -1.0)


class Mute(Stroller):
    def decide(self, observation):
        return None if self.first > 20.0 else Control()


def honk(stage, event):
    HONKED.append((event.name, event.action.decibels))


class SlowDown(Criterion):
    def __init__(self, spec):
        self.below, self.slowest = spec.below, 1e9

    def update(self, view):
        speed = float((view.state.velocity[0, 0] ** 2).sum() ** 0.5)
        self.slowest = min(self.slowest, speed)

    def result(self, name):
        return CriterionResult(name, self.slowest < self.below, -1, (0,), self.slowest, f"{self.slowest:.1f} m/s")


class Stumbles(SlowDown):
    def update(self, view):
        raise IndexError("no row")


class Fussy(Criterion):
    def __init__(self, spec):
        if spec.below < 0.0:
            raise ConfigError(f"below = {spec.below}: must not be negative")
        raise TypeError("no spec")

    def update(self, view):
        pass

    def result(self, name):
        pass


def jam(stage, event):
    raise OSError("horn is stuck")


def names(episodes, output, settings):
    return ExportReport({"episodes": len(episodes)}, {})
"""
ENTRY_POINTS = """
[simengine.drivers]
acme_stroller = acme_driving:Stroller
acme_confused = acme_driving:Confused
acme_mute = acme_driving:Mute
[simengine.actions]
acme_honk = acme_driving:honk
acme_jam = acme_driving:jam
[simengine.criteria]
acme_slow_down = acme_driving:SlowDown
acme_stumbles = acme_driving:Stumbles
acme_fussy = acme_driving:Fussy
[simengine.exporters]
acme_names = acme_driving:names
"""
HORN = (
    "+scenario.events.horn={actor: lead, when: {kind: time, time: 0.5}, do: {kind: acme_honk, decibels: 110}, "
    "hazard: false}"
)


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """Install a package as pip does: a module and its metadata on the path."""
    (tmp_path / "acme_driving.py").write_text(PACKAGE)
    metadata = tmp_path / "acme_driving-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-driving\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield importlib.import_module("acme_driving")
    del sys.modules["acme_driving"]


def _scenario(*overrides):
    quiet = ("sensors=none", "traffic=none", "physics=batched", "scenario.duration=4")
    return simengine.load_scenario("highway/hard_brake", [*quiet, *overrides], seed=2)


def test_a_packages_driver_action_and_criterion_run_in_a_scenario(acme):
    slower = "+criteria.slower={kind: acme_slow_down, below: 15.0}"
    episode = simengine.simulate(_scenario("ego.driver=acme_stroller", "ego.speed=16.0", HORN, slower))
    assert acme.HONKED == [("horn", 110)]
    found = {result.name: result for result in episode.verdict.results}["slower"]
    assert found.passed and 8.0 < found.value < 15.0


def test_a_packages_exporter_is_a_format(acme, tmp_path):
    assert "acme_names" in formats()
    assert exporter("acme_names")([], tmp_path, {}).written == {"episodes": 0}


@pytest.mark.parametrize(
    "override", ["ego.driver=acme_stroler", HORN.replace("honk", "hoonk"), "+criteria.s={kind: acme_slow_dwn}"]
)
def test_a_name_that_is_nearly_a_packages_is_refused_with_the_right_one(acme, override):
    with pytest.raises((ConfigError, ScenarioError), match="acme_(stroller|honk|slow_down)"):
        simengine.simulate(_scenario(override))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("+criteria.s={kind: acme_stumbles, below: 1.0}", r"s raised IndexError: no row in acme_driving\.py"),
        ("+criteria.s={kind: acme_fussy, below: 1.0}", r"criteria\.s\.kind = acme_fussy: .* TypeError: no spec"),
        ("+criteria.s={kind: acme_fussy, below: -1.0}", r"^below = -1\.0: must not be negative$"),
        (HORN.replace("honk", "jam"), r"action of scenario\.events\.horn raised OSError: horn is stuck .* at 0\.50 s"),
    ],
)
def test_what_a_packages_part_raises_is_one_error_that_names_it(acme, override, message):
    with pytest.raises((ConfigError, ScenarioError), match=message):
        simengine.simulate(_scenario(override))


@pytest.mark.parametrize(
    ("driver", "message"),
    [
        ("acme_confused", "driver acme_confused returned acceleration = nan at step 9 (0.45 s)"),
        ("acme_mute", "driver acme_mute returned None at step 0 (0.00 s)"),
    ],
)
def test_an_episode_whose_driver_returns_nonsense_does_not_take_the_others_with_it(
    acme, tmp_path, capsys, driver, message
):
    """The first episode begins faster than 20 m/s, where these drivers fail, the second slower."""
    quiet = ["sensors=none", "traffic=none", "physics=batched", "scenario.duration=1", "workers=1", "episodes=1"]
    command = ["generate", "-m", "scenario=highway/hard_brake", f"ego.driver={driver}", "ego.speed=27,15", *quiet]
    assert main([*command, f"output={tmp_path / 'out'}"]) == 1
    said = capsys.readouterr()
    assert message in said.err and "Traceback" not in said.err
    assert "2 episodes" in said.out and "1 is missing" in said.out
    assert len(list((tmp_path / "out").rglob("*.mcap"))) == 1
