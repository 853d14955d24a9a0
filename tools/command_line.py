"""How the measuring commands end: one readable line for an error, exit code 2."""

import sys
from collections.abc import Sequence

from simengine.core.errors import ConfigError, ScenarioError
from simengine.core.text.command_line import Parser, read_words
from simengine.core.text.printable_text import one_line, say


def run(parser: Parser, arguments: Sequence[str] | None) -> int:
    """Read arguments and call the `run` of the chosen subcommand; returns the exit code."""
    parsed = read_words(parser, arguments)
    try:
        return parsed.run(parsed)
    except (ConfigError, ScenarioError, ImportError) as error:
        say(f"{parser.prog}: {one_line(str(error))}", sys.stderr)
        return 2
    except KeyboardInterrupt:
        say(f"{parser.prog}: interrupted", sys.stderr)
        return 130
