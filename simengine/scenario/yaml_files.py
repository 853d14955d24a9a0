"""Read untrusted YAML: bounded before it is built, plain data only, and every fault told with line and column.

A few hundred bytes of YAML can stand for a tree of any size (aliases of aliases), nest without an end or name Python
code. Therefore the stream of events is counted first, its aliases as often as they are meant, then the nodes are looked
at with their places in the file; only what is left is built.
"""

import re
from os import PathLike
from typing import Any, NoReturn

import yaml
from yaml.reader import Reader

from simengine.core.errors import ConfigError, ScenarioError
from simengine.core.text.bounded_files import MIB, read_bounded

MAX_BYTES = 1 * MIB  # of a file of settings; the largest of the library has 6 kB
MAX_CONCRETE_BYTES = 16 * MIB  # of a concrete scenario
MAX_NODES = 20_000  # values, lists and mappings of a file of settings, aliases counted as often as they are used
MAX_CONCRETE_NODES = 400_000
_FREE_NODES, _LEAST = 100_000, 16  # that any concrete scenario may have, and one more in so many characters of it
MAX_DEPTH = 32  # lists and mappings in each other
MAX_DIGITS = 64  # characters of a number
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER_LIKE = re.compile(r"[-+]?\.?[0-9][-+0-9a-fA-F_.:xXoO]*")
_NUMBER_KEY = re.compile(r"[-+]?(\.?[0-9][0-9_.]*([eE][-+]?[0-9]+)?|\.inf|\.nan)", re.I)
_TAG = "tag:yaml.org,2002:"
TEXT_TAG = _TAG + "str"
_PLAIN_TAGS = tuple(_TAG + name for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp"))
_HINTS = (
    ("cannot start any token", "indent with spaces, and put text with special characters in quotation marks"),
    ("',' or ']'", "a list is written [a, b]"),
    ("',' or '}'", "a mapping is written {key: value, key: value}"),
    ("mapping values are not allowed", "one `key: value` a line, indented alike; quote text that holds a colon"),
    ("expected <block end>", "keys of one mapping are indented alike, by spaces"),
    ("could not find expected ':'", "one `key: value` a line, indented alike"),
    ("while scanning a quoted scalar", "close the quotation marks"),
    ("undefined alias", "an alias *name needs an anchor &name before it"),
    ("expected a single document", "a file holds one document, without --- inside"),
    ("for merging", "<< takes an alias of a mapping, as in <<: *name"),
)
_ELSE = "allowed: `key: value` lines, indented by spaces, with brackets and quotation marks closed"


def _fail(file: str, mark: Any, message: str) -> NoReturn:
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
    place = ", ".join(part for part in (file, where) if part)
    raise ConfigError(f"{place}: {message}" if place else message)


def _fail_at(file: str, text: str, index: int, message: str) -> NoReturn:
    before = text[:index]
    _fail(file, yaml.Mark(file, index, before.count("\n"), index - (before.rfind("\n") + 1), None, None), message)


def _not_yaml(file: str, error: yaml.YAMLError) -> NoReturn:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    parts = (getattr(error, "context", None), getattr(error, "problem", None))
    said = " ".join(" ".join(part for part in parts if part).split()) or " ".join(str(error).split())
    hint = next((hint for words, hint in _HINTS if words in said), _ELSE)
    _fail(file, mark, f"not YAML ({said}); {hint}")


def decode(content: bytes, file: str) -> str:
    """Return the text of a file that must be UTF-8, without the byte order mark that some editors write.

    Raises:
        ConfigError: Another encoding, or a character that YAML does not take, such as NUL.
    """
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        byte = content[error.start]
        _fail_at(file, before, len(before), f"byte 0x{byte:02x} is not UTF-8; save the file in UTF-8")
    return _refuse_unprintable(text, file)


def _refuse_unprintable(text: str, file: str) -> str:
    found = Reader.NON_PRINTABLE.search(text)
    if found:
        code = ord(found.group())
        _fail_at(file, text, found.start(), f"character U+{code:04X} is not allowed in YAML; only printable text is")
    return text


def _bound(text: str, file: str, most: int) -> None:
    """Refuse text whose tree would be too large, too deep or endless, before it is built."""
    sizes: dict[str, int] = {}  # of anchored nodes, aliases within counted
    open_nodes: list[tuple[str | None, int]] = []  # anchor, and how much was counted before it
    count = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_nodes):
                _fail(file, event.start_mark, f"*{event.anchor} refers to the value that it stands in; none may")
            count += sizes.get(event.anchor, 1)
        elif isinstance(event, yaml.ScalarEvent):
            count += 1
            if event.anchor:
                sizes[event.anchor] = 1
            if not event.style and len(event.value) > MAX_DIGITS and _NUMBER_LIKE.fullmatch(event.value):
                length = len(event.value)
                _fail(file, event.start_mark, f"a number of {length} characters; at most {MAX_DIGITS} are allowed")
        elif isinstance(event, yaml.CollectionStartEvent):
            count += 1
            open_nodes.append((event.anchor, count - 1))
            if len(open_nodes) > MAX_DEPTH:
                _fail(file, event.start_mark, f"nested more than {MAX_DEPTH} deep; at most {MAX_DEPTH} are allowed")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                sizes[anchor] = count - before
        if count > most:
            _fail(file, event.start_mark, f"more than {most} values (aliases counted in full); at most {most} allowed")


def _check_nodes(root: yaml.Node, file: str) -> None:
    """Refuse tags that are not of plain data, keys that are no text, and keys that are given twice."""
    waiting, seen, loader = [root], set(), _Loader("")
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.tag not in _PLAIN_TAGS:
            if node.tag == _TAG + "value":
                _fail(file, node.start_mark, 'put "=" in quotation marks')
            tag = node.tag.replace(_TAG, "!!")
            _fail(file, node.start_mark, f"the tag {tag} is not allowed; only plain text, numbers, lists and mappings")
        _check_tag(node, file)
        if isinstance(node, yaml.ScalarNode):
            _check_value(loader, node, file)
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                waiting.append(value)
                if key.tag == _TAG + "merge":
                    _check_merge(value, file)
                    continue
                _check_key(key, file)
                if key.value in keys:
                    _fail(file, key.start_mark, f'the key "{key.value}" is given twice; give it once')
                keys.add(key.value)


def _check_tag(node: yaml.Node, file: str) -> None:
    """Refuse a list that is said to be a mapping, and so on."""
    kind = {yaml.SequenceNode: "seq", yaml.MappingNode: "map"}.get(type(node), "a value")
    said = node.tag.removeprefix(_TAG)
    if said != kind and (kind != "a value" or said in ("seq", "map")):
        _fail(file, node.start_mark, f"the tag !!{said} is not of what it stands before; leave the tag out")


def _check_value(loader: Any, node: yaml.ScalarNode, file: str) -> None:
    try:
        loader.construct_object(node)
    except (yaml.YAMLError, LookupError, ValueError, OverflowError, AttributeError):  # 2001-02-31, `!!bool maybe`
        what = node.tag.removeprefix(_TAG)
        _fail(file, node.start_mark, f"{node.value[:MAX_DIGITS]} is not a right {what}; put text in quotation marks")


def _check_key(key: yaml.Node, file: str) -> None:
    shown = key.value if isinstance(key, yaml.ScalarNode) else "a list or mapping"
    number = isinstance(key, yaml.ScalarNode) and not key.style and _NUMBER_KEY.fullmatch(key.value)
    if not isinstance(key, yaml.ScalarNode) or key.tag != TEXT_TAG or number:
        what = shown or "nothing"
        _fail(file, key.start_mark, f"{what} as a key: a key must be text; put it in quotation marks if it is a name")


def _check_merge(value: yaml.Node, file: str) -> None:
    merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
    if not all(isinstance(one, yaml.MappingNode) for one in merged):
        _fail(file, value.start_mark, "<< takes an alias of a mapping, as in <<: *name")


def compose_node(text: str, file: str, most: int = MAX_NODES) -> yaml.MappingNode:
    """Return the checked node of text that must be a mapping.

    Args:
        text: YAML.
        file: Its name in messages; empty for text that is of no file.
        most: Values, lists and mappings that it may stand for.

    Raises:
        ConfigError: Not YAML, more than plain data, or larger than is allowed; with line and column.
    """
    try:
        _bound(_refuse_unprintable(text, file), file, most)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        _not_yaml(file, error)
    if node is None:
        _fail(file, None, "is empty; it must hold a mapping, `key: value` lines")
    if not isinstance(node, yaml.MappingNode):
        _fail(file, node.start_mark, "must be a mapping, `key: value` lines, not a list or a single value")
    _check_nodes(node, file)
    return node


def build(node: yaml.MappingNode, file: str) -> dict[str, Any]:
    """Return the mapping of a checked node.

    Raises:
        ConfigError: A node whose tag says that it is something else.
    """
    loader = _Loader("")
    try:
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        _not_yaml(file, error)
    finally:
        loader.dispose()


def parse_concrete(text: str, file: str = "") -> dict[str, Any]:
    """Return the mapping that the text of a concrete scenario holds.

    Raises:
        ConfigError: Not YAML, more than plain data, or larger than is allowed; with line and column.
    """
    if len(text) > MAX_CONCRETE_BYTES:
        _fail(file, None, f"larger than {MAX_CONCRETE_BYTES // MIB} MiB, the most a concrete scenario may hold")
    most = min(MAX_CONCRETE_NODES, _FREE_NODES + len(text) // _LEAST)  # a value takes 400 bytes while it is read
    return build(compose_node(text, file, most), file)


def read_text(path: str | PathLike[str], limit: int = MAX_BYTES) -> str:
    """Return the text of a YAML file.

    Raises:
        ConfigError: It cannot be read, is no regular file, is too large or not UTF-8.
    """
    try:
        return decode(read_bounded(path, limit), str(path))
    except ScenarioError as error:
        raise ConfigError(str(error)) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
