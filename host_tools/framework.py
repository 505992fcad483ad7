"""TensorFlow and Keras, loaded without their greetings. No other module imports them."""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, suppress
from importlib.util import find_spec
from typing import Any

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_log import capture_native_stderr
from edge_app.python_environment import this_environment

# TensorFlow and Keras read these while they load. Settings of the user have priority.
SETTINGS = {
    # oneDNN is on by default on some processors. Its sums differ, and so do the weights that come
    # of a seed (by up to 0.002 after one epoch of digits).
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",  # oneDNN, CUDA and cpu_feature_guard greetings
    "CUDA_VISIBLE_DEVICES": "-1",  # the models are small, and without a GPU all machines agree
}


@contextmanager
def captured_stderr() -> Iterator[list[str]]:
    """Capture what native code and Python write to the error stream, as `capture_native_stderr`.

    A live progress bar of rich replaces sys.stderr, so that what Python code writes is shown on
    standard output: the bars of other packages would come between ours.
    """
    with capture_native_stderr() as lines, ExitStack() as stack:
        with suppress(OSError):  # started without an error stream
            stream = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
            stack.enter_context(redirect_stderr(stack.enter_context(stream)))
        yield lines


def check_tensorflow() -> None:
    """Raise ModelError if TensorFlow is not installed; it is not loaded, which takes seconds."""
    check_host_package("tensorflow", "TensorFlow")


def check_host_package(module: str, title: str) -> None:
    """Raise ModelError if a package of the host extra is not installed; it is not loaded."""
    if find_spec(module) is None:
        raise ModelError(
            f"{title} is needed, which is not installed; "
            f"run: {this_environment().install_extra('host')}"
        )


def load_tensorflow() -> Any:
    """Return the tensorflow module; raise ModelError with the pip command if it is missing."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ["KERAS_BACKEND"] = "tensorflow"  # a keras.json may choose another one
    os.environ.pop("TF_USE_LEGACY_KERAS", None)
    try:
        with capture_native_stderr(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tensorflow = importlib.import_module("tensorflow")
            importlib.import_module("keras")
            logging = importlib.import_module("absl.logging")
    except ModuleNotFoundError as fault:
        raise ModelError(
            f"TensorFlow is needed, and the module '{fault.name}' is missing; "
            f"run: {this_environment().install_extra('host')}"
        ) from fault
    except (ImportError, AttributeError, OSError) as fault:
        raise ModelError(
            f"TensorFlow is installed but does not load ({fault}); "
            f"run: {this_environment().install('tensorflow', options='--force-reinstall')}"
        ) from fault
    logging.set_verbosity(logging.ERROR)
    tensorflow.get_logger().setLevel("ERROR")
    return tensorflow


def load_keras() -> Any:
    """Return the keras module on its TensorFlow backend; raise ModelError as above."""
    load_tensorflow()
    return importlib.import_module("keras")


def load_tf_keras() -> Any | None:
    """Return the tf_keras module, Keras 2 for today's TensorFlow; None if it does not load."""
    load_tensorflow()
    try:
        with capture_native_stderr(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("tf_keras")
    except (ImportError, AttributeError):  # it has to be of TensorFlow's own release
        return None


def pin_threads(count: int) -> int:
    """Set the number of threads of TensorFlow and return the number in use.

    The number decides the order of sums: digits trained on one core and on two end with other
    weights. It is fixed once TensorFlow has computed anything.
    """
    threading = load_tensorflow().config.threading
    with suppress(RuntimeError):
        threading.set_intra_op_parallelism_threads(count)
    return int(threading.get_intra_op_parallelism_threads()) or os.cpu_count() or 1
