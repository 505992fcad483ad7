"""--palette takes text, JSON, 768 bytes or a PNG; what is wrong names file and line."""

import io
from pathlib import Path

import pytest
from PIL import Image

from edge_app.errors import UsageError
from edge_app.palette_files import read_palette

THREE = ((1, 2, 3), (128, 64, 128), (0, 0, 142))
FLAT = [channel for colour in THREE for channel in colour]


def indexed_png(side: int = 4) -> bytes:
    """Return a PNG with a palette of three colours."""
    image = Image.new("P", (side, side))
    image.putpalette(FLAT)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


FORMS = {
    "lines": b"1 2 3\n128 64 128\n0 0 142\n",
    "commas": b"1, 2, 3\r\n128,64,128\r\n0;0;142\r\n",
    "names after": b"1 2 3 sky\n128 64 128\troad\n0 0 142 car\n",
    "hex": b"#010203\n#804080\n00008E\n",
    "GIMP": b"GIMP Palette\nName: x\nColumns: 3\n#\n  1   2   3\tsky\n"
    b"128  64 128\troad\n  0   0 142\tcar\n",
    "JASC": b"JASC-PAL\r\n0100\r\n3\r\n1 2 3\r\n128 64 128\r\n0 0 142\r\n",
    "JSON": b"[[1, 2, 3], [128, 64, 128], [0, 0, 142]]",
    "JSON with alpha and hex": b'[[1, 2, 3, 255], "#804080", "00008e"]',
    "Pillow's list": str(FLAT).encode(),
    "JSON by id": b'{"1": [128, 64, 128], "0": [1, 2, 3], "2": [0, 0, 142]}',
    "JSON by key": b'{"palette": [[1, 2, 3], [128, 64, 128], [0, 0, 142]]}',
    "a label file": b"name,r,g,b\nsky,1,2,3\nroad,128,64,128\ncar,0,0,142\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_colours_are_read_from_every_usual_form(tmp_path: Path, form: str) -> None:
    """The first is that of class 0."""
    path = tmp_path / "p"
    path.write_bytes(FORMS[form])
    assert read_palette(path) == THREE


@pytest.mark.parametrize("name", ["p.act", "p.bin"])
@pytest.mark.parametrize("end", [b"", b"\x00\x03\xff\xff"])
def test_binary_palettes_have_256_colours_or_say_how_many(
    tmp_path: Path, name: str, end: bytes
) -> None:
    """Photoshop's .act, with or without the number of colours at its end."""
    path = tmp_path / name
    path.write_bytes(bytes(FLAT) + bytes(768 - len(FLAT)) + end)
    assert read_palette(path)[:3] == THREE
    assert len(read_palette(path)) == (3 if end else 256)


def test_a_png_s_palette_is_read_without_its_pixels(tmp_path: Path) -> None:
    """As VOC's class maps have it; the image may be cut short."""
    path = tmp_path / "p.png"
    for content in (indexed_png(), indexed_png(500)[:120]):
        path.write_bytes(content)
        assert read_palette(path)[:3] == THREE
    file = io.BytesIO()
    Image.new("RGB", (3, 1)).save(file, "PNG")
    path.write_bytes(file.getvalue())
    with pytest.raises(UsageError, match=r"p\.png: it is a PNG without a palette; give one"):
        read_palette(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "has no colours"),
        (b"1 2 3\n4 5\n", "line 2: '4 5' is no colour"),
        (b"1 2 3\n4 5 256\n", "line 2: '4 5 256' is no colour"),
        (b"0.1 0.2 0.3\n", "no colour"),
        (b"[[0.1, 0.2, 0.3]]", "entry 1: .* is no colour"),
        (b"[[1, 2]]", "entry 1"),
        (b'{"sky": [1, 2, 3]}', "keys are not the ids"),
        (b'"x"', "no colour"),
        (b"sky\nroad\n", "line 1 has no colour"),
        (b"\x00\x01\x02", "control characters"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, content: bytes, problem: str) -> None:
    """The line names the file, the place and a way on."""
    path = tmp_path / "p.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=rf"the palette .*p\.txt.*{problem}") as refused:
        read_palette(path)
    assert "\n" not in str(refused.value)
    assert ";" in str(refused.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    """The option is named."""
    with pytest.raises(UsageError, match=r"cannot be read \(No such file.*check --palette"):
        read_palette(tmp_path / "nothing.act")
