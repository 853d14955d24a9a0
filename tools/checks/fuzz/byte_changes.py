"""Changes to any file's bytes: flipped, overwritten, dropped, repeated, moved, spliced with another file, cut."""

import random
import re

_WORDS = (
    b"\x00", b"\xff", b"\x7f", b"\x80", b"\n", b"\r\n", b"\x00" * 8, b"\xff" * 4, b"\xff" * 8, b"\x01\x00\x00\x00",
    b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\xff\xff\xff\xff\xff\xff\xff\x7f", b"\xef\xbb\xbf", b"\xff\xfe",
    b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80\xa8", b"PK\x03\x04", b"PAR1",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?xml version='1.1'?>", b"&amp;",
    b"&#0;", b"&#x110000;", b"&b;", b"</", b"/>", b"{", b"}", b"[", b"]", b":", b",", b'"', b"'", b"\\", b"\\u0000",
    b"\\ud800", b"NaN", b"Infinity", b"null", b"true", b"*a", b"&a ", b"!!python/name:os.system ", b"<<: ", b"- ",
    b"? ", b"%YAML 9.9\n", b"---\n", b"...\n", b"\t", b"#", b"${", b"}", b"${a}", b"~", b"+", b"@", b"=", b"$", b"(",
    b")", b"\\",
)  # fmt: skip
_NUMBERS = (
    b"0", b"-0", b"-1", b"1", b"1e308", b"-1e308", b"1e-308", b"1e999", b"nan", b"inf", b"-inf", b"1e", b"0x10",
    b"1_0", b"2147483648", b"4294967296", b"9223372036854775808", b"99999999999999999999999999", b"0.1", b".", b"",
    b" ", b"1,5", b"+1", b"1e5", b"1e-9", b"1e15", b"100000",
)  # fmt: skip
_NUMBER = re.compile(rb"[-+]?\d[\d.eE+-]*")
_LONGEST = 4096  # of a piece that is repeated, moved or taken from another file [bytes]
_REPEATS = (2, 3, 16, 300, 5_000)


def change_bytes(content: bytes, chance: random.Random, other: bytes = b"") -> bytes:
    """Return bytes with one to a few places changed.

    Args:
        content: What to change.
        chance: Chooses places and changes.
        other: A file of the same kind, of which pieces may be put in.
    """
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6, 16))):
        _change(changed, chance, other or content)
    return bytes(changed)


def _place(size: int, chance: random.Random) -> int:
    """Return a place, often near one end, where heads and tails stand."""
    near = chance.random()
    if near < 0.15:
        return chance.randrange(min(size, 64) + 1)
    if near < 0.3:
        return size - chance.randrange(min(size, 64) + 1)
    return chance.randint(0, size)


def _piece(content: bytes | bytearray, chance: random.Random) -> tuple[int, int]:
    begin = _place(len(content), chance)
    return begin, min(len(content), begin + int(_LONGEST ** chance.random()))


def _change(content: bytearray, chance: random.Random, other: bytes) -> None:
    kind = chance.choice(
        ("bit", "bit", "byte", "byte", "word", "put", "number", "drop", "repeat", "move", "splice", "cut")
    )
    place = _place(len(content), chance)
    if kind in ("bit", "byte"):
        if content:
            place = min(place, len(content) - 1)
            content[place] = content[place] ^ 1 << chance.randrange(8) if kind == "bit" else chance.randrange(256)
    elif kind in ("word", "put"):
        word = chance.choice(_WORDS)
        content[place : place + (len(word) if kind == "word" else 0)] = word
    elif kind == "number":
        found = _NUMBER.search(content, place) or _NUMBER.search(content)
        if found:
            content[found.start() : found.end()] = chance.choice(_NUMBERS)
    elif kind == "cut":
        if chance.random() < 0.3:
            del content[place:]
    else:
        begin, end = _piece(content, chance)
        piece = bytes(content[begin:end])
        if kind == "drop":
            del content[begin:end]
        elif kind == "repeat":
            times = chance.choice(_REPEATS)
            content[begin:end] = piece * min(times, 1 + 100_000 // max(len(piece), 1))
        elif kind == "move":
            del content[begin:end]
            place = min(place, len(content))
            content[place:place] = piece
        else:
            begin, end = _piece(other, chance)
            content[place : place + chance.choice((0, end - begin))] = other[begin:end]
