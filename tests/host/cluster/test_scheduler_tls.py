"""A cluster with TLS: certificates are passed on, and what does not fit is one line."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from edge_app.errors import UsageError
from host_tools.cli import main as host_tools
from host_tools.cluster.scheduler_tls import SchedulerTls, open_warning

pytest.importorskip("distributed", reason="needs the cluster extra: pip install -e '.[cluster]'")

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the certificate of an authority, which is its own, and its key."""
    folder = tmp_path_factory.mktemp("pems")
    line = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem "
        "-out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True)
    return folder


def test_an_encrypted_cluster_answers_those_with_a_certificate(pems: Path) -> None:
    """A real scheduler and worker over TLS; a client without a certificate gets nothing."""
    from distributed import LocalCluster
    from distributed.security import Security

    from host_tools.cluster.connection import connected, worker_count

    cert, key = pems / "cert.pem", pems / "key.pem"
    of_all = {"ca_file": str(cert), "scheduler_cert": str(cert), "scheduler_key": str(key)}
    of_all |= {"worker_cert": str(cert), "worker_key": str(key)}
    of_all |= {"client_cert": str(cert), "client_key": str(key)}
    security = Security(
        require_encryption=True, **{f"tls_{name}": value for name, value in of_all.items()}
    )
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tls",
        security=security,
        dashboard_address=None,
    ) as cluster:
        address = cluster.scheduler_address
        assert address.startswith("tls://")
        with connected(address, SchedulerTls(cert, cert, key)) as client:
            assert worker_count(client) == 1
            assert client.submit(sum, [1, 2]).result(timeout=60) == 3
        with (
            pytest.raises(UsageError, match="does not answer"),
            connected(address.replace("tls://", "tcp://")),
        ):
            pass


@pytest.mark.parametrize(
    ("scheduler", "files", "message"),
    [
        ("tcp://big:8786", ["cert.pem"], "has no TLS"),
        ("local:2", ["cert.pem"], "has no TLS"),
        ("tls://big:8786", [], "needs certificates; give --tls-ca-file and --tls-cert"),
        ("tls://big:8786", ["cert.pem"], "needs certificates"),
        ("tls://big:8786", ["cert.pem", "key.pem", "key.pem"], "cannot be used"),
        ("tls://big:8786", ["none.pem", "cert.pem", "key.pem"], "cannot be used"),
        ("tls://big:8786", ["/dev/zero", "cert.pem", "key.pem"], "is a device"),
    ],
)
def test_files_that_do_not_fit_are_refused_before_anything_is_sent(
    pems: Path, scheduler: str, files: list[str], message: str
) -> None:
    """Which file, and what to give instead."""
    tls = SchedulerTls(*(pems / name for name in files))
    with pytest.raises(UsageError, match=message):
        tls.security(scheduler)


def test_the_command_refuses_files_without_tls_in_one_line(
    pems: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As every mistake on the command line."""
    images = tmp_path / "images"
    (images / "truth").mkdir(parents=True)
    line = f"evaluate --scheduler local:1 --model mnist --dataset idx:{images},{images}"
    code = host_tools([*line.split(), "--tls-cert", str(pems / "cert.pem"), "--out", str(images)])
    assert code != 0
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("scheduler", "warned"),
    [
        ("tcp://10.0.0.7:8786", True),
        ("big:8786", True),
        ("tcp://[2001:db8::1]:8786", True),
        ("tcp://127.0.0.1:8786", False),
        ("tcp://[::1]:8786", False),
        ("tcp://localhost:8786", False),
        ("tls://10.0.0.7:8786", False),
    ],
)
def test_an_open_scheduler_is_said(scheduler: str, warned: bool) -> None:
    """Where others can reach it without a certificate."""
    assert ("can run code" in open_warning(scheduler)) is warned
