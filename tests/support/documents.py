"""The commands that the documents and the help texts show."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "edge_app/README.md", "host_tools/README.md", "systemd/README.md")
_FENCE = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_PROGRAMS = ("edge-app", "host-tools")
# A command in a help text ends where two spaces set off what it does.
_ASIDE = re.compile(r"\s{2,}\S.*$")
_COMMENT = re.compile(r"\s+#\s.*$")


@dataclass(frozen=True, slots=True)
class ShownCommand:
    """A command as a reader would type it, and where it is shown."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def commands_of_documents() -> Iterator[ShownCommand]:
    """Yield the commands in the shell blocks of every README and of CONTRIBUTING."""
    for name in (*DOCUMENTS, ".github/CONTRIBUTING.md"):
        for block in _FENCE.findall((ROOT / name).read_text("utf-8")):
            for line in _joined(block):
                text = _COMMENT.sub("", line).strip()
                if text and not text.startswith("#"):
                    yield ShownCommand(name, text)


def commands_of_help(program: Path, *words: str) -> Iterator[ShownCommand]:
    """Yield the example commands of a program's --help, those of its commands included."""
    text = help_text(program, *words)
    name = " ".join((program.name, *words, "--help"))
    for line in _joined(text):
        shown = _ASIDE.sub("", line.strip())
        shown = shown.removeprefix("sudo ")
        if line.startswith("  ") and shown.startswith(tuple(f"{each} " for each in _PROGRAMS)):
            yield ShownCommand(name, line.strip() if "\\" in line else _ASIDE.sub("", line.strip()))
    for command in subcommands(text):
        yield from commands_of_help(program, *words, command)


def help_text(program: Path, *words: str) -> str:
    """Return what a program prints for --help, on a terminal wide enough not to break lines."""
    done = subprocess.run(
        [str(program), *words, "--help"],
        env={"COLUMNS": "200", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def subcommands(text: str) -> list[str]:
    """Return the names below "positional arguments" that have a help of their own."""
    found = re.search(r"^positional arguments:\n  [A-Z]+\n((?:    .*\n)+)", text, re.MULTILINE)
    if found is None:
        return []
    return re.findall(r"^    (\w[\w-]*)(?:\s|$)", found[1], re.MULTILINE)


def _joined(text: str) -> list[str]:
    """Return the lines, with those that end in a backslash joined to the next."""
    return re.sub(r"\s*\\\n\s*", " ", text).splitlines()
