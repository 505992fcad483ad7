"""Network streams are read live, and passwords are never shown."""

import threading
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import SourceError
from edge_app.sources.camera import CameraOptions
from edge_app.sources.capture_thread import CapturedImage, CaptureThread, DeviceInfo
from edge_app.sources.factory import open_source
from edge_app.sources.live import RetryPolicy
from edge_app.sources.stream import NetworkStream, public_url
from tests.support import media_files as made
from tests.support.fake_stream import NetworkCamera
from tests.support.whole_runs import HANG_S

QUICK = RetryPolicy(open_s=10, read_s=0.3, first_delay_s=0.01, longest_delay_s=0.04)


def test_a_password_is_used_but_not_shown() -> None:
    """User and password are sent to the camera, but are not in the name or the notes."""
    with NetworkCamera() as camera:
        camera.password = True
        url = f"http://me:secret@127.0.0.1:{camera.port}/live?token=hidden"
        with open_source(url, retry=QUICK) as source:
            next(iter(source))
            assert source.name == f"http://127.0.0.1:{camera.port}/live, 64x48, mjpeg"
        assert camera.auth[-1] is not None


def test_an_address_is_shown_without_secrets() -> None:
    """Also if the password has an at sign."""
    assert public_url("rtsp://me:p@ss@host:8554/a/b?key=1") == "rtsp://host:8554/a/b"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://host/a#b?c=1", "rtsp://host/a"),
        ("rtsp://me:se/cret@host:8554/a?b=1", "rtsp://***@host:8554/a"),
        ("rtsp://me:se#cret@host/a", "rtsp://***@host/a"),
        ("rtsp://me:se?cret@host/a", "rtsp://***@host/a"),
        ("rtsp://me:12/se@cret@host/a", "rtsp://***@host/a"),
        ("rtsp://me:s@e/cr?et@host/a", "rtsp://host/a"),
        ("http://host/a?user=me@home&password=secret", "http://***"),
        ("http://me@host/a?user=me@home&password=secret", "http://***"),
        ("rtsp://me:secret@[::1/", "rtsp://[::1/"),
    ],
)
def test_a_password_is_hidden_as_a_whole(url: str, shown: str) -> None:
    """Also with signs that end a host; rather too much is hidden than too little."""
    assert public_url(url) == shown


@pytest.mark.parametrize("text", ["rtsp:/me:secret@host/a", "RTSP:me:secret@host", "http:/x"])
def test_an_address_without_its_slashes_is_not_repeated(text: str) -> None:
    """It is no path either, and the message must not show the password in it."""
    with pytest.raises(SourceError, match="write both slashes") as caught:
        open_source(text)
    assert "secret" not in str(caught.value)


def test_an_address_without_a_stream_is_an_error() -> None:
    """There is no second attempt."""
    with NetworkCamera() as camera:
        camera.mode = "refuses"
        with pytest.raises(SourceError, match=r"does not answer with a stream \(.*\); check"):
            open_source(f"http://127.0.0.1:{camera.port}/live", retry=QUICK)


def test_a_silent_camera_times_out() -> None:
    """A server that accepts and then stalls does not block the start."""
    with NetworkCamera() as camera:
        camera.mode = "silent"
        retry = RetryPolicy(open_s=0.3, read_s=0.3)
        with pytest.raises(SourceError, match=r"no answer in time|did not open within"):
            open_source(f"http://127.0.0.1:{camera.port}/live", retry=retry)


def test_a_video_over_http_is_not_a_live_stream(tmp_path: Path) -> None:
    """A file would not run at its own rate, so it has to be downloaded."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    made.write_video(tmp_path / "film.mp4", 5)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    with pytest.raises(SourceError, match="is a video of 0 s, not a live stream; download it"):
        open_source(f"http://127.0.0.1:{server.server_address[1]}/film.mp4", retry=QUICK)
    server.shutdown()
    server.server_close()


def test_options_of_the_camera_itself_are_noted() -> None:
    """Size and exposure cannot be set on a stream; mirroring can."""
    with NetworkCamera() as camera:
        options = CameraOptions(size_wh=(640, 480), hflip=True)
        url = f"http://127.0.0.1:{camera.port}/live"
        with open_source(url, camera=options, retry=QUICK) as source:
            image = next(iter(source)).image
        assert source.notes == [
            "size, rate, exposure and white balance are set in the network camera"
        ]
        assert image[:, :16].mean() < 20 < image[:, -16:].mean()


def _read(film: bytes, count: int) -> tuple[int, int]:
    """Read a stream through its backend; return how many images were damaged, of how many."""
    with NetworkCamera(film=film) as camera:
        url = f"http://127.0.0.1:{camera.port}/live"
        stream = NetworkStream(url, CameraOptions(), 10, 2)
        try:
            images = [stream.read() for _ in range(count)]
        finally:
            stream.close()
    return sum(image.damaged for image in images), len(images)


def test_damaged_images_of_a_stream_are_left_out_and_counted(tmp_path: Path) -> None:
    """A lost packet smears the images up to the next key frame; they are not shown."""
    film = made.write_lossy(tmp_path / "film.ts", 60, lost=5, key_every=12).read_bytes()
    damaged, count = _read(film, 50)
    assert 1 <= damaged <= 10
    assert count == 50


def test_damaged_images_are_shown_if_there_are_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while without a good image the damaged ones are shown, and still counted."""
    film = made.write_lossy(tmp_path / "film.ts", 60, lost=5, key_every=12).read_bytes()
    hidden, _ = _read(film, 50)
    monkeypatch.setattr("edge_app.sources.stream._HIDE_S", 0.0)
    monkeypatch.setattr("edge_app.sources.stream.DamageCheck.cut", lambda self, packet: True)
    damaged, count = _read(film, 50)
    assert damaged == count > hidden


def test_damage_of_images_that_were_replaced_is_counted() -> None:
    """The newest image alone is kept; the damage before it is not forgotten."""
    images = iter([CapturedImage(np.zeros((2, 2, 3), np.uint8), 0.0, 0.0, n) for n in (1, 2, 4)])
    read_all, looked = threading.Event(), threading.Event()

    class Backend:
        info = DeviceInfo("fake")

        def read(self) -> CapturedImage:
            found = next(images, None)
            if found is None:
                read_all.set()
                looked.wait(HANG_S)
                raise SourceError("ended; start it again")
            return found

        def close(self) -> None:
            pass

    capture = CaptureThread(Backend, 5)
    assert read_all.wait(HANG_S)
    newest = capture.next(1)
    looked.set()
    assert newest is not None
    assert newest.damaged == 7
