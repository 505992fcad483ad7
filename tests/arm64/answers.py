"""Outputs of every shipped variant for the same images, for `compare` to set side by side.

python -m tests.arm64.answers images FILE                decodes images of the samples once
python -m tests.arm64.answers answer FILE RUNTIME OUT    runs them, and decodes them again
"""

from __future__ import annotations

import platform
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.model.card import ModelSpec, read_card
from edge_app.model.engine import load_engine
from edge_app.model.golden import golden_image
from edge_app.model.interpreter.network import Network
from edge_app.sources.factory import open_source

ASSETS = Path(__file__).resolve().parents[2] / "assets"
MODELS = ("street", "mnist")
SAMPLES = {"street": "street.mp4", "mnist": "digits-images-idx3-ubyte.gz"}
# Which frames of a sample: a street takes seconds under emulation, a digit milliseconds.
FRAMES = {"street": (0, 30), "mnist": tuple(range(50))}


def images_of(model: str) -> list[NDArray[np.uint8]]:
    """Decode a model's frames here: uint8 (H, W, 3) BGR each."""
    wanted = FRAMES[model]
    with open_source(str(ASSETS / "samples" / SAMPLES[model]), max_frames=wanted[-1] + 1) as source:
        return [frame.image.copy() for frame in source if frame.index in wanted]


def answer_all(spec: ModelSpec, images: list[NDArray[np.uint8]], runtime: str) -> dict[str, Any]:
    """Return the outputs of each variant by "variant/tensor"."""
    kept: dict[str, Any] = {}
    for variant in spec.variants:
        engine = load_engine(spec, variant, runtime=runtime, threads=1)
        network = engine.network
        prepared, outputs, durations = [], [], []
        for image in images:
            tensor = np.empty(network.input.shape[1:], network.input.dtype)
            engine.preprocess.fill(image, tensor)
            prepared.append(tensor)
            network.write(engine.preprocess.fill, image)
            started = time.perf_counter()
            network.invoke()
            durations.append(time.perf_counter() - started)
            outputs.append(network.read()[0])
        kept[f"{variant}/prepared"] = np.stack(prepared)
        kept[f"{variant}/output"] = np.stack(outputs)
        kept[f"{variant}/step"] = network.output.scale
        kept[f"{variant}/invoke_s"] = float(np.median(durations))
        if variant == "dynamic_range" and platform.machine() == "x86_64":
            kept[f"{variant}/touchy"] = touchiness(network, kept[f"{variant}/prepared"])
        kept["runtime"] = network.runtime.title
        engine.close()
    return kept


def touchiness(network: Network, inputs: NDArray[np.float32]) -> float:
    """Return how far the outputs move where the inputs do by their last bit.

    inputs: float32, one more axis in front than the tensor without its batch.
    """
    signs = np.random.default_rng(0).choice([-np.inf, np.inf], inputs.shape).astype(np.float32)
    outputs = np.empty((2, len(inputs), *network.output.shape[1:]), np.float32)
    for place, given in enumerate((inputs, np.nextafter(inputs, signs))):
        network.run_all(given, outputs[place])
    return float(np.abs(outputs[1] - outputs[0]).max())


def main(arguments: list[str]) -> None:
    """Carry out one of the two commands."""
    if arguments[0] == "images":
        decoded: dict[str, Any] = {
            f"{model}/{n}": image for model in MODELS for n, image in enumerate(images_of(model))
        }
        np.savez_compressed(arguments[1], **decoded)
        return
    given, runtime, out = arguments[1:]
    kept: dict[str, Any] = {"machine": platform.machine()}
    with np.load(given) as decoded_images:
        for model in MODELS:
            spec = read_card(ASSETS / "models" / model)
            images = [decoded_images[f"{model}/{n}"] for n in range(len(FRAMES[model]))]
            here = images_of(model)
            kept[f"{model}/decoded"] = max(
                int(np.abs(one.astype(int) - other).max())
                for one, other in zip(images, here, strict=True)
            )
            images.append(golden_image(str(spec.golden["pattern"]), spec.input.size_wh))
            answers = answer_all(spec, images, runtime)
            kept.update({f"{model}/{name}": value for name, value in answers.items()})
    np.savez_compressed(out, **kept)


if __name__ == "__main__":
    main(sys.argv[1:])
