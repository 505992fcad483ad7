"""Reader of SavedModel folders, which writes them again with one fixed input and one output."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError, UsageError
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_tensorflow
from host_tools.models.layout import channels_last, nhwc_shape
from host_tools.models.loaded_model import LoadedModel, SourceOptions, fixed_shape, one_line
from host_tools.models.trusted_code import check_saved_model


def load_saved_model(path: Path, options: SourceOptions, scratch: Path) -> LoadedModel:
    """Load a SavedModel.

    Raises ModelError if it is none, UsageError if the options do not fit it.
    """
    tensorflow = load_tensorflow()
    if not options.trust_code:
        check_saved_model(path)
    try:
        with capture_native_stderr():
            loaded = tensorflow.saved_model.load(str(path))
    except Exception as fault:  # parsers, file systems and checkpoints each raise their own
        raise ModelError(
            f"{path} does not load as a SavedModel: {one_line(fault)}; export it again"
        ) from fault
    serve = _signature(path, loaded)
    name, spec = _one_input(path, serve)
    if spec.shape.rank is None:
        raise ModelError(f"{path} has an input without a shape; export it with one")
    shape = fixed_shape(tuple(spec.shape.as_list()), options.size_wh)
    output = _one_output(path, serve, options.output_tensor)
    saved = scratch / "saved_model"
    try:
        write_saved_model(lambda picture: serve(**{name: picture})[output], shape, saved, loaded)
    except Exception as fault:  # the model's own operators are traced here
        raise ModelError(
            f"{path} cannot be given an input of {shape}: {one_line(fault)}; "
            "export it with a fixed size"
        ) from fault
    return LoadedModel("the SavedModel", shape, _digest(path), saved)


def write_saved_model(
    serve: Callable[[Any], Any],
    shape: tuple[int, ...],
    folder: Path,
    variables: Any = None,
    layout: str = "nhwc",
) -> None:
    """Write a function of one float32 image as a SavedModel of an image (1, H, W[, C]).

    shape, layout: of the image that the function takes. variables: the object that holds those of
    the function.
    """
    tensorflow = load_tensorflow()
    module = tensorflow.Module()
    module.variables_of = variables
    last = nhwc_shape(shape, layout)
    signature = tensorflow.TensorSpec(last, tensorflow.float32, name="picture")
    wrapped = channels_last(serve, (last[2], last[1]), layout)
    module.serve = tensorflow.function(wrapped, input_signature=[signature])
    with capture_native_stderr():
        tensorflow.saved_model.save(module, str(folder), signatures=module.serve)


def _signature(path: Path, loaded: Any) -> Any:
    """Return the signature 'serving_default', else the only one."""
    named = {key: value for key, value in loaded.signatures.items() if not key.startswith("__")}
    if "serving_default" not in named and len(named) != 1:
        have = ", ".join(named) or "none"
        raise ModelError(
            f"{path} has no signature 'serving_default' ({have}); export it with one, "
            "for example by Keras' model.export"
        )
    return named.get("serving_default", next(iter(named.values())))


def _one_input(path: Path, serve: Any) -> tuple[str, Any]:
    given = serve.structured_input_signature[1]
    if len(given) != 1:
        raise ModelError(f"{path} has {len(given)} inputs; export the part with one image input")
    [(name, spec)] = given.items()
    if spec.dtype != load_tensorflow().float32:
        raise ModelError(
            f"{path} takes {spec.dtype.name}; export the part with a float32 image input"
        )
    return str(name), spec


def _one_output(path: Path, serve: Any, named: str | None) -> str:
    names = sorted(serve.structured_outputs)
    if named in names:
        return str(named)
    if len(names) == 1 and named is None:
        return str(names[0])
    raise UsageError(
        f"{path} has the outputs {', '.join(map(str, names))}; choose one with --output-tensor"
    )


def _digest(folder: Path) -> str:
    """Return the SHA-256 of the graph and the weights together."""
    digest = hashlib.sha256()
    for path in sorted([folder / "saved_model.pb", *folder.glob("variables/*")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
