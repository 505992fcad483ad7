"""The images of the documents."""

import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for folder in (".", "edge_app", "host_tools", "systemd")
    for path in ROOT.glob(f"{folder}/*.md")
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_image_is_there(document: Path) -> None:
    """A link that leads nowhere is shown as its text."""
    for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", document.read_text("utf-8")):
        with Image.open(document.parent / name) as image:
            image.verify()


def test_the_first_image_moves_and_is_small() -> None:
    """It shows a change of the variant; a page that takes seconds to load is left."""
    path = ROOT / "assets/readme/street.webp"
    with Image.open(path) as image:
        assert getattr(image, "n_frames", 1) > 40
    assert path.stat().st_size < 1_500_000
