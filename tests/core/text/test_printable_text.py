"""What strangers wrote neither acts on a terminal, nor is computed by a spreadsheet, nor breaks XML."""

import csv
import io
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.core.text.printable_text import cell, one_line, say, visible, write_csv


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\x00b\x7f\x9b", "a\\x00b\\x7f\\x9b"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("\u2066a\u2069\u200f", "\\u2066a\\u2069\\u200f"),
        ("\ud800", "\\ud800"),
        ("\ufffe\uffff\U0001ffff", "\\ufffe\\uffff\\U0001ffff"),
        ("a\u2028b\nc", "a\\u2028b\\x0ac"),
        ("Köln – 東京 µ² 🚗", "Köln – 東京 µ² 🚗"),
    ],
)
def test_what_acts_on_a_reader_is_shown_instead(text, shown):
    assert visible(text) == shown


def test_line_ends_and_tabs_may_be_kept_and_one_line_has_none():
    assert visible("a\tb\nc\r\x1b", "\n\t") == "a\tb\nc\\x0d\\x1b"
    assert one_line("  a \n  b\r\tc\x1b ") == "a b c\\x1b"


@pytest.mark.parametrize(
    "text", ["=1+1", "+a", "-a", "@A1", "＝1", "-2-3", "+1e5x", "\t=1", "\r=1", " =1", "\n=1", "\ta", "\ra"]
)
def test_no_cell_begins_like_a_formula(text):
    assert cell(text).startswith("'") and len(cell(text)) > len(text)


@pytest.mark.parametrize("value", [-1, -1.5, True, None, "-1.5", "+3e-4", "a=b", "urban/jaywalker", ""])
def test_numbers_and_ordinary_text_stay_what_they_are(value):
    assert cell(value) is value or cell(value) == value


def test_a_table_reads_back_with_numbers_as_numbers(tmp_path):
    write_csv(tmp_path / "t.csv", [("name", "value"), ("=cmd|' /C calc'!A0", -0.25), ('a,"b"\nc', 3)])
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows == [["name", "value"], ["'=cmd|' /C calc'!A0", "-0.25"], ['a,"b"\\x0ac', "3"]]


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_encoded_and_is_xml(text):
    element = ElementTree.Element("a", name=cell(text))
    element.text = visible(text, "\n\t")
    found = ElementTree.fromstring(ElementTree.tostring(element, encoding="utf-8"))
    assert found.get("name") == cell(text) and (found.text or "") == visible(text, "\n\t")


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", "µ \\ud800\n"), ("ascii", "\\xb5 \\ud800\n")])
def test_a_terminal_of_any_encoding_takes_any_text(encoding, shown):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    say("µ \ud800", stream, flush=True)
    assert raw.getvalue().decode(encoding) == shown
