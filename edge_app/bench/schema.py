"""Describe the fields of a result file, and check one against the description.

A file of version 1 has all fields that are not marked as optional; programs that read it pass
over fields they do not know, so that fields can be added without a new version.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

RESULT_VERSION = 1
# What a value may be, by the word that stands for it.
_KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "count": (int,),
    "truth": (bool,),
    "object": (dict,),
    "list": (list, tuple),
}


@dataclass(frozen=True, slots=True)
class Field:
    """Describe one field: a path with [] for each entry of a list, its kind, what it means.

    needed: whether every file has it. null: whether it may be null.
    """

    path: str
    kind: str
    what: str
    needed: bool = True
    null: bool = False


_V = "variants[]."
FIELDS = (
    Field("schema", "count", "the version of this description: 1"),
    Field("started_unix_s", "number", "when measuring began, seconds since 1970", needed=False),
    Field("model", "text", "the model's name"),
    Field("source", "text", "what it ran on, without folders"),
    Field("effort", "object", "how long was measured", needed=False),
    Field("effort.min_secs", "number", "seconds of each kind of measurement", needed=False),
    Field("effort.num_runs", "count", "runs of each kind, at least", needed=False),
    Field("effort.rounds", "count", "turns of each case, A B C A B C", needed=False),
    Field("variants", "list", "one entry per case: variant, runtime, threads"),
    Field(_V + "variant", "text", "float32, float16, dynamic_range or int8"),
    Field(_V + "bytes", "count", "size of the file"),
    Field(_V + "runtime", "text", "name and version of the runtime"),
    Field(_V + "runtime_name", "text", "its name as --runtimes takes it", needed=False),
    Field(_V + "threads", "count", "threads of the network"),
    Field(_V + "delegation", "text", "what the delegate took, in words"),
    Field(_V + "init_ms", "number", "loading and preparing, median of the turns"),
    Field(_V + "first_ms", "number", "the first run"),
    Field(_V + "warmup", "object", "the runs after it, not counted as steady", null=True),
    Field(_V + "invoke_only", "object", "the network alone, steady", null=True),
    Field(_V + "invoke_only.p50_ms", "number", "its median; n, mean, p90, p95, p99, max beside it"),
    Field(_V + "range_ms", "list", "95 % bootstrap range of that median", False, True),
    Field(_V + "paced", "object", "the network once per tick of --pace", False, True),
    Field(_V + "invoke_only_fps", "number", "1000 / mean of invoke_only", null=True),
    Field(_V + "end_to_end_fps", "number", "frames per second of the whole line", null=True),
    Field(_V + "ratio", "number", "the latter over the former", null=True),
    Field(_V + "cpu_ms", "number", "CPU of the process per frame of the line", False, True),
    Field(_V + "cpu_outside_ms", "number", "of that, outside the network", False, True),
    Field(_V + "of_bound", "number", "end-to-end FPS over cores / CPU s a frame", False, True),
    Field(_V + "stages", "object", "capture, prepare, invoke, decode, overlay, end_to_end"),
    Field(_V + "peak_rss_mb", "number", "highest resident memory, 10^6 bytes", null=True),
    Field(_V + "agreement", "number", "share answered as float32 does", False, True),
    Field(_V + "quality", "object", "top1, or miou and pixel_accuracy; per_class", False, True),
    Field(_V + "sustained", "object", "first and last minute of --sustained", False, True),
    Field(_V + "why", "list", "sentences on why it is as fast as it is", needed=False),
    Field(_V + "complete", "truth", "whether it was measured to the end"),
    Field("failed", "list", "cases that could not be measured, and why", needed=False),
    Field("board", "object", "the machine, before and after"),
    Field("board.before", "object", "model, soc, cpu_features, clock, throttle bits, ..."),
    Field("board.before.model", "text", "its name; unknown where it does not tell"),
    Field("board.after", "object", "the same afterwards"),
    Field("others_cores", "number", "cores that other programs kept busy", False, True),
    Field("verdict", "object", "whether the figures are valid", needed=False),
    Field("verdict.valid", "truth", "no reason speaks against them", needed=False),
    Field("verdict.reasons", "list", "what speaks against them", needed=False),
    Field("versions", "object", "Python and the packages"),
    Field("status", "text", "complete or interrupted"),
)


def check_result(content: Any) -> list[str]:
    """Return what is wrong with a result, one text per field; empty where nothing is."""
    if not isinstance(content, dict):
        return ["it is no JSON object"]
    if content.get("schema") != RESULT_VERSION:
        return [f"schema: it is {content.get('schema')!r}, this program reads {RESULT_VERSION}"]
    if not content.get("variants"):
        return ["variants: it names none"]
    return [fault for known in FIELDS for fault in _faults(known, content)]


def _faults(known: Field, content: dict[str, Any]) -> Iterator[str]:
    for place, holder, name in _holders(known.path.split("."), content, ""):
        if name not in holder:
            if known.needed:
                yield f"{place}{name}: it is missing"
            continue
        value = holder[name]
        if value is None and known.null:
            continue
        kinds = _KINDS[known.kind]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            yield f"{place}{name}: it is no {known.kind}"
        elif isinstance(value, float) and not (math.isfinite(value) and value >= 0):
            yield f"{place}{name}: {value} is below zero or not finite"


def _holders(path: list[str], holder: Any, place: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield (where it is, the object, the field's name) of every place a path leads to."""
    if not isinstance(holder, dict):
        return
    name, rest = path[0], path[1:]
    if not rest:
        yield place, holder, name
    elif name.endswith("[]"):
        entries = holder.get(name[:-2])
        for number, entry in enumerate(entries if isinstance(entries, list) else []):
            yield from _holders(rest, entry, f"{place}{name[:-2]}[{number}].")
    else:
        yield from _holders(rest, holder.get(name), f"{place}{name}.")
