"""Items cross from thread to thread in order, with their end and their errors."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from edge_app.channel import Channel
from edge_app.errors import SourceError
from tests.support.whole_runs import HANG_S

WAIT_S = HANG_S  # only a broken channel takes this long


def never() -> bool:
    """Never stop."""
    return False


def started(work: Callable[[], Any]) -> threading.Thread:
    """Start a thread."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def ended(thread: threading.Thread) -> bool:
    """Return whether a thread ends in time."""
    thread.join(WAIT_S)
    return not thread.is_alive()


@pytest.mark.parametrize("capacity", [1, 2, 5])
def test_everything_arrives_in_order(capacity: int) -> None:
    """A writer that is faster than its reader waits; nothing is lost."""
    channel: Channel[int] = Channel(capacity)

    def write() -> None:
        for number in range(1000):
            assert channel.put(number)
        channel.finish()

    writer = started(write)
    assert list(channel.read(never)) == list(range(1000))
    assert channel.dropped == 0
    assert ended(writer)


def test_newest_only_keeps_the_newest() -> None:
    """Without a reader the oldest items are dropped and counted."""
    channel: Channel[int] = Channel(1, newest_only=True)
    for number in range(10):
        assert channel.put(number)
    channel.finish()
    assert list(channel.read(never)) == [9]
    assert channel.dropped == 9


def test_items_before_an_error_are_read_before_it() -> None:
    """The writer's own exception comes out of the reader, after the items."""
    channel: Channel[int] = Channel(5)
    error = SourceError("unplugged")
    channel.put(1)
    channel.put(2)
    channel.finish(error)
    seen = []

    def read() -> None:
        for item in channel.read(never):
            seen.append(item)  # noqa: PERF402 - what was read before the fault is looked at

    with pytest.raises(SourceError) as raised:
        read()
    assert raised.value is error
    assert seen == [1, 2]


def test_a_channel_may_end_without_items() -> None:
    """Reading it ends at once."""
    channel: Channel[int] = Channel(1)
    channel.finish()
    assert list(channel.read(never)) == []


def test_a_waiting_reader_wakes_for_an_item_and_for_the_end() -> None:
    """Both reach a reader that was there first."""
    channel: Channel[int] = Channel(1)
    seen: list[int] = []
    reader = started(lambda: seen.extend(channel.read(never)))
    channel.put(7)
    channel.finish()
    assert ended(reader)
    assert seen == [7]


def test_closing_wakes_a_waiting_writer() -> None:
    """Its item is not added, and neither is the next one."""
    channel: Channel[int] = Channel(1)
    channel.put(0)
    answers: list[bool] = []
    writer = started(lambda: answers.extend(channel.put(number) for number in (1, 2)))
    channel.close()
    assert ended(writer)
    assert answers == [False, False]
    channel.close()


def test_closing_ends_a_reader() -> None:
    """A reader of a closed channel gets nothing more and does not wait."""
    channel: Channel[int] = Channel(2)
    channel.put(1)
    channel.close()
    assert list(channel.read(never)) == []


@pytest.mark.parametrize("waiting", [True, False], ids=["waiting", "between items"])
def test_a_stop_ends_a_reader(waiting: bool) -> None:
    """A stop is noticed by a reader that waits, and before the next item of one that does not."""
    channel: Channel[int] = Channel(5)
    stop = threading.Event()
    seen: list[int] = []
    if not waiting:
        for number in range(3):
            channel.put(number)

    def read() -> None:
        for item in channel.read(stop.is_set):
            seen.append(item)
            stop.set()

    reader = started(read)
    if waiting:
        stop.set()
    assert ended(reader)
    assert seen == ([] if waiting else [0])


def test_many_items_cross_with_drops_counted_exactly() -> None:
    """What is read and what is dropped make up what was written, in order."""
    channel: Channel[int] = Channel(3, newest_only=True)

    def write() -> None:
        for number in range(5000):
            channel.put(number)
        channel.finish()

    writer = started(write)
    seen = list(channel.read(never))
    assert ended(writer)
    assert seen == sorted(set(seen))
    assert len(seen) + channel.dropped == 5000
    assert seen[-1] == 4999


def test_a_writer_gives_up_when_it_need_not_wait() -> None:
    """A full channel refuses the item, and takes the next one once there is space."""
    channel: Channel[int] = Channel(1)
    answers = iter([True, True, False])
    assert channel.put(0)
    assert not channel.put(1, lambda: next(answers))
    assert next(channel.read(never)) == 0
    assert channel.put(2, lambda: False)


def test_the_error_of_a_reader_is_raised_once_in_the_writer() -> None:
    """After that the channel is only closed."""
    channel: Channel[int] = Channel(1)
    channel.close(OSError("disk"))
    with pytest.raises(OSError, match="disk"):
        channel.put(1)
    assert not channel.put(2)
    channel.raise_read_error()


def test_a_preview_is_read_only_while_no_item_waits() -> None:
    """The newest preview replaces the one before, and items come first."""
    channel: Channel[str] = Channel(2)
    channel.offer_preview("old")
    channel.offer_preview("new")
    channel.put("item")
    reader = channel.read_or_tick(never, 0.001)
    assert [next(reader), next(reader), next(reader)] == ["item", "new", None]
