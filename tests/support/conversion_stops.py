"""Conversions that stop at a step; without TensorFlow, so that child processes start quickly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.progress import Progress

from host_tools.convert.calibration import CalibrationOptions
from host_tools.convert.conversion_options import ConversionOptions
from host_tools.convert.evaluation import Evaluation
from host_tools.datasets import digit_files


class Steps(Progress):
    """A progress display that records the steps by their descriptions, and calls `act` at one."""

    def __init__(self, at: str = "", act: Callable[[], object] = lambda: None) -> None:
        super().__init__(disable=True)
        self.seen: list[str] = []
        self.at, self.act = at, act

    def add_task(self, description: str, *given: Any, **fields: Any) -> Any:
        """Add a bar."""
        self._record(description)
        return super().add_task(description, *given, **fields)

    def update(self, *given: Any, **fields: Any) -> None:
        """Advance or rename a bar."""
        super().update(*given, **fields)
        if "description" in fields:
            self._record(fields["description"])

    def _record(self, step: str) -> None:
        self.seen.append(step)
        if step == self.at:
            self.act()


def digits_options(folder: Path, mnist: Path, model: Path) -> ConversionOptions:
    """Return options that convert a model of synthetic digits into the folder `tiny`."""
    images, labels = digit_files(mnist, "test")
    return ConversionOptions(
        model=model,
        out=folder / "tiny",
        calibration=CalibrationOptions(str(digit_files(mnist, "train")[0])),
        evaluation=Evaluation(str(images), str(labels)),
    )
