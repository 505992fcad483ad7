"""Open what a run writes to, is seen in, and hears keys from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from edge_app.console import tell
from edge_app.controls import Controls
from edge_app.errors import SinkError
from edge_app.pipeline.controller import ReadKeys
from edge_app.session.options import RunOptions
from edge_app.sinks.display import DisplayVerdict
from edge_app.sinks.keyboard import Keyboard
from edge_app.sinks.metrics_log import MetricsLog
from edge_app.sinks.recorder import Recorder
from edge_app.sinks.recording import Recording
from edge_app.sinks.sink import Sink, is_display
from edge_app.sinks.terminal import Terminal
from edge_app.sources.source import Source

if TYPE_CHECKING:
    from edge_app.sinks.serve.browser_view import BrowserView

_RECORDINGS = Path("recordings")


class Outputs:
    """Hold the sinks of a run, and the keys that they and the terminal hear.

    source: whose pictures are recorded from now on; changed with the task.
    displays: whether a window or browsers show the pictures.
    hints: whether the pictures tell the keys; a browser's page has its own.
    """

    def __init__(
        self,
        order: RunOptions,
        source: Source,
        console: Console,
        stack: ExitStack,
        display: DisplayVerdict | None = None,
    ) -> None:
        self.source = source
        self.sinks: list[Sink] = []
        window = self._window = None
        if display is not None:
            if display.usable:
                # A service that never opens a window need not load what draws one.
                from edge_app.sinks.window import Window

                title = f"{order.spec.title} - edge-app"
                window = self._window = stack.enter_context(Window(title, display))
                if order.kiosk:
                    window.follow(Controls(fullscreen=True))
            elif order.kiosk:
                raise SinkError(f"no window: {display.reason}")
            else:
                tell(console, f"[yellow]no window: {display.reason}[/]")
        self.recording = stack.enter_context(self._recording(order))
        self.sinks.append(self.recording)
        if order.metrics:
            log = MetricsLog(order.metrics, max_mb=order.metrics_max_mb)
            self.sinks.append(stack.enter_context(log))
        if window is not None:
            self.sinks.append(window)
        self.hints = window is not None
        if order.serve is not None:
            view = stack.enter_context(_browser_view(*order.serve, order.serve_token))
            self.sinks.append(view)
            tell(console, view.invitation)
        heard: list[ReadKeys] = [sink.keys for sink in self.sinks if is_display(sink)]
        keyboard = None
        if order.keys:
            keyboard = stack.enter_context(Keyboard())
            if keyboard.usable:
                heard.append(keyboard.keys)
        self.terminal = Terminal(
            console,
            frame_count=source.frame_count,
            keys=keyboard is not None and keyboard.usable,
        )
        self.sinks.append(stack.enter_context(self.terminal))
        self.keys = _joined(heard) if heard else None
        self.displays = any(is_display(sink) for sink in self.sinks)

    def _recording(self, order: RunOptions) -> Recording:
        def make(path: Path, spent_bytes: int) -> Recorder:
            return Recorder(
                path,
                rate_hz=self.source.rate_hz,
                live=self.source.live,
                max_mb=order.record_max_mb,
                spent_bytes=spent_bytes,
                segment_s=order.segment_s,
            )

        path = order.record or _RECORDINGS / f"{order.spec.name}.mp4"
        return Recording(make, path, on=order.record is not None, numbered=order.segment_s is None)

    def looked_at(self) -> bool:
        """Tell whether any sink looks at canvases now."""
        return any(sink.wants_canvas for sink in self.sinks)

    def follow_fullscreen(self, controls: Controls, /) -> None:
        """Fill the screen with the window, or stop doing so; without a window do nothing."""
        if self._window is not None:
            self._window.follow(controls)

    def rename(self, title: str) -> None:
        """Write the title of another model on the window."""
        if self._window is not None:
            self._window.rename(f"{title} - edge-app")

    def begin(self, source: Source, title: str) -> None:
        """Go on with another source and model."""
        self.source = source
        self.rename(title)
        self.terminal.begin(source.frame_count)
        self.recording.renew()


def _browser_view(host: str, port: int, token: str | None) -> BrowserView:
    try:
        from edge_app.sinks.serve.browser_view import BrowserView
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] != "aiohttp":
            raise
        raise SinkError("--serve needs a library: pip install aiohttp") from None
    return BrowserView(host, port, token=token)


def _joined(heard: Sequence[ReadKeys]) -> Callable[[], Sequence[str]]:
    """Hear the keys of several at once."""
    return lambda: [key for keys in heard for key in keys()]


def first_controls(order: RunOptions, outputs: Outputs, *, flip: bool) -> Controls:
    """Return the controls a run begins with.

    Where only browsers look on, whose page has all figures, the picture has the first lines.
    """
    recorded = order.record is not None
    few = outputs.displays and not (outputs.hints or recorded)
    return Controls(
        alpha=order.alpha,
        record=recorded,
        flip=flip,
        hud=1 if few else 2,
        fullscreen=order.kiosk,
    )
