"""Work shared out among threads that live on: each piece is done by one of them alone, so the bits stay the same."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from typing import Any

BAND_ROWS = 24  # of one share; far more shares than threads, since rows of sky cost less than rows of street
WIDE_ROWS = 90  # of one share where all rows cost about the same and little: a call costs as much as a row or ten


@lru_cache(maxsize=4)
def _helpers(process: int, count: int) -> ThreadPoolExecutor:
    """Return threads to help with; starting and ending them for every piece of work cost 0.1 to 2 ms.

    Args:
        process: Id of this process: one that was forked has none of its parent's threads.
        count: How many.
    """
    return ThreadPoolExecutor(count, thread_name_prefix=f"helper-{process}")


def share(work: Callable[..., object], pieces: Sequence[tuple[Any, ...]], num_threads: int) -> None:
    """Call `work(*piece)` for every piece, begun in their order.

    Args:
        work: What is done; it must let go of the interpreter's lock.
        pieces: Arguments. The longest should come first.
        num_threads: That work at the same time, the caller's among them. With one there are no others.
    """
    left = iter(list(pieces))

    def take() -> None:
        for piece in left:
            work(*piece)

    count = min(num_threads, len(pieces)) - 1
    helping = [_helpers(os.getpid(), num_threads - 1).submit(take) for _ in range(count)]
    try:
        take()
    finally:  # one that has not begun is not needed, the others end before the caller goes on with what they write
        begun = [future for future in helping if not future.cancel()]
        wait(begun)
    for future in begun:
        future.result()


def share_rows(work: Callable[[int, int], object], height: int, num_threads: int, band: int = BAND_ROWS) -> None:
    """Call `work(first, last)` for bands that cover the rows [0, height) of an image.

    Args:
        work: What is done to the rows [first, last); it must let go of the interpreter's lock.
        height: Of the image.
        num_threads: That work at the same time.
        band: Rows of a share.
    """
    if num_threads == 1:
        band = max(1, height)
    share(work, [(first, min(height, first + band)) for first in range(0, height, band)], num_threads)
