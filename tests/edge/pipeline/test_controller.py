"""A key press changes the controls, calls its handler, and never ends the run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.controls import CONTROLS_ONLY, KEYS, Action, Controls, key_of
from edge_app.errors import ModelError, SinkError
from edge_app.metrics.agreement import partner
from edge_app.model.card import read_card
from edge_app.model.engine import Engine, EngineKey, load_engine
from edge_app.pipeline import controller as controller_module
from edge_app.pipeline.controller import Controller, Handler, engine_handlers, thread_choices
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.pointing import Press
from edge_app.state import State, StateKind
from tests.support.engines import NAMES, EngineFactory, until


class Bench:
    """A controller with its engine pool, a keyboard and a clock."""

    def __init__(
        self,
        factory: EngineFactory,
        first: str = "int8",
        handlers: dict[Action, Handler] | None = None,
        states: tuple[State, ...] = (),
    ) -> None:
        self.factory = factory
        self.pressed: list[str] = []
        self.now_s = 100.0
        engine = factory.load(factory.key(first))
        self.pool = EnginePool(engine, factory.load, keep=2, partner=partner)
        self.controller = Controller(
            {**engine_handlers(self.pool), **(handlers or {})},
            [lambda: self.pool.states, lambda: states],
            keys=self.read_keys,
            clock=lambda: self.now_s,
        )

    def read_keys(self) -> list[str]:
        """Return what was pressed since the last call."""
        keys, self.pressed = self.pressed, []
        return keys

    def press(self, *keys: str) -> bool:
        """Press keys, poll once, and return whether any did something."""
        self.pressed += keys
        return self.controller.poll()

    def texts(self) -> list[str]:
        """Return the states as lines of text."""
        return [str(state) for state in self.controller.states()]

    def active(self) -> str:
        """Return the variant of the next frame."""
        return self.pool.acquire()[0].key.variant

    def wait_for(self, variant: str) -> None:
        """Wait until a variant is the active one."""
        until(lambda: self.active() == variant)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Return a bench with int8 active, and check that all its engines are closed."""
    bench = Bench(EngineFactory())
    with bench.pool:
        yield bench
    assert bench.factory.open == []


@pytest.mark.parametrize(("key", "name"), [*zip("1234", NAMES, strict=True)])
def test_number_keys_select_a_variant(bench: Bench, key: str, name: str) -> None:
    """Each of the four becomes active once it is loaded."""
    assert bench.press(key)
    bench.wait_for(name)
    assert bench.pool.requested == bench.factory.key(name)


def test_the_next_variant_wraps_around(bench: Bench) -> None:
    """After the last one comes the first, in the order of the card."""
    seen = []
    for _ in range(5):
        bench.press("v")
        requested = bench.pool.requested.variant
        bench.wait_for(requested)
        seen.append(requested)
    assert seen == ["float32", "float16", "dynamic_range", "int8", "float32"]


def test_v_walks_through_variants_of_any_name() -> None:
    """The numbers stay those of the canonical ones, whatever else a model has."""
    bench = Bench(EngineFactory(("float32", "int8", "quit", "int4")))
    with bench.pool:
        seen = []
        for _ in range(4):
            bench.press("v")
            bench.wait_for(bench.pool.requested.variant)
            seen.append(bench.active())
        assert seen == ["quit", "int4", "float32", "int8"]
        bench.press("1")
        bench.wait_for("float32")
        bench.press("2")
        assert "Fake has no float16" in bench.texts()


def test_keys_pressed_at_once_are_handled_in_order(bench: Bench) -> None:
    """The last variant requested becomes active."""
    bench.press("1", "2", "v", "3")
    bench.wait_for("dynamic_range")


def test_a_variant_that_did_not_load_can_be_requested_again(bench: Bench) -> None:
    """The reason is shown, the active one goes on, and the same key retries."""
    bench.factory.faults["float16"] = ModelError("its file was changed")
    bench.press("2")
    until(lambda: bench.texts() == ["float16 did not load: its file was changed"])
    assert bench.active() == "int8"
    del bench.factory.faults["float16"]
    bench.press("2")
    bench.wait_for("float16")
    assert bench.texts() == []


def test_a_variant_missing_from_the_model_is_reported() -> None:
    """Nothing is loaded, and nothing changes."""
    bench = Bench(EngineFactory(("float32", "int8")))
    with bench.pool:
        bench.press("2")
        [state] = bench.controller.states()
        assert state == State(StateKind.NOTE, "Fake has no float16", variant="float16")
        assert bench.active() == "int8"
    assert bench.factory.loaded == ["int8"]


def test_a_single_variant_has_no_next_one() -> None:
    """The message is shown for a while."""
    bench = Bench(EngineFactory(("int8",)))
    with bench.pool:
        bench.press("v")
        assert bench.texts() == ["Fake has no other variant"]
        bench.now_s += 60
        assert bench.texts() == []


def test_threads_go_up_and_start_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each count is another engine of the same variant."""
    monkeypatch.setattr(controller_module, "thread_choices", lambda: [1, 2, 4])

    def threads() -> int:
        return bench.pool.acquire()[0].key.threads

    for expected in (2, 4, 1):
        bench.press("t")
        until(lambda expected=expected: threads() == expected)  # type: ignore[misc]
        assert bench.active() == "int8"
    bench.press("t", "1")
    bench.wait_for("float32")
    assert threads() == 2


def test_one_core_leaves_no_choice(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key says so, and loads nothing."""
    monkeypatch.setattr(controller_module, "thread_choices", lambda: [1])
    bench.press("t")
    assert bench.texts() == ["this machine has 1 core"]
    assert bench.factory.loaded == ["int8"]


@pytest.mark.parametrize(
    ("cores", "choices"), [(1, [1]), (2, [1, 2]), (4, [1, 2, 4]), (6, [1, 2, 4, 6])]
)
def test_thread_counts_are_powers_of_two_and_all_cores(cores: int, choices: list[int]) -> None:
    """A Pi has one, two and four."""
    assert thread_choices(cores) == choices
    assert thread_choices()[0] == 1


def test_comparing_adds_a_second_engine(bench: Bench) -> None:
    """Split and difference have it, off has not."""
    bench.press("c")
    assert bench.controller.controls.compare == "split"
    until(lambda: bench.pool.acquire()[1] is not None)
    bench.press("c")
    assert bench.controller.controls.compare == "difference"
    assert bench.pool.acquire()[1] is not None
    bench.press("c")
    assert bench.controller.controls.compare == "off"
    assert bench.pool.acquire()[1] is None


def test_digits_cannot_be_compared() -> None:
    """Their results have no pixels; the message says so, and the run goes on."""
    bench = Bench(EngineFactory(task="classification"))
    with bench.pool:
        bench.press("c")
        assert bench.texts()[0].startswith("nothing to compare")
        assert bench.pool.acquire()[1] is None


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
        (["."], Controls(paused=True, single_frames=1)),
        (["space", "space"], Controls()),
    ],
)
def test_what_is_only_drawn_needs_no_handler(
    bench: Bench, keys: list[str], after: Controls
) -> None:
    """Drawing reads it from the controls."""
    assert bench.press(*keys)
    assert bench.controller.controls == after


def test_unknown_keys_do_nothing(bench: Bench) -> None:
    """Nothing has to be drawn again for them."""
    before = bench.controller.controls
    assert not bench.press("x", "7", "f13")
    assert bench.controller.controls == before
    assert not bench.press()


HANDLED = {
    "r": Action.RECORD,
    "s": Action.SNAPSHOT,
    "m": Action.NEXT_TASK,
    "b": Action.SWAP_RED_BLUE,
    "f": Action.FULLSCREEN,
    "h": Action.HELP,
    "q": Action.QUIT,
}


@pytest.mark.parametrize(("key", "action"), [*HANDLED.items()])
def test_a_key_calls_the_handler_of_its_action(key: str, action: Action) -> None:
    """It is called once, with the controls as they are now, and its message is shown."""
    given: list[Controls] = []

    def handle(controls: Controls, /) -> str:
        given.append(controls)
        return f"{action.name} was done"

    bench = Bench(EngineFactory(), handlers={action: handle})
    with bench.pool:
        assert bench.press(key)
        assert given == [bench.controller.controls]
        assert f"{action.name} was done" in bench.texts()
        bench.now_s += 60
        assert f"{action.name} was done" not in bench.texts()


def test_a_handler_that_fails_shows_its_error() -> None:
    """A full disk does not end the run."""

    def fail(controls: Controls, /) -> str:
        raise SinkError("the disk is full; free some space")

    bench = Bench(EngineFactory(), handlers={Action.SNAPSHOT: fail})
    with bench.pool:
        bench.press("s")
        assert bench.texts() == ["the disk is full; free some space"]
        assert bench.active() == "int8"


def test_every_action_has_a_key_and_every_key_its_own_action() -> None:
    """The table of keys covers all actions; those without a handler change the controls."""
    assert [key.action for key in KEYS] == list(Action)
    for key in KEYS:
        if key.action in CONTROLS_ONLY:
            assert key.change(Controls()) != Controls()


def test_clicks_are_handled_as_keys_are() -> None:
    """They call the same handlers with the changed controls, after the keys."""
    done: list[tuple[str, Controls]] = []

    def note(name: str) -> Handler:
        return lambda controls: done.append((name, controls))

    handlers = {Action.RECORD: note("record"), Action.HELP: note("help")}
    bench = Bench(EngineFactory(), handlers=handlers)
    clicks = [Press(key_of(Action.RECORD).change, Action.RECORD), Press(lambda one: one)]
    bench.controller.pointer = lambda: [clicks.pop(0)] if clicks else []
    with bench.pool:
        assert bench.press("h")
        assert done == [
            ("help", Controls(help=True)),
            ("record", Controls(help=True, record=True)),
        ]
        assert not bench.press()  # it changed nothing and has no handler
        bench.controller.keys = None
        clicks.append(Press(key_of(Action.PAUSE).change, Action.PAUSE))
        assert bench.press()
        assert bench.controller.controls.paused


def test_esc_calls_the_handler_of_what_it_leaves() -> None:
    """Pressed three times at once it closes the help, leaves full screen, and quits."""
    done: list[Action] = []

    def note(action: Action) -> Handler:
        return lambda _: done.append(action)

    actions = (Action.HELP, Action.FULLSCREEN, Action.QUIT)
    bench = Bench(EngineFactory(), handlers={action: note(action) for action in actions})
    with bench.pool:
        bench.press("h", "f")
        done.clear()
        bench.press("esc", "esc", "esc")
        assert done == [*actions]
        assert bench.controller.controls == Controls()


def test_states_begin_with_what_holds_the_run() -> None:
    """Paused, what the providers report, colours, and last the message of a key."""
    retrying = State(StateKind.RECONNECTING, "reconnecting (attempt 3)")
    bench = Bench(EngineFactory(), states=(retrying,))
    with bench.pool:
        bench.controller.note("kept an image")
        bench.press("space", "b")
        assert bench.texts() == [
            "paused",
            "reconnecting (attempt 3)",
            "red and blue swapped",
            "kept an image",
        ]


def test_a_controller_without_keys_does_nothing() -> None:
    """It reads none, and starts no thread."""
    assert not Controller({}).poll()


def test_a_broken_model_file_leaves_the_active_variant(tmp_path: Path, assets: Path) -> None:
    """The message is that of the loader."""
    folder = Path(shutil.copytree(assets / "models" / "mnist", tmp_path / "mnist"))
    (folder / "float16.tflite").write_bytes(b"not a model")
    spec = read_card(folder)

    def load(key: EngineKey, /) -> Engine:
        return load_engine(spec, key.variant, threads=key.threads)

    with EnginePool(load_engine(spec, "int8", threads=1), load) as pool:
        keys = iter([["2"]])
        providers = [lambda: pool.states]
        controller = Controller(engine_handlers(pool), providers, keys=lambda: next(keys))
        controller.poll()
        until(lambda: any("float16 did not load" in str(state) for state in controller.states()))
        assert pool.acquire()[0].key.variant == "int8"


def test_a_key_without_a_message_may_be_explained() -> None:
    """One that a handler has spoken for is not."""
    asked: list[Action] = []

    def explain(action: Action, controls: Controls) -> str:
        asked.append(action)
        return f"legend {controls.legend}"

    handlers: dict[Action, Handler] = {Action.SNAPSHOT: lambda _: "saved"}
    keys = iter([["l"], ["s"]])
    controller = Controller(handlers, keys=lambda: next(keys), explain=explain)
    assert controller.poll()
    assert [str(state) for state in controller.states()] == ["legend False"]
    assert controller.poll()
    assert [str(state) for state in controller.states()] == ["saved"]
    assert asked == [Action.LEGEND]


def counted(bench: Bench, *actions: Action) -> list[Action]:
    """Give actions handlers that note them; return the notes."""
    seen: list[Action] = []
    for action in actions:

        def note(_: Controls, /, action: Action = action) -> None:
            seen.append(action)

        bench.controller.handlers = {**bench.controller.handlers, action: note}
    return seen


def test_a_burst_of_keys_acts_a_few_times(bench: Bench) -> None:
    """Four at a time, the rest is dropped, counted and said."""
    seen = counted(bench, Action.HELP)
    assert bench.press(*"?" * 30)
    assert len(seen) == 4
    assert bench.controller.dropped_keys == 26
    assert bench.texts() == ["26 keys dropped: they came too fast"]
    assert bench.press("?")
    assert len(seen) == 5


def test_keys_pressed_during_a_slow_frame_all_act(bench: Bench) -> None:
    """A person presses some in the two seconds that a large network takes; q is among them."""
    seen = counted(bench, Action.HELP)
    bench.press("?")
    bench.now_s += 2.0
    bench.press(*"?" * 12)
    assert (len(seen), bench.controller.dropped_keys) == (13, 0)
    bench.now_s += 60.0
    bench.press(*"?" * 100)
    assert len(seen) == 13 + 22


@pytest.mark.parametrize(("key", "action"), [("s", Action.SNAPSHOT), ("r", Action.RECORD)])
def test_what_leaves_a_file_acts_twice_a_second(bench: Bench, key: str, action: Action) -> None:
    """At most; a recording ends at any time."""
    seen, begun = counted(bench, action), 0
    for _ in range(100):
        before, acted = bench.controller.controls, len(seen)
        bench.press(key, "l")
        is_on = bench.controller.controls.record
        assert is_on == (before.record != (key == "r" and len(seen) > acted))
        begun += is_on > before.record if key == "r" else len(seen) - acted
        bench.now_s += 0.3
    assert begun == 50
    assert bench.controller.dropped_keys == 100 - len(seen) == (50 if key == "s" else 0)


@pytest.mark.parametrize("every_s", [0.0, 0.03, 0.2])
def test_a_held_key_leaves_one_file(bench: Bench, every_s: float) -> None:
    """Until it is released; then it acts again."""
    seen = counted(bench, Action.SNAPSHOT)
    for _ in range(100):
        bench.press("s")
        bench.now_s += every_s
    assert len(seen) == 1
    bench.now_s += 0.5
    bench.press("s")
    assert len(seen) == 2


def test_no_key_acts_after_the_one_that_ends_the_run(bench: Bench) -> None:
    """Nor after a signal."""
    seen = counted(bench, Action.HELP, Action.QUIT)
    bench.controller.stopped = lambda: Action.QUIT in seen
    bench.press("?", "q", "?", "q")
    assert seen == [Action.HELP, Action.QUIT]


def test_clicks_have_the_same_limits(bench: Bench) -> None:
    """A drag has none: it only moves the divider."""
    seen = counted(bench, Action.HELP, Action.SNAPSHOT)
    drag = key_of(Action.DIVIDER_LEFT).change
    presses = [Press(lambda controls: controls, Action.HELP)] * 3
    presses += [Press(lambda controls: controls, Action.SNAPSHOT)] * 3
    bench.controller.pointer = lambda: [*presses, *[Press(drag)] * 5]
    bench.press()
    assert seen == [*[Action.HELP] * 3, Action.SNAPSHOT]
    assert bench.controller.dropped_keys == 2
    assert bench.controller.controls.divider == 0.25


def test_keys_that_a_keyboard_dropped_are_said(bench: Bench) -> None:
    """Once for each time there are more."""
    bench.controller.dropped = lambda: 974
    assert bench.press()
    assert bench.texts() == ["974 keys dropped: they came too fast"]
    bench.now_s += 6
    assert not bench.press()
    assert bench.texts() == []
