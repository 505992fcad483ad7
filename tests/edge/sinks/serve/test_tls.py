"""The view over TLS, and its certificate's faults in one line each."""

from __future__ import annotations

import http.client
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason="the browser view's web library is not installed")

from edge_app.errors import SinkError
from edge_app.sinks.serve.browser_view import BrowserView
from edge_app.sinks.serve.tls import tls_context
from tests.support.steps import status, step
from tests.support.whole_runs import HANG_S

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
WAIT_S = HANG_S


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a certificate, its key, another key, and one with a passphrase."""
    folder = tmp_path_factory.mktemp("pems")
    for line in (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem "
        "-out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost",
        "ecparam -name prime256v1 -genkey -noout -out other.pem",
        "pkcs8 -topk8 -in key.pem -out locked.pem -passout pass:secret",
    ):
        subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True)
    both = (folder / "cert.pem").read_text() + (folder / "key.pem").read_text()
    (folder / "both.pem").write_text(both)
    return folder


@pytest.mark.parametrize("names", [("cert.pem", "key.pem"), ("both.pem",)])
def test_the_view_is_encrypted(pems: Path, names: tuple[str, ...]) -> None:
    """The page comes over TLS with a cookie for TLS only; plain HTTP gets nothing."""
    context = tls_context(*(pems / name for name in names))
    with BrowserView("localhost", 0, tls=context, token="long-enough") as view:  # noqa: S106
        view.write(step(), status())
        assert view.url == f"https://localhost:{view.port}/?token=long-enough"
        trusted = ssl.create_default_context(cafile=str(pems / "cert.pem"))
        line = http.client.HTTPSConnection("localhost", view.port, context=trusted, timeout=WAIT_S)
        line.request("GET", "/?token=long-enough")
        answer = line.getresponse()
        answer.read()
        assert answer.status == 200
        assert "secure" in answer.headers["Set-Cookie"].lower()
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        own = {"Cookie": cookie, "Origin": f"https://localhost:{view.port}"}
        line.request("POST", "/key", "v", own)
        assert line.getresponse().status == 204
        assert list(view.keys()) == ["v"]
        line.close()
        with socket.create_connection(("localhost", view.port), timeout=WAIT_S) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200" not in plain.recv(1 << 16)


def test_a_handshake_that_never_ends_keeps_nobody_out(pems: Path) -> None:
    """Connections without a handshake make room for those with one."""
    context = tls_context(pems / "both.pem")
    trusted = ssl.create_default_context(cafile=str(pems / "cert.pem"))
    with BrowserView("localhost", 0, tls=context, connections=8) as view:
        held = [socket.create_connection(("localhost", view.port)) for _ in range(30)]
        line = http.client.HTTPSConnection("localhost", view.port, context=trusted, timeout=WAIT_S)
        line.request("GET", "/status")
        assert line.getresponse().status == 200
        line.close()
        for sock in held:
            sock.close()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("none.pem",), "cannot be read (No such file"),
        (("cert.pem",), "give the key with --serve-key"),
        (("cert.pem", "other.pem"), "is not the key of"),
        (("cert.pem", "locked.pem"), "has a passphrase; write one without: openssl pkey"),
        (("cert.pem", "cert.pem"), "no certificate and key in PEM"),
    ],
)
def test_a_fault_of_the_files_is_one_line(pems: Path, names: tuple[str, ...], message: str) -> None:
    """With what to do; nothing asks for a passphrase on the terminal."""
    with pytest.raises(SinkError) as caught:
        tls_context(*(pems / name for name in names))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
