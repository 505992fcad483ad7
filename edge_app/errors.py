"""Name everything that can go wrong for a user.

EdgeError
├── UsageError    the command line asks for something that cannot be (exit 2)
├── SourceError   a camera, file or truth set cannot be read, or does not fit
├── ModelError    a model, card or runtime cannot be used
└── SinkError     a window, recording or log cannot be written

Every message ends with what the user can do. `exits.guard` alone prints them.
"""


class EdgeError(Exception):
    """Report a fault the user can act on; the message says how."""


class UsageError(EdgeError):
    """Report options that do not go together."""


class SourceError(EdgeError):
    """Report frames or truth that cannot be read or do not fit each other."""


class ModelError(EdgeError):
    """Report a model, model card or runtime that cannot be used."""


class SinkError(EdgeError):
    """Report a window, recording or log that cannot be written."""
