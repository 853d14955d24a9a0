"""What `simengine list` says of how hard a scenario is, measured or not."""

import csv

from simengine.verify.library import (
    DIFFICULTY_COLUMNS,
    DIFFICULTY_FILE,
    Difficulty,
    Entry,
    configuration_root,
    difficulty_row,
    difficulty_text,
    print_library,
    read_difficulty,
    share_of,
)


def entry(difficulty, *tags):
    return Entry("rural/moose", "A moose.", tags or ("rural",), difficulty)


def test_what_was_not_measured_is_said_to_be_so():
    assert difficulty_text(entry(None)) == "how hard it is: not measured"
    assert difficulty_text(entry(None, "ordinary")) == ""  # there is no hazard in it


def test_shares_name_how_many_samples_they_are_of():
    found = Difficulty("sedan", 200, 10, 1.0, 100, 3, 2, share_of(100, 190), share_of(57, 95), share_of(38, 190))
    text = difficulty_text(entry(found))
    assert text.startswith("built-in driver of ego=sedan fails 53% (46% to 60%) of 190 samples; ")
    assert text.endswith("would have avoided 60% (50% to 69%) of the 95 harmful failures")


def test_nothing_is_said_to_be_avoidable_where_nothing_failed():
    found = Difficulty("sedan", 200, 0, 1.0, 0, 0, 0, share_of(0, 200), share_of(0, 0), share_of(0, 200))
    assert "avoided" not in difficulty_text(entry(found)) and "of 200 samples" in difficulty_text(entry(found))


def test_the_list_says_it_of_every_hazard(monkeypatch, capsys):
    monkeypatch.setattr("simengine.verify.library.read_difficulty", dict)
    print_library([])
    said = capsys.readouterr().out
    assert said.count("how hard it is: not measured") == said.count("tags: ") - 1  # of all but ordinary driving


def test_what_a_file_says_does_not_act_on_the_terminal(tmp_path, capsys):
    (tmp_path / "evil\x1b[2J.yaml").write_text(
        "# @package _global_\ndefaults: [/scenarios/drive, _self_]\n"
        'scenario: {tests: "\\e]0;x\\a \u202ereversed", tags: ["\\e[31m"]}\n'
    )
    print_library([f"hydra.searchpath=[file://{tmp_path}]"])
    said = capsys.readouterr().out
    assert not set(said) & set("\x1b\x07\u202e")
    assert "evil\\x1b[2J" in said and "\\x1b]0;x\\x07 \\u202ereversed" in said and "tags: \\x1b[31m" in said


def test_a_row_of_the_file_is_read_as_it_was_written(tmp_path):
    found = Difficulty("sedan", 8, 0, 1.0, 4, 1, 1, share_of(4, 8), share_of(1, 2), share_of(1, 8))
    with (tmp_path / DIFFICULTY_FILE).open("w", newline="") as file:
        writer = csv.DictWriter(file, DIFFICULTY_COLUMNS)
        writer.writeheader()
        writer.writerow(difficulty_row("rural/moose", found))
    read = read_difficulty(tmp_path / DIFFICULTY_FILE)["rural/moose"]
    assert read[:7] == found[:7] and read.judged == 2
    assert str(read.unavoidable) == str(found.unavoidable) and str(read.avoidable) == str(found.avoidable)


def test_the_librarys_file_has_the_columns():
    with (configuration_root() / "scenarios" / DIFFICULTY_FILE).open(newline="") as file:
        assert tuple(next(csv.reader(file))) == DIFFICULTY_COLUMNS
