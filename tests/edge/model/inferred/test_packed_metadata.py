"""What a file says of itself is read from its metadata and the files packed behind it."""

import json
import zipfile
from pathlib import Path

import pytest

from edge_app.errors import ModelError
from edge_app.model.inferred.packed_metadata import FileNotes, read_notes
from tests.support.metadata_files import metadata, pack


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file to which others can be packed."""
    path = tmp_path / "a.tflite"
    path.write_bytes(b"TFL3 and so on")
    return path


def test_a_file_without_metadata_says_nothing(path: Path) -> None:
    """Neither does one whose metadata is damaged."""
    assert read_notes(path, b"") == FileNotes() == read_notes(path, metadata()[:30])


def test_metadata_names_scaling_channels_and_label_files(path: Path) -> None:
    """As TFLite's metadata schema has them."""
    pack(path, labels_txt="cat\ndog\n\n", about_bin="no text")
    notes = read_notes(path, metadata([10.0, 20.0, 30.0], [2.0], "labels.txt"))
    assert (notes.name, notes.description, notes.licence) == ("A net", "It sees", "Apache")
    (image,), (scores,) = notes.inputs, notes.outputs
    assert (image.content, image.channels) == ("image", "rgb")
    assert (image.mean, image.std) == ((10, 20, 30), (2,))
    assert (scores.name, scores.label_files) == ("scores", ("labels.txt",))
    assert notes.files == {"labels.txt": "cat\ndog\n\n"}


@pytest.mark.parametrize("write", [json.dumps, str])
def test_an_export_of_ultralytics_states_its_task(path: Path, write: type[str]) -> None:
    """As JSON or, in older ones, as Python's text of a dict."""
    stated = {"task": "classify", "names": {"0": "cat", "1": "dog"}}
    pack(path, metadata_json=write(stated))
    assert read_notes(path, b"").ultralytics == stated


def test_packed_labels_have_a_limit(path: Path) -> None:
    """A zip that unpacks to gigabytes is read up to the limit, which the message names."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.txt", b"a\n" * 3_000_000)
    with pytest.raises(ModelError, match=r"more than 4 MB, the limit; .* --labels"):
        read_notes(path, b"")


def test_damage_of_packed_labels_is_no_fault_of_the_model(path: Path) -> None:
    """However a byte of the archive is changed, there are labels or none."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("labels.txt", b"cat\ndog\n")
    whole = path.read_bytes()
    for at in range(len(whole)):
        for change in (0x01, 0x80, 0xFF):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
            read_notes(path, b"")


def test_damage_of_metadata_is_no_fault_of_the_model(path: Path) -> None:
    """However a byte of it is changed."""
    whole = metadata(labels="labels.txt")
    for at in range(len(whole)):
        for change in (0x01, 0x80, 0xFF):
            read_notes(path, whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
