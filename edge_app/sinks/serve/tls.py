"""TLS of the browser view: its certificate and key."""

from __future__ import annotations

import ssl
from pathlib import Path

from edge_app.errors import SinkError
from edge_app.input_file import check_is_file


def tls_context(cert: Path, key: Path | None = None) -> ssl.SSLContext:
    """Return the settings of a server with a certificate; TLS 1.2 at least.

    cert: PEM file with the certificate and those that signed it. key: PEM file without a
    passphrase (default: it is in `cert`). Raises SinkError, in one line.
    """
    for path in (cert, *([key] if key else [])):
        check_is_file(path, SinkError)
        try:
            path.open("rb").close()
        except OSError as fault:
            reason = fault.strerror or str(fault)
            raise SinkError(f"{path} cannot be read ({reason}); check its permissions") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # Without a passphrase OpenSSL would ask for one on the terminal.
        context.load_cert_chain(cert, key, password=_no_passphrase)
    except _PassphraseError:
        raise SinkError(
            f"the key in {key or cert} has a passphrase; write one without: "
            f"openssl pkey -in {key or cert} -out key.pem"
        ) from None
    except ssl.SSLError as fault:
        if "MISMATCH" in (fault.reason or ""):
            problem = f"{key or cert} is not the key of {cert}; give the two that belong together"
        elif key is None:
            problem = f"{cert} has no certificate and key in PEM; give the key with --serve-key"
        else:
            problem = f"{cert} and {key} are no certificate and key in PEM; convert them"
        raise SinkError(problem) from None
    return context


class _PassphraseError(Exception):
    """The key has a passphrase."""


def _no_passphrase() -> str:
    raise _PassphraseError
