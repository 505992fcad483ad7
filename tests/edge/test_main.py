"""Ctrl-C while a program's own modules are imported ends it without a traceback."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.whole_runs import ENV, ROOT

# As Python itself does at a signal between two lines of an import.
HOOK = """\
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
"""


def entry_points() -> dict[str, str]:
    """Return the module with the `main` of each installed program."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    lines = config["options.entry_points"]["console_scripts"].strip().splitlines()
    pairs = (line.replace(" ", "").split("=") for line in lines)
    return {name: place.removesuffix(":main") for name, place in pairs}


@pytest.mark.parametrize("module", ["cli", "program", "errors", "standard_streams", "commands"])
@pytest.mark.parametrize("started", ["script", "python -m"])
@pytest.mark.parametrize("program", ["edge-app", "host-tools"])
def test_ctrl_c_in_an_import_is_a_quiet_end(
    program: str, started: str, module: str, tmp_path: Path
) -> None:
    """The exit code is that of Ctrl-C, whichever module is being imported."""
    package = program.replace("-", "_")
    owner = package if module in {"cli", "commands"} else "edge_app"
    (tmp_path / "hook.py").write_text(HOOK.format(name=f"{owner}.{module}"))
    main = entry_points()[program]
    end = f"from {main} import main; sys.exit(main())"
    if started == "python -m":
        end = f"runpy.run_module({package!r}, run_name='__main__', alter_sys=True)"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import runpy, sys, hook; {end}",
            "fetch" if package == "host_tools" else "models",
        ],
        cwd=ROOT,
        env={**ENV, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 130
