"""The folder that a run writes to: one process's at a time, tidied before and after."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from simengine.core.errors import ConfigError
from simengine.core.text.bounded_files import refuse_no_folder
from simengine.simulation.dataset.index import EPISODES, remove_unfinished
from simengine.simulation.files.locks import folder_lock, refuse_locked
from simengine.simulation.files.whole_files import begin_unfinished, new_folder, reason


@contextmanager
def claimed(root: Path, folders: Sequence[Path] = ()) -> Iterator[None]:
    """Make the folders of a run, and keep them for this process until the end.

    What a killed run left unfinished is deleted at the beginning, what this one leaves unfinished in the end, and a
    folder that was made and has got no content is taken away again.

    Args:
        root: The output folder.
        folders: Of datasets, one a job: `root` itself, or folders in it.

    Raises:
        ConfigError: Another process is writing to one of them, or one cannot be written to.
    """
    for folder in (root, *(folder / EPISODES for folder in folders)):
        refuse_no_folder(folder, f"output = {root}")
    with ExitStack() as stack:
        place = root
        try:
            stack.enter_context(new_folder(root))
            stack.enter_context(folder_lock(root, f"output = {root}"))
            for place in folders:
                if place != root:
                    refuse_locked(place, f"output = {root}")
                stack.enter_context(new_folder(place / EPISODES))
                stack.callback(remove_unfinished, place)
                remove_unfinished(place)
                _probe(place / EPISODES)
            place = root
        except OSError as error:
            raise ConfigError(f"output = {place}: cannot be written to: {reason(error)}") from None
        yield


def _probe(folder: Path) -> None:
    """Write a file into a folder and delete it."""
    hidden, handle = begin_unfinished(folder / "probe.mcap")
    hidden.unlink()
    os.close(handle)
