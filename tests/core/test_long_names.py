"""A path that no file can have, or that may not be looked at, is one line for the user wherever it is typed."""

import pytest

from simengine.cli import main
from simengine.core.text.bounded_files import holds

LONG = "x" * 5_000


@pytest.mark.parametrize(
    "words",
    [
        ("list", f"hydra.searchpath=[file://{LONG}]"),
        ("generate", f"road.file={LONG}.xodr", "road=opendrive"),
        ("generate", f"road.file=/{LONG}/a.xodr", "road=opendrive"),
        ("generate", f"scenario={LONG}.yaml"),
        ("generate", f"output={LONG}"),
        ("generate", f"output={LONG}", f"{LONG}=1"),
        ("replay", LONG),
        ("verify", LONG),
        ("test", LONG),
        ("test", "scenarios/rural", "--junit", LONG),
        ("test", "scenarios/rural", "--junit", f"{LONG}/x.xml"),
        ("test", f"{LONG}=1"),
        ("export", LONG, "format=coco", "output=x"),
        ("fit", LONG),
        ("fit", LONG, f"output={LONG}"),
        ("evaluate", f"agent={LONG}"),
        ("train", f"output={LONG}"),
    ],
    ids=lambda words: " ".join(words).replace(LONG, "LONG"),
)
def test_a_name_too_long_for_a_file_is_an_error_in_words(words, capsys):
    assert main(list(words)) == 2
    said = capsys.readouterr().err
    assert said.startswith("simengine: ") and "Traceback" not in said
    assert len(said) < 1_000 + len(LONG)


def test_what_cannot_be_looked_at_is_not_there(tmp_path):
    assert holds(type(tmp_path).is_dir, tmp_path)
    assert not holds(type(tmp_path).is_dir, tmp_path / LONG)
    assert not holds(type(tmp_path).exists, tmp_path / "a\0b")


@pytest.mark.parametrize(
    "words",
    [(LONG * 5,), (f"--{LONG}", "x"), ("test", "x", f"--step-limit={LONG}"), ("list", f"--{LONG}")],
    ids=range(4),
)
def test_a_long_word_is_not_repeated_in_full(words, capsys):
    with pytest.raises(SystemExit) as left:
        main(list(words))
    said = capsys.readouterr().err
    assert left.value.code == 2 and len(said) < 1_000 and said.count("\n") == 1
