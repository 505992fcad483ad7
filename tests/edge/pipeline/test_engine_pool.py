"""Engines are changed between two frames, and none is held longer than it is wanted."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator

import pytest

from edge_app.errors import ModelError
from edge_app.metrics.agreement import partner
from edge_app.pipeline.engine_pool import EnginePool
from tests.support.engines import NAMES, EngineFactory, until
from tests.support.steps import texts


@pytest.fixture
def factory() -> EngineFactory:
    """Return a factory whose engines load at once."""
    return EngineFactory()


@pytest.fixture
def pool(factory: EngineFactory) -> Iterator[EnginePool]:
    """Return a pool of that factory, int8 first, and see that nothing is left of it."""
    with EnginePool(factory.load(factory.key("int8")), factory.load, partner=partner) as pool:
        yield pool
    assert factory.open == []


def answers(pool: EnginePool) -> str:
    """Name the variant that answers the next frame."""
    return pool.acquire()[0].key.variant


def compared(pool: EnginePool) -> str | None:
    """Name the variant that it is compared with."""
    second = pool.acquire()[1]
    return second and second.key.variant


def test_a_crew_that_nobody_asks_has_no_thread(factory: EngineFactory, pool: EnginePool) -> None:
    """The first engine answers, and nothing else is loaded."""
    assert answers(pool) == "int8"
    assert compared(pool) is None
    assert factory.loaded == ["int8"]
    assert pool.states == ()
    assert pool.switch == ""
    assert not [thread for thread in threading.enumerate() if thread.name == "load"]


def test_the_old_engine_answers_until_the_new_one_is_loaded(
    factory: EngineFactory, pool: EnginePool
) -> None:
    """Loading is said meanwhile, and how the change went afterwards."""
    gate = factory.gates["float16"] = threading.Event()
    pool.request(factory.key("float16"))
    until(lambda: texts(pool.states) == ("loading float16",))
    assert [answers(pool) for _ in range(50)] == ["int8"] * 50
    gate.set()
    until(lambda: answers(pool) == "float16")
    assert pool.states == ()
    assert pool.switch.startswith("float16: loaded in ")
    pool.request(factory.key("int8"))
    assert answers(pool) == "int8"
    assert pool.switch.startswith("int8: was at hand, took over in ")


def test_the_last_wish_counts(factory: EngineFactory, pool: EnginePool) -> None:
    """What was asked for while another one loaded is what answers in the end."""
    gate = factory.gates["float16"] = threading.Event()
    pool.request(factory.key("float16"))
    until(lambda: bool(pool.states))
    for name in ("float32", "dynamic_range", "float32"):
        pool.request(factory.key(name))
    gate.set()
    until(lambda: answers(pool) == "float32")
    assert "dynamic_range" not in factory.loaded


@pytest.mark.parametrize("keep", [1, 2, 3, 4])
def test_no_more_engines_are_held_than_asked_for(keep: int) -> None:
    """The one that answers, those kept, and one that is being loaded; the others are closed."""
    factory, chance = EngineFactory(), random.Random(keep)
    with EnginePool(factory.load(factory.key("int8")), factory.load, keep=keep) as pool:
        for _ in range(60):
            requested = chance.choice(NAMES)
            pool.request(factory.key(requested))
            until(lambda requested=requested: answers(pool) == requested)
            until(lambda: len(factory.open) <= keep)
        assert factory.most <= max(2, keep)
        assert len(factory.loaded) == 4 if keep == 4 else len(factory.loaded) > 10
    assert factory.open == []


def test_the_engine_used_longest_ago_is_let_go(factory: EngineFactory) -> None:
    """Of two that are kept, the one that just answered stays."""
    with EnginePool(factory.load(factory.key("int8")), factory.load, keep=2) as pool:
        for requested in ("float16", "int8", "float32"):
            pool.request(factory.key(requested))
            until(lambda requested=requested: answers(pool) == requested)
        until(lambda: len(factory.open) == 2)
        assert {engine.key.variant for engine in factory.open} == {"int8", "float32"}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ModelError("its file was changed"), "float16 did not load: its file was changed"),
        (RuntimeError(), "float16 did not load: RuntimeError"),
        (MemoryError("no room"), "float16 did not load: no room"),
    ],
)
def test_a_fault_of_the_loader_leaves_the_running_engine(
    factory: EngineFactory, pool: EnginePool, fault: Exception, words: str
) -> None:
    """It is said, the requested is given up, and asking again tries again."""
    factory.faults["float16"] = fault
    pool.request(factory.key("float16"))
    until(lambda: texts(pool.states) == (words,))
    assert answers(pool) == "int8"
    assert pool.requested == factory.key("int8")
    assert pool.refused(factory.key("float16"))
    del factory.faults["float16"]
    pool.request(factory.key("float16"))
    assert words not in texts(pool.states)
    until(lambda: answers(pool) == "float16")


def test_words_are_taken_back_after_a_while(factory: EngineFactory) -> None:
    """A fault and a change are told long enough to be read, and no longer."""
    now_s = [100.0]
    with EnginePool(
        factory.load(factory.key("int8")), factory.load, clock=lambda: now_s[0]
    ) as pool:
        factory.faults["float16"] = ModelError("broken")
        pool.request(factory.key("float16"))
        until(lambda: bool(pool.states) and "did not load" in str(pool.states[0]))
        now_s[0] += 60
        assert pool.states == ()
        pool.request(factory.key("float32"))
        until(lambda: answers(pool) == "float32")
        assert pool.switch
        now_s[0] += 60
        assert pool.switch == ""


def test_an_engine_can_be_fetched_ahead(factory: EngineFactory, pool: EnginePool) -> None:
    """It is at hand, and does not answer before it is asked for."""
    pool.preload(factory.key("float32"))
    until(lambda: pool.has(factory.key("float32")))
    assert answers(pool) == "int8"
    pool.request(factory.key("float32"))
    assert answers(pool) == "float32"


def test_a_second_engine_sees_the_frames_while_two_are_compared(
    factory: EngineFactory, pool: EnginePool
) -> None:
    """float32 beside the others, int8 beside float32, and none once it is over."""
    pool.compare(True)
    assert pool.comparing_with == factory.key("float32")
    until(lambda: compared(pool) == "float32")
    pool.request(factory.key("float32"))
    assert answers(pool) == "float32"
    until(lambda: compared(pool) == "int8")
    pool.compare(False)
    assert compared(pool) is None


def test_two_are_compared_until_the_next_one_is_loaded(
    factory: EngineFactory, pool: EnginePool
) -> None:
    """The comparison does not blink."""
    pool.compare(True)
    pool.request(factory.key("float32"))
    until(lambda: answers(pool) == "float32" and compared(pool) == "int8")
    gate = factory.gates["float16"] = threading.Event()
    pool.request(factory.key("float16"))
    until(lambda: bool(pool.states))
    assert (answers(pool), compared(pool)) == ("float32", "int8")
    gate.set()
    until(lambda: answers(pool) == "float16")
    assert compared(pool) == "float32"


def test_engines_in_use_are_not_let_go(factory: EngineFactory) -> None:
    """Where one is to be kept and two are compared, two are held."""
    with EnginePool(
        factory.load(factory.key("int8")), factory.load, keep=1, partner=partner
    ) as pool:
        pool.compare(True)
        until(lambda: compared(pool) == "float32")
        for requested in ("float16", "dynamic_range", "float16"):
            pool.request(factory.key(requested))
            until(lambda requested=requested: answers(pool) == requested)
            assert compared(pool) == "float32"
        until(lambda: len(factory.open) == 2)
        pool.compare(False)
        answers(pool)
        until(lambda: len(factory.open) == 1)


def test_threads_and_models_are_named_where_they_differ(
    factory: EngineFactory, pool: EnginePool
) -> None:
    """The same variant with more threads is another engine."""
    factory.gates["int8"] = gate = threading.Event()
    pool.request(factory.key("int8", 2))
    until(lambda: texts(pool.states) == ("loading int8 on 2 threads",))
    gate.set()
    until(lambda: pool.acquire()[0].key.threads == 2)
    other = EngineFactory()
    other.spec.name = "other"
    pool.preload(other.key("float32", 2))
    other.gates["float32"] = gate
    until(lambda: pool.has(other.key("float32", 2)))
    assert pool.spec_titled("Fake") is factory.spec


def test_cards_may_be_looked_up_while_the_network_takes_its_engines(factory: EngineFactory) -> None:
    """Main draws with a model's card, and the order of the engines changes meanwhile."""
    interval_s = sys.getswitchinterval()
    ended = threading.Event()
    with EnginePool(factory.load(factory.key("int8")), factory.load, keep=4) as pool:
        for name in NAMES:
            pool.request(factory.key(name))
            until(lambda name=name: answers(pool) == name)

        def acquire() -> None:
            while not ended.is_set():
                for name in ("int8", "float32"):
                    pool.request(factory.key(name))
                    pool.acquire()

        taking = threading.Thread(target=acquire)
        sys.setswitchinterval(1e-6)
        try:
            taking.start()
            assert all(pool.spec_titled("Fake") is factory.spec for _ in range(10_000))
        finally:
            ended.set()
            taking.join()
            sys.setswitchinterval(interval_s)


def test_an_engine_that_comes_after_the_end_is_closed(factory: EngineFactory) -> None:
    """A loader inside a runtime cannot be interrupted; what it brings is let go."""
    gate = factory.gates["float32"] = threading.Event()
    pool = EnginePool(factory.load(factory.key("int8")), factory.load)
    pool.request(factory.key("float32"))
    until(lambda: bool(pool.states))
    closing = threading.Thread(target=pool.close)
    closing.start()
    gate.set()
    closing.join()
    pool.close()
    assert factory.open == []
    assert factory.loaded == ["int8", "float32"]
