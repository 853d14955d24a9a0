"""One picture shared out among threads: each row is worked on by one of them alone, so the bits stay the same."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

BAND_ROWS = 24  # of one share; far more shares than threads, since rows of sky cost less than rows of street


def share_rows(work: Callable[[int, int], object], height: int, num_threads: int) -> None:
    """Call `work(first, last)` for bands that cover the rows [0, height) of an image.

    Args:
        work: What is done to the rows [first, last); it must let go of the interpreter's lock.
        height: Of the image.
        num_threads: That work at the same time.
    """
    if num_threads <= 1:
        work(0, height)
        return
    with ThreadPoolExecutor(num_threads) as pool:
        list(pool.map(lambda first: work(first, min(height, first + BAND_ROWS)), range(0, height, BAND_ROWS)))
