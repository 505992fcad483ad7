"""Turn the end of a command into an exit code and, after a fault, one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from edge_app.errors import EdgeError, UsageError


def run_command(program: str, work: Callable[[], int], *, stopped: str = "") -> int:
    """Run a command; return its code, or 1 for a fault, 2 for usage, 130 after Ctrl-C.

    stopped: what to say after Ctrl-C. EDGE_DEBUG=1 lets a fault's traceback through.
    """
    try:
        return work()
    except EdgeError as fault:
        if os.environ.get("EDGE_DEBUG") == "1":
            raise
        sys.stderr.write(f"{program}: {fault}\n")
        return 2 if isinstance(fault, UsageError) else 1
    except KeyboardInterrupt:
        if stopped:
            sys.stderr.write(f"{program}: {stopped}\n")
        return 130
    except BrokenPipeError:
        # `edge-app models | head`: the reader has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
