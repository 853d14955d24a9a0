"""How the measuring commands read their arguments and end: one readable line for an error, exit code 2."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def whole_number(low: int, high: int):
    """Return an argument type: a whole number in a range."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number from {low} to {high}")
        return value

    return read


def run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Read arguments and call the `run` of the chosen subcommand; returns the exit code."""
    from simengine.core.errors import ConfigError, ScenarioError

    parsed = parser.parse_args(arguments)
    try:
        return parsed.run(parsed)
    except (ConfigError, ScenarioError, ImportError) as error:
        print(f"{parser.prog}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted", file=sys.stderr)
        return 130
