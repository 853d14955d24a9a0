"""How every command reads its words: whole options only, settings anywhere, one line for an error, exit code 2."""

import argparse
import difflib
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from simengine.core.errors import nearest, shortened, suggest
from simengine.core.text.printable_text import one_line

_SHOWN = 60  # characters of a value that a message repeats
_LONGEST = 200  # characters of a word that a message repeats
_CHOICE = re.compile(r"argument (?P<name>.+?): invalid choice: (['\"])(?P<typed>.*)\2 \(choose from (?P<allowed>.*)\)$")


class Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviated options, and whose errors are one line with the nearest right word."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "allow_abbrev": False})
        self.set_defaults(parser=self)  # of the chosen subcommand, in the end

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2."""
        choice = _CHOICE.match(message)
        if choice:
            name, typed = choice["name"], choice["typed"]
            words = [word.strip("'\"") for word in choice["allowed"].split(", ")]
            what = f"{name} {typed}: no such choice" if name[0] == "-" else f'there is no {name.lower()} "{typed}"'
            self._leave(f"{what}{suggest(typed, words)}")
        self._leave(f"{message.removeprefix('argument ')}; see {self.prog} --help")

    def refuse(self, words: Sequence[str]) -> NoReturn:
        """Leave with exit code 2 because of words that no option or argument takes."""
        options = [option for action in self._actions for option in action.option_strings]
        typed = next((word for word in words if word.startswith("-")), words[0])
        if typed.startswith("-"):
            option = typed.partition("=")[0]
            key = option.lstrip("-")
            takes = any("key=value" in str(action.metavar) for action in self._actions)
            hint = nearest(option, options)
            if takes and key and not difflib.get_close_matches(option, options, cutoff=0.7):
                hint = f" (settings have no dashes, as in {key}={typed.partition('=')[2] or 'VALUE'})"
            self._leave(f"{option}: no such option{hint}; see {self.prog} --help")
        key, _, value = typed.partition("=")
        if self.means_option(typed):
            self._leave(f"{typed}: {key} is an option here; write --{key} {value or 'VALUE'}")
        self._leave(f"{typed}: one word too many; see {self.prog} --help")

    def means_option(self, word: str) -> bool:
        """Say whether a word is an option that is written like a setting, as `workers=1`."""
        key, equals, _ = word.partition("=")
        return bool(equals) and any(f"--{key}" in action.option_strings for action in self._actions)

    def _leave(self, message: str) -> NoReturn:
        words = (word if len(word) <= _LONGEST else word[:_LONGEST] + "…" for word in message.split())
        self.exit(2, f"{self.prog.split()[0]}: {one_line(shortened(' '.join(words)))}\n")


def read_words(parser: Parser, words: Sequence[str] | None) -> argparse.Namespace:
    """Parse a command line; what may be given several times, such as settings, may stand before and after options.

    Args:
        parser: Of all commands.
        words: None for those of the process.
    """
    parsed, rest = parser.parse_known_args(words)
    command: Parser = parsed.parser
    lists = [action for action in command._actions if not action.option_strings and action.nargs in ("*", "+")]
    if rest and (not lists or any(word.startswith("-") for word in rest)):
        singles = [getattr(parsed, action.dest, None) for action in command._actions if action.nargs is None]
        taken = [word for word in singles if isinstance(word, str) and command.means_option(word)]
        command.refuse(taken or rest)  # `replay workers=1 DIR` took the first for the folder
    for action in lists[-1:]:
        setattr(parsed, action.dest, [*getattr(parsed, action.dest), *rest])
    return parsed


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Return an argument type: a whole number in a range."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{_short(text)} is not a whole number from {low} to {high}")
        return value

    return read


def number(above: float, high: float) -> Callable[[str], float]:
    """Return an argument type: a number above one and up to another."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not above < value <= high:
            raise argparse.ArgumentTypeError(f"{_short(text)} is not a number above {above:g} and up to {high:g}")
        return value

    return read
