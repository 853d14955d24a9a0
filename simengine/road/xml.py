"""Read untrusted XML into a tree that knows its line numbers: no document type, no entities, bounded size and depth.

Built on lxml. Every accessor of `Element` either returns a checked value or raises one
`ScenarioError` that names the file, the line, the element and attribute, the value and what is allowed.
"""

import math
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from simengine.core.errors import ScenarioError
from simengine.core.files import MAX_MAP_BYTES, open_regular
from simengine.road.remarks import Remark

MAX_BYTES = MAX_MAP_BYTES
MAX_ELEMENTS = 2_000_000
MAX_DEPTH = 32
MAX_ATTRIBUTES = 256  # of one element; OpenDRIVE's widest has 17
_LIMITS = (  # of the parser's own, by words of its message
    ("Excessive depth", f"holds elements more than {MAX_DEPTH} deep: {MAX_DEPTH} are allowed"),
    ("too long", "a text is longer than 10 MB, the most that one may have"),
    ("limit exceeded", "a text, attribute or name is longer than 10 MB, the most that one may have"),
)
_CHUNK = 65_536
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
        self.children: list[Element] = []

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


def _element(node: etree._Element, file: str, remarks: list[Remark]) -> Element:
    return Element(file, node.sourceline or 1, node.tag.rpartition("}")[2], dict(node.items()), remarks)


def _bare(node: etree._Element, file: str) -> Element:
    """Return an element without its attributes, for a message."""
    return Element(file, node.sourceline or 1, node.tag.rpartition("}")[2][:_SHOWN], {})


def _convert(root: etree._Element, file: str) -> Element:
    """Copy a parsed tree, refusing what is nested too deeply; text beside child elements is left out."""
    remarks: list[Remark] = []
    top = _element(root, file, remarks)
    waiting = [(root, top, 1)]
    while waiting:
        node, element, depth = waiting.pop()
        children = element.children
        for child in node:
            copy = _element(child, file, remarks)
            children.append(copy)
            if len(child):
                if depth >= MAX_DEPTH - 1:
                    raise copy.error(f"holds elements {depth + 2} deep: {MAX_DEPTH} are allowed")
                waiting.append((child, copy, depth + 1))
            else:
                text = child.text
                if text:
                    copy.text = text.strip()
    return top


def _parse(path: str | Path, file: str) -> etree._Element:
    """Feed a file to the parser piece by piece, so that one too large is refused before it is held."""
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    size = count = 0
    with open_regular(path) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise ScenarioError(f"{file}: larger than {MAX_BYTES // 2**20} MiB, the most an XML file may have")
            parser.feed(chunk)
            for _, node in parser.read_events():
                count += 1
                if count == 1 and node.getroottree().docinfo.internalDTD is not None:
                    raise ScenarioError(f"{file}, line 1: declares a document type (and so entities); none is allowed")
                if len(node.attrib) > MAX_ATTRIBUTES:
                    raise _bare(node, file).error(f"has {len(node.attrib)} attributes: {MAX_ATTRIBUTES} are allowed")
                if count > MAX_ELEMENTS:
                    raise _bare(node, file).error(f"is one element too many: a file may hold {MAX_ELEMENTS}")
    if size == 0:
        raise ScenarioError(f"{file}: is empty; it must hold XML")
    return parser.close()


def read_xml(path: str | Path, root_tag: str) -> Element:
    """Read an XML file whose root element is `root_tag`.

    Raises:
        ScenarioError: The file is missing, unreadable, too large, not well-formed, declares a document type or
            entities, or has another root.
    """
    file = str(path)
    try:
        node = _parse(path, file)
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
    root = _convert(node, file)
    if root.tag != root_tag:
        raise root.error(f"is the root; expected <{root_tag}>")
    return root
