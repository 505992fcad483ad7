"""The proof chain of a conversion: from the source's own framework to what ships."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.frame import Image
from edge_app.model.answer_check import drawn_images, not_finite
from edge_app.model.card import ModelSpec
from edge_app.model.engine import Engine, load_engine
from edge_app.model.interpreter.native_log import capture_native_stderr
from edge_app.model.interpreter.runtimes import installed
from edge_app.model.proof_link import SAME, compare_engines, equal_share, largest
from edge_app.results.model_card import ProofLink
from host_tools.convert.calibration import Calibration
from host_tools.convert.verify import VerifiedVariant, constant_note
from host_tools.framework import load_tensorflow
from host_tools.models.loaded_model import one_line

# Images of the first link, and of those that compare kernels: the runtime's own take 1 to 5 s for
# a street at full size.
_SOURCE_IMAGES, _KERNEL_IMAGES = 12, 4
_LONGEST_NOTE = 300
_LIMIT_S = 5.0  # for each link that compares kernels


class NamedImage(NamedTuple):
    """An image, uint8 (H, W, 3) BGR, as errors name it."""

    name: str
    image: Image


def named_images(
    calibration: Calibration, others: Callable[[], Sequence[Image]]
) -> list[NamedImage]:
    """Return the calibration images with their names, else others, which are scored."""
    if calibration.images:
        pairs = zip(calibration.names, calibration.images, strict=True)
        return [NamedImage(*pair) for pair in pairs]
    return [NamedImage(f"scored image {at}", image) for at, image in enumerate(others())]


def proof_notes(
    float32: VerifiedVariant, links: Sequence[ProofLink], images: int
) -> tuple[str, ...]:
    """Return what a person should know of the answers and of the chain.

    images: how many real ones float32 has run.
    """
    wrong = (
        f"WARNING: {one.variant}: {one.first} = {one.second}: {one.note}"
        for one in links
        if one.note
    )
    return (*constant_note(float32, images), *wrong)


def prove(
    spec: ModelSpec,
    kind: str,
    source: Path | None,
    verified: Sequence[VerifiedVariant],
    images: Sequence[NamedImage],
) -> tuple[ProofLink, ...]:
    """Return the links of a conversion, in the order of the chain.

    kind: of the source, for texts. source: a SavedModel, None if the source is a .tflite.
    verified: the variants, float32 first. images: real ones; without any, drawn ones are compared.
    Raises ModelError if float32 does not answer as its source does, or an answer is not finite.
    """
    if not images:
        drawn = drawn_images(spec.task, spec.input.size_wh)
        images = [NamedImage(f"drawing {at}", image) for at, image in enumerate(drawn, 1)]
    unchecked = replace(spec, golden={})
    first = load_engine(unchecked, verified[0].variant.name)
    links = []
    if source is not None:
        links.append(source_link(kind, source, first, images[:_SOURCE_IMAGES]))
    links += [variant_link(verified[0], other) for other in verified[1:]]
    few = [image for _, image in images[:_KERNEL_IMAGES]]
    for one in verified:
        links += kernel_links(unchecked, one.variant.name, few)
    return tuple(links)


def source_link(
    kind: str, source: Path, float32: Engine, images: Sequence[NamedImage]
) -> ProofLink:
    """Run the source in TensorFlow and float32 in its runtime on real images.

    source: as a SavedModel. Raises ModelError if they do not agree.
    """
    run = _in_tensorflow(source)
    info = float32.network.output
    agreements, errors = [], []
    for name, image in images:
        tensor = np.empty(float32.network.input.shape, np.float32)
        float32.preprocess.fill(image, tensor[0])
        wanted = run(tensor)
        if problem := not_finite(wanted):
            raise ModelError(
                f"{kind} itself cannot answer the image {name}: {problem}; leave that image "
                "out, or check --mean and --std"
            )
        result = float32.predict(image)
        output = float32.network.read()
        if wanted.size != output.size:
            raise ModelError(
                f"{kind} gives {wanted.shape} in TensorFlow, and float32 gives "
                f"{output.shape}; choose one output with --output-tensor"
            )
        wanted = wanted.reshape(output.shape).astype(output.dtype)
        size_wh = (image.shape[1], image.shape[0])
        agreements.append(equal_share(float32.decoder.decode(wanted.copy(), size_wh), result))
        if info.dtype.kind == "f":
            errors.append(float(np.abs(wanted - output).max()))
    same = float(np.mean(agreements))
    if same < SAME:
        raise ModelError(
            f"float32 does not answer as {kind} does in TensorFlow: {100 * same:.1f} % of "
            "the classes are the same; report the model, or export it with other operators"
        )
    return ProofLink(
        link="source",
        variant=float32.variant.name,
        first=f"{kind} in TensorFlow {load_tensorflow().__version__}",
        second=f"float32 on {float32.network.runtime.title}",
        images=len(images),
        agreement=round(same, 6),
        max_abs_error=largest(errors),
    )


def variant_link(float32: VerifiedVariant, other: VerifiedVariant) -> ProofLink:
    """Return how a variant agrees with float32 on the images that both have run."""
    outputs = zip(float32.predictions.outputs, other.predictions.outputs, strict=False)
    errors = [float(np.abs(one - two).max()) for one, two in outputs]
    return ProofLink(
        link="variant",
        variant=other.variant.name,
        first="float32",
        second=other.variant.name,
        images=len(other.predictions.classes),
        agreement=other.variant.measured.get("agreement"),
        max_abs_error=largest(errors),
    )


def kernel_links(spec: ModelSpec, variant: str, images: Sequence[Image]) -> list[ProofLink]:
    """Compare the delegate with the runtime's own kernels, and with other runtimes here."""
    engine = load_engine(spec, variant)
    runtime = engine.network.runtime
    links = []
    if engine.network.delegation.partitions:
        own = load_engine(spec, variant, delegate=False)
        names = (f"XNNPACK of {runtime.title}", "its own kernels")
        links.append(compare_engines("delegate", (engine, own), names, images, limit_s=_LIMIT_S))
        own.close()
    for name in installed():
        if name in {runtime.name, "tensorflow"}:  # TensorFlow's is LiteRT of another date
            continue
        try:
            other = load_engine(spec, variant, runtime=name)
        except ModelError as fault:  # it may lack an operator of this file
            note = str(fault).replace(str(engine.variant.path), variant)
            link = ProofLink(link="runtime", variant=variant, first=runtime.title, second=name)
            links.append(structs.replace(link, note=note[:_LONGEST_NOTE]))
            continue
        names = (runtime.title, other.network.runtime.title)
        links.append(compare_engines("runtime", (engine, other), names, images, limit_s=_LIMIT_S))
        other.close()
    engine.close()
    return links


def _in_tensorflow(saved: Path) -> Callable[[NDArray[np.float32]], NDArray[Any]]:
    """Return a function that runs a SavedModel of one input; raise ModelError if it cannot be."""
    tensorflow = load_tensorflow()
    try:
        with capture_native_stderr():
            module = tensorflow.saved_model.load(str(saved))
        signature = next(iter(module.signatures.values()))
        [name] = signature.structured_input_signature[1]
    except Exception as fault:  # parsers and checkpoints each raise their own
        raise ModelError(
            f"the model does not run in TensorFlow: {one_line(fault)}; export it again"
        ) from fault

    def run(tensor: NDArray[np.float32]) -> NDArray[Any]:
        made = signature(**{name: tensorflow.constant(tensor)})
        module.signatures  # noqa: B018  # it owns the variables
        return np.asarray(next(iter(made.values())).numpy())

    return run
