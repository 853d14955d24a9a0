"""XML reading: what is refused names its place, and nothing hostile costs time or memory."""

import os
import time

import pytest

from simengine.core.errors import ScenarioError
from simengine.road.files import xml
from simengine.road.files.xml import read_xml


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "file.xml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_elements_know_tag_attributes_text_and_line(write):
    root = read_xml(write('<a v="1">\n  <!-- note --><b>\n  7 </b>\n  <b w="x"/></a>'), "a")
    assert root.attributes == {"v": "1"}
    assert [(child.tag, child.line, child.text) for child in root.children] == [("b", 2, "7"), ("b", 4, "")]


def test_line_numbers_are_right_beyond_65535(write):
    root = read_xml(write("<a>" + "\n<b/>" * 70_000 + "</a>"), "a")
    assert root.children[-1].line == 70_001


def test_names_lose_their_namespace(write):
    assert read_xml(write('<n:a xmlns:n="urn:x"><n:b/></n:a>'), "a").children[0].tag == "b"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("   ", "not well-formed"),
        ("<a><b></a>", "line 1: not well-formed"),
        ("<a>\n<b>", "line 2: not well-formed"),
        ("<other/>", "expected <a>"),
        ('<?xml version="1.0" encoding="no-such"?><a/>', "not well-formed"),
        ("<a>&missing;</a>", "not well-formed"),
        (b"\xff\xfe\x00", "not well-formed"),
    ],
)
def test_bad_files_are_one_error(write, content, words):
    path = write(content)
    with pytest.raises(ScenarioError) as caught:
        read_xml(path, "a")
    assert words in str(caught.value) and str(path) in str(caught.value)


def test_missing_file_and_folder_are_one_error(tmp_path):
    for path in (tmp_path / "none.xml", tmp_path, "nul\0byte"):
        with pytest.raises(ScenarioError):
            read_xml(path, "a")


def test_entity_bomb_is_refused_at_once(write):
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(9))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "lol">{entities}]><a>&e9;</a>'
    started = time.perf_counter()
    with pytest.raises(ScenarioError):
        read_xml(write(bomb), "a")
    assert time.perf_counter() - started < 5.0


def test_document_types_and_external_entities_are_refused(write, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("password")
    for content in (
        "<!DOCTYPE a><a/>",
        f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
    ):
        with pytest.raises(ScenarioError, match="document type") as caught:
            read_xml(write(content), "a")
        assert "password" not in str(caught.value)


def test_depth_count_and_size_are_limited(write, monkeypatch):
    with pytest.raises(ScenarioError, match="deep"):
        read_xml(write("<a>" * 100 + "</a>" * 100), "a")
    monkeypatch.setattr(xml, "MAX_ELEMENTS", 50)
    with pytest.raises(ScenarioError, match="50"):
        read_xml(write("<a>" + "<b/>" * 60 + "</a>"), "a")
    monkeypatch.setattr(xml, "MAX_BYTES", 2**20)
    with pytest.raises(ScenarioError, match="1 MiB"):
        read_xml(write("<a>" + " " * 2**20 + "</a>"), "a")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "", "x", "1_0", "0x10", "1,5", "9" * 500])
def test_numbers_must_be_finite_numbers(write, value):
    root = read_xml(write(f'<a>\n<b v="{value}">{value}</b></a>'), "a")
    for read in (lambda b: b.number("v", -1e9, 1e9), lambda b: b.text_number(-1e9, 1e9)):
        with pytest.raises(ScenarioError, match=r"line 2: <b> .*number from -1e\+09 to 1e\+09"):
            read(root.children[0])


@pytest.mark.parametrize("value", ["1.5", "nan", "", "²", "1e3", "9" * 30])
def test_integers_must_be_integers_in_range(write, value):
    element = read_xml(write(f'<a v="{value}"/>'), "a")
    with pytest.raises(ScenarioError, match="integer from 0 to 5"):
        element.integer("v", 0, 5)


def test_accessors_return_checked_values_and_defaults(write):
    a = read_xml(write('<a v=" 2.5 " n="-3" k="on"><b>4</b></a>'), "a")
    assert (a.number("v", 0, 5), a.integer("n", -5, 5), a.choice("k", ("on", "off"))) == (2.5, -3, "on")
    assert (a.number("w", 0, 5, 1.5), a.integer("w", 0, 5, 2), a.string("w", "x")) == (1.5, 2, "x")
    assert a.require("b").text_integer(0, 9) == 4 and a.find("b", "c") is None
    with pytest.raises(ScenarioError, match="v='2.5': must be a number from 3 to 5"):
        a.number("v", 3, 5)
    with pytest.raises(ScenarioError, match="must be one of x, y"):
        a.choice("k", ("x", "y"))
    with pytest.raises(ScenarioError, match="no attribute 'w'"):
        a.string("w")
    with pytest.raises(ScenarioError, match="has no <c>"):
        a.require("b", "c")
    with pytest.raises(ScenarioError, match="must be one of red"):
        a.require("b").text_choice(("red",))


def test_attributes_depth_and_text_beyond_the_limits_are_named(write):
    wide = " ".join(f'k{i}="1"' for i in range(100_000))
    for content, words in (
        (f"<a><b {wide}/></a>", "<b> has 100000 attributes: 256 are allowed"),
        ("<a>" * 100_000, "more than 32 deep: 32 are allowed"),
        (f"<a>{'x' * 11_000_000}</a>", "longer than 10 MB"),
    ):
        with pytest.raises(ScenarioError, match=words):
            read_xml(write(content), "a")


def test_a_pipe_or_device_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.xml")
    for path in (tmp_path / "pipe.xml", "/dev/zero"):
        with pytest.raises(ScenarioError, match="a regular file is needed"):
            read_xml(path, "a")


def test_a_file_may_hold_no_more_elements_than_its_size_explains(write):
    read_xml(write("<a>" + "<b/>" * 90_000 + "</a>"), "a")
    with pytest.raises(ScenarioError, match=r"<b> is one element too many: a file of \d+ bytes may hold \d+"):
        read_xml(write("<a>" + "<b/>" * 300_000 + "</a>"), "a")


def test_the_parsers_own_tree_is_not_held_beside_the_copy(write, monkeypatch):
    held = []
    end = xml._Tree.end

    def counting(tree, node):
        end(tree, node)
        held.append(sum(1 for _ in node.getroottree().getroot().iter()))

    monkeypatch.setattr(xml._Tree, "end", counting)
    monkeypatch.setattr(xml, "_CHUNK", 32)  # of a piece of the file the parser builds all before it tells of any
    root = read_xml(write("<a>" + "<p><x>1</x><y> 2 </y></p>" * 500 + "</a>"), "a")
    assert max(held) < 10 and len(root.children) == 500
    assert all([c.text for c in child.children] == ["1", "2"] for child in root.children)
