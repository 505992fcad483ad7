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
from tests.support.engines import NAMES, Staff, until


@pytest.fixture
def staff() -> Staff:
    """Return a staff whose engines load at once."""
    return Staff()


@pytest.fixture
def crew(staff: Staff) -> Iterator[EnginePool]:
    """Return a crew of that staff, int8 first, and see that nothing is left of it."""
    with EnginePool(staff.load(staff.post("int8")), staff.load, partner=partner) as crew:
        yield crew
    assert staff.open == []


def answers(crew: EnginePool) -> str:
    """Name the variant that answers the next frame."""
    return crew.take()[0].post.variant


def compared(crew: EnginePool) -> str | None:
    """Name the variant that it is compared with."""
    second = crew.take()[1]
    return second and second.post.variant


def test_a_crew_that_nobody_asks_has_no_thread(staff: Staff, crew: EnginePool) -> None:
    """The first engine answers, and nothing else is loaded."""
    assert answers(crew) == "int8"
    assert compared(crew) is None
    assert staff.loaded == ["int8"]
    assert crew.states == ()
    assert crew.switch == ""
    assert not [thread for thread in threading.enumerate() if thread.name == "load"]


def test_the_old_engine_answers_until_the_new_one_is_loaded(staff: Staff, crew: EnginePool) -> None:
    """Loading is said meanwhile, and how the change went afterwards."""
    gate = staff.gates["float16"] = threading.Event()
    crew.ask(staff.post("float16"))
    until(lambda: crew.states == ("loading float16",))
    assert [answers(crew) for _ in range(50)] == ["int8"] * 50
    gate.set()
    until(lambda: answers(crew) == "float16")
    assert crew.states == ()
    assert crew.switch.startswith("float16: loaded in ")
    crew.ask(staff.post("int8"))
    assert answers(crew) == "int8"
    assert crew.switch.startswith("int8: was at hand, took over in ")


def test_the_last_wish_counts(staff: Staff, crew: EnginePool) -> None:
    """What was asked for while another one loaded is what answers in the end."""
    gate = staff.gates["float16"] = threading.Event()
    crew.ask(staff.post("float16"))
    until(lambda: bool(crew.states))
    for name in ("float32", "dynamic_range", "float32"):
        crew.ask(staff.post(name))
    gate.set()
    until(lambda: answers(crew) == "float32")
    assert "dynamic_range" not in staff.loaded


@pytest.mark.parametrize("keep", [1, 2, 3, 4])
def test_no_more_engines_are_held_than_asked_for(keep: int) -> None:
    """The one that answers, those kept, and one that is being loaded; the others are closed."""
    staff, chance = Staff(), random.Random(keep)
    with EnginePool(staff.load(staff.post("int8")), staff.load, keep=keep) as crew:
        for _ in range(60):
            wish = chance.choice(NAMES)
            crew.ask(staff.post(wish))
            until(lambda wish=wish: answers(crew) == wish)
            until(lambda: len(staff.open) <= keep)
        assert staff.most <= max(2, keep)
        assert len(staff.loaded) == 4 if keep == 4 else len(staff.loaded) > 10
    assert staff.open == []


def test_the_engine_used_longest_ago_is_let_go(staff: Staff) -> None:
    """Of two that are kept, the one that just answered stays."""
    with EnginePool(staff.load(staff.post("int8")), staff.load, keep=2) as crew:
        for wish in ("float16", "int8", "float32"):
            crew.ask(staff.post(wish))
            until(lambda wish=wish: answers(crew) == wish)
        until(lambda: len(staff.open) == 2)
        assert {engine.post.variant for engine in staff.open} == {"int8", "float32"}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ModelError("its file was changed"), "float16 did not load: its file was changed"),
        (RuntimeError(), "float16 did not load: RuntimeError"),
        (MemoryError("no room"), "float16 did not load: no room"),
    ],
)
def test_a_fault_of_the_loader_leaves_the_running_engine(
    staff: Staff, crew: EnginePool, fault: Exception, words: str
) -> None:
    """It is said, the wish is given up, and asking again tries again."""
    staff.faults["float16"] = fault
    crew.ask(staff.post("float16"))
    until(lambda: crew.states == (words,))
    assert answers(crew) == "int8"
    assert crew.wish == staff.post("int8")
    assert crew.refused(staff.post("float16"))
    del staff.faults["float16"]
    crew.ask(staff.post("float16"))
    assert words not in crew.states
    until(lambda: answers(crew) == "float16")


def test_words_are_taken_back_after_a_while(staff: Staff) -> None:
    """A fault and a change are told long enough to be read, and no longer."""
    now_s = [100.0]
    with EnginePool(staff.load(staff.post("int8")), staff.load, clock=lambda: now_s[0]) as crew:
        staff.faults["float16"] = ModelError("broken")
        crew.ask(staff.post("float16"))
        until(lambda: bool(crew.states) and "did not load" in crew.states[0])
        now_s[0] += 60
        assert crew.states == ()
        crew.ask(staff.post("float32"))
        until(lambda: answers(crew) == "float32")
        assert crew.switch
        now_s[0] += 60
        assert crew.switch == ""


def test_an_engine_can_be_fetched_ahead(staff: Staff, crew: EnginePool) -> None:
    """It is at hand, and does not answer before it is asked for."""
    crew.fetch(staff.post("float32"))
    until(lambda: crew.has(staff.post("float32")))
    assert answers(crew) == "int8"
    crew.ask(staff.post("float32"))
    assert answers(crew) == "float32"


def test_a_second_engine_sees_the_frames_while_two_are_compared(
    staff: Staff, crew: EnginePool
) -> None:
    """float32 beside the others, int8 beside float32, and none once it is over."""
    crew.compare(True)
    assert crew.comparing_with == staff.post("float32")
    until(lambda: compared(crew) == "float32")
    crew.ask(staff.post("float32"))
    assert answers(crew) == "float32"
    until(lambda: compared(crew) == "int8")
    crew.compare(False)
    assert compared(crew) is None


def test_two_are_compared_until_the_next_one_is_loaded(staff: Staff, crew: EnginePool) -> None:
    """The comparison does not blink."""
    crew.compare(True)
    crew.ask(staff.post("float32"))
    until(lambda: answers(crew) == "float32" and compared(crew) == "int8")
    gate = staff.gates["float16"] = threading.Event()
    crew.ask(staff.post("float16"))
    until(lambda: bool(crew.states))
    assert (answers(crew), compared(crew)) == ("float32", "int8")
    gate.set()
    until(lambda: answers(crew) == "float16")
    assert compared(crew) == "float32"


def test_engines_in_use_are_not_let_go(staff: Staff) -> None:
    """Where one is to be kept and two are compared, two are held."""
    with EnginePool(staff.load(staff.post("int8")), staff.load, keep=1, partner=partner) as crew:
        crew.compare(True)
        until(lambda: compared(crew) == "float32")
        for wish in ("float16", "dynamic_range", "float16"):
            crew.ask(staff.post(wish))
            until(lambda wish=wish: answers(crew) == wish)
            assert compared(crew) == "float32"
        until(lambda: len(staff.open) == 2)
        crew.compare(False)
        answers(crew)
        until(lambda: len(staff.open) == 1)


def test_threads_and_models_are_named_where_they_differ(staff: Staff, crew: EnginePool) -> None:
    """The same variant with more threads is another engine."""
    staff.gates["int8"] = gate = threading.Event()
    crew.ask(staff.post("int8", 2))
    until(lambda: crew.states == ("loading int8 on 2 threads",))
    gate.set()
    until(lambda: crew.take()[0].post.threads == 2)
    other = Staff()
    other.spec.name = "other"
    crew.fetch(other.post("float32", 2))
    other.gates["float32"] = gate
    until(lambda: crew.has(other.post("float32", 2)))
    assert crew.spec_titled("Fake") is staff.spec


def test_cards_may_be_looked_up_while_the_network_takes_its_engines(staff: Staff) -> None:
    """Main draws with a model's card, and the order of the engines changes meanwhile."""
    interval_s = sys.getswitchinterval()
    ended = threading.Event()
    with EnginePool(staff.load(staff.post("int8")), staff.load, keep=4) as crew:
        for name in NAMES:
            crew.ask(staff.post(name))
            until(lambda name=name: answers(crew) == name)

        def take() -> None:
            while not ended.is_set():
                for name in ("int8", "float32"):
                    crew.ask(staff.post(name))
                    crew.take()

        taking = threading.Thread(target=take)
        sys.setswitchinterval(1e-6)
        try:
            taking.start()
            assert all(crew.spec_titled("Fake") is staff.spec for _ in range(10_000))
        finally:
            ended.set()
            taking.join()
            sys.setswitchinterval(interval_s)


def test_an_engine_that_comes_after_the_end_is_closed(staff: Staff) -> None:
    """A loader inside a runtime cannot be interrupted; what it brings is let go."""
    gate = staff.gates["float32"] = threading.Event()
    crew = EnginePool(staff.load(staff.post("int8")), staff.load)
    crew.ask(staff.post("float32"))
    until(lambda: bool(crew.states))
    closing = threading.Thread(target=crew.close)
    closing.start()
    gate.set()
    closing.join()
    crew.close()
    assert staff.open == []
    assert staff.loaded == ["int8", "float32"]
