"""Show what came of a conversion: a table of the variants, and what else is to be known."""

from __future__ import annotations

from rich import box
from rich.table import Table

from edge_app.style import NOTHING, variant_colour
from host_tools.convert.convert import ConversionResult

_FIGURES = (("top1", "top-1"), ("miou", "mIoU"))


def result_table(converted: ConversionResult) -> Table:
    """Show each variant's size, its score, what it lost against float32, and its speed."""
    proofs = converted.proofs
    figure, word = next(
        (pair for pair in _FIGURES if pair[0] in proofs[0].variant.quality), ("", "score")
    )
    table = Table(
        title=f"{converted.spec.title}: {len(proofs)} variants",
        title_justify="left",
        caption="drop: points lost against float32. same: answers equal to float32's.\n"
        "parts: of the graph that XNNPACK took, one is best. time: of float32's, 2 threads.\n"
        "made: seconds that took; of float32 with the loading of the model.",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("variant", no_wrap=True)
    for column in ("bytes", word, "drop", "same", "parts", "time", "made"):
        table.add_column(column, justify="right", no_wrap=True)
    first = proofs[0].variant
    for proof in proofs:
        variant = proof.variant
        score, best = variant.quality.get(figure), first.quality.get(figure)
        took = variant.measured
        table.add_row(
            f"[{variant_colour(variant.name)}]{variant.name}[/]",
            f"{variant.bytes:,}",
            NOTHING if score is None else f"{100 * score:.2f} %",
            NOTHING if score is None or best is None else f"{100 * (best - score) + 0.0:.2f}",
            _percent(took.get("agreement")),
            str(took["partitions"]),
            f"{took['times_float32']:.2f}",
            f"{converted.seconds[variant.name]:.1f}",
        )
    return table


def notes(converted: ConversionResult) -> list[str]:
    """Return what the table does not tell, a line each."""
    spec, given = converted.spec, converted.spec.input
    mean, std = (", ".join(f"{value:g}" for value in part) for part in (given.mean, given.std))
    lines = [
        f"input {given.size_wh[0]}x{given.size_wh[1]} {given.channels}, "
        f"(pixel - {mean}) / {std}: {converted.preprocessing}"
    ]
    made = {name: v.measured.get("quantizer") for name, v in spec.variants.items()}
    by = ", ".join(f"{name} {quantizer}" for name, quantizer in made.items() if quantizer)
    if by:
        lines.append(f"made by: {by}")
    manifest = spec.calibration
    if manifest:
        weak = f"; WEAK: {manifest['weak']}" if "weak" in manifest else ""
        lines.append(
            f"int8 calibrated on {manifest['pictures']} pictures of {manifest['from']}{weak}"
        )
    quality = converted.proofs[0].variant.quality
    if quality:
        lines.append(f"scored on {quality['frames']} frames, {quality['truth']} truth")
    else:
        lines.append("not scored: give --eval IMAGES,LABELS to know what quantization cost")
    return lines


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{100 * share:.2f} %"
