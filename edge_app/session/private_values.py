"""Source and token that other users must not see, as they see every command line.

They come from a file, from the environment, or as systemd credentials.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from edge_app.errors import UsageError
from edge_app.input_file import check_is_file, home_path

SOURCE, TOKEN = "EDGE_SOURCE", "EDGE_SERVE_TOKEN"
# Source: systemd.exec(5), LoadCredential=: a folder with a file for each.
_CREDENTIALS = {SOURCE: "source", TOKEN: "serve-token"}
_MOST_BYTES = 4096  # of an address
_ADVICE = "give a file with the value in one line"


def private_value(
    name: str, file: Path | None = None, env: Mapping[str, str] | None = None
) -> str | None:
    """Return the value of SOURCE or TOKEN, None if it is nowhere.

    file: an option's, looked at first; then the variable `name`, the file that `name`_FILE names,
    and systemd's credential. Empty variables count as absent. Raises UsageError.
    """
    env = os.environ if env is None else env
    if file is not None:
        # `--source`, which other commands have, is short for `--source-file`.
        return first_line(file, f"to run on it: edge-app run {file}" if name == SOURCE else _ADVICE)
    if value := env.get(name, "").strip():
        return value
    if path := env.get(f"{name}_FILE"):
        return first_line(home_path(path, UsageError))
    if folder := env.get("CREDENTIALS_DIRECTORY"):
        credential = Path(folder) / _CREDENTIALS[name]
        if credential.exists():
            return first_line(credential)
    return None


def first_line(path: Path, advice: str = _ADVICE) -> str:
    """Return the only line of a file. Raises UsageError, which does not contain it.

    advice: for a file or folder that was never meant to have a value.
    """
    try:
        check_is_file(path, UsageError, pipes=True)
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1).decode()
    except (UnicodeError, IsADirectoryError):
        raise UsageError(f"{path} is no text file; {advice}") from None
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise UsageError(f"{path} cannot be read ({reason}); check path and permissions") from None
    lines = text.strip().splitlines()
    if len(lines) != 1 or len(text.encode()) > _MOST_BYTES or not lines[0].isprintable():
        raise UsageError(f"{path} has to hold one line of text; write the value alone into it")
    return lines[0]
