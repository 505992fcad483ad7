"""Load TensorFlow quietly, or say how to get it: the only room that imports it."""

from __future__ import annotations

import importlib
import os
import warnings
from contextlib import suppress
from typing import Any

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_log import capture_native_stderr

# Read by TensorFlow and Keras while they load; what the user has set stays.
SETTINGS = {
    # Off here, on by default on other processors; its sums differ, and so would the weights
    # that a seed gives (by up to 0.002 after one epoch of digits).
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",  # oneDNN, CUDA and cpu_feature_guard greetings
    "CUDA_VISIBLE_DEVICES": "-1",  # the models here are small; no GPU means the same figures
}


def load_tensorflow() -> Any:
    """Return the tensorflow module; raise ModelError with the pip line where it is missing."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ["KERAS_BACKEND"] = "tensorflow"  # a keras.json may name another one
    os.environ.pop("TF_USE_LEGACY_KERAS", None)
    try:
        with capture_native_stderr(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tensorflow = importlib.import_module("tensorflow")
            importlib.import_module("keras")
            logging = importlib.import_module("absl.logging")
    except ModuleNotFoundError as fault:
        raise ModelError(
            f"this needs TensorFlow, and there is no module '{fault.name}'; "
            "run: pip install 'edge-quant[host]'"
        ) from fault
    except (ImportError, AttributeError, OSError) as fault:
        raise ModelError(
            f"TensorFlow is installed but does not load ({fault}); "
            "run: pip install --force-reinstall 'edge-quant[host]'"
        ) from fault
    logging.set_verbosity(logging.ERROR)
    tensorflow.get_logger().setLevel("ERROR")
    return tensorflow


def load_keras() -> Any:
    """Return the keras module on its TensorFlow backend; raise ModelError as above."""
    load_tensorflow()
    return importlib.import_module("keras")


def pin_threads(count: int) -> int:
    """Let TensorFlow compute with so many threads and return how many it does.

    The number decides in which order sums are taken: digits trained on one core and on two end
    with other weights. Once TensorFlow has computed anything it keeps the number it had.
    """
    threading = load_tensorflow().config.threading
    with suppress(RuntimeError):
        threading.set_intra_op_parallelism_threads(count)
    return int(threading.get_intra_op_parallelism_threads()) or os.cpu_count() or 1
