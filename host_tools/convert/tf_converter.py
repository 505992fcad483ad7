"""Variants of a SavedModel with one fixed input, by TensorFlow's converter."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from host_tools.framework import captured_stderr, load_tensorflow
from host_tools.models.loaded_model import one_line
from host_tools.tflite.flatbuffer import with_current_schema
from host_tools.tflite.parsed_model import model_bytes, parse_model, tensor_name

# Yields lists of one float32 (1, H, W[, C]) input, as the converter requires.
RepresentativeDataset = Callable[[], Iterator[list[NDArray[np.float32]]]]


def convert_saved_model(
    saved: Path, name: str, dataset: RepresentativeDataset, *, io: str = "uint8"
) -> bytes:
    """Return the bytes of one of the four variants of a SavedModel.

    int8 computes in integers only: weights per channel, activations with the ranges that `dataset`
    reaches. A uint8 input takes pixels unchanged if `dataset` reaches both ends of their range.
    io: type of int8's input; "float32" keeps the output in float too, else it is int8.
    Raises ModelError with the converter's reason.
    """
    tensorflow = load_tensorflow()
    lite = tensorflow.lite
    lines: list[str] = []
    try:
        with captured_stderr() as lines:
            converter = lite.TFLiteConverter.from_saved_model(str(saved))
            if name != "float32":
                converter.optimizations = [lite.Optimize.DEFAULT]
            if name == "float16":
                converter.target_spec.supported_types = [tensorflow.float16]
            if name == "dynamic_range":
                # Per channel it is FULLY_CONNECTED version 12, which tflite-runtime 2.14 lacks.
                converter._experimental_disable_per_channel_quantization_for_dense_layers = True
            if name == "int8":
                converter.representative_dataset = dataset
                converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS_INT8]
                if io != "float32":
                    converter.inference_input_type = getattr(tensorflow, io)
                    converter.inference_output_type = tensorflow.int8
            return bytes(converter.convert())
    except Exception as fault:  # the converter may raise anything
        raise ModelError(
            f"TensorFlow's converter cannot make {name}: {one_line(fault, *lines)}; "
            "use layers that TFLite has built in"
        ) from fault


def quantize_tflite(
    model: bytes,
    dataset: RepresentativeDataset,
    *,
    io: str = "uint8",
    trained: Mapping[str, tuple[float, float]] = MappingProxyType({}),
) -> bytes:
    """Return the int8 variant of a float32 .tflite, by the last steps of TensorFlow's converter.

    It knows more kinds of operators than ai-edge-quantizer, but calibrates without the delegate,
    which takes several times as long.
    dataset, io: as in `convert_saved_model`. trained: ranges of tensors by name, which replace
    those of the dataset. Raises ModelError with the converter's reason.
    """
    tensorflow = load_tensorflow()
    calibration = importlib.import_module("tensorflow.lite.python.optimize.calibrator")
    quantize = importlib.import_module("tensorflow.lite.python.convert").mlir_quantize
    in_float = io == "float32"
    lines: list[str] = []
    try:
        with captured_stderr() as lines:
            ready = calibration.add_intermediate_tensors(with_current_schema(model))
            calibrated = bytes(calibration.Calibrator(ready).calibrate(dataset))
            return bytes(
                quantize(
                    _with_ranges(calibrated, trained),
                    input_data_type=getattr(tensorflow, io),
                    output_data_type=tensorflow.float32 if in_float else tensorflow.int8,
                )
            )
    except Exception as fault:  # the converter may raise anything
        raise ModelError(
            f"TensorFlow's converter cannot make int8: {one_line(fault, *lines)}; leave int8 "
            "out with --variants, or start from the Keras model"
        ) from fault


def _with_ranges(calibrated: bytes, ranges: Mapping[str, tuple[float, float]]) -> bytes:
    """Return a calibrated .tflite file with other ranges for some tensors."""
    if not ranges:
        return calibrated
    parsed = parse_model(calibrated)
    for tensor in parsed.subgraphs[0].tensors:
        found = ranges.get(tensor_name(tensor))
        if found and tensor.quantization is not None:
            tensor.quantization.min, tensor.quantization.max = ([value] for value in found)
    return model_bytes(parsed)
