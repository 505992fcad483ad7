"""Run summaries: the file summary.json that `edge-app run --metrics` writes."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from edge_app.quality import Quality, Share
from edge_app.timing import Latency

STOPPED_BY_KEY = "stopped by a key"  # a `reason`

Hz = Annotated[float, Meta(ge=0)]


class FrameRates(Struct, frozen=True, kw_only=True):
    """Rates of a run in 1/s; None where unknown.

    source: of the camera as measured, or as the file states. network: 1000 / mean invoke_ms.
    shown: finished frames.
    """

    source: Hz | None = None
    network: Hz | None = None
    shown: Hz | None = None


class VariantSummary(Struct, frozen=True, kw_only=True):
    """Figures of one engine of a run: its own frames, rates, stages in ms, scores.

    shown_fps: finished frames while it was the active one.
    """

    frames: int = 0
    model: str
    variant: str
    bytes: int | None = None
    runtime: str = ""
    threads: int | None = None
    network_fps: Hz | None = None
    shown_fps: Hz | None = None
    stages: dict[str, Latency] = {}
    quality: Quality | None = None
    delegation: str = ""


class ComparisonSummary(Struct, frozen=True, kw_only=True):
    """Two variants that ran side by side.

    with_model: name of the second one's model if that is another than the first one's.
    agreement: mean share of pixels (or frames) with the same answer.
    invoke_ms: mean time of the second one's network.
    first_quality, quality: of the first and of the second variant, both on these frames.
    """

    variant: str
    second: str = field(name="with")
    with_model: str | UnsetType = UNSET
    frames: int = 0
    agreement: Share | None = None
    invoke_ms: Annotated[float, Meta(ge=0)] | None = None
    first_quality: Quality | None = None
    quality: Quality | None = None


class RunFigures(Struct, frozen=True, kw_only=True):
    """What `RunStats` counts of a run.

    frames, dropped, damaged and fps.shown are of the whole run, the other figures of the engine
    that answered last; variants has those of every engine.
    """

    frames: int = 0
    dropped: int = 0
    damaged: int = 0
    task: str = ""
    model: str
    variant: str
    bytes: int | None = None
    runtime: str = ""
    threads: int | None = None
    policy: str = ""
    fps: FrameRates = FrameRates()
    stages: dict[str, Latency]
    quality: Quality | None = None
    delegation: str = ""
    variants: dict[str, VariantSummary] = {}
    comparisons: tuple[ComparisonSummary, ...] = ()


class RecordedFile(Struct, frozen=True, kw_only=True):
    """One file of a recording."""

    path: str
    frames: int
    seconds: float


class RecordingSummary(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The video of a run; path: of the first file.

    dropped: images that the encoder was too slow for. stopped: why it ended early.
    files: all files, if there are several. parts: the same with the frames of each; path, frames
    and seconds are then of the first file and of all together.
    """

    path: str
    frames: int
    seconds: float
    dropped: int = 0
    stopped: str | None = None
    files: tuple[str, ...] = ()
    parts: tuple[RecordedFile, ...] = ()


class RunSummary(RunFigures, frozen=True, kw_only=True):
    """The whole file: the figures, and what they were measured on and how the run ended.

    reason: why, unless complete. dropped_keys: those that came faster than a person presses them.
    answer: of a single image, in a line; null for anything else.
    """

    kind: Literal["run"] = "run"
    source: str = ""
    recording: RecordingSummary | None = None
    board: dict[str, Any] = {}
    versions: dict[str, str] = {}
    status: Literal["complete", "interrupted", "failed"] = "complete"
    reason: str | None = None
    dropped_keys: int = 0
    answer: str | None = None
