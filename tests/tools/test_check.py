"""The checks as a newcomer meets them: help, one-line errors, exit code 2."""

from pathlib import Path

import pytest

from tools.check import COMMANDS, main
from tools.checks import commands


def run(capsys, *arguments):
    try:
        code = main(list(arguments))
    except SystemExit as exit_:
        code = exit_.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("check", [module.__name__.split(".")[-1].replace("_", "-") for module in COMMANDS])
def test_every_check_explains_itself(capsys, check):
    code, out, _ = run(capsys, check, "--help")
    assert code == 0 and f"tools/check.py {check}" in out


def test_every_file_of_a_command_is_listed():
    folder = Path(commands.__file__).parent
    assert {module.__name__.split(".")[-1] for module in COMMANDS} == {p.stem for p in folder.glob("[a-z]*.py")}


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "CHECK"),
        (["physik"], "physik"),
        (["physics", "--grid"], "--grid"),
        (["replay", "no/such/folder"], "no/such/folder"),
        (["replay", "pyproject.toml"], "pyproject.toml"),
        (["ground", "no/such/map.xodr"], "no/such/map.xodr"),
        (["labels", "highway/cutin"], "highway/cutin"),
        (["labels", "--weather", "fgo"], "fgo"),
        (["labels", "--frames", "0"], "from 1"),
        (["determinism", "highway/cutin"], "highway/cutin"),
        (["determinism", "--only", "luck"], "luck"),
        (["determinism", "--kills", "0"], "from 1"),
        (["determinism", "--episodes", "many"], "many"),
        (["difficulty", "--samples", "0"], "from 1"),
        (["difficulty", "highway/cutin"], "highway/cut_in"),
        (["difficulty", "--write", "--samples", "50"], "at least 200 samples"),
        (["difficulty", "--write", "--tuning"], "without --override or --tuning"),
        (["difficulty", "--tuning", "--samples", "201"], "there are 200 seeds"),
        (["hazards"], "--pictures"),
        (["hazards", "--pictures", "pyproject.toml", "--scenario", "highway/cut_in"], "pyproject.toml"),
        (["hazards", "--pictures", "no/such/folder", "--scenario", "highway/cutin"], "highway/cut_in"),
        (["hazards", "--pictures", "DIR", "--rows", "0"], "from 1"),
        (["maneuvers", "--only", "bulet"], '"bullet"'),
        (["maneuvers", "--maneuver", "jturn"], '"j-turn"'),
        (["maneuvers", "--maneuver", "slalom"], "step-steer, ramp-steer"),
        (["maneuvers", "--vehicle", "truck"], "ford_escort, bmw_320i"),
        (["maneuvers", "--write", "--only", "bullet"], "--write"),
        (["maps", "no/such/folder"], "no/such/folder"),
        (["maps", "simengine/core"], "simengine/core"),
        (["agreement", "--scenario", "highway/nowhere"], "highway/nowhere"),
        (["agreement", "--write", "--scenario", "highway/cut_in"], "--write"),
        (["agreement", "--write", "--samples", "99"], "at least 100 samples"),
        (["agreement", "--write", "--seeds-from", "5000"], "seeds from 7000"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_code_2(capsys, arguments, part):
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert len(err.strip().splitlines()) == 1 and err.startswith("tools/check.py")
    assert part in err and "Traceback" not in err


def test_seeds_of_agreement_are_neither_tuned_on_nor_published(capsys):
    from simengine.verify.difficulty import REPORTED_SEED
    from tools.checks.hazards.difficulty import LEAST_REPORTED, MOST_TUNING, TUNING_SEED
    from tools.checks.hazards.verdicts import FIRST_SEED

    assert f"(default: {FIRST_SEED})" in run(capsys, "agreement", "--help")[1]
    assert max(REPORTED_SEED + LEAST_REPORTED, TUNING_SEED + MOST_TUNING) <= FIRST_SEED
