"""`simengine fit`: drivers fitted to recordings, measured on recordings the fit did not see, written as a preset."""

from collections.abc import Sequence
from pathlib import Path

from simengine.core.errors import ConfigError, suggest
from simengine.core.text.bounded_files import home_path
from simengine.core.text.printable_text import say
from simengine.core.text.wording import counted
from simengine.scenario.sampling import load_scenario
from simengine.scenario.spec import DriverSpread
from simengine.scenario.wrong_values import shown_value
from simengine.simulation.files.whole_files import complete_or_absent, room_for
from simengine.simulation.jobs.runner import progress
from simengine.verify.recorded_style.fit import fit, trials
from simengine.verify.recorded_style.preset import preset_text
from simengine.verify.recorded_style.roads import RecordedRoad, read_road
from simengine.verify.recorded_style.sites import Sites, recordings, refuse_too_few, split, vehicles, with_vehicles
from simengine.verify.recorded_style.table import format_tables, measure_sites

ROUNDS = 12  # of the search, unless set
MEASURED_SEED = 1_000_000  # more than the fit's: the table is not made with the draws that were fitted to
_WHOLE = {"seed": (0, 2**31), "rounds": (0, 10_000)}


def run_fit(paths: Sequence[str], settings: Sequence[str]) -> int:
    """Fit, measure and write; returns the exit code 0.

    Args:
        paths: CommonRoad files, and folders of such.
        settings: `output=FILE`, `seed=1`, `rounds=12`.

    Raises:
        ConfigError: A wrong setting, or a file that cannot be written.
        ScenarioError: A recording that cannot be read, or shows nothing to fit to.
    """
    given = _settings(settings)
    output = home_path(given["output"])
    seed, rounds = _whole(given, "seed", 1), _whole(given, "rounds", ROUNDS)
    if output.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"output = {output}: must end in .yaml, as presets do")
    with room_for(output, f"output = {output}"):  # before minutes of work
        roads = read_roads(recordings(paths))
        fitted, held_out = split(roads)
        refuse_too_few(fitted)
        fitted, held_out = with_vehicles(fitted), with_vehicles(held_out)
        _tell("fitted to", fitted)
        _tell("held out", held_out)
        with progress(trials(rounds), "trial") as bar:
            drivers = fit(fitted, seed, rounds, lambda tried, best: bar.update(tried - bar.n))
        text = preset_text(drivers, fitted, seed, rounds)
        with complete_or_absent(output) as hidden:
            hidden.write_text(text, encoding="utf-8")
        say(f"{output}: written")
    _print_drivers(drivers)
    if held_out:
        say("on the recordings held out, which the fit did not see:")
    else:
        say("on the fitted recordings themselves, as there is none to hold out:")
    say(format_tables(measure_sites(held_out or fitted, _joined(roads), drivers, seed + MEASURED_SEED)))
    return 0


def read_roads(paths: Sequence[Path]) -> list[RecordedRoad]:
    """Lay out recordings, telling how far it is."""
    roads = []
    with progress(len(paths), "recording") as bar:
        for path in paths:
            roads.append(read_road(path))
            bar.update(1)
    return roads


def preset_drivers(name: str) -> DriverSpread:
    """Return the drivers of a preset of `traffic`."""
    return load_scenario("drive", [f"traffic={name}"]).traffic.drivers


def _joined(roads: Sequence[RecordedRoad]) -> Sites:
    fitted, held_out = split(roads)
    return {site: fitted.get(site, []) + held_out.get(site, []) for site in {*fitted, *held_out}}


def _settings(settings: Sequence[str]) -> dict[str, str]:
    allowed = ["output", *_WHOLE]
    given: dict[str, str] = {}
    for text in settings:
        name, _, value = text.partition("=")
        if name not in allowed:
            raise ConfigError(f"{name}: there is no such setting{suggest(name, allowed)}")
        if name in given:
            raise ConfigError(f"{name}: it is given twice")
        if not value:
            raise ConfigError(f"{name}: it has no value")
        given[name] = value
    if "output" not in given:
        raise ConfigError("output: this setting is missing; give output=FILE.yaml")
    return given


def _whole(given: dict[str, str], name: str, usual: int) -> int:
    low, high = _WHOLE[name]
    text = given.get(name, str(usual))
    if not text.isdecimal() or len(text) > 20 or not low <= int(text) <= high:
        raise ConfigError(f"{name} = {shown_value(text)}: must be a whole number from {low} to {high}")
    return int(text)


def _tell(what: str, sites: Sites) -> None:
    for site, roads in sites.items():
        names = ", ".join(road.name for road in roads)
        say(f"{what}: {site}: {counted(vehicles(roads), 'vehicle')} of {names}", flush=True)


def _print_drivers(drivers: DriverSpread) -> None:
    values = ", ".join(f"{name} {value}" for name, value in drivers.model_dump().items())
    say(f"drivers: {values}", flush=True)
