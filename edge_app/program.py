"""A program of commands, each of which is imported only when it is called."""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn, Protocol, TypeAlias, cast

from edge_app import __version__
from edge_app.errors import EdgeError, UsageError, is_interrupt
from edge_app.paths import current_folder, is_shipped_model
from edge_app.standard_streams import (
    accept_all_text,
    finish_output,
    is_output_fault,
    output_may_fail,
    print_error,
    printable,
    without_passwords,
)
from edge_app.unwinding import ENDING

# What `exit_code` prints as one line; a UnicodeError is a ValueError.
_FAULTS = (EdgeError, ImportError, MemoryError, OSError, ValueError)

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class CommandModule(Protocol):
    """What the module of a command defines. Importing it must load nothing heavy."""

    EXAMPLES: str  # the end of `--help`, with lines that can be copied

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments and options to its parser."""

    def run(self, options: argparse.Namespace) -> int:
        """Run the command; return its exit code. Raises EdgeError."""


class CommandParser(argparse.ArgumentParser):
    """Parser that reports a usage error in one line, with the nearest name and the help."""

    def parse_known_args(  # type: ignore[override]  # typeshed has four overloads of it
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse a command's arguments; exit with 2 for one that it does not know.

        Unknown options are looked for first: argparse names a missing argument before them, which
        is often the one whose name was mistyped.
        """
        given = sys.argv[1:] if args is None else list(args)
        # Behind the name of a command are its options, behind -- there is none.
        own = (lambda text: text != "--") if self._subparsers is None else _is_option
        for text in itertools.takewhile(own, given):
            self._check_option(text.partition("=")[0])
        known, rest = super().parse_known_args(given, namespace)
        if rest:
            self._check_option(rest[0])
            self.error(f"unexpected argument '{rest[0]}'{self._named(rest[0])}")
        return known, rest

    def _named(self, value: str) -> str:
        """Return "; did you mean --source X?" for a value without its option, if one fits."""
        if value.startswith("-"):
            return ""
        is_model = value.endswith(".tflite") or is_shipped_model(value)
        for name in ("--model",) if is_model else ("--source", "--dataset"):
            if name in self._option_string_actions:
                return f"; did you mean {name} {value}?"
        return ""

    def _check_option(self, name: str) -> None:
        """Exit with 2 for the name of a long option that this parser does not have."""
        options = [option for option in self._option_string_actions if option.startswith("--")]
        if name.startswith("--") and not any(option.startswith(name) for option in options):
            self.error(f"unknown option {name}{_suggestion(name, options)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise ArgumentError, with the nearest choice, for a value that is none of them."""
        if action.choices is not None and value not in action.choices:
            choices = [str(choice) for choice in action.choices]
            advice = _suggestion(str(value), choices) or f"; choose from {', '.join(choices)}"
            raise argparse.ArgumentError(action, f"invalid choice: '{value}'{advice}")

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """Refuse what no option or file can be: a NUL, and an option's empty value.

        The latter is a shell's unset variable, which would be ignored or "." instead.
        """
        if "\0" in arg_string and not isinstance(action, argparse._SubParsersAction):
            raise argparse.ArgumentError(action, "holds a NUL character; check it")
        if not arg_string and action.option_strings and action.default != "":
            raise argparse.ArgumentError(action, "is empty; give a value, or leave it out")
        return super()._get_value(action, arg_string)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print the help, the version or an error."""
        with output_may_fail():
            (file or sys.stderr).write(printable(message))

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with 2."""
        see = "" if message.endswith("?") else ";"
        self.exit(2, f"{self.prog}: {without_passwords(message)}{see} see {self.prog} --help\n")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a program."""

    name: str
    help: str  # one line, without a capital letter and a full stop
    module: str  # full name of its module, which is a `CommandModule`


@dataclass(frozen=True, slots=True)
class Program:
    """A command-line program; `interrupted` is its message after Ctrl-C, none by default."""

    name: str
    description: str
    commands: Sequence[Command]
    interrupted: str = ""

    def parser(self, chosen: str | None = None) -> argparse.ArgumentParser:
        """Return the parser of all commands, with the options of the chosen one only."""
        parser = CommandParser(
            prog=self.name,
            description=self.description,
            epilog=f"{self.name} COMMAND --help shows a command's options with examples.",
        )
        parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
        subparsers: Any = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
        for command in self.commands:
            subparser = add_command(subparsers, command.name, command.help)
            if command.name == chosen:
                module = cast(CommandModule, import_module(command.module))
                subparser.epilog = module.EXAMPLES
                subparser.set_defaults(handler=module.run)
                module.add_arguments(subparser)
        return parser

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse a command line; `handler` of the result is the command's `run`."""
        if arguments[:1] == ["help"]:  # as git and others have it: help, or help COMMAND
            arguments = [*arguments[1:2], "--help"]
        # No option of the program itself takes a value, so the first other word is the command.
        chosen = next((text for text in arguments if not text.startswith("-")), None)
        return self.parser(chosen).parse_args(arguments)

    def run(self, arguments: Sequence[str] | None = None) -> int:
        """Run a command, by default that of the process's arguments; return its exit code.

        Without arguments it prints the help.
        """
        accept_all_text()
        given = sys.argv[1:] if arguments is None else arguments
        _Process.is_own = arguments is None
        try:
            options = self.parse(given or ["--help"])
            return exit_code(self.name, lambda: int(options.handler(options)), self.interrupted)
        except SystemExit as end:  # after a help, a version or a usage error
            sys.exit(finish_output(self.name, int(end.code or 0)))
        except KeyboardInterrupt:  # while reading the options, or when all is done
            return 130
        except (ImportError, OSError, MemoryError) as fault:  # of the command's own module
            return finish_output(self.name, _fault_code(self.name, fault))
        finally:
            ignore_late_signals()


class _Process:
    """Whether this process runs one command and ends, as it does not in tests."""

    is_own = False


def ignore_late_signals() -> bool:
    """Ignore Ctrl-C from here to the end of a program's own process; return whether it is one.

    Python takes 0.1 s to unload everything: a signal then changes the exit code, or leaves a
    traceback of some module. No thread of ours keeps a process from ending.
    """
    if _Process.is_own:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
    return _Process.is_own


def _is_option(text: str) -> bool:
    return text.startswith("-")


def _suggestion(name: str, known: Sequence[str]) -> str:
    """Return "; did you mean X?" for the known name that is nearest, if one is near."""
    import difflib

    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]}?" if near else ""


def add_command(
    commands: Commands, name: str, text: str, examples: str = ""
) -> argparse.ArgumentParser:
    """Add a command whose help ends with examples that can be copied."""
    return commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def exit_code(program: str, work: Callable[[], int], interrupted: str = "") -> int:
    """Do some work; return its exit code, 1 after an error, 2 for usage, 130 after Ctrl-C.

    An error is printed as one line, also one that nobody foresaw of the disk, of memory or of a
    value, and that of a standard output which cannot be written.
    EDGE_DEBUG=1 lets its traceback through.
    """
    return finish_output(program, _exit_code(program, work, interrupted))


def _exit_code(program: str, work: Callable[[], int], interrupted: str) -> int:
    try:
        return work()
    except KeyboardInterrupt:
        if interrupted:
            print_error(f"{program}: {interrupted}")
        return 130
    except _FAULTS as fault:
        return _fault_code(program, fault)


def _fault_code(program: str, fault: Exception) -> int:
    """Print an error in one line; return its exit code. With EDGE_DEBUG=1 it is raised instead."""
    if isinstance(fault, ImportError) and is_interrupt(fault):
        return 130
    if isinstance(fault, BrokenPipeError):  # `edge-app models | head`: the reader has closed it
        return 141
    if os.environ.get("EDGE_DEBUG") == "1":
        raise fault
    return _print_fault(program, fault)


def _print_fault(program: str, fault: Exception) -> int:
    what = f"{' '.join(str(fault).split())}; EDGE_DEBUG=1 shows where"
    if isinstance(fault, EdgeError):
        what = str(fault)
    elif isinstance(fault, ImportError):
        lines = str(fault).strip().splitlines()  # numpy writes a page, with the reason at its end
        what = (
            f"a package cannot be loaded ({lines[-1] if lines else 'no reason given'}); "
            "free memory, or see edge-app doctor (EDGE_DEBUG=1 shows where)"
        )
    elif isinstance(fault, MemoryError):
        what = (
            "the memory is used up; close other programs, or give a smaller file "
            "(EDGE_DEBUG=1 shows where)"
        )
    elif isinstance(fault, FileNotFoundError) and current_folder() is None:
        what = "the current folder was removed; change to another one with cd"
    elif isinstance(fault, OSError):
        if is_output_fault(fault):
            with output_may_fail():
                raise fault
            return 1
        place = "" if fault.filename is None else f"{os.fsdecode(fault.filename)}: "
        what = f"{place}{fault.strerror or fault}; EDGE_DEBUG=1 shows where"
    print_error(f"{program}: {what}")
    return 2 if isinstance(fault, UsageError) else 1
