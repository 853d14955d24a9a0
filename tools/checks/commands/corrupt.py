"""Change single bytes of recorded files, and see that verification tells."""

import argparse
import os
import time
from pathlib import Path

from simengine.core.text.command_line import whole_number


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "corrupt",
        help="does `simengine verify` tell every changed byte of a recorded file",
        description="Change every byte of a small episode, one at a time, and as many of one with camera and LiDAR "
        "as --flips says, spread evenly over the kinds of records. Each change must be told by what `simengine verify` "
        "does, or everything that the file holds must read as before.",
    )
    check.add_argument("--flips", type=whole_number(0, 10**9), default=10_000, help="of the full one (default: 10000)")
    check.add_argument(
        "--seed", type=whole_number(0, 2**62), help="of places and patterns (default: drawn, and printed)"
    )
    check.add_argument("--small", metavar="FILE", help="an episode of up to 64 KiB (default: one is recorded)")
    check.add_argument("--full", metavar="FILE", help="an episode with camera and LiDAR (default: one is recorded)")
    check.add_argument("--only", choices=["small", "full"], help="one of both")
    check.add_argument("--write", action="store_true", help="add the counts to docs/robustness.md")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.core.errors import ConfigError
    from tools.checks import corruption, robustness
    from tools.checks.fuzz import samples
    from tools.checks.fuzz.processes import scratch_folder

    if arguments.write:
        robustness.check_writable()
    seed = int.from_bytes(os.urandom(5), "big") if arguments.seed is None else arguments.seed
    print(f"--seed {seed}", flush=True)

    def tell(flip: corruption.Flip, ending: str, why: str) -> None:
        print(f"BAD byte {flip.place} changed by 0x{flip.pattern:02x}: {ending}: {why}", flush=True)

    bad = 0
    with scratch_folder("simengine-corrupt") as folder:
        for which, given in (("small", arguments.small), ("full", arguments.full)):
            if arguments.only not in (None, which):
                continue
            path = samples.episode(folder, which == "full", Path(given) if given else None)
            content = path.read_bytes()
            if which == "small" and len(content) > corruption.LARGEST_WHOLE:
                raise ConfigError(f"{path}: has {len(content)} bytes; allowed are {corruption.LARGEST_WHOLE}")
            drawn = (corruption.every_byte(content, seed), corruption.stratified(content, arguments.flips, seed))
            flips = drawn[which == "full"]
            (folder / which).mkdir()
            began = time.process_time()
            counts = corruption.try_flips(path, flips, folder / which, tell)
            rate = len(flips) / max(time.process_time() - began, 1e-3)
            shown = ", ".join(f"{n:,} {name}" for name, n in counts.items())
            print(f"{which}, {len(content):,} bytes: {shown}; {rate:.0f} a second of processor time", flush=True)
            bad += counts["missed"] + counts["foreign"]
            if arguments.write:
                robustness.add("corrupt", {ROWS[which]: {"tried": len(flips), **counts}})
    return 1 if bad else 0


ROWS = {
    "small": "every byte of a small episode",
    "full": "bytes of an episode with camera and LiDAR, spread over kinds of records",
}  # on the page
