"""The subcommands of `tools/check.py`, one a file: `add` its options, `run` it. Each imports what it measures late."""
