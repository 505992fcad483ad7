"""Follow the keys: keep the controls, and have done what they ask for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace

from edge_app.controls import Controls, press
from edge_app.errors import EdgeError
from edge_app.model.engine import EngineKey
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.state import State, StateKind
from edge_app.style import count, spaced

ReadKeys = Callable[[], Sequence[str]]
Handler = Callable[[Controls], str | None]
_NOTE_S = 5.0  # long enough to read a line


@dataclass(slots=True)
class Controller:
    """Hold the controls of a run, and what has to be done where keys change them.

    keys: returns the names of the keys pressed since it was last asked; None without any.
    hands: by the name of a control, what is called with the controls once it has changed; what
        it returns or raises as EdgeError is shown for a while.
    tellers: say what is out of the ordinary, for `states`.
    """

    pool: EnginePool
    controls: Controls = field(default_factory=Controls)
    keys: ReadKeys | None = None
    hands: dict[str, Handler] = field(default_factory=dict)
    tellers: list[Callable[[], Iterable[State]]] = field(default_factory=list)
    clock: Callable[[], float] = time.monotonic
    _note: State | None = None
    _note_until_s: float = 0.0

    def __post_init__(self) -> None:
        self.hands = {
            "variant": self._named_variant,
            "variants": self._next_variant,
            "threads": self._next_threads,
            "compare": self._compare,
            **self.hands,
        }

    def poll(self) -> bool:
        """Hear the keys and do what they ask for; tell whether any changed something."""
        if self.keys is None:
            return False
        heard = False
        for key in self.keys():
            before = self.controls
            self.controls = press(before, key)
            heard |= self.controls != before
            for name in _CONTROLS:
                if getattr(self.controls, name) != getattr(before, name):
                    self._act(name)
            # A name is taken back once it was followed: where its variant did not load, or
            # another task began meanwhile, the same key asks for it again.
            if self.controls.variant:
                self.controls = replace(self.controls, variant="")
        return heard

    def _act(self, name: str) -> None:
        hand = self.hands.get(name)
        if hand is None:
            return
        try:
            note = hand(self.controls)
        except EdgeError as fault:
            note = str(fault)
        if note:
            self.note(note)

    def note(self, text: str, variant: str = "") -> None:
        """Show a text for a few seconds."""
        self._note = State(StateKind.NOTE, text, variant=variant)
        self._note_until_s = self.clock() + _NOTE_S

    def states(self) -> tuple[State, ...]:
        """Return what is out of the ordinary, a pause first."""
        states = [State(StateKind.PAUSED, "paused")] if self.controls.paused else []
        for teller in (lambda: self.pool.states, *self.tellers):
            states += teller()
        if self.controls.flip:
            states.append(State(StateKind.COLOURS_SWAPPED, "red and blue swapped"))
        if self._note is not None and self.clock() < self._note_until_s:
            states.append(self._note)
        return tuple(states)

    # What the keys ask of the pool.

    def _named_variant(self, controls: Controls) -> str | None:
        requested = self.pool.requested
        if not controls.variant:
            return None
        if controls.variant not in requested.spec.variants:
            self.note(f"{requested.spec.title} has no {spaced(controls.variant)}", controls.variant)
            return None
        self.pool.request(EngineKey(requested.spec, controls.variant, requested.threads))
        return None

    def _next_variant(self, controls: Controls) -> str | None:  # noqa: ARG002
        requested = self.pool.requested
        names = list(requested.spec.variants)
        if len(names) < 2:
            return f"{requested.spec.title} has no other variant"
        place = names.index(requested.variant) if requested.variant in names else -1
        self.pool.request(
            EngineKey(requested.spec, names[(place + 1) % len(names)], requested.threads)
        )
        return None

    def _next_threads(self, controls: Controls) -> str | None:  # noqa: ARG002
        requested = self.pool.requested
        choices = thread_choices()
        more = next((number for number in choices if number > requested.threads), choices[0])
        if more == requested.threads:
            return f"this machine has {count(choices[-1], 'core')}"
        self.pool.request(EngineKey(requested.spec, requested.variant, more))
        return None

    def _compare(self, controls: Controls) -> str | None:
        on = controls.compare != "off"
        self.pool.compare(on)
        if on and self.pool.comparing_with is None:
            return "nothing to compare: it takes a second variant and a class map"
        return None


_CONTROLS = tuple(field.name for field in fields(Controls))


def thread_choices(cores: int | None = None) -> list[int]:
    """Return the thread counts to choose from: 1, 2, 4 and so on, and all cores."""
    cores = cores or (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    powers = [1 << bit for bit in range(cores.bit_length()) if 1 << bit <= cores]
    return sorted({*powers, cores})
