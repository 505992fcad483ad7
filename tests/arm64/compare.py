"""Lay arm64's answers beside x86-64's; exit 1 where they differ by more than is explained.

python -m tests.arm64.compare FOLDER NAME...    FOLDER holds x86-64-RUNTIME.npz and NAME-RUNTIME.npz
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.arm64.answers import MODELS

VARIANTS = ("float32", "float16", "dynamic_range", "int8")
X86 = "x86-64"
RUNTIMES = ("litert", "tflite-runtime")
HEAD = (
    "tree and CPU", "runtime", "model", "variant", "values", "differ", "largest",
    "of range", "classes", "s a frame", "verdict",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limit:
    """Largest allowed difference of a variant from x86-64, and the reason for it.

    largest: in units of the output for floats, in quantization steps for int8.
    """

    largest: float
    why: str


FLOAT = Limit(1e-3, "sums in another order")


@dataclass(frozen=True, slots=True)
class Row:
    """Outputs of two machines for the same images with one variant.

    largest: in units of the output, or in steps where the output is int8. span: of the output's
    values. agreement: share of pixels or images with the same class.
    """

    where: str
    runtime: str
    model: str
    variant: str
    values: int
    differ: int
    largest: float
    span: float
    agreement: float
    invoke_s: float
    limit: Limit

    @property
    def good(self) -> bool:
        """Whether the difference is within its limit."""
        return self.largest <= self.limit.largest

    def cells(self) -> tuple[str, ...]:
        """Write the row as text."""
        said = "identical" if self.differ == 0 else self.limit.why
        unit = " steps" if self.variant == "int8" else ""
        return (
            self.where, self.runtime, self.model, self.variant, f"{self.values:,}",
            f"{self.differ:,}", f"{self.largest:.2g}{unit}", f"{self.largest / self.span:.1e}",
            f"{self.agreement:.3%}", f"{self.invoke_s:.3f}", said if self.good else "TOO FAR",
        )  # fmt: skip


def compared(where: str, runtime: str, folder: Path) -> Iterator[Row]:
    """Compare every variant of one tree, CPU and runtime."""
    here, there = (kept_by(folder, name, runtime) for name in (X86, where))
    assert (str(here["machine"]), str(there["machine"])) == ("x86_64", "aarch64")
    rival = kept_by(folder, X86, RUNTIMES[0])
    for model in MODELS:
        for variant in VARIANTS:
            name = f"{model}/{variant}"
            one, other = (kept[f"{name}/output"].astype(np.float64) for kept in (here, there))
            gap = np.abs(one - other)
            yield Row(
                where, runtime, model, variant, gap.size, int((gap > 0).sum()), float(gap.max()),
                float(np.ptp(one)), float((one.argmax(-1) == other.argmax(-1)).mean()),
                float(there[f"{name}/invoke_s"]), limit_of(name, runtime, here, rival),
            )  # fmt: skip


def limit_of(name: str, runtime: str, here: Any, rival: Any) -> Limit:
    """Return how far a variant may be from x86-64.

    name: model/variant. here: x86-64's answers of the same runtime. rival: those of LiteRT.
    """
    if name.endswith("/dynamic_range"):
        # Activations are rounded to 8 bits by ranges found while running: a last bit that falls
        # the other way moves a rounding, and every layer after it.
        touchy = float(here[f"{name}/touchy"])
        return Limit(max(FLOAT.largest, touchy), f"a last bit of the input moves {touchy:.2g}")
    if name.endswith("/int8") and runtime != RUNTIMES[0]:
        # The old runtime's delegate leaves int8 alone, and its own kernels round otherwise on
        # Arm: in the street model the third convolution is the first to differ, by one step in
        # 0.1 % of its values, and each of the 34 after it carries that on.
        apart = np.abs(here[f"{name}/output"].astype(int) - rival[f"{name}/output"]).max()
        return Limit(float(apart), f"its kernels round otherwise; LiteRT is {apart} steps off")
    return Limit(0, "") if name.endswith("/int8") else FLOAT


def kept_by(folder: Path, name: str, runtime: str) -> Any:
    """Read what `answers` kept."""
    with np.load(folder / f"{name}-{runtime}.npz") as kept:
        return dict(kept)


def table(rows: list[tuple[str, ...]]) -> str:
    """Set rows in columns, words to the left and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if 4 <= place < 10 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Compare what lies in a folder."""
    folder, names = Path(arguments[0]), arguments[1:]
    rows: list[Row] = []
    notes = []
    for name in names:
        for runtime in RUNTIMES:
            if not (folder / f"{name}-{runtime}.npz").exists():
                continue
            rows += compared(name, runtime, folder)
            here, there = (kept_by(folder, one, runtime) for one in (X86, name))
            for model in MODELS:
                prepared = max(
                    np.abs(here[key].astype(float) - there[key]).max()
                    for key in here
                    if key.startswith(model) and key.endswith("/prepared")
                )
                decoded = int(there[f"{model}/decoded"])
                notes.append((name, runtime, model, f"{decoded}", f"{prepared:.2g}"))
    sys.stdout.write(table([HEAD, *(row.cells() for row in rows)]) + "\n\n")
    head = ("tree and CPU", "runtime", "model", "pixels decoded off by", "tensors off by")
    sys.stdout.write(table([head, *notes]) + "\n")
    return int(not rows or not all(row.good for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
