"""Engines are switched between two frames, and none is kept longer than it is wanted."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

import pytest

from edge_app.errors import ModelError
from edge_app.metrics.agreement import partner
from edge_app.model.engine import EngineKey
from edge_app.pipeline.engine_pool import EnginePool
from tests.support.engines import NAMES, EngineFactory, until
from tests.support.steps import texts


@pytest.fixture
def factory() -> EngineFactory:
    """Return a factory whose engines load at once."""
    return EngineFactory()


@pytest.fixture
def pool(factory: EngineFactory) -> Iterator[EnginePool]:
    """Return a pool of that factory, int8 first, and check that all its engines are closed."""
    with EnginePool(factory.load(factory.key("int8")), factory.load, partner=partner) as pool:
        yield pool
    assert factory.open == []


def active(pool: EnginePool) -> str:
    """Return the variant of the next frame."""
    return pool.acquire()[0].key.variant


def compared(pool: EnginePool) -> str | None:
    """Return the variant it is compared with."""
    second = pool.acquire()[1]
    return second.key.variant if second else None


def test_a_pool_without_requests_has_no_thread(factory: EngineFactory, pool: EnginePool) -> None:
    """The first engine is active, and nothing else is loaded."""
    assert active(pool) == "int8"
    assert compared(pool) is None
    assert factory.loaded == ["int8"]
    assert pool.states == ()
    assert pool.switch == ""
    assert not [thread for thread in threading.enumerate() if thread.name == "load"]


def test_the_old_engine_stays_active_until_the_new_one_is_loaded(
    factory: EngineFactory, pool: EnginePool
) -> None:
    """Loading is reported meanwhile, and afterwards how the switch went."""
    gate = factory.gates["float16"] = threading.Event()
    pool.request(factory.key("float16"))
    until(lambda: texts(pool.states) == ("loading float16",))
    assert [active(pool) for _ in range(50)] == ["int8"] * 50
    gate.set()
    until(lambda: active(pool) == "float16")
    assert pool.states == ()
    assert pool.switch.startswith("switched to float16 (loaded in ")
    pool.request(factory.key("int8"))
    assert active(pool) == "int8"
    assert pool.switch == "switched to int8 (already in memory)"


def test_the_last_request_counts(factory: EngineFactory, pool: EnginePool) -> None:
    """What was requested while another engine loaded becomes active in the end."""
    gate = factory.gates["float16"] = threading.Event()
    pool.request(factory.key("float16"))
    until(lambda: bool(pool.states))
    for name in ("float32", "dynamic_range", "float32"):
        pool.request(factory.key(name))
    gate.set()
    until(lambda: active(pool) == "float32")
    assert "dynamic_range" not in factory.loaded


@pytest.mark.parametrize("keep", [1, 2, 3, 4])
def test_no_more_engines_are_open_than_the_limit(keep: int) -> None:
    """The active one, the cached ones, and one that is being loaded; the others are closed."""
    factory, chance = EngineFactory(), random.Random(keep)
    with EnginePool(factory.load(factory.key("int8")), factory.load, keep=keep) as pool:
        for _ in range(60):
            name = chance.choice(NAMES)
            pool.request(factory.key(name))
            until(lambda name=name: active(pool) == name)  # type: ignore[misc]
            until(lambda: len(factory.open) <= keep)
        assert factory.most <= max(2, keep)
        assert len(factory.loaded) == 4 if keep == 4 else len(factory.loaded) > 10
    assert factory.open == []


def test_the_least_recently_used_engine_is_evicted(factory: EngineFactory) -> None:
    """Of two cached ones, the one that was just active stays."""
    with EnginePool(factory.load(factory.key("int8")), factory.load, keep=2) as pool:
        for name in ("float16", "int8", "float32"):
            pool.request(factory.key(name))
            until(lambda name=name: active(pool) == name)  # type: ignore[misc]
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
def test_an_error_of_the_loader_leaves_the_active_engine(
    factory: EngineFactory, pool: EnginePool, fault: Exception, words: str
) -> None:
    """It is reported, the request is dropped, and the next one retries."""
    factory.faults["float16"] = fault
    pool.request(factory.key("float16"))
    until(lambda: texts(pool.states) == (words,))
    assert active(pool) == "int8"
    assert pool.requested == factory.key("int8")
    del factory.faults["float16"]
    pool.request(factory.key("float16"))
    assert words not in texts(pool.states)
    until(lambda: active(pool) == "float16")


def test_messages_disappear_after_a_while(factory: EngineFactory) -> None:
    """A failure and a switch are shown long enough to be read, and no longer."""
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
        until(lambda: active(pool) == "float32")
        assert pool.switch
        now_s[0] += 60
        assert pool.switch == ""


def test_an_engine_can_be_preloaded(factory: EngineFactory, pool: EnginePool) -> None:
    """It is cached, and does not become active before it is requested."""
    pool.preload(factory.key("float32"))
    until(lambda: pool.has(factory.key("float32")))
    assert active(pool) == "int8"
    pool.request(factory.key("float32"))
    assert active(pool) == "float32"


def test_a_second_engine_sees_the_frames_while_two_are_compared(
    factory: EngineFactory, pool: EnginePool
) -> None:
    """float32 beside the others, int8 beside float32, and none when it is off."""
    assert pool.compare(True) == factory.key("float32")
    until(lambda: compared(pool) == "float32")
    pool.request(factory.key("float32"))
    assert active(pool) == "float32"
    until(lambda: compared(pool) == "int8")
    pool.compare(False)
    assert compared(pool) is None


def test_a_second_engine_may_be_there_from_the_start(factory: EngineFactory) -> None:
    """The first frame is compared, and the keys go on as usual."""
    first, second = (factory.load(factory.key(name)) for name in ("float16", "int8"))
    with EnginePool(first, factory.load, partner=partner_of_int8, second=second) as pool:
        assert (active(pool), compared(pool)) == ("float16", "int8")
        assert not [thread for thread in threading.enumerate() if thread.name == "load"]
        pool.request(factory.key("int8"))
        until(lambda: (active(pool), compared(pool)) == ("int8", "float32"))
        pool.compare(False)
        assert compared(pool) is None
    assert factory.open == []


def partner_of_int8(key: EngineKey) -> EngineKey:
    """Return int8, and float32 for int8 itself."""
    return EngineKey(key.spec, "float32" if key.variant == "int8" else "int8", key.threads)


def test_two_are_compared_until_the_next_one_is_loaded(
    factory: EngineFactory, pool: EnginePool
) -> None:
    """The comparison does not flicker."""
    pool.compare(True)
    pool.request(factory.key("float32"))
    until(lambda: active(pool) == "float32" and compared(pool) == "int8")
    gate = factory.gates["float16"] = threading.Event()
    pool.request(factory.key("float16"))
    until(lambda: bool(pool.states))
    assert (active(pool), compared(pool)) == ("float32", "int8")
    gate.set()
    until(lambda: active(pool) == "float16")
    assert compared(pool) == "float32"


def test_engines_in_use_are_not_evicted(factory: EngineFactory) -> None:
    """With a limit of one and two being compared, two stay open."""
    with EnginePool(
        factory.load(factory.key("int8")), factory.load, keep=1, partner=partner
    ) as pool:
        pool.compare(True)
        until(lambda: compared(pool) == "float32")
        for name in ("float16", "dynamic_range", "float16"):
            pool.request(factory.key(name))
            until(lambda name=name: active(pool) == name)  # type: ignore[misc]
            assert compared(pool) == "float32"
        until(lambda: len(factory.open) == 2)
        pool.compare(False)
        active(pool)
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


def test_an_engine_that_comes_after_the_end_is_closed(factory: EngineFactory) -> None:
    """A loader inside a runtime cannot be interrupted; the engine it returns is closed."""
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
