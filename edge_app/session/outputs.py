"""The sinks of a session, and the keys that can be pressed on them."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from edge_app.console import print_markup, print_wrapped
from edge_app.controls import COMPARISONS, Action, Controls
from edge_app.errors import SinkError
from edge_app.output_owner import LOG, check_owner
from edge_app.output_place import check_outputs
from edge_app.pipeline.controller import ReadKeys
from edge_app.python_environment import this_environment
from edge_app.session.key_notes import key_note
from edge_app.session.options import OutputOptions, RunOptions
from edge_app.sinks.answers import Answers
from edge_app.sinks.display import DisplayVerdict
from edge_app.sinks.keyboard import Keyboard
from edge_app.sinks.metrics_log import MetricsLog
from edge_app.sinks.recorder import Recorder, check_recording_path
from edge_app.sinks.recording import Recording
from edge_app.sinks.sink import Sink, is_display
from edge_app.sinks.terminal import Terminal
from edge_app.sources.source import Source, are_images

if TYPE_CHECKING:
    from edge_app.model.card import ModelSpec
    from edge_app.sinks.serve.browser_view import BrowserView
    from edge_app.sinks.window import Window

_RECORDINGS = Path("recordings")


class Outputs:
    """The sinks of a session, and the keys that can be pressed on them.

    sinks: the terminal is the last one. keys: None if there is nothing to press keys on.
    displays: whether a window or browsers show images.
    window: None without one.
    stack: closes the sinks. display: whether a window can be opened; None opens none.
    """

    def __init__(
        self,
        options: RunOptions,
        source: Source,
        console: Console,
        stack: ExitStack,
        display: DisplayVerdict | None = None,
    ) -> None:
        wanted = options.outputs
        self._source = source
        self.window = _open_window(options, console, stack, display)
        self._names_recordings = wanted.record is None
        self.recording = stack.enter_context(self._make_recording(options))
        self.sinks: list[Sink] = [self.recording]
        if wanted.metrics:
            log = MetricsLog(wanted.metrics, max_mb=wanted.metrics_max_mb)
            self.sinks.append(stack.enter_context(log))
        if self.window is not None:
            self.sinks.append(self.window)
        self._view: BrowserView | None = None
        if wanted.serve is not None:
            self._view = stack.enter_context(_browser_view(*wanted.serve, wanted))
            self.sinks.append(self._view)
            print_markup(console, self._view.invitation)
        keyboard = stack.enter_context(Keyboard()) if wanted.keys else None
        has_keyboard = keyboard is not None and keyboard.usable
        readers = [sink.keys for sink in self.sinks if is_display(sink)]
        self.displays = bool(readers)
        answers = self._has_answers
        self._answers = Answers(
            console, lambda: self._has_answers, lambda: self._source.frame_count == 1
        )
        if answers:
            self.sinks.append(stack.enter_context(self._answers))
        self.terminal = Terminal(
            console,
            frame_count=source.frame_count,
            interval_s=math.inf if answers and not console.is_terminal else None,
            keys=has_keyboard,
        )
        self.hints = self.window is not None
        if keyboard is not None and has_keyboard:
            readers.append(keyboard.keys)
        self.keys = joined_keys(readers) if readers else None
        self._keyboard = keyboard
        self.sinks.append(stack.enter_context(self.terminal))

    def dropped_keys(self) -> int:
        """Return how many keys were dropped, since they came faster than a person presses them."""
        displays = sum(sink.dropped_keys for sink in self.sinks if is_display(sink))
        return displays + (self._keyboard.dropped_keys if self._keyboard is not None else 0)

    def _make_recording(self, options: RunOptions) -> Recording:
        wanted = options.outputs

        def open_recorder(path: Path, spent_bytes: int) -> Recorder:
            slide_s = options.slideshow_s if are_images(self._source) else None
            return Recorder(
                path,
                rate_hz=1 / slide_s if slide_s else self._source.rate_hz,
                live=self._source.live,
                max_mb=wanted.record_max_mb,
                spent_bytes=spent_bytes,
                segment_s=wanted.segment_s,
            )

        return Recording(
            open_recorder,
            wanted.record or _recording_of(options.task.spec),
            on=wanted.record is not None,
            numbered=wanted.segment_s is None,
        )

    @property
    def _has_answers(self) -> bool:
        """Whether each image has a line with its answer; frames in a sequence would have too many.

        A key may change the source.
        """
        return self.window is None and are_images(self._source)

    @property
    def answer(self) -> str | None:
        """The answer to a single image, which is to be printed last."""
        return self._answers.kept

    @property
    def is_followed(self) -> bool:
        """Whether a person may follow the frames: on a display or in the view of a terminal."""
        return self.displays or (self.terminal.is_screen and not self._has_answers)

    def is_watched(self) -> bool:
        """Return whether any sink but the window uses canvases now."""
        return any(sink.wants_canvas for sink in self.sinks if sink is not self.window)

    def for_small(self) -> bool:
        """Return whether only small pages use canvases now."""
        view = self._view
        if view is None or not view.only_small:
            return False
        return not any(sink.wants_canvas for sink in self.sinks if sink is not view)

    def key_note(self, action: Action, controls: Controls, task: str) -> str:
        """Return what to say of a key whose effect cannot be seen where it is pressed."""
        watched = self.is_watched()
        seen = self.window is not None or (self.displays and watched)
        return key_note(action, controls, task, seen=seen, watched=watched)

    def rename(self, spec: ModelSpec) -> None:
        """Rename the window, and recordings that no option names, after another model."""
        if self.window is not None:
            self.window.rename(_window_title(spec.title))
        if self._names_recordings:
            self.recording.name_after(_recording_of(spec))

    def begin(self, source: Source, spec: ModelSpec) -> None:
        """Continue with another source and model."""
        self._source = source
        self.rename(spec)
        self.terminal.begin(source.frame_count)
        self.recording.renew()


def _open_window(
    options: RunOptions, console: Console, stack: ExitStack, display: DisplayVerdict | None
) -> Window | None:
    """Return a window if one can be opened. Raises SinkError if a kiosk has none."""
    if display is None:
        return None
    if not display.usable:
        if options.outputs.kiosk:
            raise SinkError(f"no window: {display.reason}")
        print_wrapped(console, f"[yellow]{escape(display.note)}[/]")
        return None
    # A service that never opens a window need not load what draws one.
    from edge_app.sinks.window import Window

    window = stack.enter_context(Window(_window_title(options.task.spec.title), display))
    if options.outputs.kiosk:
        window.follow(Controls(fullscreen=True))
    return window


def _recording_of(spec: ModelSpec) -> Path:
    """Return the path after which recordings are numbered that a key starts."""
    return _RECORDINGS / f"{spec.file_stem}.mp4"


def _window_title(title: str) -> str:
    return f"{title} - edge-app"


def _browser_view(host: str, port: int, wanted: OutputOptions) -> BrowserView:
    from edge_app.sinks.serve.browser_view import BrowserView
    from edge_app.sinks.serve.clients import CONNECTIONS
    from edge_app.sinks.serve.tls import tls_context

    tls = tls_context(wanted.serve_cert, wanted.serve_key) if wanted.serve_cert else None
    connections = wanted.serve_connections or CONNECTIONS
    return BrowserView(host, port, token=wanted.serve_token, connections=connections, tls=tls)


def check_output_options(options: OutputOptions) -> None:
    """Raise SinkError for what could not be written or served; nothing is loaded yet."""
    if options.record is not None:
        check_recording_path(options.record)
    check_outputs(files=[options.record, options.save], folders=[options.metrics])
    if options.metrics is not None:
        check_owner(options.metrics, LOG, "--metrics")
    if options.serve is not None and importlib.util.find_spec("aiohttp") is None:
        install = this_environment().install("aiohttp")
        raise SinkError(f"--serve needs aiohttp, which is not installed; run: {install}")
    if options.serve_cert is not None:
        from edge_app.sinks.serve.tls import tls_context

        tls_context(options.serve_cert, options.serve_key)


def joined_keys(readers: Sequence[ReadKeys]) -> ReadKeys:
    """Return a reader of the keys of several."""
    return lambda: [key for read in readers for key in read()]


def first_controls(
    options: OutputOptions,
    outputs: Outputs,
    *,
    swap_red_blue: bool,
    images_stay: bool = False,
    compare: bool = False,
) -> Controls:
    """Return the controls at the start.

    If only browsers show images, these have only the first lines of figures: their page has all.
    """
    recorded = options.record is not None
    few = outputs.displays and not (outputs.hints or recorded)
    return Controls(
        alpha=options.alpha,
        record=recorded,
        swap_red_blue=swap_red_blue,
        hud=1 if few else 2,
        fullscreen=options.kiosk,
        images_stay=images_stay,
        compare=COMPARISONS[compare],
    )
