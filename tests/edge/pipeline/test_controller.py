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
from edge_app.pipeline import controller as desk_room
from edge_app.pipeline.controller import Controller, thread_choices
from edge_app.pipeline.engine_pool import EnginePool
from tests.support.engines import NAMES, Staff, until


class Room:
    """Hold a desk, its crew and a keyboard."""

    def __init__(self, staff: Staff, first: str = "int8") -> None:
        self.staff = staff
        self.pressed: list[str] = []
        self.now_s = 100.0
        self.crew = EnginePool(staff.load(staff.post(first)), staff.load, keep=2, partner=partner)
        self.desk = Controller(self.crew, keys=self.hear, clock=lambda: self.now_s)

    def hear(self) -> list[str]:
        """Return what was pressed since the last time."""
        keys, self.pressed = self.pressed, []
        return keys

    def press(self, *keys: str) -> bool:
        """Press some keys and let the desk follow them; tell whether any changed something."""
        self.pressed += keys
        return self.desk.look()

    def answers(self) -> str:
        """Name the variant that answers the next frame."""
        return self.crew.take()[0].post.variant


@pytest.fixture
def room() -> Iterator[Room]:
    """Return a room where int8 answers, and see that nothing is left of it."""
    room = Room(Staff())
    with room.crew:
        yield room
    assert room.staff.open == []


@pytest.mark.parametrize(("key", "name"), [*zip("1234", NAMES, strict=True)])
def test_figures_ask_for_a_variant_by_name(room: Room, key: str, name: str) -> None:
    """Each of the four answers once it is loaded."""
    assert room.press(key)
    until(lambda: room.answers() == name)
    assert room.crew.wish == room.staff.post(name)


def test_the_next_variant_goes_round(room: Room) -> None:
    """After the last one comes the first, in the order of the card."""
    seen = []
    for _ in range(5):
        room.press("v")
        wish = room.crew.wish.variant
        until(lambda wish=wish: room.answers() == wish)
        seen.append(wish)
    assert seen == ["float32", "float16", "dynamic_range", "int8", "float32"]


def test_keys_pressed_at_once_are_followed_in_order(room: Room) -> None:
    """The last variant asked for is the one that answers."""
    room.press("1", "2", "v", "3")
    until(lambda: room.answers() == "dynamic_range")
    assert room.desk.controls.variants == 1


def test_a_variant_that_did_not_load_can_be_asked_for_again(room: Room) -> None:
    """It is told why, the running one goes on, and the same key tries once more."""
    room.staff.faults["float16"] = ModelError("its file was changed")
    room.press("2")
    until(lambda: room.desk.states() == ("float16 did not load: its file was changed",))
    assert room.answers() == "int8"
    del room.staff.faults["float16"]
    room.press("2")
    until(lambda: room.answers() == "float16")
    assert room.desk.states() == ()


def test_a_variant_the_model_has_not_is_told() -> None:
    """Nothing is loaded, and nothing changes."""
    room = Room(Staff(("float32", "int8")))
    with room.crew:
        room.press("2")
        assert room.desk.states() == ("Fake has no float16",)
        assert room.answers() == "int8"
    assert room.staff.loaded == ["int8"]


def test_one_variant_has_no_next_one() -> None:
    """It is said for a while."""
    room = Room(Staff(("int8",)))
    with room.crew:
        room.press("v")
        assert room.desk.states() == ("Fake has no other variant",)
        room.now_s += 60
        assert room.desk.states() == ()


def test_threads_go_up_and_begin_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each count is another engine of the same variant."""
    monkeypatch.setattr(desk_room, "thread_choices", lambda: [1, 2, 4])
    for threads in (2, 4, 1):
        room.press("t")
        until(lambda threads=threads: room.crew.take()[0].post.threads == threads)
        assert room.answers() == "int8"
    room.press("t", "1")
    until(lambda: room.answers() == "float32")
    assert room.crew.take()[0].post.threads == 2


def test_one_core_leaves_no_choice(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key says so, and loads nothing."""
    monkeypatch.setattr(desk_room, "thread_choices", lambda: [1])
    room.press("t")
    assert room.desk.states() == ("this machine has 1 core",)
    assert room.staff.loaded == ["int8"]


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
    assert room.desk.controls.compare == "split"
    until(lambda: room.crew.take()[1] is not None)
    room.press("c")
    assert room.desk.controls.compare == "difference"
    assert room.crew.take()[1] is not None
    room.press("c")
    assert room.desk.controls.compare == "off"
    assert room.crew.take()[1] is None


def test_digits_cannot_be_compared() -> None:
    """Their answers have no pixels; it is said, and the run goes on."""
    room = Room(Staff(task="classification"))
    with room.crew:
        room.press("c")
        assert room.desk.states()[0].startswith("nothing to compare")
        assert room.crew.take()[1] is None


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
    assert room.desk.controls == after


def test_unknown_keys_change_nothing(room: Room) -> None:
    """Nobody has to draw anew for them."""
    before = room.desk.controls
    assert not room.press("x", "7", "f13")
    assert room.desk.controls == before
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

    room.desk.hands[name] = hand
    room.press(key)
    assert given == [room.desk.controls]
    assert f"{name} was done" in room.desk.states()
    room.now_s += 60
    assert f"{name} was done" not in room.desk.states()


def test_a_hand_that_fails_says_why(room: Room) -> None:
    """A full disk does not end the run."""

    def hand(controls: Controls) -> str:
        raise SinkError("the disk is full; free some space")

    room.desk.hands["snapshots"] = hand
    room.press("s")
    assert room.desk.states() == ("the disk is full; free some space",)
    assert room.answers() == "int8"


def test_every_key_of_the_table_does_something(room: Room) -> None:
    """None is told of that changes nothing."""
    for key in KEYS:
        for name in key.keys:
            room.desk.controls = Controls()
            assert room.press(name), name


def test_states_begin_with_what_holds_the_run(room: Room) -> None:
    """Paused, what loads, what others tell, colours, and last the words of keys."""
    room.desk.tellers.append(lambda: ("reconnecting (try 3)",))
    room.desk.note("kept a picture")
    room.press("space", "b")
    assert room.desk.states() == (
        "paused",
        "reconnecting (try 3)",
        "red and blue swapped",
        "kept a picture",
    )


def test_a_run_without_keys_has_a_desk_too() -> None:
    """It hears nothing, and has no thread."""
    staff = Staff()
    with EnginePool(staff.load(staff.post("int8")), staff.load) as crew:
        assert not Controller(crew).look()


def test_a_real_file_that_is_broken_leaves_the_running_variant(
    tmp_path: Path, assets: Path
) -> None:
    """The card's other variant is not a model: its words are those of the loader."""
    folder = Path(shutil.copytree(assets / "models" / "mnist", tmp_path / "mnist"))
    (folder / "float16.tflite").write_bytes(b"not a model")
    spec = read_card(folder)

    def load(post: EngineKey) -> Engine:
        return load_engine(spec, post.variant, threads=post.threads)

    with EnginePool(load_engine(spec, "int8", threads=1), load) as crew:
        keys = iter([["2"]])
        desk = Controller(crew, keys=lambda: next(keys))
        desk.look()
        until(lambda: any("float16 did not load" in words for words in desk.states()))
        assert crew.take()[0].post.variant == "int8"
