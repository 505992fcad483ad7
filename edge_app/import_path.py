"""The folders that Python imports from, without the current one, and the start of a program."""

import os
import sys


def forget_current_folder() -> None:
    """Remove the current folder, which `python -m` puts first on the import path.

    A file named like a module, such as ./numpy.py in a folder of downloads, would run instead of
    it. A folder that PYTHONPATH names stays where it is.
    """
    # Only os and sys, which are loaded before any path: another import could be such a file.
    try:
        here = os.getcwd()  # noqa: PTH109
    except OSError:  # the folder was removed
        here = ""
    if not sys.flags.safe_path and sys.path and sys.path[0] in {"", here}:
        del sys.path[0]


def run_program(module: str) -> int:
    """Run `main` of a module without modules of the current folder; return its exit code.

    The modules of a program take tenths of a second to import, and Ctrl-C meanwhile is an end like
    any other, without a traceback.
    """
    try:
        forget_current_folder()
        from importlib import import_module

        return int(import_module(module).main())
    except KeyboardInterrupt:
        return 130


def import_folders() -> list[str]:
    """Return the import path of this process in its own order, without relative folders."""
    return [entry for entry in sys.path if os.path.isabs(entry)]  # noqa: PTH117
