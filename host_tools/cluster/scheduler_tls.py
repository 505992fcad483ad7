"""TLS towards a Dask scheduler, and what is said about a scheduler without it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edge_app.errors import UsageError
from edge_app.input_file import check_is_file

if TYPE_CHECKING:
    from distributed.security import Security


@dataclass(frozen=True, slots=True)
class SchedulerTls:
    """Files for TLS, in PEM format, as `dask scheduler` and `dask worker` take them.

    ca_file: who signed the certificates of all machines. key: None if it is in the file of cert.
    """

    ca_file: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def security(self, scheduler: str) -> Security | None:
        """Return the settings for an address; None where it has no TLS.

        Without files, those of Dask's own configuration count. Raises UsageError for files
        without a tls:// address, for an address without files, and for files that do not fit.
        """
        given = [path for path in (self.ca_file, self.cert, self.key) if path is not None]
        if not scheduler.startswith("tls://"):
            if given:
                raise UsageError(
                    f"--scheduler {scheduler} has no TLS: its files need a tls:// address; "
                    "give tls://HOST:PORT, or leave out --tls-ca-file, --tls-cert and --tls-key"
                )
            return None
        from distributed.security import Security

        for path in given:
            check_is_file(path, UsageError)
        names = {
            "tls_ca_file": self.ca_file,
            "tls_client_cert": self.cert,
            "tls_client_key": self.key,
        }
        files = {name: str(path) for name, path in names.items() if path is not None}
        security = Security(require_encryption=True, **files)
        if security.tls_ca_file is None or security.tls_client_cert is None:
            raise UsageError(
                f"--scheduler {scheduler} needs certificates; give --tls-ca-file and --tls-cert "
                "(--tls-key too, if the key is a file of its own), or set them in Dask's "
                "configuration"
            )
        try:
            security.get_connection_args("client")
        except (OSError, ssl.SSLError) as fault:
            raise UsageError(
                f"the certificates for {scheduler} cannot be used: {fault}; "
                "check --tls-ca-file, --tls-cert and --tls-key"
            ) from None
        return security


def open_warning(scheduler: str) -> str:
    """Return what to say of an address that others can reach without a certificate; else empty."""
    host = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}").hostname or ""
    if scheduler.startswith("tls://") or host == "localhost":
        return ""
    try:
        if ip_address(host).is_loopback:
            return ""
    except ValueError:  # a name
        pass
    return (
        f"{scheduler} is open: whoever reaches its port can run code on all its machines; "
        "use it in a network of your own, or tls://"
    )
