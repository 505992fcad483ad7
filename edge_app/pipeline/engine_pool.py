"""Keep the engines of a run, and change between them without a stall.

The next engine is loaded and warmed in a thread of the pool's own while the one that answers
goes on; the change itself is made between two frames, by the thread that runs the network. So
an interpreter has one thread at a time: first the loader's, then the network's, and again the
loader's, which closes it once it is not needed any more.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from edge_app.closeable import Closeable
from edge_app.model.card import ModelSpec
from edge_app.model.engine import Engine, EngineInfo, EngineKey, engine_info
from edge_app.state import State, StateKind
from edge_app.style import count, duration, spaced

Load = Callable[[EngineKey], Engine]
Partner = Callable[[EngineKey], EngineKey | None]
_LEAVE_S = 10.0  # a loader inside a runtime cannot be interrupted
_SWITCH_SHOWN_S = 8.0
_FAULT_SHOWN_S = 12.0  # long enough to read why a variant did not load


@dataclass(frozen=True, slots=True)
class LoadedEngine:
    """Hold an engine that is ready, who it is, and how long loading and warming it took."""

    engine: Engine
    info: EngineInfo
    loaded_ms: float = 0.0

    @property
    def key(self) -> EngineKey:
        """The name of the engine."""
        return self.info.key


class EnginePool(Closeable):
    """Hold one engine that answers, perhaps a second to compare it with, and some at hand.

    first: the engine the run begins with; the pool closes it as it does the others.
    load: returns an engine that is checked and warm; called in the pool's own thread.
    keep: how many engines are held at once. While one is loaded there may be one more, and
        those in use are held in any case. The one used longest ago is let go first.
    partner: names the second engine beside a first one, None where there is none.
    """

    def __init__(
        self,
        first: Engine,
        load: Load,
        *,
        keep: int = 2,
        partner: Partner = lambda key: None,  # noqa: ARG005 - nobody to compare with
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        active = LoadedEngine(first, engine_info(first))
        self._load = load
        self._keep = keep
        self._partner = partner
        self._clock = clock
        self._changed = threading.Condition()
        self._cache = OrderedDict({active.key: active})
        self._first = active
        self._second: LoadedEngine | None = None
        self._requested = active.key
        self._preloaded: EngineKey | None = None
        self._comparing = False
        self._refused: set[EngineKey] = set()
        self._loading: EngineKey | None = None
        self._fault: State | None = None
        self._fault_until_s = 0.0
        self._switch = ""
        self._switch_until_s = 0.0
        self._ended = False
        self._thread: threading.Thread | None = None

    # What main asks for and shows.

    @property
    def requested(self) -> EngineKey:
        """The engine that was asked for last; the one that answers where none was."""
        return self._requested

    def request(self, key: EngineKey) -> None:
        """Let another engine answer as soon as it is loaded; the last one asked for counts."""
        with self._changed:
            self._requested = key
            self._renew()

    def preload(self, key: EngineKey | None) -> None:
        """Load an engine ahead of its use, and hold it until another is fetched."""
        with self._changed:
            self._preloaded = key
            self._renew()

    def compare(self, on: bool) -> None:
        """Let the partner of the engine that answers see every frame as well, or no more."""
        with self._changed:
            self._comparing = on
            self._renew()

    def has(self, key: EngineKey) -> bool:
        """Tell whether an engine is at hand."""
        return key in self._cache

    def refused(self, key: EngineKey) -> bool:
        """Tell whether an engine did not load since something was asked for."""
        return key in self._refused

    def spec_titled(self, title: str) -> ModelSpec:
        """Return the card of a model by its title, of those that answer or are at hand."""
        with self._changed:  # the network's thread reorders the cache for each frame
            keys = [self._first.key, *self._cache, self._requested]
        return next(key.spec for key in keys if key.spec.title == title)

    @property
    def comparing_with(self) -> EngineKey | None:
        """The second engine that is asked for."""
        return self._partner(self._requested) if self._comparing else None

    @property
    def states(self) -> tuple[State, ...]:
        """What is being loaded, and what did not load a moment ago."""
        with self._changed:
            states, post = [], self._loading
            if post is not None:
                text = f"loading {self._title(post)}"
                states.append(State(StateKind.LOADING, text, variant=post.variant))
            if self._fault is not None and self._clock() < self._fault_until_s:
                states.append(self._fault)
            return tuple(states)

    @property
    def switch(self) -> str:
        """How the last change went, in words; empty before the first, and when it is old."""
        return self._switch if self._clock() < self._switch_until_s else ""

    def _title(self, key: EngineKey) -> str:
        """Name an engine by what sets it apart from the one that answers."""
        now = self._first.key
        name = spaced(key.variant)
        if key.model != now.model:
            name = f"{key.model} {name}"
        if key.threads == now.threads:
            return name
        return f"{name} on {count(key.threads, 'thread')}"

    def _renew(self) -> None:
        """Let what was refused be tried again, and wake the loader."""
        self._refused.clear()
        self._fault = None
        if self._thread is None and not self._ended:
            self._thread = threading.Thread(target=self._work, name="load", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    # What the thread of the network does.

    def acquire(self) -> tuple[LoadedEngine, LoadedEngine | None]:
        """Return the engine for the next frame, and the second one where two are compared.

        Both belong to the calling thread until the next call.
        """
        if self._thread is None:  # nothing was ever asked for
            return self._first, None
        started_s = self._clock()
        with self._changed:
            before = self._first
            self._first = self._cache.get(self._requested, before)
            # Not the requested's partner: until that is loaded, the two that are compared go on.
            wanted = self._partner(self._first.key) if self._comparing else None
            second = self._cache.get(wanted) if wanted else None
            self._second = None if second is self._first else second
            for active in (self._second, self._first):
                if active is not None:
                    self._cache.move_to_end(active.key)
            if self._first is not before:
                self._changed.notify_all()  # there may be one to let go
                self._tell(started_s)
            return self._first, self._second

    def _tell(self, started_s: float) -> None:
        active = self._first
        loaded = f"loaded in {duration(active.loaded_ms)}" if active.loaded_ms else "was at hand"
        took_ms = (self._clock() - started_s) * 1e3
        self._switch = f"{spaced(active.key.variant)}: {loaded}, took over in {duration(took_ms)}"
        self._switch_until_s = self._clock() + _SWITCH_SHOWN_S
        if active.loaded_ms:  # the next time it comes from the cache
            self._first = self._cache[active.key] = LoadedEngine(active.engine, active.info)

    # What the pool's own thread does.

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._missing() or self._evictable())
                if self._ended:
                    return
                evicted = [self._cache.pop(key) for key in self._evictable()]
                self._loading = key = self._missing()
            for active in evicted:
                active.engine.close()
            if key is not None:
                self._load_one(key)

    def _missing(self) -> EngineKey | None:
        """Return the engine to be loaded next."""
        wanted = (self._requested, self.comparing_with, self._preloaded)
        missing = (key for key in wanted if key and key not in self._cache)
        return next((key for key in missing if key not in self._refused), None)

    def _evictable(self) -> list[EngineKey]:
        """Return the engines to let go, so that there is room for the one to be loaded."""
        used = {self._requested, self.comparing_with, self._preloaded, self._first.key}
        if self._second is not None:
            used.add(self._second.key)
        excess = len(self._cache) + (self._missing() is not None) - self._keep
        idle = [key for key in self._cache if key not in used]
        return idle[: max(0, excess)]

    def _load_one(self, key: EngineKey) -> None:
        started_s = self._clock()
        engine: Engine | None = None
        reason = ""
        try:
            engine = self._load(key)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the running one goes on
            reason = str(fault) or type(fault).__name__
        with self._changed:
            self._loading = None
            if engine is not None and not self._ended:
                loaded_ms = (self._clock() - started_s) * 1e3
                self._cache[key] = LoadedEngine(engine, engine_info(engine), loaded_ms)
                return
            self._refused.add(key)
            text = f"{spaced(key.variant)} did not load"
            self._fault = State(StateKind.LOAD_FAILED, text, reason, key.variant)
            self._fault_until_s = self._clock() + _FAULT_SHOWN_S
            if self._requested == key:
                self._requested = self._first.key
        if engine is not None:
            engine.close()

    def close(self) -> None:
        """Let go of every engine; call it once no thread uses them any more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_LEAVE_S)
        with self._changed:
            engines = list(self._cache.values())
            self._cache.clear()
        for active in engines:
            active.engine.close()
