"""Table and notes about a finished conversion."""

from __future__ import annotations

from rich import box
from rich.table import Table

from edge_app.console import coloured
from edge_app.model.card import Variant
from edge_app.model.recipe import CALIBRATED
from edge_app.session.guess_table import way_to_correct
from edge_app.style import NOTHING
from host_tools.convert.convert import ConversionResult
from host_tools.convert.verify import FIGURE_TITLES

# What a reader has decided about the source, by its entry in the card.
_SOURCE_TEXTS = {
    "card": "title, classes, input and output: by the card {}",
    "loaded_by": "loaded by {}",
    "signature": "signature {}",
    "output": "output {}",
    "false_inputs": "false for inference: {}",
    "graph_of_inference": "for inference: {}",
    "sparse_weights": "sparse weights were {}",
    "whole_pixels": "whole pixels are {}",
    "source_layout": "layout {} in the source",
    "source_output_layout": "layout of the output {} in the source, nhwc in the files",
}


def result_table(result: ConversionResult) -> Table:
    """Return a table of each variant's size, score, loss against float32, and speed."""
    variants = [one.variant for one in result.variants]
    first = variants[0]
    figure = next((name for name in FIGURE_TITLES if name in first.quality), "")
    table = Table(
        title=f"{result.spec.title}: {len(variants)} variants",
        title_justify="left",
        caption="drop: points lost against float32. same: classes equal to float32's.\n"
        "parts: partitions that XNNPACK took, one is best.\n"
        "time: ratio to float32, 2 threads. made: seconds of conversion.",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("variant", no_wrap=True)
    score_title = FIGURE_TITLES.get(figure, "score")
    for column in ("bytes", score_title, "drop", "same", "parts", "time", "made"):
        table.add_column(column, justify="right", no_wrap=True)
    for variant in variants:
        score, best = variant.quality.get(figure), first.quality.get(figure)
        measured = variant.measured
        table.add_row(
            coloured(variant.name, result.spec.variants),
            f"{variant.bytes:,}",
            _percent(score),
            NOTHING if score is None or best is None else f"{100 * (best - score) + 0.0:.2f}",
            _percent(measured.get("agreement")),
            str(measured["partitions"]),
            f"{measured['times_float32']:.2f}",
            f"{result.seconds[variant.name]:.1f}",
        )
    return table


def is_calibrated(variant: Variant) -> bool:
    """Return whether images have given a variant its ranges."""
    scheme = variant.name if variant.recipe is None else variant.recipe.scheme
    return scheme in CALIBRATED


def notes(result: ConversionResult) -> list[str]:
    """Return lines about the input, the quantizers, the calibration and the scores."""
    spec, given = result.spec, result.spec.input
    mean, std = (", ".join(f"{value:g}" for value in part) for part in (given.mean, given.std))
    lines = [
        f"input {given.size_wh[0]}x{given.size_wh[1]} {given.channels}, "
        f"(pixel - {mean}) / {std}: {result.values.origin}"
    ]
    guesses = [guess for guess in result.values.guesses if guess.topic != "input"]
    lines += [f"{guess}: {guess.sureness}, {guess.origin}" for guess in guesses]
    if result.values.guesses:
        lines.append(way_to_correct(result.values.guesses))
    lines += [
        text.format(spec.source[key]) for key, text in _SOURCE_TEXTS.items() if spec.source.get(key)
    ]
    made = {name: v.measured.get("quantizer") for name, v in spec.variants.items()}
    by = ", ".join(f"{name} {quantizer}" for name, quantizer in made.items() if quantizer)
    if by:
        lines.append(f"made by: {by}")
    for name, variant in spec.variants.items():
        if left := variant.measured.get("left_in_float"):
            kinds = ", ".join(f"{count} {kind}" for kind, count in left.items())
            lines.append(f"{name} computes in float, as there are no integers for it: {kinds}")
    if "fake_quantization" in spec.source:
        lines.append(f"trained with fake quantization: {spec.source['fake_quantization']}")
    manifest = spec.calibration
    calibrated = [name for name, one in spec.variants.items() if is_calibrated(one)]
    if manifest and calibrated:
        weak = f"; WEAK: {manifest['weak']}" if "weak" in manifest else ""
        images = f"{manifest['pictures']} images of {manifest['from']}{weak}"
        lines.append(f"{', '.join(calibrated)} calibrated on {images}")
    lines += result.notes
    quality = result.variants[0].variant.quality
    if quality:
        lines.append(f"scored on {quality['frames']} frames, {quality['truth']} truth")
    else:
        lines.append("not scored: give --eval IMAGES,TRUTH to see the cost of quantization")
    return lines


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{100 * share:.2f} %"
