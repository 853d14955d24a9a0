"""Every command takes whole options only, settings anywhere, and names the nearest right word."""

import pickle

import pytest

from simengine import cli
from simengine.core.errors import ConfigError, PartError, ScenarioError
from simengine.core.text.command_line import Parser, number, read_words
from tools import bench, check


@pytest.mark.parametrize(
    ("main", "arguments", "parts"),
    [
        (check.main, ["physics", "--writ"], ["--writ: no such option", "tools/check.py physics --help"]),
        (check.main, ["difficulty", "--sample", "3"], ["--sample: no such option", '"--samples"']),
        (check.main, ["difficulty", "--sample=3"], ['"--samples"']),
        (check.main, ["dificulty"], ['there is no check "dificulty"', '"difficulty"', "allowed: difficulty, hazards"]),
        (check.main, ["people", "--physics", "bulet"], ["--physics bulet", '"bullet"', "allowed: bullet, batched"]),
        (check.main, ["people", "--seconds", "nan"], ["--seconds: nan is not a number above 0 and up to 86400"]),
        (check.main, ["traffic", "--hours", "x"], ["--hours: x is not a number"]),
        (check.main, ["traffic", "ring"], ["ring: one word too many"]),
        (check.main, ["labels", "highway/cutin"], ['"highway/cut_in"']),
        (check.main, ["determinism", "highway/cutin"], ['"highway/cut_in"']),
        (check.main, ["recorded", "--only", "jaywalkr"], ['"jaywalker"']),
        (check.main, ["traffic-maps", "--map", "rng"], ['"ring"']),
        (bench.main, ["sensor"], ['there is no benchmark "sensor"', '"sensors"']),
        (bench.main, ["highway", "--env", "4"], ["--env: no such option", '"--envs"']),
        (bench.main, ["sensors", "--scene", "x", "--workload", "lidar_statik"], ['"lidar_static"']),
        (cli.main, ["test", "highway/cut_in", "--juni", "x"], ["--juni: no such option", '"--junit"']),
        (cli.main, ["generate", "--multi"], ["--multi: no such option", '"--multirun"']),
        (cli.main, ["test", "highway/cut_in", "--step-limit", "abc"], ["abc is not a number above 0 and up to 86400"]),
        (cli.main, ["replay", "x", "workers=1"], ["workers=1: workers is an option here; write --workers 1"]),
        (cli.main, ["replay", "workers=1", "x"], ["workers=1: workers is an option here; write --workers 1"]),
        (cli.main, ["test", "highway/cut_in", "--output", "x"], ["--output: no such option"]),
        (cli.main, ["generate", "--output", "x"], ["--output: no such option", "as in output=VALUE"]),
        (cli.main, ["generate", "--seed=3"], ["--seed: no such option", "as in seed=3"]),
        (cli.main, ["generate", "output"], ['"output" is not a setting of the form key=value', "output=VALUE"]),
        (cli.main, ["generate", "highway/cut_in"], ["a scenario is chosen by scenario=highway/cut_in"]),
        (cli.main, ["generate", "fog"], ["write weather=fog"]),
        (cli.main, ["train", "warehouse"], ["write env=warehouse"]),
        (cli.main, ["replay", "x", "--workers", "9" * 5000], ["999… (5000 characters) is not a whole number"]),
        (cli.main, ["test", "x", "--step-limit", "9" * 5000], ["999… (5000 characters) is not a number above 0"]),
        (cli.main, ["replay", "x", "--workers", "two"], ["two is not a whole number from 1 to 1024"]),
    ],
)
def test_a_wrong_word_is_named_with_the_nearest_right_one(capsys, main, arguments, parts):
    with pytest.raises(SystemExit) as exit_:
        raise SystemExit(main(arguments))
    err = capsys.readouterr().err
    assert exit_.value.code == 2 and err.count("\n") == 1
    for part in parts:
        assert part in err


def test_settings_may_stand_before_and_after_options():
    parser = Parser(prog="x")
    command = parser.add_subparsers().add_parser("test")
    command.add_argument("paths", nargs="+")
    command.add_argument("--junit")
    for words in (["a", "--junit", "f", "b=1", "c=2"], ["--junit", "f", "a", "b=1", "c=2"]):
        parsed = read_words(parser, ["test", *words])
        assert (parsed.paths, parsed.junit) == (["a", "b=1", "c=2"], "f")


def test_the_suite_takes_settings_after_options(capsys):
    assert cli.main(["test", "highway/cut_in", "--step-limit", "30", "workers=0"]) == 2
    assert "workers = 0: must be a whole number from 1" in capsys.readouterr().err
    assert cli.main(["generate", "weather=clear", "--multirun", "wether=fog"]) == 2
    assert 'did you mean "weather"' in capsys.readouterr().err


@pytest.mark.parametrize("text", ["nan", "inf", "0", "-1", "abc", ""])
def test_a_span_is_a_finite_number_above_zero(text):
    with pytest.raises(Exception, match="is not a number above 0 and up to 10"):
        number(0.0, 10.0)(text)
    assert number(0.0, 10.0)("2.5") == 2.5


@pytest.mark.parametrize(
    "words",
    [
        ['x y"' * 7_000],
        ["export", "data", 'format=x y"' + 'k= "' * 7_000],
        ["generate", 'scenario=a "' + "b c" * 9_000],
    ],
)
def test_a_word_of_many_thousand_characters_is_not_repeated_whole(words, capsys):
    try:
        assert cli.main(words) == 2
    except SystemExit as left:
        assert left.code == 2
    said = capsys.readouterr().err
    assert said.startswith("simengine: ") and said.count("\n") == 1 and 50 < len(said) < 20_000


def test_errors_leave_out_the_middle_of_what_is_too_long():
    for kind in (ConfigError, ScenarioError, PartError):
        assert str(kind("road.file = no such file")) == "road.file = no such file"
        told = str(kind("begin " + "x" * 100_000 + " end"))
        assert told.startswith("begin x") and told.endswith("x end") and " … " in told and len(told) < 20_000
        assert str(pickle.loads(pickle.dumps(kind("a b")))) == "a b"
