"""How the measuring commands end: one readable line for an error, exit code 2."""

import sys
from collections.abc import Sequence

from simengine.core.command_line import Parser, read_words
from simengine.core.errors import ConfigError, ScenarioError


def run(parser: Parser, arguments: Sequence[str] | None) -> int:
    """Read arguments and call the `run` of the chosen subcommand; returns the exit code."""
    parsed = read_words(parser, arguments)
    try:
        return parsed.run(parsed)
    except (ConfigError, ScenarioError, ImportError) as error:
        print(f"{parser.prog}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted", file=sys.stderr)
        return 130
