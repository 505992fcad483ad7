"""Throttle bits are found by sysfs, else by vcgencmd."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.board import UNKNOWN, board
from tests.support.boards import write_tree


@pytest.mark.parametrize(
    "place",
    [
        "sys/devices/platform/axi/axi:firmware/get_throttled",
        "sys/firmware/devicetree/base/soc/firmware/get_throttled",
    ],
)
def test_bits_are_found_in_the_folders_of_other_kernels(tmp_path: Path, place: str) -> None:
    """The kernel's version decides which file there is."""
    assert board(write_tree(tmp_path, {place: "50005\n"}))["throttled"] == "50005"


def test_vcgencmd_is_used_without_sysfs(tmp_path: Path) -> None:
    """One that fails leaves the bits unknown."""
    write_tree(tmp_path, {"usr/bin/vcgencmd": "#!/bin/sh\necho throttled=0x50005\n"})
    program = tmp_path / "usr/bin/vcgencmd"
    program.chmod(0o755)
    record = board(tmp_path)
    assert record["throttled"] == "0x50005"
    assert record["throttled_now"] == ["under-voltage", "throttled"]
    program.write_text("#!/bin/sh\necho VCHI initialization failed\n")
    assert board(tmp_path)["throttled"] == UNKNOWN
