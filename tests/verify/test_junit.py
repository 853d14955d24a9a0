"""What strangers called their scenarios, and what those say, stays text in a JUnit report."""

from xml.etree import ElementTree

import pytest

from simengine.verify.suite import Finding, _junit

WRONG = "=1+1\x00\x1b[2J\u202e\ud800\ufffe"
SHOWN = "=1+1\\x00\\x1b[2J\\u202e\\ud800\\ufffe"


def case(tmp_path, mark, verdict=WRONG, detail=""):
    path = tmp_path / "report.xml"
    _junit([Finding(f"{WRONG}/{WRONG}", mark, verdict, 1.0, 2.0, "", detail)], str(path))
    (found,) = ElementTree.parse(path).getroot().iter("testcase")
    assert (found.get("classname"), found.get("name")) == (f"'{SHOWN}", f"'{SHOWN}")
    return found


@pytest.mark.parametrize(("mark", "tag"), [("failed", "failure"), ("error", "error")])
def test_a_failure_is_a_cell_that_computes_nothing_and_a_text_with_its_lines(tmp_path, mark, tag):
    told = case(tmp_path, mark, detail=f"{WRONG}\n\ta").find(tag)
    assert told.get("message") == f"'{SHOWN}" and told.text == f"{SHOWN}\n\ta"
    assert case(tmp_path, mark).find(tag).text == SHOWN


def test_what_passed_and_what_says_nothing_shows_control_characters(tmp_path):
    assert case(tmp_path, "passed").find("system-out").text == SHOWN
    assert case(tmp_path, "invalid").find("skipped").get("message") == f"invalid: {SHOWN}"
    assert case(tmp_path, "n/a").find("skipped").get("message") == "no criterion applied"
