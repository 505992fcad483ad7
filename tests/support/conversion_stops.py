"""Stop a conversion at a step of its display; imports no TensorFlow, so that children are quick."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.progress import Progress

from host_tools.convert.conversion_options import ConversionOptions
from host_tools.convert.evaluation import Evaluation
from host_tools.datasets import digit_files


class Steps(Progress):
    """Note the steps by the names they are shown with, and act at one of them."""

    def __init__(self, at: str = "", act: Any = None) -> None:
        super().__init__(disable=True)
        self.seen: list[str] = []
        self.at, self.act = at, act

    def add_task(self, description: str, *given: Any, **fields: Any) -> Any:
        """Begin a bar."""
        self._note(description)
        return super().add_task(description, *given, **fields)

    def update(self, *given: Any, **fields: Any) -> None:
        """Move or rename a bar."""
        super().update(*given, **fields)
        if "description" in fields:
            self._note(fields["description"])

    def _note(self, step: str) -> None:
        self.seen.append(step)
        if step == self.at:
            self.act()


def digits_options(folder: Path, mnist: Path, model: Path) -> ConversionOptions:
    """Say how a model of made digits becomes the folder `tiny`."""
    images, labels = digit_files(mnist, "test")
    return ConversionOptions(
        model=model,
        out=folder / "tiny",
        calibration=str(digit_files(mnist, "train")[0]),
        evaluation=Evaluation(str(images), str(labels)),
    )
