"""The errors that users see.

EdgeError
├── UsageError    options are wrong or do not go together (exit 2)
├── SourceError   a camera, file or truth set cannot be read, or does not fit
├── ModelError    a model, card or runtime cannot be used
└── SinkError     a window, recording or log cannot be written

Every message ends with what the user can do. Only `program.exit_code` prints them.
"""


class EdgeError(Exception):
    """A problem that the user can solve; the message says how."""


class UsageError(EdgeError):
    """Options that are wrong or do not go together."""


class SourceError(EdgeError):
    """Frames or truth that cannot be read or do not fit each other."""


class ModelError(EdgeError):
    """A model, model card or runtime that cannot be used."""


class SinkError(EdgeError):
    """A window, recording or log that cannot be written."""


def is_interrupt(fault: BaseException) -> bool:
    """Return whether Ctrl-C is behind an error of importing.

    A native module makes an ImportError of what is raised while it is loaded. pybind11 keeps the
    first error as its cause, older versions only in its text.
    """
    seen: BaseException | None = fault
    while seen is not None:
        if isinstance(seen, KeyboardInterrupt) or "KeyboardInterrupt" in str(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
