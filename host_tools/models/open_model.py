"""The reader of a model, chosen by the kind of its file."""

from __future__ import annotations

from pathlib import Path

from edge_app.errors import ModelError
from edge_app.input_file import check_is_file
from edge_app.model.card import CARD_NAME, read_card
from edge_app.model.model_kinds import foreign_model
from host_tools.models.loaded_model import LoadedModel, SourceOptions

_KINDS = (
    "a .keras or .h5 file, a SavedModel folder, a frozen graph .pb, a float32 .tflite, or a model "
    "folder with one"
)


def model_file(path: Path) -> Path:
    """Return the float32 file of a model folder, by its card; any other path as it is.

    Raises ModelError for a folder without that file, or with a damaged card.
    """
    try:
        if not (path / CARD_NAME).is_file() or (path / "saved_model.pb").is_file():
            return path
    except OSError:  # `check_model` says why
        return path
    variants = read_card(path).variants
    if "float32" not in variants:
        raise ModelError(
            f"{path} has no float32 variant ({', '.join(variants)}), and what the others have lost "
            f"cannot be undone; give {_KINDS}"
        )
    return variants["float32"].path


def check_model(path: Path) -> None:
    """Raise ModelError for a path that cannot be a model, before anything heavy is loaded."""
    try:
        path.stat()
        if path.is_dir():
            _refuse_foreign(path)
            if not (path / "saved_model.pb").is_file():
                raise ModelError(
                    f"{path} is a folder without saved_model.pb and model.json; give {_KINDS}"
                )
            _check_files(path)
            return
    except FileNotFoundError:
        raise ModelError(f"there is no file {path}; give {_KINDS}") from None
    except OSError as fault:  # the name is too long, or a folder closed to this user
        raise ModelError(f"{path} cannot be reached ({fault.strerror}); check the path") from None
    check_is_file(path, ModelError)
    if path.name == "saved_model.pb":
        _check_files(path.parent)
    _refuse_foreign(path)
    if path.suffix not in {".keras", ".h5", ".hdf5", ".pb", ".tflite"}:
        raise ModelError(f"{path} is not a known kind of model; give {_KINDS}")
    try:
        empty = not path.stat().st_size
        path.open("rb").close()
    except OSError as fault:
        raise ModelError(
            f"{path} cannot be read ({fault.strerror}); check its permissions"
        ) from None
    if empty:
        raise ModelError(f"{path} is empty (0 bytes); export or fetch it again")


def _check_files(folder: Path) -> None:
    """Raise ModelError for what is no file in a SavedModel: TensorFlow waits for pipes."""
    for pattern in ("*", "*/*"):
        for path in folder.glob(pattern):
            check_is_file(path, ModelError)


def _refuse_foreign(path: Path) -> None:
    title, way = foreign_model(path)
    if way:
        raise ModelError(f"{path} is {title}; {way}")


def open_model(path: Path, options: SourceOptions, scratch: Path) -> LoadedModel:
    """Load a model of any kind.

    scratch: folder for intermediate files, which must outlive the conversion.
    Raises ModelError if the model does not load, UsageError if the options do not fit it.
    """
    check_model(path)
    if path.suffix == ".tflite" and path.is_file():
        from host_tools.models.tflite_file import load_tflite

        return load_tflite(path, options)
    if path.is_dir() or path.name == "saved_model.pb":
        from host_tools.models.saved_model import load_saved_model

        return load_saved_model(path if path.is_dir() else path.parent, options, scratch)
    if path.suffix == ".pb":
        from host_tools.models.frozen import load_frozen

        return load_frozen(path, options, scratch)
    from host_tools.models.keras_file import load_keras_file

    return load_keras_file(path, options, scratch)
