"""XML files changed in a few places of their tree, so that they stay well-formed and reach what reads them."""

import random

from lxml import etree

_VALUES = (
    "", " ", "x", "0", "-0", "1", "-1", "2", "3", "100", "1e3", "1e5", "1e7", "1e15", "1e308", "-1e308", "1e-308",
    "1e-9", "nan", "inf", "-inf", "1e999", "0x1", "1_000", "1,5", "\u0661", "2147483648", "9223372036854775808",
    "9" * 30, "9" * 500, "true", "none", "left", "right", "center", "driving", "predecessor", "start", "end",
    "contact", "standard", "a" * 300, "é", "\u202e", "+", "0.5", "6.2831853", "-3.15", "1.5707963", "0.001", "1e-6",
)  # fmt: skip
_SCALES = (-1.0, 0.0, 1e-9, 1e-3, 0.5, 0.999, 1.001, 2.0, 1e3, 1e6, 1e12, 1e300)
_REPEATS = (1, 1, 2, 10, 200)
_MOST = 20_000  # elements that repeats may make
_LONG = 2_000_000  # bytes beyond which nothing is repeated


def change_xml(content: bytes, chance: random.Random) -> bytes:
    """Return XML with a few elements, attributes or texts dropped, repeated, moved, renamed or given other values.

    Args:
        content: Well-formed.
        chance: Chooses places and changes.
    """
    root = etree.fromstring(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        nodes = [node for node in root.iter() if isinstance(node.tag, str)]
        _change(root, chance.choice(nodes), nodes, chance)
    written = etree.tostring(root, xml_declaration=chance.random() < 0.9, encoding=_encoding(chance))
    return written.replace(b"?>", b"?><!DOCTYPE a>", 1) if chance.random() < 0.005 else written


def _encoding(chance: random.Random) -> str:
    return "UTF-8" if chance.random() < 0.95 else chance.choice(("UTF-16", "ISO-8859-1", "US-ASCII", "UTF-32"))


def _change(root: etree._Element, node: etree._Element, nodes: list[etree._Element], chance: random.Random) -> None:
    kind = chance.choice(
        ("value", "value", "value", "scale", "scale", "foreign", "text", "lose", "drop", "repeat", "move", "tag")
    )
    names, above = list(node.attrib), node.getparent()
    if kind in ("value", "scale", "foreign", "lose") and names:
        name = chance.choice(names)
        if kind == "lose":
            del node.attrib[name]
        elif kind == "scale":
            node.set(name, _scaled(str(node.get(name)), chance))
        elif kind == "value":
            node.set(name, chance.choice(_VALUES))
        else:
            values = [str(value) for one in nodes for value in one.attrib.values()]
            node.set(name, chance.choice(values))
    elif kind in ("value", "scale", "foreign", "text"):
        text = (node.text or "").strip()
        changed = (lambda: _scaled(text, chance)) if kind == "scale" else (lambda: chance.choice(_VALUES))
        node.text = changed() if text or chance.random() < 0.2 else node.text
    elif kind == "tag":
        node.tag = chance.choice((*(one.tag for one in nodes[:50]), "x"))
    elif above is not None:
        _move(above, node, nodes, kind, chance)


def _move(
    above: etree._Element, node: etree._Element, nodes: list[etree._Element], kind: str, chance: random.Random
) -> None:
    place = above.index(node)
    if kind == "drop":
        above.remove(node)
    elif kind == "repeat":
        size = sum(1 for _ in node.iter())
        text = etree.tostring(node)
        times = chance.choice(_REPEATS)
        if size * times <= _MOST and len(text) * times < _LONG:
            for _ in range(times):
                above.insert(place, etree.fromstring(text))
    else:
        inside = set(node.iter())
        others = [one for one in nodes if one not in inside]
        if others:
            target = chance.choice(others)
            target.insert(chance.randint(0, len(target)), node)


def _scaled(text: str, chance: random.Random) -> str:
    try:
        value = float(text)
    except ValueError:
        return chance.choice(_VALUES)
    scaled = value * chance.choice(_SCALES) + chance.choice((0.0, 0.0, 0.0, 1.0, -1.0, 1e-6))
    whole = text.strip().lstrip("-").isdigit() and abs(scaled) < 1e15
    return str(int(scaled)) if whole else repr(scaled)
