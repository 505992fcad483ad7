"""Model cards: the file model.json beside a model's .tflite files."""

import json
import re
from pathlib import PurePath
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from edge_app.labels import LONGEST_NAME
from edge_app.results.json_file import check_schema, readable
from edge_app.variant_names import check_variant_names

CARD_SCHEMA = 1
# The largest card that ships has 8 kB; class names and golden classes of the largest networks
# would take some hundred.
MAX_CARD_BYTES = 4_000_000
Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
Channel = Annotated[int, Meta(ge=0, le=255)]
_SURROGATE = re.compile("[\ud800-\udfff]")
Task = Literal["segmentation", "classification"]
ChannelOrder = Literal["rgb", "bgr", "gray"]
Fit = Literal["stretch", "letterbox"]
InputLayout = Literal["nhwc", "nchw"]
OutputLayout = Literal["nhwc", "nchw", "flat"]
Activation = Literal["logits", "probabilities", "sigmoid", "ids"]
ProofStep = Literal["source", "variant", "delegate", "runtime", "board"]


class OwnLabels(Struct, frozen=True, omit_defaults=True):
    """A label set that does not ship with the app, by the names of its classes.

    colours: RGB of each class; without them those of `labels.numbered_labels`.
    """

    name: Name
    names: Annotated[tuple[Name, ...], Meta(min_length=1)]
    colours: tuple[tuple[Channel, Channel, Channel], ...] = ()

    def __post_init__(self) -> None:
        """Check that there are as many colours as names."""
        if self.colours and len(self.colours) != len(self.names):
            raise ValueError(f"colours: {len(self.colours)} for {len(self.names)} names")


class InputRecord(Struct, frozen=True, kw_only=True):
    """How an image becomes the network's input: (pixel - mean) / std."""

    size_wh: tuple[int, int]
    channels: ChannelOrder
    mean: tuple[float, ...]
    std: tuple[float, ...]
    fit: Fit = "stretch"
    layout: InputLayout = "nhwc"


class OutputRecord(Struct, frozen=True, kw_only=True):
    """Which output has the answer, and how its values are read; see `model.output_spec`."""

    tensor: str | None = None
    layout: OutputLayout = "nhwc"
    activation: Activation | None = None
    threshold: float = 0.5


class VariantRecord(Struct, frozen=True, kw_only=True):
    """One file of a model, its size in bytes, and what was measured of it at conversion.

    recipe: how it was quantized; see `model.recipe`.
    """

    file: str
    bytes: int
    sha256: str
    quality: dict[str, Any] = {}
    measured: dict[str, Any] = {}
    recipe: dict[str, Any] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Check that the file is in the folder of the card."""
        if self.file in {"", ".."} or PurePath(self.file).name != self.file or "\0" in self.file:
            raise ValueError(f"file '{self.file}' is not a plain name beside the card")


class GoldenRecord(Struct, frozen=True):
    """Expected class ids of the golden image, by variant; see `model.golden`."""

    pattern: str | None = None
    expected: dict[str, tuple[int, ...]] = {}


class ProofLink(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How two ways to compute a variant's answers agree: a link of the chain from the source on.

    link: source (the framework's own model and float32), variant (float32 and the variant),
        delegate (with it and on the runtime's own kernels), runtime (two of them), or board (the
        machine of the conversion and this one).
    first, second: what was compared, as text. images: on how many images.
    agreement: share of equal classes, of pixels or images. max_abs_error: largest difference of
        the outputs; None where they are class ids.
    note: what went wrong; empty if nothing did.
    """

    link: ProofStep
    variant: Name
    first: Name = ""
    second: Name = ""
    images: int = 0
    agreement: float | None = None
    max_abs_error: float | None = None
    note: Annotated[str, Meta(max_length=1000)] = ""


class ModelCard(Struct, frozen=True, kw_only=True):
    """A whole model.json. Fields that it does not know are ignored.

    labels: name of a set that ships, or a set of its own.
    golden: a GoldenRecord, kept as it is in the file. proof: what was compared at conversion.
    """

    schema: int
    name: Name
    title: Name | None = None
    task: Task
    labels: str | OwnLabels
    input: InputRecord
    output: OutputRecord = OutputRecord()
    variants: Annotated[dict[str, VariantRecord], Meta(min_length=1)]
    golden: dict[str, Any] = {}
    calibration: dict[str, Any] = {}
    source: dict[str, Any] = {}
    licence: str = ""
    proof: Annotated[tuple[ProofLink, ...], Meta(max_length=1000)] = ()

    def __post_init__(self) -> None:
        """Check the names of the variants and the golden expectations."""
        try:
            check_variant_names(self.variants)
        except ValueError as fault:
            raise ValueError(f"variants: {fault}") from None
        try:
            msgspec.convert(self.golden, GoldenRecord)
        except msgspec.ValidationError as fault:
            golden = self.golden
            problem = readable(fault, golden, lambda: msgspec.convert(golden, GoldenRecord))
            raise ValueError(f"golden.{problem}") from None

    def to_json(self) -> str:
        """Return the text of the file: indented by 2, ASCII, a line end.

        What was added after the first cards is left out where it is as usual, so that those are
        written as they were.
        """
        fields = msgspec.to_builtins(self)
        if self.input.layout == "nhwc":
            del fields["input"]["layout"]
        usual = msgspec.to_builtins(OutputRecord())
        output = {name: value for name, value in fields["output"].items() if value != usual[name]}
        if output:
            fields["output"] = output
        else:
            del fields["output"]
        if not self.proof:
            del fields["proof"]
        return json.dumps(fields, indent=2) + "\n"


def parse_model_card(content: bytes) -> ModelCard:
    """Return the content of a model.json.

    Raises ValueError naming the field: "variants.int8.bytes: expected int, got str".
    """
    if len(content) > MAX_CARD_BYTES:
        raise ValueError(f"it is larger than {MAX_CARD_BYTES // 10**6} MB, the limit of a card")
    try:
        fields = json.loads(content)  # not msgspec.json, which refuses the NaN of old cards
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as fault:
        if "digits" in str(fault):  # Python's advice is for programmers
            raise ValueError("a number in it has thousands of digits") from None
        raise
    # JSON may escape half a character, which no file, screen or encoding takes.
    if _SURROGATE.search(json.dumps(fields, ensure_ascii=False)):
        raise ValueError("a text in it has half a character (a lone surrogate)")
    if isinstance(fields, dict) and isinstance(fields.get("schema"), int):
        check_schema(fields["schema"], CARD_SCHEMA)  # before the fields of a newer card
    try:
        return msgspec.convert(fields, ModelCard)
    except msgspec.ValidationError as fault:
        raise ValueError(
            readable(fault, fields, lambda: msgspec.convert(fields, ModelCard))
        ) from None
