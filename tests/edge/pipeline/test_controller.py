"""What a key asks for is done, told in words, and never ends the run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.controls import KEYS, Controls
from edge_app.errors import ModelError, SinkError
from edge_app.metrics.agreement import partner
from edge_app.model.card import read_card
from edge_app.model.engine import Engine, EngineKey, load_engine
from edge_app.pipeline import controller as controller_module
from edge_app.pipeline.controller import Controller, thread_choices
from edge_app.pipeline.engine_pool import EnginePool
from tests.support.engines import NAMES, EngineFactory, until
from tests.support.steps import LOST, texts


class Room:
    """Hold a controller, its pool and a keyboard."""

    def __init__(self, factory: EngineFactory, first: str = "int8") -> None:
        self.factory = factory
        self.pressed: list[str] = []
        self.now_s = 100.0
        self.pool = EnginePool(
            factory.load(factory.key(first)), factory.load, keep=2, partner=partner
        )
        self.controller = Controller(self.pool, keys=self.hear, clock=lambda: self.now_s)

    def hear(self) -> list[str]:
        """Return what was pressed since the last time."""
        keys, self.pressed = self.pressed, []
        return keys

    def press(self, *keys: str) -> bool:
        """Press keys, poll once, and return whether any changed something."""
        self.pressed += keys
        return self.controller.poll()

    def answers(self) -> str:
        """Name the variant that answers the next frame."""
        return self.pool.acquire()[0].key.variant


@pytest.fixture
def room() -> Iterator[Room]:
    """Return a room where int8 answers, and see that nothing is left of it."""
    room = Room(EngineFactory())
    with room.pool:
        yield room
    assert room.factory.open == []


@pytest.mark.parametrize(("key", "name"), [*zip("1234", NAMES, strict=True)])
def test_figures_ask_for_a_variant_by_name(room: Room, key: str, name: str) -> None:
    """Each of the four answers once it is loaded."""
    assert room.press(key)
    until(lambda: room.answers() == name)
    assert room.pool.requested == room.factory.key(name)


def test_the_next_variant_goes_round(room: Room) -> None:
    """After the last one comes the first, in the order of the card."""
    seen = []
    for _ in range(5):
        room.press("v")
        requested = room.pool.requested.variant
        until(lambda requested=requested: room.answers() == requested)
        seen.append(requested)
    assert seen == ["float32", "float16", "dynamic_range", "int8", "float32"]


def test_keys_pressed_at_once_are_followed_in_order(room: Room) -> None:
    """The last variant asked for is the one that answers."""
    room.press("1", "2", "v", "3")
    until(lambda: room.answers() == "dynamic_range")
    assert room.controller.controls.variants == 1


def test_a_variant_that_did_not_load_can_be_asked_for_again(room: Room) -> None:
    """It is told why, the running one goes on, and the same key tries once more."""
    room.factory.faults["float16"] = ModelError("its file was changed")
    room.press("2")
    until(
        lambda: texts(room.controller.states()) == ("float16 did not load: its file was changed",)
    )
    assert room.answers() == "int8"
    del room.factory.faults["float16"]
    room.press("2")
    until(lambda: room.answers() == "float16")
    assert texts(room.controller.states()) == ()


def test_a_variant_the_model_has_not_is_told() -> None:
    """Nothing is loaded, and nothing changes."""
    room = Room(EngineFactory(("float32", "int8")))
    with room.pool:
        room.press("2")
        assert texts(room.controller.states()) == ("Fake has no float16",)
        assert room.answers() == "int8"
    assert room.factory.loaded == ["int8"]


def test_one_variant_has_no_next_one() -> None:
    """It is said for a while."""
    room = Room(EngineFactory(("int8",)))
    with room.pool:
        room.press("v")
        assert texts(room.controller.states()) == ("Fake has no other variant",)
        room.now_s += 60
        assert texts(room.controller.states()) == ()


def test_threads_go_up_and_begin_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each count is another engine of the same variant."""
    monkeypatch.setattr(controller_module, "thread_choices", lambda: [1, 2, 4])
    for threads in (2, 4, 1):
        room.press("t")
        until(lambda threads=threads: room.pool.acquire()[0].key.threads == threads)
        assert room.answers() == "int8"
    room.press("t", "1")
    until(lambda: room.answers() == "float32")
    assert room.pool.acquire()[0].key.threads == 2


def test_one_core_leaves_no_choice(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key says so, and loads nothing."""
    monkeypatch.setattr(controller_module, "thread_choices", lambda: [1])
    room.press("t")
    assert texts(room.controller.states()) == ("this machine has 1 core",)
    assert room.factory.loaded == ["int8"]


@pytest.mark.parametrize(
    ("cores", "choices"), [(1, [1]), (2, [1, 2]), (4, [1, 2, 4]), (6, [1, 2, 4, 6])]
)
def test_thread_counts_are_powers_of_two_and_all_cores(cores: int, choices: list[int]) -> None:
    """A Pi has one, two and four."""
    assert thread_choices(cores) == choices
    assert thread_choices()[0] == 1


def test_comparing_brings_a_second_engine(room: Room) -> None:
    """Split and difference have it, off has not."""
    room.press("c")
    assert room.controller.controls.compare == "split"
    until(lambda: room.pool.acquire()[1] is not None)
    room.press("c")
    assert room.controller.controls.compare == "difference"
    assert room.pool.acquire()[1] is not None
    room.press("c")
    assert room.controller.controls.compare == "off"
    assert room.pool.acquire()[1] is None


def test_digits_cannot_be_compared() -> None:
    """Their answers have no pixels; it is said, and the run goes on."""
    room = Room(EngineFactory(task="classification"))
    with room.pool:
        room.press("c")
        assert texts(room.controller.states())[0].startswith("nothing to compare")
        assert room.pool.acquire()[1] is None


@pytest.mark.parametrize(
    ("keys", "after"),
    [
        (["o"], Controls(view="map")),
        (["c", "left"], Controls(compare="split", divider=0.45)),
        (["right", "right"], Controls(divider=0.6)),
        (["+"], Controls(alpha=0.65)),
        (["-", "_"], Controls(alpha=0.35)),
        (["l"], Controls(legend=False)),
        (["i"], Controls(hud=1)),
        (["h"], Controls(help=True)),
        (["."], Controls(paused=True, steps=1)),
        (["space", "space"], Controls()),
    ],
)
def test_what_is_only_drawn_stands_in_the_controls(
    room: Room, keys: list[str], after: Controls
) -> None:
    """The picture is drawn by them, and nobody else is asked."""
    assert room.press(*keys)
    assert room.controller.controls == after


def test_unknown_keys_change_nothing(room: Room) -> None:
    """Nobody has to draw anew for them."""
    before = room.controller.controls
    assert not room.press("x", "7", "f13")
    assert room.controller.controls == before
    assert not room.press()


HANDED = {
    "r": "record",
    "s": "snapshots",
    "m": "tasks",
    "b": "flip",
    "f": "fullscreen",
    "h": "help",
}


@pytest.mark.parametrize(("key", "name"), [*HANDED.items()])
def test_a_key_moves_the_hand_of_its_control(room: Room, key: str, name: str) -> None:
    """It is called once, with the controls as they are now, and what it says is shown."""
    given: list[Controls] = []

    def hand(controls: Controls) -> str:
        given.append(controls)
        return f"{name} was done"

    room.controller.hands[name] = hand
    room.press(key)
    assert given == [room.controller.controls]
    assert f"{name} was done" in texts(room.controller.states())
    room.now_s += 60
    assert f"{name} was done" not in texts(room.controller.states())


def test_a_hand_that_fails_says_why(room: Room) -> None:
    """A full disk does not end the run."""

    def hand(controls: Controls) -> str:
        raise SinkError("the disk is full; free some space")

    room.controller.hands["snapshots"] = hand
    room.press("s")
    assert texts(room.controller.states()) == ("the disk is full; free some space",)
    assert room.answers() == "int8"


def test_every_key_of_the_table_does_something(room: Room) -> None:
    """None is told of that changes nothing."""
    for key in KEYS:
        for name in key.keys:
            room.controller.controls = Controls()
            assert room.press(name), name


def test_states_begin_with_what_holds_the_run(room: Room) -> None:
    """Paused, what loads, what others tell, colours, and last the words of keys."""
    room.controller.tellers.append(lambda: (LOST,))
    room.controller.note("kept a picture")
    room.press("space", "b")
    assert texts(room.controller.states()) == (
        "paused",
        str(LOST),
        "red and blue swapped",
        "kept a picture",
    )


def test_a_run_without_keys_has_a_desk_too() -> None:
    """It hears nothing, and has no thread."""
    factory = EngineFactory()
    with EnginePool(factory.load(factory.key("int8")), factory.load) as pool:
        assert not Controller(pool).poll()


def test_a_real_file_that_is_broken_leaves_the_running_variant(
    tmp_path: Path, assets: Path
) -> None:
    """The card's other variant is not a model: its words are those of the loader."""
    folder = Path(shutil.copytree(assets / "models" / "mnist", tmp_path / "mnist"))
    (folder / "float16.tflite").write_bytes(b"not a model")
    spec = read_card(folder)

    def load(key: EngineKey) -> Engine:
        return load_engine(spec, key.variant, threads=key.threads)

    with EnginePool(load_engine(spec, "int8", threads=1), load) as pool:
        keys = iter([["2"]])
        controller = Controller(pool, keys=lambda: next(keys))
        controller.poll()
        until(lambda: any("float16 did not load" in words for words in texts(controller.states())))
        assert pool.acquire()[0].key.variant == "int8"
