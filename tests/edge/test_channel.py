"""Items cross from thread to thread in order, with their end and their faults."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from edge_app.channel import Channel
from edge_app.errors import SourceError

WAIT_S = 10  # only a broken handoff takes this long


def never() -> bool:
    """Say that no stop was asked for."""
    return False


def started(work: Callable[[], Any]) -> threading.Thread:
    """Run some work in a thread."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def ended(thread: threading.Thread) -> bool:
    """Wait for a thread to end."""
    thread.join(WAIT_S)
    return not thread.is_alive()


@pytest.mark.parametrize("capacity", [1, 2, 5])
def test_everything_arrives_in_order(capacity: int) -> None:
    """A writer that is faster than its reader waits; nothing is lost."""
    handoff: Channel[int] = Channel(capacity)

    def write() -> None:
        for number in range(1000):
            assert handoff.put(number)
        handoff.finish()

    writer = started(write)
    assert list(handoff.read(never)) == list(range(1000))
    assert handoff.dropped == 0
    assert ended(writer)


def test_only_the_newest_is_kept_where_that_is_asked() -> None:
    """Without a reader the oldest items give way, and each is counted."""
    handoff: Channel[int] = Channel(1, newest_only=True)
    for number in range(10):
        assert handoff.put(number)
    handoff.finish()
    assert list(handoff.read(never)) == [9]
    assert handoff.dropped == 9


def test_what_was_written_before_a_fault_is_read_before_it() -> None:
    """The writer's own exception comes out of the reader, after the items."""
    handoff: Channel[int] = Channel(5)
    fault = SourceError("unplugged")
    handoff.put(1)
    handoff.put(2)
    handoff.finish(fault)
    seen = []

    def read() -> None:
        for item in handoff.read(never):
            seen.append(item)  # noqa: PERF402 - what was read before the fault is looked at

    with pytest.raises(SourceError) as raised:
        read()
    assert raised.value is fault
    assert seen == [1, 2]


def test_an_end_without_items_is_an_end() -> None:
    """A source of nothing ends at once."""
    handoff: Channel[int] = Channel(1)
    handoff.finish()
    assert list(handoff.read(never)) == []


def test_a_reader_that_waits_is_woken_by_an_item_and_by_the_end() -> None:
    """Both reach a reader that came first."""
    handoff: Channel[int] = Channel(1)
    seen: list[int] = []
    reader = started(lambda: seen.extend(handoff.read(never)))
    handoff.put(7)
    handoff.finish()
    assert ended(reader)
    assert seen == [7]


def test_closing_wakes_a_writer_that_waits() -> None:
    """The writer learns that nobody reads any more, and its next item is refused too."""
    handoff: Channel[int] = Channel(1)
    handoff.put(0)
    answers: list[bool] = []
    writer = started(lambda: answers.extend(handoff.put(number) for number in (1, 2)))
    handoff.close()
    assert ended(writer)
    assert answers == [False, False]
    handoff.close()


def test_closing_ends_a_reader() -> None:
    """A reader of a closed handoff gets nothing more and does not wait."""
    handoff: Channel[int] = Channel(2)
    handoff.put(1)
    handoff.close()
    assert list(handoff.read(never)) == []


@pytest.mark.parametrize("waiting", [True, False], ids=["waiting", "between items"])
def test_a_stop_ends_a_reader(waiting: bool) -> None:
    """A stop is noticed by a reader that waits, and before the next item of one that does not."""
    handoff: Channel[int] = Channel(5)
    stop = threading.Event()
    seen: list[int] = []
    if not waiting:
        for number in range(3):
            handoff.put(number)

    def read() -> None:
        for item in handoff.read(stop.is_set):
            seen.append(item)
            stop.set()

    reader = started(read)
    if waiting:
        stop.set()
    assert ended(reader)
    assert seen == ([] if waiting else [0])


def test_many_items_cross_with_drops_counted_exactly() -> None:
    """What is read and what is dropped make up what was written, in order."""
    handoff: Channel[int] = Channel(3, newest_only=True)

    def write() -> None:
        for number in range(5000):
            handoff.put(number)
        handoff.finish()

    writer = started(write)
    seen = list(handoff.read(never))
    assert ended(writer)
    assert seen == sorted(set(seen))
    assert len(seen) + handoff.dropped == 5000
    assert seen[-1] == 4999
