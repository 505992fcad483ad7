"""Key presses: they change the controls and call the handlers of their actions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial

from edge_app.controls import SELECTS, Action, Change, Controls, find_key
from edge_app.errors import EdgeError
from edge_app.model.engine import EngineKey
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.pointing import Press
from edge_app.state import State, StateKind
from edge_app.style import count

ReadKeys = Callable[[], Sequence[str]]  # names of the keys pressed since the last call
ReadPresses = Callable[[], Sequence[Press]]  # of mouse and touch since the last call
StatusProvider = Callable[[], Iterable[State]]
# Acts on a key press, with the controls as they are after it; returns a message to show for a
# while, if any. An EdgeError is shown as well.
Handler = Callable[[Controls], str | State | None]
# Returns what to say of an action whose effect cannot be seen, else an empty text.
Explain = Callable[[Action, Controls], str]
_NOTE_S = 5.0  # long enough to read a line
# Actions of one frame: more would hold the frames up, and no person presses as many. Frames that
# take long have as many more as somebody may have pressed meanwhile.
_ACTIONS, _PRESSES_HZ, _WAIT_S = 4, 6.0, 3.0
# Each of these leaves a file: seconds from one to the next, and from one press to the next, so
# that a held key or a flood of it acts once.
_FILES = {Action.SNAPSHOT, Action.RECORD}
_FILE_S, _PRESS_S = 0.5, 0.25


@dataclass(slots=True)
class Controller:
    """The controls of a session, and what happens when a key changes them.

    handlers: the one table of what actions do beside changing the controls; built once.
    status_providers: states to show between "paused" and the messages of handlers.
    keys: names of the keys pressed since the last call; None without any keyboard.
    pointer: what mouse and touch did since the last call, after `keys` was called; None
        without a window.
    explain: asked for a message if an action's handler has none.
    dropped: how many keys the keyboards have dropped, as no person presses them so fast.
    stopped: whether the run is to end, which ends the handling of keys, too.
    """

    handlers: Mapping[Action, Handler]
    status_providers: Sequence[StatusProvider] = ()
    _: KW_ONLY
    keys: ReadKeys | None = None
    pointer: ReadPresses | None = None
    explain: Explain = lambda _action, _controls: ""
    dropped: Callable[[], int] = lambda: 0
    stopped: Callable[[], bool] = lambda: False
    controls: Controls = field(default_factory=Controls)
    clock: Callable[[], float] = time.monotonic
    _note: State | None = field(default=None, init=False)
    _note_until_s: float = field(default=0.0, init=False)
    _dropped: int = field(default=0, init=False)  # here
    _dropped_noted: int = field(default=0, init=False)
    _acted_s: dict[Action, float] = field(default_factory=dict, init=False)
    _pressed_s: dict[Action, float] = field(default_factory=dict, init=False)
    _polled_s: float | None = field(default=None, init=False)

    def poll(self) -> bool:
        """Handle keys, mouse and touch since the last call; return whether any did something.

        A call takes a limited time: of a burst the first few act, the rest is dropped and counted.
        """
        now_s = self.clock()
        waited_s = 0.0 if self._polled_s is None else min(_WAIT_S, now_s - self._polled_s)
        self._polled_s = now_s
        acted, room = False, _ACTIONS + int(_PRESSES_HZ * waited_s)
        for name in self.keys() if self.keys is not None else ():
            key = find_key(name, self.controls)
            if key is None or self.stopped():
                continue
            if room and self._is_due(key.action):
                room -= 1
                acted |= self._act(key.change, key.action)
            else:
                self._dropped += 1
        for change, action in self.pointer() if self.pointer is not None else ():
            if action is not None and not (room and self._is_due(action)):
                self._dropped += 1
                continue
            room -= action is not None
            acted |= self._act(change, action)
        return self._note_dropped() or acted

    @property
    def dropped_keys(self) -> int:
        """How many keys were dropped, since they came faster than a person presses them."""
        return self._dropped + self.dropped()

    def _is_due(self, action: Action) -> bool:
        """Return whether an action may act again; note that it does."""
        if action not in _FILES or (action is Action.RECORD and self.controls.record):
            return True  # the end of a recording leaves no other file
        now_s, never_s = self.clock(), float("-inf")
        pressed_s = self._pressed_s.get(action, never_s)
        self._pressed_s[action] = now_s
        if now_s - pressed_s < _PRESS_S or now_s - self._acted_s.get(action, never_s) < _FILE_S:
            return False
        self._acted_s[action] = now_s
        return True

    def _note_dropped(self) -> bool:
        """Show how many keys were dropped, if there are more than before."""
        number = self.dropped_keys
        if number == self._dropped_noted:
            return False
        self._dropped_noted = number
        self.note(f"{count(number, 'key')} dropped: they came too fast")
        return True

    def _act(self, change: Change, action: Action | None) -> bool:
        """Change the controls and call the action's handler; return whether that did something."""
        before = self.controls
        self.controls = change(before)
        if action is None:
            return self.controls != before
        handler, message = self.handlers.get(action), None
        if handler is not None:
            try:
                message = handler(self.controls)
            except EdgeError as error:
                message = str(error)
        message = message or self.explain(action, self.controls)
        if message:
            self.note(message)
        return handler is not None or bool(message) or self.controls != before

    def note(self, message: str | State) -> None:
        """Show a message for a few seconds."""
        if isinstance(message, str):
            message = State(StateKind.NOTE, message)
        self._note = message
        self._note_until_s = self.clock() + _NOTE_S

    def states(self) -> tuple[State, ...]:
        """Return what is out of the ordinary, a pause first."""
        states = [State(StateKind.PAUSED, "paused")] if self.controls.paused else []
        for provider in self.status_providers:
            states += provider()
        if self.controls.swap_red_blue:
            states.append(State(StateKind.COLOURS_SWAPPED, "red and blue swapped"))
        if self._note is not None and self.clock() < self._note_until_s:
            states.append(self._note)
        return tuple(states)


def engine_handlers(pool: EnginePool) -> dict[Action, Handler]:
    """Return the handlers of the actions that change engines."""
    return {
        **{action: partial(_select_variant, pool, name) for name, action in SELECTS.items()},
        Action.NEXT_VARIANT: partial(_next_variant, pool),
        Action.NEXT_THREADS: partial(_next_threads, pool),
        Action.COMPARE: partial(_compare, pool),
    }


def _select_variant(pool: EnginePool, variant: str, _: Controls) -> State | None:
    current = pool.requested
    if variant not in current.spec.variants:
        text = f"{current.spec.title} has no {variant}"
        return State(StateKind.NOTE, text, variant=variant)
    pool.request(EngineKey(current.spec, variant, current.threads))
    return None


def _next_variant(pool: EnginePool, _: Controls) -> str | None:
    current = pool.requested
    names = list(current.spec.variants)
    if len(names) < 2:
        return f"{current.spec.title} has no other variant"
    position = names.index(current.variant) if current.variant in names else -1
    following = names[(position + 1) % len(names)]
    pool.request(EngineKey(current.spec, following, current.threads))
    return None


def _next_threads(pool: EnginePool, _: Controls) -> str | None:
    current = pool.requested
    choices = thread_choices()
    more = next((number for number in choices if number > current.threads), choices[0])
    if more == current.threads:
        return f"this machine has {count(choices[-1], 'core')}"
    pool.request(EngineKey(current.spec, current.variant, more))
    return None


def _compare(pool: EnginePool, controls: Controls) -> str | None:
    on = controls.compare != "off"
    if pool.compare(on) is None and on:
        return "nothing to compare: it takes a second variant and a class map"
    return None


def thread_choices(cores: int | None = None) -> list[int]:
    """Return the thread counts to choose from: 1, 2, 4 and so on, and all cores."""
    cores = cores or (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    powers = [1 << bit for bit in range(cores.bit_length()) if 1 << bit <= cores]
    return sorted({*powers, cores})
