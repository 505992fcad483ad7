"""The engines of a run, and switching between them without a stall.

The next engine is loaded and warmed in the pool's own thread while the active one goes on; the
switch itself happens between two frames, in the thread that runs the network. So an interpreter
belongs to one thread at a time: first the loader's, then the network's, and again the loader's,
which closes it once it is no longer needed.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from edge_app.closeable import Closeable
from edge_app.model.engine import Engine, EngineInfo, EngineKey, engine_info
from edge_app.state import State, StateKind
from edge_app.style import count, duration

_JOIN_S = 10.0  # a loader inside a runtime cannot be interrupted
_SWITCH_SHOWN_S = 8.0
_FAILURE_SHOWN_S = 12.0  # long enough to read why a variant did not load
# Returns an engine that is checked and warm; called in the pool's own thread.
LoadEngine = Callable[[EngineKey], Engine]
# Returns the second engine beside an active one, or None if there is none to compare with.
ComparedWith = Callable[[EngineKey], EngineKey | None]


@dataclass(frozen=True, slots=True)
class LoadedEngine:
    """Engine that is ready, and how long loading and warming took (0: it was cached)."""

    engine: Engine
    info: EngineInfo
    loaded_ms: float = 0.0

    @property
    def key(self) -> EngineKey:
        """The engine's identity."""
        return self.info.key


class EnginePool(Closeable):
    """One active engine, optionally one to compare it with, and others cached (LRU).

    first: active engine of the start; the pool closes it as it does the others.
    second: the one to compare it with from the start; None compares only when it is asked for.
    keep: how many engines to cache, those in use included. One more may exist while it loads,
        and engines in use are never evicted.
    """

    def __init__(
        self,
        first: Engine,
        load: LoadEngine,
        *,
        keep: int = 2,
        partner: ComparedWith | None = None,
        second: Engine | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        active = LoadedEngine(first, engine_info(first))
        self._load = load
        self._keep = keep
        self._clock = clock
        self._changed = threading.Condition()
        loaded = [LoadedEngine(second, engine_info(second))] if second else []
        self._cache = OrderedDict((each.key, each) for each in (*loaded, active))
        self._active = active
        self._second: LoadedEngine | None = None
        self._wanted = _Wanted(active.key, partner, comparing=second is not None)
        self._messages = _Messages()
        self._ended = False
        self._thread: threading.Thread | None = None

    # Called by main.

    @property
    def requested(self) -> EngineKey:
        """The engine requested last; the first one before any request."""
        return self._wanted.requested

    def request(self, key: EngineKey) -> None:
        """Make an engine the active one as soon as it is loaded; the last request counts."""
        with self._changed:
            self._wanted.requested = key
            self._wake_loader()

    def preload(self, key: EngineKey | None) -> None:
        """Load an engine ahead of its use, and cache it until the next call."""
        with self._changed:
            self._wanted.preloaded = key
            self._wake_loader()

    def compare(self, on: bool) -> EngineKey | None:
        """Run a second engine on every frame, or stop doing so; return its key."""
        with self._changed:
            self._wanted.comparing = on
            self._wake_loader()
            return self._wanted.compared

    def has(self, key: EngineKey) -> bool:
        """Return whether an engine is loaded."""
        return key in self._cache

    @property
    def states(self) -> tuple[State, ...]:
        """What is being loaded, and what did not load a moment ago."""
        with self._changed:
            return self._messages.states(self._active.key, self._clock())

    @property
    def switch(self) -> str:
        """How the last switch went; empty before the first, and when it is old."""
        return self._messages.switch(self._clock())

    def _wake_loader(self) -> None:
        """Wake the loader, which also retries what did not load before."""
        self._wanted.failed.clear()
        self._messages.failure = None
        if self._thread is None and not self._ended:
            self._thread = threading.Thread(target=self._work, name="load", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    # Called by the thread that runs the network.

    def acquire(self) -> tuple[LoadedEngine, LoadedEngine | None]:
        """Return the engine for the next frame, and the second one if two are compared.

        Both belong to the calling thread until the next call.
        """
        if self._thread is None and not self._wanted.comparing:  # nothing was ever requested
            return self._active, None
        with self._changed:
            before = self._active
            self._active = self._cache.get(self._wanted.requested, before)
            # The partner of the active engine, not of the requested one: until that is loaded,
            # the comparison on screen goes on.
            second_key = self._wanted.partner_of(self._active.key)
            second = self._cache.get(second_key) if second_key else None
            self._second = None if second is self._active else second
            for used in (self._second, self._active):
                if used is not None:
                    self._cache.move_to_end(used.key)
            if self._active is not before:
                self._changed.notify_all()  # one may be evictable now
                self._note_switch(before.key)
            return self._active, self._second

    def _note_switch(self, before: EngineKey) -> None:
        active = self._active
        self._messages.switched(active, before, self._clock())
        if active.loaded_ms:  # the next time it comes from the cache
            self._active = self._cache[active.key] = LoadedEngine(active.engine, active.info)

    # Run by the pool's own thread.

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._missing() or self._evictable())
                if self._ended:
                    return
                evicted = [self._cache.pop(key) for key in self._evictable()]
                self._messages.loading = key = self._missing()
            for old in evicted:
                old.engine.close()
            if key is not None:
                self._load_one(key)

    def _missing(self) -> EngineKey | None:
        """Return the engine to load next."""
        failed = self._wanted.failed
        missing = (key for key in self._wanted.engines() if key not in self._cache)
        return next((key for key in missing if key not in failed), None)

    def _evictable(self) -> list[EngineKey]:
        """Return the engines to evict, least recently used first, with space for a missing one."""
        used = {*self._wanted.engines(), self._active.key}
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
        except Exception as error:  # noqa: BLE001 - whatever it is, the active one goes on
            reason = str(error) or type(error).__name__
        with self._changed:
            self._messages.loading = None
            if engine is not None and not self._ended:
                loaded_ms = (self._clock() - started_s) * 1e3
                self._cache[key] = LoadedEngine(engine, engine_info(engine), loaded_ms)
                return
            self._wanted.failed.add(key)
            self._messages.failed(key, reason, self._clock())
            if self._wanted.requested == key:
                self._wanted.requested = self._active.key
        if engine is not None:
            engine.close()

    def close(self) -> None:
        """Close all engines; call it once no thread uses them any more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_JOIN_S)
        with self._changed:
            engines = list(self._cache.values())
            self._cache.clear()
        for loaded in engines:
            loaded.engine.close()


@dataclass(slots=True)
class _Wanted:
    """Engines that main wants loaded, and those of them that failed to load."""

    requested: EngineKey
    partner: ComparedWith | None
    preloaded: EngineKey | None = None
    comparing: bool = False
    failed: set[EngineKey] = field(default_factory=set)

    @property
    def compared(self) -> EngineKey | None:
        return self.partner_of(self.requested)

    def partner_of(self, key: EngineKey) -> EngineKey | None:
        return self.partner(key) if self.partner and self.comparing else None

    def engines(self) -> list[EngineKey]:
        return [key for key in (self.requested, self.compared, self.preloaded) if key]


@dataclass(slots=True)
class _Messages:
    """What the pool reports: the engine being loaded, the last failure and the last switch."""

    loading: EngineKey | None = None
    failure: State | None = None
    failure_until_s: float = 0.0
    _switch: str = ""
    _switch_until_s: float = 0.0

    def states(self, active: EngineKey, now_s: float) -> tuple[State, ...]:
        states = []
        if self.loading is not None:
            text = f"loading {_title(self.loading, active)}"
            states.append(State(StateKind.LOADING, text, variant=self.loading.variant))
        if self.failure is not None and now_s < self.failure_until_s:
            states.append(self.failure)
        return tuple(states)

    def switch(self, now_s: float) -> str:
        return self._switch if now_s < self._switch_until_s else ""

    def switched(self, to: LoadedEngine, before: EngineKey, now_s: float) -> None:
        how = f"loaded in {duration(to.loaded_ms)}" if to.loaded_ms else "already in memory"
        self._switch = f"switched to {_title(to.key, before)} ({how})"
        for warning in to.engine.warnings:
            self._switch += f"; {warning.partition(':')[0]}"
        self._switch_until_s = now_s + _SWITCH_SHOWN_S

    def failed(self, key: EngineKey, reason: str, now_s: float) -> None:
        text = f"{key.variant} did not load"
        self.failure = State(StateKind.LOAD_FAILED, text, reason, key.variant)
        self.failure_until_s = now_s + _FAILURE_SHOWN_S


def _title(key: EngineKey, active: EngineKey) -> str:
    """Return what sets an engine apart from another one, that is active or was."""
    title = key.variant
    if key.model != active.model:
        title = f"{key.model} {title}"
    if key.threads == active.threads:
        return title
    return f"{title} on {count(key.threads, 'thread')}"
