"""Read untrusted XML into a tree that knows its line numbers: no document type, no entities, bounded size and depth.

Built on lxml. Every accessor of `Element` either returns a checked value or raises one
`ScenarioError` that names the file, the line, the element and attribute, the value and what is allowed.
"""

import math
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from simengine.core.errors import ScenarioError
from simengine.core.text.bounded_files import MAX_MAP_BYTES, open_regular
from simengine.road.files.remarks import Remark

MAX_BYTES = MAX_MAP_BYTES
MAX_ELEMENTS = 2_000_000
_FREE_ELEMENTS, _LEAST = 100_000, 8  # elements that any file may hold, and one more in so many bytes of it
MAX_DEPTH = 32
MAX_ATTRIBUTES = 256  # of one element; OpenDRIVE's widest has 17
_LIMITS = (  # of the parser's own, by words of its message
    ("Excessive depth", f"holds elements more than {MAX_DEPTH} deep: {MAX_DEPTH} are allowed"),
    ("too long", "a text is longer than 10 MB, the most that one may have"),
    ("limit exceeded", "a text, attribute or name is longer than 10 MB, the most that one may have"),
)
_CHUNK = 65_536
_MOST_LINES = 65_535  # that the parser counts up to by the element alone
_NO_ATTRIBUTES: dict[str, str] = {}  # of all elements that have none
_SHOWN = 60  # characters of a value that a message repeats


def _shorten(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")


class Element:
    """One XML element: its tag, attributes, text, children and place in the file; a tree shares its `remarks`."""

    __slots__ = ("attributes", "children", "file", "line", "remarks", "tag", "text")

    def __init__(
        self, file: str, line: int, tag: str, attributes: dict[str, str], remarks: list[Remark] | None = None
    ) -> None:
        self.file = file
        self.line = line
        self.tag = tag
        self.attributes = attributes
        self.text = ""
        self.remarks: list[Remark] = [] if remarks is None else remarks
        self.children: list[Element] | tuple[()] = ()  # an empty list of its own would take as much as all the rest

    def add(self, child: "Element") -> None:
        """Take a child in, after those that are there."""
        if isinstance(self.children, tuple):
            self.children = []
        self.children.append(child)

    def error(self, message: str) -> ScenarioError:
        """Return an error that names this element's place; the caller raises it."""
        return ScenarioError(f"{self.file}, line {self.line}: <{self.tag}> {message}")

    def remark(self, text: str, detail: str = "") -> None:
        """Note that something here is not as the format says but is tolerated; told to the user once, at the end.

        Args:
            text: The kind: what was found and what is done about it, in the same words for every place of a kind.
            detail: This place's names and values.
        """
        self.remarks.append(Remark(self.line, self.tag, text, detail))

    def all(self, tag: str) -> Iterator["Element"]:
        """Iterate over the children of a tag."""
        return (child for child in self.children if child.tag == tag)

    def find(self, *path: str) -> "Element | None":
        """Return the first descendant along a path of tags, or None."""
        element: Element | None = self
        for tag in path:
            element = next(element.all(tag), None)
            if element is None:
                return None
        return element

    def require(self, *path: str) -> "Element":
        """Return the first descendant along a path of tags; it must be there."""
        element = self
        for tag in path:
            child = next(element.all(tag), None)
            if child is None:
                raise element.error(f"has no <{tag}>; it needs one")
            element = child
        return element

    def string(self, name: str, default: str | None = None) -> str:
        """Return an attribute; without a default it must be there."""
        value = self.attributes.get(name, default)
        if value is None:
            raise self.error(f"has no attribute '{name}'; it needs one")
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """Return an attribute that must be one of `allowed`."""
        value = self.string(name, default)
        if value not in allowed:
            raise self.error(f"{name}={_shorten(value)}: must be one of {', '.join(allowed)}")
        return value

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """Return an attribute as a number within [low, high]; an absent or empty one takes the default, if any."""
        text = self.attributes.get(name, "")
        if not text.strip():
            if default is None:
                raise self.error(f"{name}={_shorten(text)}: needs a number from {low:g} to {high:g}")
            return default
        return self._checked(f"{name}=", text, low, high)

    def integer(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """Return an attribute as an integer within [low, high]."""
        text = self.attributes.get(name, "")
        if not text.strip() and default is not None:
            return default
        return self._checked_integer(f"{name}=", text, low, high)

    def text_number(self, low: float, high: float) -> float:
        """Return the element's text as a number within [low, high]."""
        return self._checked("", self.text, low, high)

    def text_integer(self, low: int, high: int) -> int:
        """Return the element's text as an integer within [low, high]."""
        return self._checked_integer("", self.text, low, high)

    def text_choice(self, allowed: tuple[str, ...]) -> str:
        """Return the element's text, which must be one of `allowed`."""
        value = self.text.strip()
        if value not in allowed:
            raise self.error(f"{_shorten(value)}: must be one of {', '.join(allowed)}")
        return value

    def _checked(self, prefix: str, text: str, low: float, high: float) -> float:
        try:
            value = float(text) if len(text) <= 400 and "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise self.error(f"{prefix}{_shorten(text.strip())}: must be a number from {low:g} to {high:g}")
        return value

    def _checked_integer(self, prefix: str, text: str, low: int, high: int) -> int:
        stripped = text.strip()
        digits = stripped.removeprefix("-").removeprefix("+")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 18 and low <= int(stripped) <= high):
            raise self.error(f"{prefix}{_shorten(stripped)}: must be an integer from {low} to {high}")
        return int(stripped)


def _bare(node: etree._Element, file: str) -> Element:
    """Return an element without its attributes, for a message."""
    return Element(file, node.sourceline or 1, node.tag.rpartition("}")[2][:_SHOWN], {})


class _Tree:
    """The elements read so far; what the parser built of them is given back as soon as it is copied."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._remarks: list[Remark] = []
        self._names: dict[str, str] = {}  # tags without their namespaces, each held once
        self._open: list[Element] = []
        self._count = 0
        self.root: Element | None = None

    def begin(self, node: etree._Element, size: int) -> None:
        """Take the start of an element in.

        Args:
            node: The parser's, with its attributes.
            size: Of the file as far as it is read [bytes].
        """
        self._count += 1
        if self._count == 1 and node.getroottree().docinfo.internalDTD is not None:
            raise ScenarioError(f"{self._file}, line 1: declares a document type (and so entities); none is allowed")
        if len(node.attrib) > MAX_ATTRIBUTES:
            raise _bare(node, self._file).error(f"has {len(node.attrib)} attributes: {MAX_ATTRIBUTES} are allowed")
        most = min(MAX_ELEMENTS, _FREE_ELEMENTS + size // _LEAST)
        if self._count > most:
            raise _bare(node, self._file).error(f"is one element too many: a file of {size} bytes may hold {most}")
        if len(self._open) >= MAX_DEPTH:
            deep = len(self._open) + 1
            raise self._open[-1].error(f"holds elements {deep} deep: {MAX_DEPTH} are allowed")
        name = node.tag.rpartition("}")[2]
        name = self._names.setdefault(name, name)
        attributes = dict(node.items()) if len(node.attrib) else _NO_ATTRIBUTES
        element = Element(self._file, node.sourceline or 1, name, attributes, self._remarks)
        if self._open:
            self._open[-1].add(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, node: etree._Element) -> None:
        """Take the end of an element in; text beside child elements is left out."""
        element = self._open.pop()
        if node.text and not element.children:
            element.text = node.text.strip()
        if element.line == _MOST_LINES and not element.children:  # what follows an element tells a higher line
            element.line = node.sourceline or 1
        node.clear(keep_tail=True)
        above = node.getparent()
        if above is not None:
            while (before := node.getprevious()) is not None:  # the last one is still the parser's
                above.remove(before)


def _parse(path: str | Path, file: str) -> Element:
    """Feed a file to the parser piece by piece, so that one too large is refused before it is held."""
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    size, tree = 0, _Tree(file)
    with open_regular(path) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise ScenarioError(f"{file}: larger than {MAX_BYTES // 2**20} MiB, the most an XML file may have")
            parser.feed(chunk)
            for event, node in parser.read_events():
                if event == "start":
                    tree.begin(node, size)
                else:
                    tree.end(node)
    if size == 0:
        raise ScenarioError(f"{file}: is empty; it must hold XML")
    parser.close()
    assert tree.root is not None  # a parser that closes without an error has seen one
    return tree.root


def read_xml(path: str | Path, root_tag: str) -> Element:
    """Read an XML file whose root element is `root_tag`.

    Raises:
        ScenarioError: The file is missing, unreadable, too large, not well-formed, declares a document type or
            entities, or has another root.
    """
    file = str(path)
    try:
        root = _parse(path, file)
    except ScenarioError:
        raise
    except OSError as error:
        raise ScenarioError(f"{file}: cannot be read ({error.strerror or error})") from None
    except etree.XMLSyntaxError as error:
        reason = " ".join((error.msg or "unknown").split())
        limit = next((text for words, text in _LIMITS if words in reason), None)
        if limit is not None:
            raise ScenarioError(f"{file}, line {error.lineno or 1}: {limit}") from None
        raise ScenarioError(f"{file}, line {error.lineno or 1}: not well-formed XML ({reason})") from None
    except (LookupError, ValueError) as error:
        raise ScenarioError(f"{file}: not readable as XML ({error})") from None
    if root.tag != root_tag:
        raise root.error(f"is the root; expected <{root_tag}>")
    return root
