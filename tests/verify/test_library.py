"""What `simengine list` says of how hard a scenario is, measured or not."""

from simengine.verify.library import Difficulty, Entry, difficulty_text, print_library, share_of


def entry(difficulty, *tags):
    return Entry("rural/moose", "A moose.", tags or ("rural",), difficulty)


def test_what_was_not_measured_is_said_to_be_so():
    assert difficulty_text(entry(None)) == "how hard it is: not measured"
    assert difficulty_text(entry(None, "ordinary")) == ""  # there is no hazard in it


def test_shares_name_how_many_samples_they_are_of():
    found = Difficulty(200, 10, 1.0, 95, share_of(95, 190), share_of(57, 95))
    text = difficulty_text(entry(found))
    assert text.startswith("built-in driver fails 50% (43% to 57%) of 190 samples; ")
    assert text.endswith("would have avoided 60% (50% to 69%) of the 95 failures")


def test_nothing_is_said_to_be_avoidable_where_nothing_failed():
    found = Difficulty(200, 0, 1.0, 0, share_of(0, 200), share_of(0, 0))
    assert "avoided" not in difficulty_text(entry(found)) and "of 200 samples" in difficulty_text(entry(found))


def test_the_list_says_it_of_every_hazard(monkeypatch, capsys):
    monkeypatch.setattr("simengine.verify.library.read_difficulty", dict)
    print_library([])
    said = capsys.readouterr().out
    assert said.count("how hard it is: not measured") == said.count("tags: ") - 1  # of all but ordinary driving
