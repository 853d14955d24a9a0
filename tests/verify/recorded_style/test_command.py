import numpy as np
import pytest

from simengine.behavior.driver_state import TIME_GAP, draw_drivers, empty_memory
from simengine.cli import main
from simengine.core.errors import ScenarioError
from simengine.core.rng import kernel_seed
from simengine.scenario.config_loader import configuration_root
from simengine.scenario.sampling import load_scenario
from simengine.verify.recorded_style.command import preset_drivers
from simengine.verify.recorded_style.fit import FIXED, RANGES, drivers_at, start_point
from simengine.verify.recorded_style.preset import kept_time_gaps, preset_text
from tests.behavior.small_world import KINDS, SmallWorld, straight
from tests.verify.recorded_style.platoon import platoon


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    for k in range(2):
        platoon(folder, 4, 18.0 + 4.0 * k, last=25, name=f"ZAM_Street-{k + 1}_1_T-1.xml", first_id=10 + 20 * k)
    return folder


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ([], "output: this setting is missing"),
        (["output=x.txt"], "must end in .yaml"),
        (["output=x.yaml", "seed=one"], "seed = one: must be a whole number"),
        (["output=x.yaml", "ruonds=3"], 'did you mean "rounds"'),
        (["output=x.yaml", "output=y.yaml"], "given twice"),
    ],
)
def test_wrong_settings_end_in_one_line(folder, capsys, settings, said):
    assert main(["fit", str(folder), *settings]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_folder_that_cannot_be_made_ends_in_one_line_before_the_work(folder, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["fit", str(folder), f"output={tmp_path}/file/traffic/x.yaml"]) == 2
    error = capsys.readouterr().err
    assert f"output = {tmp_path}/file/traffic/x.yaml: cannot be written: not a directory" in error
    assert error.count("\n") == 1


def test_a_file_that_is_none_ends_in_one_line(tmp_path, capsys):
    assert main(["fit", str(tmp_path / "none.xml"), f"output={tmp_path}/x.yaml"]) == 2
    assert "neither a CommonRoad file nor a folder" in capsys.readouterr().err


def test_the_same_seed_writes_the_same_preset_and_it_is_usable(folder, tmp_path, capsys):
    style = tmp_path / "mine" / "traffic"  # not there yet
    texts = []
    for name, rounds in (("zero", 0), ("one", 1), ("two", 1)):
        assert main(["fit", str(folder), f"output={style / name}.yaml", f"rounds={rounds}", "seed=3"]) == 0
        texts.append((style / f"{name}.yaml").read_bytes())
    assert texts[1] == texts[2] != texts[0]
    assert "held out: ZAM_Street: 3 vehicles of ZAM_Street-2_1_T-1" in capsys.readouterr().out
    scenario = load_scenario("drive", [f"hydra.searchpath=[file://{tmp_path}/mine]", "traffic=zero"])
    assert scenario.traffic.drivers == drivers_at(start_point())
    assert scenario.traffic.density == load_scenario("drive", ["traffic=normal"]).traffic.density


def test_the_search_begins_where_its_ranges_say():
    drivers = drivers_at(start_point())
    for name, limits in RANGES.items():
        assert getattr(drivers, name) == pytest.approx(limits.start, rel=0.01)
    low, high = (drivers_at(np.full(len(RANGES), x)) for x in (0.0, 1.0))
    for name, limits in RANGES.items():
        assert getattr(low, name) == pytest.approx(limits.low)
        assert getattr(high, name) == pytest.approx(limits.high)
    assert all(getattr(low, name) == value for name, value in FIXED.items())


def test_the_preset_is_what_the_command_writes():
    text = (configuration_root() / "conf" / "traffic" / "recorded_style.yaml").read_text()
    made = preset_text(preset_drivers("recorded_style"), {}, 1, 1)
    body = [line for line in text.splitlines() if not line.startswith("#")]
    assert body == [line for line in made.splitlines() if not line.startswith("#")]
    assert "simengine fit" in text.splitlines()[0]


def test_kept_time_gaps_are_those_of_drawn_drivers():
    network = straight()
    for preset in ("recorded_style", "normal"):
        world = SmallWorld(network, ["sedan"] * 400)
        drivers = preset_drivers(preset)
        drawn = np.concatenate(
            [
                draw_drivers(empty_memory(1, 400), world.actors, KINDS, drivers, kernel_seed(k, "drivers"))
                .style[0, :, TIME_GAP] for k in range(5)
            ]
        )  # fmt: skip
        short, mean, median = kept_time_gaps(drivers)
        assert float((drawn <= 0.5).mean()) == pytest.approx(short, abs=0.03)
        assert (drawn.mean(), np.median(drawn)) == (pytest.approx(mean, rel=0.03), pytest.approx(median, rel=0.03))


def test_the_preset_tells_the_time_gaps_that_are_kept_and_not_another_ones_source():
    text = (configuration_root() / "conf" / "traffic" / "recorded_style.yaml").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("  time_gap:")]
    short, mean, median = kept_time_gaps(preset_drivers("recorded_style"))
    assert f"{100 * short:.0f} %" in line and f"{mean:.2f} s in the mean and {median:.2f} s in the median" in line
    assert "Treiber" not in line and short > 0.3


def test_a_folder_in_the_place_of_the_preset_is_refused_before_the_work(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("simengine.verify.recorded_style.command.read_roads", None)  # what would be the work
    (tmp_path / "x.yaml").mkdir()
    assert main(["fit", str(folder), f"output={tmp_path}/x.yaml/"]) == 2
    error = capsys.readouterr().err
    assert f"output = {tmp_path}/x.yaml: is a folder, not a file" in error and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.yaml"]


def test_a_fit_that_fails_takes_away_the_folder_that_it_made(folder, tmp_path, capsys, monkeypatch):
    made = []

    def fail(*what):
        made.append((tmp_path / "new" / "deep").is_dir())
        raise ScenarioError("nothing to fit to")

    monkeypatch.setattr("simengine.verify.recorded_style.command.read_roads", fail)
    assert main(["fit", str(folder), f"output={tmp_path / 'new' / 'deep' / 'style.yaml'}"]) == 2
    assert made == [True] and not (tmp_path / "new").exists()
    assert capsys.readouterr().err == "simengine: nothing to fit to\n"


def test_a_fit_without_recordings_says_so(tmp_path, capsys):
    assert main(["fit", f"output={tmp_path}/x.yaml"]) == 2
    assert "no recording given" in capsys.readouterr().err


def test_too_few_vehicles_are_not_judged_and_warn_of_nothing(tmp_path, capsys, recwarn):
    """Three vehicles in one recording, two of which follow somebody: there are no halves of recordings."""
    file = platoon(tmp_path, 3, 18.0, last=25)
    assert main(["fit", str(file), f"output={tmp_path}/x.yaml", "rounds=0"]) == 0
    out = capsys.readouterr().out
    assert "ok" not in out and "BAD" not in out and out.count("too few vehicles or recordings to judge") == 6
    assert [str(one.message) for one in recwarn if issubclass(one.category, RuntimeWarning)] == []
    head = (tmp_path / "x.yaml").read_text().split("kind:")[0]
    assert "# Not fitted: density, max_vehicles, radius, inflow and mix" in head and "politeness" in head


def test_sites_and_recordings_held_out_without_vehicles_are_left_aside(tmp_path, capsys, recwarn):
    """One car alone follows nobody, so there is nothing to compare."""
    platoon(tmp_path, 4, 18.0, last=25, name="ZAM_Street-1_1_T-1.xml", first_id=10)
    platoon(tmp_path, 1, 18.0, last=25, name="ZAM_Street-2_1_T-1.xml", first_id=50)
    platoon(tmp_path, 1, 18.0, last=25, name="ZAM_Alley-1_1_T-1.xml", first_id=70)
    assert main(["fit", str(tmp_path), f"output={tmp_path}/x.yaml", "rounds=0"]) == 0
    out = capsys.readouterr().out
    assert "ZAM_Alley" not in out and "as there is none to hold out" in out
    assert [str(one.message) for one in recwarn if issubclass(one.category, RuntimeWarning)] == []


def test_recordings_with_long_steps_are_refused(tmp_path, capsys):
    file = platoon(tmp_path, 4, 60.0, last=25)
    text = file.read_text()
    assert text.count('timeStepSize="0.1"') == 1
    file.write_text(text.replace('timeStepSize="0.1"', 'timeStepSize="5"'))
    assert main(["fit", str(file), f"output={tmp_path}/x.yaml"]) == 2
    assert "timeStepSize = 5: accelerations need steps of at most 0.5 s" in capsys.readouterr().err
