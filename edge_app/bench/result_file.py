"""Write results as JSON and CSV, and read them back, checked."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge_app.bench.aggregate import CaseResult
from edge_app.bench.cases import Budget, Case
from edge_app.bench.schema import RESULT_VERSION, check_result
from edge_app.board import Verdict, versions
from edge_app.errors import SinkError, SourceError

_COLUMNS = (
    "model", "board", "valid", "variant", "runtime", "threads", "bytes", "init_ms", "first_ms",
    "invoke_p50_ms", "invoke_low_ms", "invoke_high_ms", "invoke_p90_ms", "invoke_p99_ms",
    "paced_p50_ms", "paced_p90_ms", "invoke_only_fps", "end_to_end_fps", "ratio", "cpu_ms",
    "cpu_outside_ms", "of_bound", "peak_rss_mb", "agreement", "miou", "pixel_accuracy", "top1",
    "sustained_ratio",
)  # fmt: skip


def make_result(
    *,
    model: str,
    source: str,
    effort: Budget,
    measured: Sequence[CaseResult],
    failed: Mapping[Case, str],
    states: tuple[Mapping[str, Any], Mapping[str, Any]],
    others_cores: float | None,
    verdict: Verdict,
    started_unix_s: float,
    interrupted: bool,
) -> dict[str, Any]:
    """Put a bench's result together as `schema.FIELDS` describes it.

    states: the board before and after.
    """
    return {
        "schema": RESULT_VERSION,
        "started_unix_s": started_unix_s,
        "model": model,
        "source": source if source == "synthetic" else Path(source).name,
        "effort": asdict(effort),
        "variants": [one.record() for one in measured],
        "failed": [{"case": case.words(), "reason": why} for case, why in failed.items()],
        "board": {"before": dict(states[0]), "after": dict(states[1])},
        "others_cores": others_cores,
        "verdict": {
            "valid": verdict.valid,
            "reasons": list(verdict.reasons),
            "notes": list(verdict.notes),
        },
        "versions": versions(),
        "status": "interrupted" if interrupted else "complete",
    }


def as_csv(result: Mapping[str, Any]) -> str:
    """Return a result as a table with one row per case; what was not measured is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for one in result["variants"]:
        alone, paced = one.get("invoke_only") or {}, one.get("paced") or {}
        low, high = one.get("range_ms") or (None, None)
        writer.writerow(
            {
                **one,
                **(one.get("quality") or {}),
                "model": result["model"],
                "board": result["board"]["before"].get("model"),
                "valid": result.get("verdict", {}).get("valid"),
                "invoke_low_ms": low,
                "invoke_high_ms": high,
                **{f"invoke_{name}": value for name, value in alone.items()},
                **{f"paced_{name}": value for name, value in paced.items()},
                "sustained_ratio": (one.get("sustained") or {}).get("ratio"),
            }
        )
    return text.getvalue()


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; raise SinkError where that fails."""
    draft = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, "utf-8")
        draft.replace(path)
    except OSError as fault:
        raise SinkError(f"{path} cannot be written ({fault.strerror}); name another file") from None


def as_json(result: Mapping[str, Any]) -> str:
    """Return a result as JSON."""
    return json.dumps(result, indent=2, allow_nan=False) + "\n"


def read_result(path: Path) -> dict[str, Any]:
    """Read a result file; raise SourceError naming the field that is wrong."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise SourceError(f"{path} cannot be read ({fault.strerror}); check the path") from None
    except (ValueError, RecursionError) as fault:
        raise SourceError(
            f"{path} is not JSON ({fault}); give a file of edge-app bench --json"
        ) from None
    faults = check_result(content)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise SourceError(
            f"{path} is no valid result: {faults[0]}{more}; give a file of edge-app bench --json"
        )
    result: dict[str, Any] = content
    return result
