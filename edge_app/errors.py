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
