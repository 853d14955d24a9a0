"""YAML that strangers wrote: every fault is one line with file, line and column, and nothing costs time or memory."""

import os
import time

import pytest

from simengine.cli import main
from simengine.core.errors import ConfigError
from simengine.scenario.sampling import from_yaml, load_scenario
from simengine.scenario.yaml_files import MAX_NODES, parse_concrete, read_text

BOMB = "a0: &a0 [1,1]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30))
FAULTS = {
    "tab": ("scenario:\n\tname: x\n", "line 2, column 1", "indent with spaces"),
    "bracket": ("a: [1, 2\n", "line 2, column 1", "a list is written [a, b]"),
    "brace": ("a: {b: 1\n", "line 2, column 1", "a mapping is written {key: value"),
    "quote": ('a: "x\n', "line 2, column 1", "close the quotation marks"),
    "colon": ("a: b: c\n", "line 1, column 5", "one `key: value` a line"),
    "twice": ("a: 1\nb: 2\na: 3\n", "line 3, column 1", "given twice"),
    "nul": ("a: \0\n", "line 1, column 4", "U+0000"),
    "code": ("a: !!python/name:os.system\n", "line 1, column 4", "only plain text"),
    "object": ("a: !!python/object/apply:pathlib.Path [x]\n", "line 1, column 4", "only plain text"),
    "binary": ("a: !!binary aGk=\n", "line 1, column 4", "only plain text"),
    "own tag": ("a: !x y\n", "line 1, column 4", "only plain text"),
    "no number": ("a: !!int x\n", "line 1, column 4", "not a right int"),
    "date": ("a: 2001-02-31\n", "line 1, column 4", "quotation marks"),
    "equal": ("a: =\n", "line 1, column 4", "quotation marks"),
    "merge": ("<<: 3\n", "line 1, column 5", "<<: *name"),
    "merge of a list": ("x: &x [1]\ny:\n  <<: *x\n", "line 1, column 4", "<<: *name"),
    "anchor": ("a: *x\n", "line 1, column 4", "needs an anchor"),
    "deep": ("[" * 5000, "line 1, column 33", "at most 32"),
    "deep mapping": ("{a: " * 5000, "line 1, column 129", "at most 32"),
    "itself": ("a: &a [*a]\n", "line 1, column 8", "stands in"),
    "itself within": ("a: &a {b: {c: *a}}\n", "line 1, column 15", "stands in"),
    "list": ("- a\n", "line 1, column 1", "must be a mapping"),
    "text": ("hello\n", "line 1, column 1", "must be a mapping"),
    "null key": ("null: 3\n", "line 1, column 1", "must be text"),
    "number key": ("1: 3\n", "line 1, column 1", "must be text"),
    "boolean key": ("on: 3\n", "line 1, column 1", "must be text"),
    "list key": ("? [a]\n: 3\n", "line 1, column 3", "must be text"),
    "latin-1": ("tests: für\n".encode("latin-1"), "line 1, column 9", "save the file in UTF-8"),
    "utf-16": ("tests: x\n".encode("utf-16"), "line 1, column 1", "save the file in UTF-8"),
    "empty": ("", "", "is empty"),
    "comments": ("# nothing\n", "", "is empty"),
    "documents": ("a: 1\n---\nb: 2\n", "line 2, column 1", "one document"),
    "digits": (f"a: {'9' * 5000}\n", "line 1, column 4", "at most 64"),
    "hexadecimal": (f"a: 0x{'f' * 5000}\n", "line 1, column 4", "at most 64"),
    "sexagesimal": (f"a: 1{':59' * 5000}\n", "line 1, column 4", "at most 64"),
    "directive": ("%YAML 9.9\n---\na: 1\n", "line 1, column 1", "`key: value` lines"),
    "escape": ('a: "\\ud83d"\n', "line 1, column 7", "`key: value` lines"),
    "text as a mapping": ("a: !!map x\n", "line 1, column 4", "leave the tag out"),
    "mapping as text": ("a: !!str {b: 1}\n", "line 1, column 4", "leave the tag out"),
    "set": ("a: !!set {x, y}\n", "line 1, column 4", "only plain text"),
    "merge of itself": ("y: &y {<<: *y}\n", "line 1, column 12", "stands in"),
    "merge of nothing": ("y: {<<: null}\n", "line 1, column 9", "<<: *name"),
    "no key": ("? \n", "line 1, column 2", "must be text"),
    "keys in keys": ("? " * 4000, "line 1, column 65", "at most 32"),
    "bomb": (BOMB, "line 5, column", "at most"),
}


def one_line(error, path, *parts):
    message = str(error)
    assert message.count("\n") == 0 and message.strip()
    for part in (str(path), *parts):
        assert part in message, message


@pytest.mark.parametrize("name", FAULTS)
def test_a_malformed_file_is_one_line_with_its_place(tmp_path, name):
    content, place, allowed = FAULTS[name]
    content = content if isinstance(content, bytes) else content.encode()
    concrete, own = tmp_path / "concrete.yaml", tmp_path / "mine" / "bad.yaml"
    own.parent.mkdir()
    concrete.write_bytes(content)
    own.write_bytes(content)
    started = time.process_time()
    with pytest.raises(ConfigError) as caught:
        load_scenario(str(concrete))
    one_line(caught.value, concrete, place if name != "bomb" else "line", allowed)
    with pytest.raises(ConfigError) as caught:
        load_scenario("bad", [f"hydra.searchpath=[file://{own.parent}]"])
    one_line(caught.value, own, place, allowed)
    assert time.process_time() - started < 10.0


@pytest.mark.parametrize("name", ["tab", "empty", "latin-1", "code", "bomb", "list"])
def test_every_command_says_so_and_exits_with_2(tmp_path, capsys, name):
    content, _, allowed = FAULTS[name]
    content = content if isinstance(content, bytes) else content.encode()
    for folder in ("scenarios", "env"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "bad.yaml").write_bytes(content)
    search = f"hydra.searchpath=[file://{tmp_path}]"
    for words in (
        ["list", search],
        ["generate", "scenario=bad", search, f"output={tmp_path / 'out'}"],
        ["test", str(tmp_path / "scenarios" / "bad.yaml")],
        ["test", str(tmp_path / "scenarios")],
        ["train", "env=bad", search],
    ):
        assert main(words) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1 and err.startswith("simengine: ") and "bad.yaml" in err and allowed in err, err


def test_text_that_is_of_no_file_has_its_place_too():
    with pytest.raises(ConfigError, match=r"^line 2, column 1: .*given twice"):
        from_yaml("a: 1\na: 2\n")


def test_a_byte_order_mark_and_aliases_are_taken(tmp_path):
    (tmp_path / "mine.yaml").write_bytes(
        b"\xef\xbb\xbf# @package _global_\ndefaults: [/scenarios/highway/cut_in, _self_]\nscenario: {tags: [cut_in]}\n"
    )
    assert load_scenario("mine", [f"hydra.searchpath=[file://{tmp_path}]"]).scenario.tags == ["cut_in"]
    assert parse_concrete("a: &a {b: 1}\nc: *a\nd: {<<: *a, b: 2}\n") == {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 2}}


def test_as_many_values_as_allowed_are_read(tmp_path):
    path = tmp_path / "long.yaml"
    path.write_text(f"a: [{','.join('1' * (MAX_NODES - 4))}]\n")
    assert len(parse_concrete(read_text(path))["a"]) == MAX_NODES - 4


def test_pipes_devices_folders_and_large_files_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "device.yaml").symlink_to("/dev/zero")
    (tmp_path / "large.yaml").write_bytes(b"#" * (17 << 20))
    (tmp_path / "folder.yaml").mkdir()
    for name, words in (("pipe", "regular file"), ("device", "regular file"), ("large", "MiB"), ("folder", "read")):
        with pytest.raises(ConfigError, match=words):
            load_scenario(str(tmp_path / f"{name}.yaml"))
        if name != "folder":
            with pytest.raises(ConfigError, match=words):
                load_scenario(name, [f"hydra.searchpath=[file://{tmp_path}]"])
