"""Reader of SavedModel folders, which writes them again with one fixed input and one output."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from edge_app.errors import EdgeError, ModelError
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_tensorflow
from host_tools.models.layout import input_layout, nhwc_shape
from host_tools.models.loaded_model import (
    LoadedModel,
    SourceOptions,
    fixed_shape,
    one_line,
)
from host_tools.models.output_choice import choose_source_output
from host_tools.models.real_images import real_function, takes_whole_numbers
from host_tools.models.saved_graphs import read_saved_graphs
from host_tools.models.trusted_code import check_saved_model
from host_tools.models.write_model import write_saved_model

_SERVING = "serving_default"


@dataclass(frozen=True, slots=True)
class Served:
    """One function of a SavedModel: its image and its outputs.

    call: function of the image, which returns the outputs by name. flags: names of further inputs,
    which are truth values and stay false.
    """

    name: str
    call: Callable[..., Any]
    image: str
    spec: Any
    outputs: tuple[str, ...]
    shapes: tuple[tuple[int | None, ...], ...]
    flags: tuple[str, ...] = field(default=())

    def run(self, image: Any, output: str) -> Any:
        """Return one output for an image."""
        false = load_tensorflow().constant(False)
        return self.call(**{self.image: image}, **dict.fromkeys(self.flags, false))[output]


def load_saved_model(path: Path, options: SourceOptions, scratch: Path) -> LoadedModel:
    """Load a SavedModel.

    Raises ModelError if it is none, UsageError if the options do not fit it.
    """
    tensorflow = load_tensorflow()
    if not options.trust_code:
        check_saved_model(path)
    try:
        with capture_native_stderr():
            loaded = tensorflow.saved_model.load(str(path), tags=_tags(path))
    except Exception as fault:  # parsers, file systems and checkpoints each raise their own
        raise ModelError(
            f"{path} does not load as a SavedModel: {one_line(fault)}; export it again"
        ) from fault
    served, named = _function(path, loaded, options.output_tensor)
    if served.spec.shape.rank is None:
        raise ModelError(f"{path} has an input without a shape; export it with one")
    given = tuple(served.spec.shape.as_list())
    layout = input_layout(given, options.layout)
    shape = fixed_shape(given, options.size_wh, layout)
    position, chosen = choose_source_output(
        served.outputs, served.shapes, named, nhwc_shape(shape, layout)
    )
    output = served.outputs[position]
    dtype, saved = served.spec.dtype, scratch / "saved_model"
    whole = takes_whole_numbers(dtype)
    try:
        if whole:
            serve = real_function(lambda image: served.run(image, output), shape, dtype)
        else:

            def serve(image: Any) -> Any:
                return served.run(tensorflow.cast(image, dtype), output)

        write_saved_model(serve, shape, saved, loaded, layout)
    except EdgeError:
        raise
    except Exception as fault:  # the model's own operators are traced here
        raise ModelError(
            f"{path} cannot be given an input of {shape}: {one_line(fault)}; "
            "export it with a fixed size"
        ) from fault
    notes = {
        "signature": served.name if served.name != _SERVING else "",
        "output": chosen,
        "false_inputs": ", ".join(served.flags),
        "source_layout": layout if layout != "nhwc" else "",
    }
    return LoadedModel(
        "the SavedModel",
        nhwc_shape(shape, layout),
        _digest(path),
        saved,
        mean=(0.0,) if whole else None,
        std=(1.0,) if whole else None,
        notes={name: text for name, text in notes.items() if text},
    )


def _tags(path: Path) -> list[str] | None:
    """Return the tags of the graph for serving if the folder holds several; None for the only one.

    TensorFlow 1 wrote one graph for training and one for serving.
    """
    every = [sorted(graph.meta_info_def.tags) for graph in read_saved_graphs(path).meta_graphs]
    if len(every) < 2:
        return None
    return next((tags for tags in every if "serve" in tags and "train" not in tags), every[0])


def _function(path: Path, loaded: Any, named: str | None) -> tuple[Served, str | None]:
    """Return the function to convert, and the name of its output if the user gave one.

    The function is the one that has the named output, which may be written SIGNATURE/OUTPUT, else
    'serving_default', else the only one.
    """
    signatures = {key: one for key, one in loaded.signatures.items() if not key.startswith("__")}
    key, slash, output = (named or "").partition("/")
    if slash and key in signatures:
        return _served(path, key, signatures[key]), output
    if not signatures:
        return _called(path, loaded), named
    if named is not None and _SERVING not in signatures:
        having = [key for key, one in signatures.items() if named in one.structured_outputs]
        if len(having) == 1:
            return _served(path, having[0], signatures[having[0]]), named
    if _SERVING not in signatures and len(signatures) != 1:
        listed = ", ".join(
            f"{key}/{output}"
            for key, one in signatures.items()
            for output in one.structured_outputs
        )
        raise ModelError(
            f"{path} has several signatures and none is '{_SERVING}'; choose an output of one "
            f"with --output: {listed}"
        )
    key = _SERVING if _SERVING in signatures else next(iter(signatures))
    return _served(path, key, signatures[key]), named


def _served(path: Path, key: str, signature: Any) -> Served:
    """Return a signature as a function of one image."""
    given = dict(signature.structured_input_signature[1])
    image, flags = _image_of(path, given)
    made = signature.structured_outputs
    names = tuple(sorted(made))
    shapes = tuple(
        tuple(made[name].shape.as_list() if made[name].shape.rank else ()) for name in names
    )
    return Served(key, signature, image, given[image], names, shapes, flags)


def _called(path: Path, loaded: Any) -> Served:
    """Return what a SavedModel without signatures does when it is called with an image alone."""
    tensorflow = load_tensorflow()
    name = "__call__"  # of the object, where TensorFlow restores it, not of its class
    functions = getattr(getattr(loaded, name, None), "concrete_functions", None) or ()
    for function in functions:
        positional, keyed = function.structured_input_signature
        specs = [one for one in positional if isinstance(one, tensorflow.TensorSpec)]
        if len(specs) != 1 or any(isinstance(one, tensorflow.TensorSpec) for one in keyed.values()):
            continue
        if any(one is True for one in [*positional, *keyed.values()]):
            continue  # the one for training
        made = function.structured_outputs
        by_name = (
            dict(made)
            if isinstance(made, dict)
            else {f"output_{at}": one for at, one in enumerate(tensorflow.nest.flatten(made))}
        )
        names = tuple(sorted(by_name) if isinstance(made, dict) else by_name)
        shapes = tuple(tuple(by_name[name].shape.as_list()) for name in names)
        call = partial(_by_name, function, names)
        return Served("its call", call, "image", specs[0], names, shapes)
    raise ModelError(
        f"{path} has no signature, and no function of one image; export it with one, "
        "for example by Keras' model.export"
    )


def _by_name(function: Any, names: tuple[str, ...], image: Any) -> dict[str, Any]:
    """Return the outputs of a function by name."""
    made = load_tensorflow().nest.flatten(function(image))
    return dict(zip(names, made, strict=True))


def _image_of(path: Path, given: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return the name of the image among the inputs, and those of flags."""
    tensorflow = load_tensorflow()
    flags = [
        key for key, one in given.items() if one.dtype == tensorflow.bool and not one.shape.rank
    ]
    images = [key for key in given if key not in flags]
    if len(images) != 1:
        listed = ", ".join(f"{key} ({given[key].dtype.name})" for key in given)
        raise ModelError(
            f"{path} has {len(images)} inputs ({listed}); export the part with one image input"
        )
    [image] = images
    dtype = given[image].dtype
    if not (dtype.is_floating or dtype.is_integer):
        raise ModelError(
            f"{path} takes {dtype.name}, as encoded images or text; export the part behind that, "
            "with an image input"
        )
    return str(image), tuple(map(str, flags))


def _digest(folder: Path) -> str:
    """Return the SHA-256 of the graph and the weights together."""
    digest = hashlib.sha256()
    for path in sorted([folder / "saved_model.pb", *folder.glob("variables/*")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
