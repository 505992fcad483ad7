"""Connections to a Dask scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edge_app.child_process import protect_library_children
from edge_app.errors import UsageError
from edge_app.python_environment import this_environment
from host_tools.cluster.scheduler_tls import SchedulerTls

if TYPE_CHECKING:
    from distributed import Client


@contextmanager
def connected(scheduler: str, tls: SchedulerTls | None = None) -> Iterator[Client]:
    """Connect to a scheduler, or start one with workers on this machine.

    scheduler: its address, or "local:N" for N worker processes here, which listen on this
        machine's own address alone. tls: files for an address with tls://.
    Raises UsageError if it does not answer or has no workers, and for files that do not fit.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UsageError(
            "the cluster extra is not installed; "
            f"run: {this_environment().install_extra('cluster')}"
        ) from None
    security = (tls or SchedulerTls()).security(scheduler)
    kind, _, rest = scheduler.partition(":")
    if kind == "local":
        if not rest.isdecimal() or not int(rest):
            raise UsageError(f"--scheduler {scheduler}: give local:N, N worker processes")
        protect_library_children()
        options = {"n_workers": int(rest), "threads_per_worker": 1, "dashboard_address": None}
        with LocalCluster(**options) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(scheduler, timeout=10, security=security)
    except (OSError, ValueError) as fault:
        raise UsageError(
            f"--scheduler {scheduler} does not answer: {fault}; start one with 'dask scheduler', "
            "or use local:N"
        ) from None
    with client:
        if not worker_count(client):
            raise UsageError(
                f"--scheduler {scheduler} has no workers; start some with 'dask worker {scheduler}'"
            )
        yield client


def worker_count(client: Client) -> int:
    """Return the number of workers that the scheduler has now."""
    return len(client.scheduler_info(n_workers=-1)["workers"])
