"""Set two results side by side: what became slower, and whether that is more than noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge_app.bench.confidence import Range, ratio_range

# What must be alike for times to be compared, and how to call it.
_BOARD = (("model", "boards"), ("cpu", "processors"), ("cores", "numbers of cores"))
_RUN = (("model", "models"), ("source", "sources"))
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class CasePair:
    """Compare one case of two results; ratios are the second over the first.

    time: of the medians of the network alone, above 1 where the second is slower; time_range: the
        widest that both ranges allow, None where a file has none. line: of the time per frame of
        the whole line. memory, size: likewise. quality: the second's less the first's.
    """

    variant: str
    runtime: str
    threads: int
    first_ms: float
    second_ms: float
    time: float
    time_range: Range | None
    line: float | None
    memory: float | None
    size: float | None
    quality: float | None

    def slower(self, limit: float) -> bool:
        """Tell whether the second is slower by more than a share, beyond what noise explains."""
        surely = self.time_range is None or self.time_range[0] > 1.0
        return self.time > 1 + limit and surely


def unlike_boards(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return in what two results' machines differ, in words."""
    return _unlike(first["board"]["before"], second["board"]["before"], _BOARD)


def unlike_runs(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return in what else two results differ, in words."""
    return _unlike(first, second, _RUN)


def _unlike(
    one: Mapping[str, Any], other: Mapping[str, Any], names: tuple[tuple[str, str], ...]
) -> list[str]:
    told = []
    for name, words in names:
        # What a file does not tell is not known to be alike, but old files lack `cpu`.
        if name in one and name in other and one[name] != other[name]:
            told.append(f"{words} ({one[name]} and {other[name]})")
    return told


def pairs_of(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[CasePair]:
    """Pair the cases that both results have, in the first one's order."""
    others = {_key(entry): entry for entry in second["variants"]}
    pairs = []
    for entry in first["variants"]:
        other = others.get(_key(entry))
        if other is not None and entry["invoke_only"] and other["invoke_only"]:
            pairs.append(_pair(entry, other))
    return pairs


def unmatched_cases(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Name the cases that only one of two results has."""
    one = {_key(entry) for entry in first["variants"]}
    other = {_key(entry) for entry in second["variants"]}
    return [f"{key[0]} on {key[1]}, {key[2]} threads" for key in sorted(one ^ other)]


def _key(entry: Mapping[str, Any]) -> Key:
    # A newer version of the same runtime is what one wants to compare.
    runtime = str(entry.get("runtime_name") or entry["runtime"].rpartition(" ")[0])
    return str(entry["variant"]), runtime, int(entry["threads"])


def _pair(one: Mapping[str, Any], other: Mapping[str, Any]) -> CasePair:
    first_ms, second_ms = one["invoke_only"]["p50_ms"], other["invoke_only"]["p50_ms"]
    ranges = one.get("range_ms"), other.get("range_ms")
    variant, runtime, threads = _key(one)
    return CasePair(
        variant=variant,
        runtime=runtime,
        threads=threads,
        first_ms=first_ms,
        second_ms=second_ms,
        time=second_ms / first_ms,
        time_range=ratio_range(ranges[1], ranges[0]) if ranges[0] and ranges[1] else None,
        line=_ratio(one.get("end_to_end_fps"), other.get("end_to_end_fps")),
        memory=_ratio(other.get("peak_rss_mb"), one.get("peak_rss_mb")),
        size=_ratio(other.get("bytes"), one.get("bytes")),
        quality=_better(one.get("quality"), other.get("quality")),
    )


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None


def _better(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> float | None:
    for name in ("top1", "miou"):
        if one and other and one.get(name) is not None and other.get(name) is not None:
            return float(other[name]) - float(one[name])
    return None
