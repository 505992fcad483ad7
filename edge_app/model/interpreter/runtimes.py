"""The inference runtimes: which are installed, and loading one of them."""

from __future__ import annotations

import importlib
import importlib.util
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from edge_app.errors import ModelError, is_interrupt
from edge_app.model.interpreter.native_log import capture_native_stderr
from edge_app.python_environment import this_environment

if TYPE_CHECKING:
    from numpy.typing import NDArray

TensorDetail = dict[str, Any]  # name, index, shape, dtype, quantization


class Interpreter(Protocol):
    """What is used of a runtime's interpreter; TFLite's `Interpreter` documents it."""

    get_input_details: Callable[[], list[TensorDetail]]
    get_output_details: Callable[[], list[TensorDetail]]
    get_tensor_details: Callable[[], list[TensorDetail]]
    _get_ops_details: Callable[[], list[dict[str, Any]]]  # no public method has what was delegated
    tensor: Callable[[int], Callable[[], NDArray[Any]]]
    get_tensor: Callable[[int], NDArray[Any]]
    resize_tensor_input: Callable[..., None]
    allocate_tensors: Callable[[], None]
    reset_all_variables: Callable[[], None]
    invoke: Callable[[], None]


@dataclass(frozen=True, slots=True)
class RuntimeInfo:
    """What is known of a runtime before it is loaded.

    title: name for display. package, module: as pip and Python name it. is_slow: whether it takes
        many seconds to load.
    """

    title: str
    package: str
    module: str
    is_slow: bool = False


# In the order `auto` tries them: the maintained one, the old one, that of a workstation.
RUNTIMES = {
    "litert": RuntimeInfo("LiteRT", "ai-edge-litert", "ai_edge_litert.interpreter"),
    "tflite-runtime": RuntimeInfo("tflite-runtime", "tflite-runtime", "tflite_runtime.interpreter"),
    # `tensorflow.lite` itself is a bare folder; `tf.lite` is filled in by tensorflow's __init__.
    "tensorflow": RuntimeInfo(
        "TensorFlow", "tensorflow", "tensorflow.lite.python.interpreter", is_slow=True
    ),
}
# LiteRT computing in half precision: used only if it is chosen.
LITERT_FP16 = "litert-fp16"
CHOICES = ("auto", *RUNTIMES, LITERT_FP16)


@dataclass(frozen=True, slots=True)
class Runtime:
    """A loaded runtime: its name, its version and the class of its interpreters."""

    name: str
    version: str
    make: Callable[..., Any]

    @property
    def title(self) -> str:
        """The name and version to show."""
        return runtime_title(self.name, {info_of(self.name).package: self.version})


def info_of(name: str) -> RuntimeInfo:
    """Return what is known of a runtime; of an unknown one, from an old file, only its name."""
    return RUNTIMES.get(name.removesuffix("-fp16"), RuntimeInfo(name, name, name))


def runtime_title(name: str, versions: Mapping[str, str]) -> str:
    """Return a runtime's name for display, with its version if its package is in `versions`."""
    info = info_of(name)
    title = f"{info.title} {versions.get(info.package, '')}".rstrip()
    return f"{title} in fp16" if name == LITERT_FP16 else title


def installed() -> tuple[str, ...]:
    """Return the names of the runtimes that are installed, without loading one."""
    return tuple(name for name in RUNTIMES if _version(name))


def find_runtime(choice: str = "auto") -> str:
    """Return the name of the runtime to use; raise ModelError with how to install it if missing."""
    if struct.calcsize("P") < 8:
        raise ModelError(
            "this is a 32-bit Python, and no runtime has wheels for it; "
            "install the 64-bit Raspberry Pi OS"
        )
    if choice == "auto":
        # Each look-up searches all of sys.path: the first that is installed is enough.
        first = next((name for name in RUNTIMES if _version(name)), None)
        if first:
            return first
        raise ModelError(
            f"no inference runtime is installed (looked for {', '.join(RUNTIMES)}); "
            f"run: {this_environment().install('ai-edge-litert')}"
        )
    if not _version(choice.removesuffix("-fp16")):
        raise ModelError(_missing(choice.removesuffix("-fp16"), installed()))
    return choice


def load_runtime(choice: str = "auto") -> Runtime:
    """Import a runtime; raise ModelError with what repairs it if that fails.

    Raises KeyboardInterrupt after Ctrl-C, which a native module would call a failed import.
    """
    name = find_runtime(choice)
    if name == LITERT_FP16:
        from edge_app.model.interpreter.fp16 import Fp16Interpreter

        return Runtime(name, load_runtime("litert").version, Fp16Interpreter)
    version = _version(name) or "?"
    _refuse_numpy_2(name, version)
    info = RUNTIMES[name]
    try:
        with capture_native_stderr():  # TensorFlow prints a dozen lines about GPUs
            make = importlib.import_module(info.module).Interpreter
    except (ImportError, AttributeError, SystemError, OSError) as fault:
        if is_interrupt(fault):
            raise KeyboardInterrupt from fault
        reinstall = this_environment().install(info.package, options="--force-reinstall")
        raise ModelError(
            f"{info.package} {version} is installed but does not load ({fault}); run: {reinstall}"
        ) from fault
    return Runtime(name, version, make)


def without_delegate(runtime: Runtime) -> Runtime | None:
    """Return a runtime whose interpreters use its own kernels alone; None if it cannot."""
    resolvers = getattr(importlib.import_module(runtime.make.__module__), "OpResolverType", None)
    kind = getattr(resolvers, "BUILTIN_WITHOUT_DEFAULT_DELEGATES", None)
    if kind is None:
        return None
    make = partial(runtime.make, experimental_op_resolver_type=kind)
    return Runtime(runtime.name, runtime.version, make)


def _version(name: str) -> str | None:
    """Return the installed version or None; any build of TensorFlow counts as `tensorflow`."""
    info = RUNTIMES[name]
    if importlib.util.find_spec(info.module.partition(".")[0]) is None:
        return None
    return _package_version(info.package) or _package_version(f"{info.package}-cpu")


def _package_version(package: str) -> str | None:
    # Importing it takes 10 ms, which `--help` saves: it needs the names of the runtimes alone.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _missing(choice: str, have: tuple[str, ...]) -> str:
    advice = f"run: {this_environment().install(RUNTIMES[choice].package)}"
    if choice == "tflite-runtime":
        advice = (
            "it stopped at 2.14.0, with wheels up to Python 3.11 only; in a Python 3.11 venv run: "
            "python -m pip install tflite-runtime==2.14.0 'numpy<2' 'opencv-python<4.12'"
        )
    others = f" (installed: {', '.join(have)})" if have else ""
    return f"the runtime {choice} is not installed{others}; {advice}"


def _refuse_numpy_2(name: str, version: str) -> None:
    """Raise ModelError if the old runtime would fail on numpy 2 without an explanation.

    tflite-runtime 2.14.0 was built against numpy 1: with numpy 2 it imports, and its
    Interpreter then fails with `_ARRAY_API not found`.
    """
    if name != "tflite-runtime":
        return
    numpy_version = _package_version("numpy") or "?"
    if numpy_version.partition(".")[0] not in {"0", "1"}:
        raise ModelError(
            f"tflite-runtime {version} cannot work with numpy {numpy_version}; "
            f"run: {this_environment().install('numpy<2', 'opencv-python<4.12')}, "
            "or use --runtime litert"
        )
