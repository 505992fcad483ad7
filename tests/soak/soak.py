"""One soak: a run, its keys and viewers, a sample a second, a line a minute."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from edge_app.pipeline.controller import thread_choices
from tests.soak.driven_run import TOKEN, DrivenRun
from tests.soak.judgement import Ending
from tests.soak.keys import CYCLE_S, QUIET_S, Press, cycle
from tests.soak.samples import Minute, Sample, sum_up, take_sample
from tests.support.free_port import free_port

_KEEP_FILES = 4  # newest recordings and snapshots; the disk of the machine is not what is tried


class Soak:
    """Drive a run for some minutes.

    folder: for what the run writes. scale: share of a minute that a cycle takes, for short tests.
    on_minute: called with each minute.
    """

    def __init__(self, folder: Path, scale: float, on_minute: Callable[[Minute], None]) -> None:
        self._folder = folder
        self._scale = scale
        self._on_minute = on_minute
        self.minutes: list[Minute] = []
        self.samples: list[Sample] = []
        self._frames = 0

    def drive(self, minutes: int) -> Ending:
        """Run for some cycles and end with `q`; return how it went."""
        port = free_port()
        with DrivenRun(self._arguments(port), port, self._folder) as run:
            run.wait_until_served(120)
            with ExitStack() as viewers:
                for path in ("/stream", "/events"):
                    viewers.callback(run.open_stream(path).close)
                start_s = time.monotonic()
                for number in range(minutes):
                    self._one_cycle(run, number, start_s)
                    if run.ended:
                        break
                run.type("q")
                run.wait(60)
            run.close()
        return self._ending(run)

    def _arguments(self, port: int) -> list[str]:
        return [
            "run", "--loop", "--headless", "--serve", f"127.0.0.1:{port}", "--serve-token", TOKEN,
            "--record", str(self._folder / "recordings" / "soak.mp4"),
            "--segment-s", f"{max(2.0, 10 * self._scale):g}",
            "--metrics", str(self._folder / "metrics"), "--metrics-max-mb", "8",
        ]  # fmt: skip

    def _one_cycle(self, run: DrivenRun, number: int, start_s: float) -> None:
        begin_s = start_s + number * CYCLE_S * self._scale
        presses = cycle(len(list(thread_choices())))
        taken: list[Sample] = []
        second = 0
        while second < CYCLE_S and not run.ended:
            at_s = (time.monotonic() - begin_s) / self._scale
            while presses and presses[0].at_s <= at_s:
                self._press(run, presses.pop(0))
            if at_s >= second:
                with suppress(OSError):
                    taken.append(self._sample(run, number, second))
                self._at_second(run, second)
                second += 1
            time.sleep(min(0.1, 0.5 * self._scale))
        if taken:
            self.samples += taken
            self.minutes.append(sum_up(number + 1, taken))
            self._on_minute(self.minutes[-1])

    @staticmethod
    def _press(run: DrivenRun, press: Press) -> None:
        (run.press if press.browser else run.type)(press.key)

    def _sample(self, run: DrivenRun, number: int, second: int) -> Sample:
        at_s = (number * CYCLE_S + second) * self._scale
        return take_sample(run.pid, at_s, self._frames, quiet=second >= QUIET_S + 1)

    def _at_second(self, run: DrivenRun, second: int) -> None:
        status = run.status()
        if status.get("frames"):
            self._frames = int("".join(filter(str.isdigit, status["frames"])))
        if second % 10 == 4:  # another viewer comes, looks and goes
            run.page()
            visit = run.open_stream("/stream")
            time.sleep(0.5 * self._scale)
            visit.close()
        if second == int(QUIET_S) - 1:  # a key that came during a load has been dropped
            for key, is_needed in _way_back(status):
                if is_needed:
                    run.press(key)
            self._tidy()

    def _tidy(self) -> None:
        """Remove all but the newest files, as a person or a cron job would."""
        for pattern in ("*.mp4", "*.png", "*.json"):
            found = sorted(
                (self._folder / "recordings").glob(pattern), key=lambda path: path.stat().st_mtime
            )
            for path in found[:-_KEEP_FILES]:
                path.unlink()

    def _ending(self, run: DrivenRun) -> Ending:
        summary: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            summary = json.loads((self._folder / "metrics" / "summary.json").read_text())
        return Ending(
            exit_code=run.exit_code,
            frames=summary.get("frames", 0),
            dropped=summary.get("dropped", 0),
            missing=skipped(self._folder / "metrics"),
            recording_dropped=(summary.get("recording") or {}).get("dropped", 0),
            clients=run.refused,
            traceback=run.had_traceback,
        )


def _way_back(status: Any) -> list[tuple[str, bool]]:
    return [
        ("space", bool(status.get("paused"))),
        ("m", "mnist" in str(status.get("title", "")).lower()),
        ("r", status.get("recording") is False),
    ]


def skipped(metrics: Path) -> int:
    """Return how many frame numbers are missing between lines of frames.jsonl.

    A number that is not above the last one starts a source again.
    """
    missing = 0
    last: int | None = None
    for path in sorted(metrics.glob("frames*.jsonl*"), key=lambda path: path.stat().st_mtime):
        for line in path.read_text().splitlines():
            index = json.loads(line)["index"]
            if last is not None and index > last:
                missing += index - last - 1
            last = index
    return missing
