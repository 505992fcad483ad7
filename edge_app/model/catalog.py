"""The models and samples that ship with the app, and finding a model by name."""

from __future__ import annotations

import difflib
from dataclasses import asdict, replace
from pathlib import Path

from edge_app.errors import ModelError, UsageError
from edge_app.input_file import reachable
from edge_app.model.card import CARD_NAME, ModelSpec, card_beside, read_card
from edge_app.model.inferred.card_overrides import CardOverrides
from edge_app.model.model_kinds import way_to_convert
from edge_app.paths import assets_dir

# By task: file, truth, and the truth's label set.
_SAMPLES = {
    "classification": ("digits-images-idx3-ubyte.gz", "digits-labels-idx1-ubyte.gz", "digits"),
    "segmentation": ("street.mp4", "street-truth.tar", "cityscapes"),
}
_NONE = CardOverrides()
_OPTIONS = {"size_wh": "--input-size"}


def shipped_models() -> list[Path]:
    """Return the model folders that ship with the app, sorted by name."""
    folder = assets_dir() / "models"
    return sorted(path.parent for path in folder.glob(f"*/{CARD_NAME}"))


def resolve_model(
    name: str, overrides: CardOverrides = _NONE, *, runtime: str = "auto"
) -> ModelSpec:
    """Return a model by the name of a shipped one, its folder, or a .tflite file without a card.

    overrides, runtime: for a file without a card. The card beside a file that it lists counts,
    unless there are overrides.
    Raises ModelError, and UsageError if the overrides do not fit the file, or if there is a card.
    """
    _refuse_address(name)
    path = Path(name)
    with reachable(name, ModelError):
        is_single = path.suffix == ".tflite" and not path.is_dir()
    if is_single:
        if overrides == _NONE and (spec := card_beside(path)):
            listed = [one for one in spec.variants.values() if one.path.name == path.name]
            return replace(spec, variants={one.name: one for one in listed})
        # Where a card is known, a run starts without what infers one.
        from edge_app.model.infer_card import infer_card

        return infer_card(path, overrides, runtime=runtime)
    spec = _named_model(name, ", or a .tflite file with --task and --labels")
    given = [
        _OPTIONS.get(key, f"--{key}")
        for key, value in asdict(overrides).items()
        if value is not None
    ]
    if given:
        card = next(iter(spec.variants.values())).path.with_name(CARD_NAME)
        raise UsageError(f"{name} has a model card; correct {card}, or leave out {' '.join(given)}")
    return spec


def resolve_model_folder(name: str, *, otherwise: str = "") -> ModelSpec:
    """Return a model by the name of a shipped one or its folder, for what needs several variants.

    otherwise: ends the advice of an error, for commands that can be called in another way.
    Raises ModelError.
    """
    _refuse_address(name)
    path = Path(name)
    with reachable(name, ModelError):
        is_single = path.suffix == ".tflite" and path.is_file()
    if is_single:
        raise ModelError(f"{name} is a single file; name a model folder{otherwise}")
    return _named_model(name, otherwise)


def _refuse_address(name: str) -> None:
    if "://" in name:  # shown, it would show its password
        raise ModelError(
            "the model is no address; give the address as SOURCE, and as --model a folder, a "
            ".tflite file or the name of a shipped model"
        )


def _named_model(name: str, otherwise: str) -> ModelSpec:
    path = Path(name)
    shipped = {folder.name: folder for folder in shipped_models()}
    # `host-tools fetch mnist` leaves a folder of that name, which is not a model.
    with reachable(name, ModelError):
        is_folder = bool(name) and path.is_dir()
        has_card = is_folder and (path / CARD_NAME).exists()
    if has_card or name in shipped:
        return read_card(path if has_card else shipped[name])
    title, way = way_to_convert(path)
    if way and not path.exists():
        raise ModelError(f"{name} does not exist; check the path")
    if way:
        raise ModelError(f"{name} is {title}, which does not run here; {way}")
    names = ", ".join(shipped) or "none"
    if is_folder:
        raise ModelError(
            f"{name} has no {CARD_NAME}; name a model folder, a model that ships ({names})"
            f"{otherwise}"
        )
    near = difflib.get_close_matches(name, list(shipped), 1)
    advice = f"did you mean {near[0]}?" if near else f"there is: {names}"
    raise ModelError(
        f"no model '{name}': it is neither a folder nor a .tflite file nor shipped; {advice}"
    )


def default_variant(spec: ModelSpec) -> str:
    """Return int8 if the model has it, since it suits boards best, else the first variant."""
    return "int8" if "int8" in spec.variants else next(iter(spec.variants))


def sample(spec: ModelSpec) -> tuple[str, str | None]:
    """Return the source to use if none is given, and its truth if the labels fit.

    A classifier of colour images that knows no digits sees the street.
    """
    is_photo = spec.input.channels != "gray" and spec.labels.name != "digits"
    images, truth, labels = _SAMPLES["segmentation" if is_photo else spec.task]
    folder = assets_dir() / "samples"
    if not (folder / images).is_file():
        return "synthetic", None
    return str(folder / images), str(folder / truth) if spec.labels.name == labels else None
