"""Network streams are read as they come, without telling their passwords."""

from pathlib import Path

import pytest

from edge_app.errors import SourceError
from edge_app.sources.camera import CameraOptions
from edge_app.sources.factory import open_source
from edge_app.sources.live import RetryPolicy
from edge_app.sources.stream import shown
from tests.support import media_files as made
from tests.support.fake_stream import NetworkCamera

QUICK = RetryPolicy(open_s=10, read_s=0.3, first_delay_s=0.01, longest_delay_s=0.04)


def test_a_password_is_used_but_not_shown() -> None:
    """The user and password go to the camera and stay off the screen and out of the notes."""
    with NetworkCamera() as camera:
        camera.password = True
        url = f"http://me:secret@127.0.0.1:{camera.port}/live?token=hidden"
        with open_source(url, patience=QUICK) as source:
            next(iter(source))
            assert source.name == f"http://127.0.0.1:{camera.port}/live, 64x48, mjpeg"
        assert camera.auth[-1] is not None


def test_an_address_is_shown_without_secrets() -> None:
    """Even a password with an at sign in it."""
    assert shown("rtsp://me:p@ss@host:8554/a/b?key=1") == "rtsp://host:8554/a/b"


def test_a_refusal_is_told_in_words() -> None:
    """No stream at the address is an error at once."""
    with NetworkCamera() as camera:
        camera.mode = "refuses"
        with pytest.raises(SourceError, match=r"does not answer with a stream \(.*\); check"):
            open_source(f"http://127.0.0.1:{camera.port}/live", patience=QUICK)


def test_a_camera_that_says_nothing_runs_out_of_time() -> None:
    """A server that accepts and then stalls does not hold the start for ever."""
    with NetworkCamera() as camera:
        camera.mode = "silent"
        patience = RetryPolicy(open_s=0.3, read_s=0.3)
        with pytest.raises(SourceError, match=r"no answer in time|did not open within"):
            open_source(f"http://127.0.0.1:{camera.port}/live", patience=patience)


def test_a_film_over_http_is_no_live_stream(tmp_path: Path) -> None:
    """A file that has an end would race by; it is to be downloaded."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    made.write_video(tmp_path / "film.mp4", 5)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    with pytest.raises(SourceError, match="is a film of 0 s, not a live stream; download it"):
        open_source(f"http://127.0.0.1:{server.server_address[1]}/film.mp4", patience=QUICK)
    server.shutdown()
    server.server_close()


def test_what_only_the_camera_can_set_is_said() -> None:
    """Size and exposure are no options of a stream; mirrors are."""
    with NetworkCamera() as camera:
        options = CameraOptions(size_wh=(640, 480), hflip=True)
        url = f"http://127.0.0.1:{camera.port}/live"
        with open_source(url, camera=options, patience=QUICK) as source:
            image = next(iter(source)).image
        assert source.notes == [
            "size, rate, exposure and white balance are set in the network camera"
        ]
        assert image[:, :16].mean() < 20 < image[:, -16:].mean()
