"""Seeded changes inside Keras files: the members of a .keras, the config of an .h5."""

from __future__ import annotations

import io
import json
import zipfile
from random import Random
from typing import Any

from tests.fuzz.mutate import mutated_bytes, mutated_json


def mutated_archive(data: bytes, draw: Random) -> bytes:
    """Return a .keras file with one changed, missing, doubled or swollen member."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        chosen = draw.choice(source.namelist())
        for name in source.namelist():
            content = source.read(name)
            if name == chosen:
                content = _changed_member(name, content, draw)
                if draw.random() < 0.1:
                    continue
            target.writestr(name, content)
        if draw.random() < 0.1:
            target.writestr("../../outside", b"x")
    return packed.getvalue()


def _changed_member(name: str, content: bytes, draw: Random) -> bytes:
    if draw.random() < 0.05:
        return content + b"\0" * 300_000_000
    if name.endswith(".json") and draw.random() < 0.8:
        return mutated_json(_with_lambda(json.loads(content), draw), draw)
    if name.endswith(".h5") and draw.random() < 0.5:
        return mutated_h5(content, draw)
    return mutated_bytes(content, draw)


def _with_lambda(config: Any, draw: Random) -> Any:
    """Put a layer of Python code in a model's config now and then."""
    layers = config.get("config", {}).get("layers") if isinstance(config, dict) else None
    if layers and draw.random() < 0.2:
        layer = draw.choice(layers)
        layer["class_name"] = "Lambda"
        code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None}}
        layer["config"] = {"name": layer["config"].get("name", "x"), "function": code}
    return config


def mutated_h5(data: bytes, draw: Random) -> bytes:
    """Return an HDF5 file with a changed attribute, a missing group or a changed data set."""
    import h5py
    import numpy as np

    held = io.BytesIO(data)
    with h5py.File(held, "r+") as file:
        items: list[Any] = [file]
        file.visititems(lambda _name, item: items.append(item))
        place = draw.choice(items)
        if "model_config" in file.attrs and draw.random() < 0.6:
            config = _with_lambda(json.loads(file.attrs["model_config"]), draw)
            file.attrs["model_config"] = np.void(mutated_json(config, draw) or b" ")
        elif place.attrs and draw.random() < 0.7:
            name = draw.choice(sorted(place.attrs))
            if draw.random() < 0.5:
                del place.attrs[name]
            else:
                place.attrs[name] = draw.choice((0, -1, "x", "\x1b[2J", 1e300))
        elif isinstance(place, h5py.Group) and len(place):
            del place[draw.choice(sorted(place))]
        elif isinstance(place, h5py.Dataset):
            name, values = place.name, place[()]
            del file[name]
            file[name] = draw.choice((values.ravel()[:1], np.float64(1), "text", values * np.nan))
    return held.getvalue()
