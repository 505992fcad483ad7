"""Bench results: the file of `edge-app bench --json`, and the values it is made of.

To add a metric: measure it in `bench/trial`, add a field with its description to `CaseResult` and
compute it in `bench/aggregate`. To show it, add a column in `bench/tables`, one
in `bench/result_file` for CSV, and for the report a field of `Figures` in `host_tools/report`.
Writing, reading, checking and `--describe-results` follow from the field. A new field needs a
default, so that older files still read; programs ignore fields they do not know, so the version
stays. Where a field has another `name` in the file, that is its name in version 1.
"""

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct, field

from edge_app.quality import Quality, Share
from edge_app.results.json_file import parse_json, to_json
from edge_app.timing import Latency

BENCH_SCHEMA = 1
Positive = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Figure: TypeAlias = Positive | None
Range = tuple[float, float]


def _about(text: str) -> Meta:
    return Meta(description=text)


class Budget(Struct, frozen=True):
    """How long to measure: at least these seconds and runs of each kind, over all rounds."""

    min_secs: Annotated[float, _about("seconds of each kind of measurement")] = 5.0
    num_runs: Annotated[int, _about("runs of each kind, at least")] = 30
    warmup_runs: Annotated[int, _about("runs before them that do not count")] = 5
    rounds: Annotated[int, _about("rounds over all cases: A B C A B C")] = 3
    pace_hz: Annotated[float | None, _about("camera rate of the paced runs, 1/s")] = None
    sustained_s: Annotated[float | None, _about("seconds of the sustained run")] = None

    @property
    def round_secs(self) -> float:
        """Seconds of one kind of measurement in one round."""
        return self.min_secs / self.rounds

    @property
    def round_runs(self) -> int:
        """Runs of one kind of measurement in one round."""
        return max(1, -(-self.num_runs // self.rounds))


class CaseSetup(Struct, frozen=True, kw_only=True):
    """What is measured: a variant on a runtime with a number of threads."""

    variant: Annotated[str, _about("its name in the card: float32, int8, int8-mixed")]
    bytes: Annotated[Count | None, _about("size of the file")] = None
    runtime: Annotated[str, _about("name and version of the runtime")]
    runtime_name: Annotated[str, _about("its name as --runtimes takes it")] = ""
    threads: Annotated[Count | None, _about("threads of the network")] = None
    delegation: Annotated[str, _about("operators the delegate took, as text")] = ""


class Sustained(Struct, frozen=True, kw_only=True):
    """First and last window of a run without a pause: a minute, or a quarter of less than four."""

    seconds: Annotated[float, _about("length of the run, s")]
    window_s: Annotated[float, _about("length of a window, s")]
    first: Annotated[Latency, _about("runs in the first window, ms")]
    last: Annotated[Latency, _about("runs in the last window, ms")]
    ratio: Annotated[float, _about("last median over first; above 1 is slower")]
    temperatures_c: Annotated[tuple[float, ...], _about("one per window, where known")] = ()
    clocks_mhz: Annotated[tuple[float, ...], _about("one per window, where known")] = ()


class CaseResult(CaseSetup, frozen=True, kw_only=True):
    """Everything measured of one case."""

    rounds: Annotated[int, _about("rounds that were measured")] = field(name="turns", default=0)
    complete: Annotated[bool, _about("whether it was measured to the end")] = True
    why: Annotated[tuple[str, ...], _about("why it is as fast as it is, in sentences")] = ()
    # Loading and first runs.
    init_ms: Annotated[Positive, _about("loading and preparing, ms, median of the rounds")]
    first_ms: Annotated[Positive, _about("the first run, ms, median of the rounds")]
    warmup: Annotated[Latency | None, _about("runs after it that do not count, ms")] = None
    peak_rss_mb: Annotated[Figure, _about("highest resident memory of its process, 10^6 B")] = None
    # The network without anything around it, called invoke-only.
    invoke_only: Annotated[Latency | None, _about("runs, ms: n, mean, percentiles, max")] = None
    range_ms: Annotated[Range | None, _about("95 % bootstrap interval of their median, ms")] = None
    paced: Annotated[Latency | None, _about("runs at the rate of --pace, ms")] = None
    invoke_only_fps: Annotated[Figure, _about("1000 / mean of invoke_only, 1/s")] = None
    cpu_invoke_ms: Annotated[Figure, _about("CPU time of the process per run, ms")] = None
    undelegated_ms: Annotated[Figure, _about("a run without the delegate, ms (--explain)")] = None
    sustained: Annotated[Sustained | None, _about("run of --sustained")] = None
    # Frames from capture to finished overlay, as `edge-app run` handles them.
    end_to_end_fps: Annotated[Figure, _about("frames, end to end, 1/s")] = None
    ratio: Annotated[Figure, _about("end_to_end_fps / invoke_only_fps")] = None
    cpu_ms: Annotated[Figure, _about("CPU time of the process per frame, ms")] = None
    cpu_outside_ms: Annotated[Figure, _about("of that, outside the network, ms")] = None
    of_bound: Annotated[Figure, _about("end_to_end_fps / (cores / CPU seconds per frame)")] = None
    stages: Annotated[dict[str, Latency], _about("time of each stage, by name, ms")] = {}
    end_to_end_range_ms: Annotated[
        Range | None, _about("95 % bootstrap interval of the median time per frame, ms")
    ] = field(name="line_range_ms", default=None)
    # Predictions, compared with those of float32 and with the truth.
    agreement: Annotated[Share | None, _about("share predicted as by float32")] = None
    answered: Annotated[int, _about("frames predicted for it")] = 0
    answer_s: Annotated[Figure, _about("loading and predicting these frames, s")] = None
    quality: Annotated[Quality | None, _about("scores against the truth")] = None


class FailedCase(Struct, frozen=True):
    """A case that could not be measured, or not to the end."""

    case: Annotated[str, _about("variant, runtime and threads")]
    reason: Annotated[str, _about("why")]


class BoardStates(Struct, frozen=True):
    """The machine before and after measuring, as `board.board` describes it."""

    before: Annotated[dict[str, Any], _about("model, soc, cpu_features, clock, throttle bits, ...")]
    after: Annotated[dict[str, Any], _about("the same afterwards")]

    def __post_init__(self) -> None:
        """Check the only fact every reader needs."""
        if not isinstance(self.before.get("model"), str):
            raise ValueError("before.model has to be text")  # noqa: TRY004 - msgspec adds the path


class VerdictRecord(Struct, frozen=True, kw_only=True):
    """Whether figures are valid, as `board.judge` decided."""

    valid: Annotated[bool, _about("no reason speaks against them")] = True
    reasons: Annotated[tuple[str, ...], _about("what speaks against them")] = ()
    notes: Annotated[tuple[str, ...], _about("what is unknown or does not count")] = ()


class BenchResult(Struct, frozen=True, kw_only=True):
    """A file of `edge-app bench --json`."""

    kind: Annotated[Literal["bench"], _about("bench")] = "bench"
    schema: Annotated[int, _about("version of this description: 1")] = BENCH_SCHEMA
    started_unix_s: Annotated[float | None, _about("when measuring began, seconds since 1970")] = (
        None
    )
    model: Annotated[str, _about("name of the model")]
    source: Annotated[str, _about("what it ran on, without folders")] = ""
    effort: Annotated[Budget | None, _about("how long was measured")] = None
    variants: Annotated[
        tuple[CaseResult, ...],
        Meta(min_length=1, description="one entry per case: variant, runtime, threads"),
    ]
    failed: Annotated[tuple[FailedCase, ...], _about("cases that could not be measured")] = ()
    board: Annotated[BoardStates, _about("the machine before and after")]
    others_cores: Annotated[Figure, _about("cores that other programs kept busy")] = None
    verdict: Annotated[VerdictRecord | None, _about("whether the figures are valid")] = None
    versions: Annotated[dict[str, str], _about("Python and packages")] = {}
    status: Annotated[Literal["complete", "interrupted"], _about("complete or interrupted")]


def bench_to_json(result: BenchResult) -> bytes:
    """Return a result as JSON."""
    return to_json(result, indent=2)


def parse_bench(content: bytes) -> BenchResult:
    """Return the result in a file's content. Raises ValueError naming the field."""
    return parse_json(content, BenchResult, schema=BENCH_SCHEMA, file_kind="bench")
