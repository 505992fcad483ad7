"""Many attempts of each kind, and the table of how they ended.

python -m tests.fuzz.campaign models cards --count 1000 --seed 7
python -m tests.fuzz.campaign cards --only 421      repeats one attempt, and shows it whole
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.kinds import KINDS, Kind
from tests.fuzz.trial import FAULTS, Attempt, Limits, attempt, forked_child


def attempts(kind: Kind, numbers: range, seed: int, folder: Path) -> Iterator[tuple[int, Attempt]]:
    """Make numbered attempts of a kind; yield each with its number."""
    originals = folder / kind.name
    originals.mkdir()
    prepared = attempt(lambda: _prepared(kind, originals), Limits(300, 10_000))
    if prepared.verdict != "run":
        raise RuntimeError(f"{kind.name}: no originals: {prepared}")
    for module in kind.modules:
        import_module(module)
    place = folder / "attempt"
    for number in numbers:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        draw = Random(f"{kind.name} {seed} {number}")
        yield number, attempt(kind.attack(originals, place, draw), kind.limits)


def _prepared(kind: Kind, folder: Path) -> int:
    kind.prepare(folder)
    return 0


def prepare_process(cache: Path) -> None:
    """Load what all kinds take, and keep this process free of threads, which a fork would lose."""
    for name, value in {
        "XDG_CACHE_HOME": str(cache),
        "XDG_STATE_HOME": str(cache),
        "MPLCONFIGDIR": str(cache),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }.items():
        os.environ[name] = value
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "EDGE_DEBUG"):
        os.environ.pop(name, None)
    from edge_app.model.interpreter import sandbox

    import_module("ai_edge_litert.interpreter")
    # A trial forks as well: a new Python for each would take most of the time.
    setattr(sandbox, "run_child", forked_child(sandbox.main))  # noqa: B010 - imported there


def main() -> int:
    """Run the campaigns that the command line asks for; return 1 after a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="default: all")
    parser.add_argument("--count", type=int, default=1000, help="attempts of each (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of all changes (default: 0)")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one attempt, shown whole")
    parser.add_argument("--show", action="store_true", help="print how every attempt ended")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the inputs of faults")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures, for the tests")
    options = parser.parse_args()
    unknown = set(options.kinds) - set(KINDS)
    if unknown:
        parser.error(f"unknown kind {min(unknown)}; choose from {', '.join(KINDS)}")
    figures = {}
    for name in options.kinds or KINDS:
        figures[name] = _campaign(KINDS[name], options)
    _print(
        f"{'kind':<10}{'tried':>7}{'clean':>7}{'run':>7}{'faults':>8}{'seconds':>9}{'max MB':>8}"
    )
    for name, row in figures.items():
        cells = (row["tried"], row["clean"], row["run"])
        _print(
            f"{name:<10}{cells[0]:>7}{cells[1]:>7}{cells[2]:>7}{len(row['faults']):>8}"
            f"{row['seconds']:>9.0f}{row['memory_mb']:>8}"
        )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    return int(any(row["faults"] for row in figures.values()))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _campaign(kind: Kind, options: argparse.Namespace) -> dict[str, Any]:
    numbers = range(options.count)
    if options.only is not None:
        numbers = range(options.only, options.only + 1)
    verdicts: Counter[str] = Counter()
    faults, memory_mb, started = [], 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        prepare_process(folder / "cache")
        os.chdir(folder)
        for number, one in attempts(kind, numbers, options.seed, folder):
            verdicts[one.verdict] += 1
            memory_mb = max(memory_mb, one.memory_mb)
            if options.only is not None or options.show:
                _print(f"{kind.name} {number}: {one.verdict} ({one.memory_mb} MB): {one.detail}")
            if one.verdict in FAULTS:
                faults.append(f"{kind.name} {number}: {one.verdict}: {one.detail}")
                sys.stderr.write(f"{faults[-1]}\n")
            if options.keep and (one.verdict in FAULTS or options.only is not None):
                kept = options.keep / f"{kind.name}-{number}"
                shutil.copytree(folder / "attempt", kept, symlinks=True, dirs_exist_ok=True)
    os.chdir("/")
    return {
        "tried": sum(verdicts.values()),
        "clean": verdicts["clean"],
        "run": verdicts["run"],
        "faults": faults,
        "memory_mb": memory_mb,
        "seconds": time.perf_counter() - started,
    }


if __name__ == "__main__":
    sys.exit(main())
