"""Work that is shared out among threads."""

import multiprocessing
import os
import threading

import pytest

from simengine.sensors.base.thread_pool import share, share_rows


@pytest.mark.parametrize("num_threads", [1, 2, 5])
def test_every_row_is_worked_on_once(num_threads):
    times = [0] * 131

    def work(first, last):
        for row in range(first, last):
            times[row] += 1

    share_rows(work, len(times), num_threads)
    assert times == [1] * len(times)


def test_one_thread_is_the_callers_own():
    seen = set()
    share(lambda k: seen.add(threading.get_ident()), [(k,) for k in range(5)], 1)
    assert seen == {threading.get_ident()}


def test_several_threads_work_at_the_same_time():
    both = threading.Barrier(2, timeout=5.0)
    share(lambda k: both.wait(), [(0,), (1,)], 2)  # would break if one waited for the other to end


def test_work_that_shares_its_own_work_ends():
    done = []
    share(lambda k: share(done.append, [(k,), (k + 10,)], 2), [(0,), (1,), (2,)], 2)
    assert sorted(done) == [0, 1, 2, 10, 11, 12]


@pytest.mark.parametrize("wrong", [0, 3])
def test_an_error_reaches_the_caller(wrong):
    def work(k):
        if k == wrong:
            raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        share(work, [(k,) for k in range(4)], 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    share(lambda k: None, [(0,), (1,)], 2)  # the parent's live on
    child = multiprocessing.get_context("fork").Process(target=test_several_threads_work_at_the_same_time)
    child.start()
    child.join(5.0)
    alive = child.is_alive()
    if alive:
        child.kill()
    assert not alive
    assert child.exitcode == 0
