"""The page of hazards names the ego of each, what that means, and where the judge is not the regulation's driver."""

from simengine.scenario.compose import chosen_option
from simengine.verify.difficulty import Sample
from simengine.verify.library import Difficulty, share_of
from tools.checks.hazards.difficulty import HEADING, document, faults, format_line, format_sample

LATE = Difficulty("sedan_distracted", 200, 2, 1.0, 60, 9, 1, share_of(60, 198), share_of(40, 50), share_of(10, 198))


def test_the_page_names_egos_unavoidable_shares_and_departures():
    page = document({"highway/cut_in": LATE, "highway/hard_brake": LATE._replace(ego="sedan")})
    assert "| highway/cut_in | sedan_distracted | 200 | 2 |" in page
    assert "- `sedan_distracted`: reacts after 1 to 3 s" in page and "- `sedan`: reacts after 0.7 s." in page
    assert "| 9 of 60 | 80% (67% to 89%) of 50 | 1 | 5% (3% to 9%) of 198 |" in page
    for part in ("3 m/s² would no longer do", "67 m", "is 40 m", "not in the regulation", "its braking counts"):
        assert part in page


def test_the_ego_of_a_scenario_is_the_chosen_preset():
    assert chosen_option("config", ("scenario=highway/cut_in",), "ego") == "sedan_distracted"
    assert chosen_option("config", ("scenario=highway/cut_in", "ego=robot"), "ego") == "robot"


def test_nothing_judged_misses_no_bound_of_avoidable_failures():
    assert faults(LATE._replace(avoidable=share_of(1, 50))) == ["avoidable below 50%"]
    assert faults(LATE._replace(harmless=59, avoidable=share_of(0, 0))) == []


def test_figures_stand_below_their_heading():
    line = format_line("highway/cut_in", LATE)
    for word, figure in (
        ("scenario", "highway/cut_in "), ("invalid", "2 of 200 "), ("ego", "sedan_distracted "), ("fails", "30% "),
        ("avoidable", "80% "), ("unavoidable", "5% "), ("harmless", "9 "), ("not judged", "1"),
    ):  # fmt: skip
        start = HEADING.index(f" {word}") + 1
        assert line[start:].startswith(figure), word
    assert "avoidable below 50%" in format_line("highway/cut_in", LATE._replace(avoidable=share_of(1, 50)))


def test_a_sample_is_told_by_what_became_of_it():
    told = [(False, False, None), (True, False, None), (True, True, None), (True, True, True), (True, True, False)]
    marks = [format_sample(Sample(1, True, *one, "", "")).split()[1].rstrip(":") for one in told]
    assert marks == ["passed", "harmless", "not", "avoidable", "unavoidable"]
