"""The browser view shows the run, reads keys, and never delays the pipeline."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="the browser view's web library is not installed")

from edge_app.controls import KEYS
from edge_app.errors import SinkError, UsageError
from edge_app.frame import Segmentation
from edge_app.labels import CITYSCAPES
from edge_app.sinks.serve.access import Access, access_for, is_loopback
from edge_app.sinks.serve.app import Site
from edge_app.sinks.serve.browser_view import BrowserView, listen
from edge_app.sinks.serve.page_status import status_json
from edge_app.status_text import status_text
from edge_app.style import variant_colour
from tests.support import media_files as made
from tests.support.comparisons import comparison, segmentation
from tests.support.free_port import free_port
from tests.support.steps import LOST, PAUSED, RECORDING, status, step
from tests.support.whole_runs import HANG_S

WAIT_S = HANG_S
GRACE = threading.Event()


@pytest.fixture
def view() -> Iterator[BrowserView]:
    """Open a view for this machine on a free port."""
    with BrowserView("127.0.0.1", 0) as one:
        yield one


def ask(
    view: BrowserView, path: str, method: str = "GET", body: str | None = None, **headers: str
) -> tuple[int, str, http.client.HTTPMessage]:
    """Send one request; return the code, the text and the headers."""
    connection = http.client.HTTPConnection("127.0.0.1", view.port, timeout=WAIT_S)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, text, answer.headers


@contextmanager
def watching(view: BrowserView, path: str = "/stream") -> Iterator[Any]:
    """Open a stream and yield its response."""
    connection = http.client.HTTPConnection("127.0.0.1", view.port, timeout=WAIT_S)
    connection.request("GET", path)
    answer = connection.getresponse()
    try:
        yield answer
    finally:
        answer.close()
        connection.close()


def next_jpeg(body: Any) -> bytes:
    """Read the next image of a stream."""
    length = 0
    while line := body.readline().strip() or (b"" if length else b"."):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    data: bytes = body.read(length)
    return data


def number_in(jpeg: bytes) -> int:
    """Read the number of an image back."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return made.number_of(np.asarray(image, np.uint8))


def until(condition: Any) -> None:
    """Wait for something that another thread does."""
    for _ in range(int(100 * WAIT_S)):
        if condition():
            return
        GRACE.wait(0.01)
    pytest.fail("it did not happen")


def test_images_arrive_as_jpeg(view: BrowserView) -> None:
    """Each image that is written while somebody watches arrives."""
    view.write(step(3), status())
    with watching(view) as body:
        assert body.status == 200
        assert body.headers["Content-Type"].startswith("multipart/x-mixed-replace")
        first = next_jpeg(body)
        view.write(step(9), status())
        second = next_jpeg(body)
    assert (number_in(first), number_in(second)) == (3, 9)
    assert first[:2] == second[:2] == b"\xff\xd8"


def test_an_image_is_encoded_once_and_only_for_viewers(view: BrowserView) -> None:
    """No JPEG without a viewer, and one for two of them."""
    for index in range(20):
        view.write(step(index), status())
    assert view.feed.encoded == 0
    with watching(view) as one, watching(view) as other:
        assert number_in(next_jpeg(one)) == number_in(next_jpeg(other)) == 19
        assert view.feed.encoded == 1


@pytest.mark.parametrize("key", [key for entry in KEYS for key in entry.keys])
def test_a_key_arrives_by_its_name(view: BrowserView, key: str) -> None:
    """Every key of the table can be pressed, and arrives once."""
    code, _, _ = ask(view, "/key", "POST", key, Origin=f"http://127.0.0.1:{view.port}", Host=f"127.0.0.1:{view.port}")  # fmt: skip  # noqa: E501
    assert code == 204
    assert list(view.keys()) == [key]
    assert list(view.keys()) == []


def test_a_burst_of_keys_is_refused(view: BrowserView) -> None:
    """As many pass as a person presses in so short a time; the rest is counted."""
    view._burst._clock = lambda: 9.0
    codes = [ask(view, "/key", "POST", "v")[0] for _ in range(60)]
    assert codes == [204] * 32 + [429] * 28
    assert len(view.keys()) == 32
    assert view.dropped_keys == 28


def test_an_unknown_key_is_refused(view: BrowserView) -> None:
    """With a message, and no key arrives."""
    code, text, _ = ask(view, "/key", "POST", "format the disk")
    assert (code, "Unknown key" in text) == (400, True)
    assert list(view.keys()) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": ""},
    ],
)
def test_a_foreign_page_cannot_press_keys(view: BrowserView, headers: dict[str, str]) -> None:
    """Neither by a cross-origin request, nor by a name of its own that points here."""
    code, text, _ = ask(view, "/key", "POST", "q", **headers)
    assert code == 403
    assert text.count("\n") == 1
    assert list(view.keys()) == []


def test_a_foreign_page_cannot_watch(view: BrowserView) -> None:
    """Images in foreign pages take no viewer's place, and a rebound name reads nothing."""
    view.write(step(), status())
    assert ask(view, "/stream", Sec_Fetch_Site="cross-site")[0] == 403
    assert ask(view, "/status", Host="evil.example:8000")[0] == 403
    assert ask(view, "/", Sec_Fetch_Site="cross-site")[0] == 200  # a link leads here


def test_the_ninth_viewer_has_to_wait(view: BrowserView) -> None:
    """Eight may watch; the next one gets a message, and a place once one is free."""
    view.write(step(1), status())
    held = [watching(view) for _ in range(8)]
    bodies = [one.__enter__() for one in held]
    assert [number_in(next_jpeg(body)) for body in bodies] == [1] * 8
    for path in ("/stream", "/"):
        code, text, _ = ask(view, path)
        assert code == 503
        assert text == (
            "8 are watching already, the most allowed; close another view first, or allow more "
            "with --serve-connections.\n"
        )
    assert json.loads(ask(view, "/status")[1])["full"]
    held.pop().__exit__(None, None, None)
    until(lambda: view.watching == 7)
    assert ask(view, "/")[0] == 200
    for one in held:
        one.__exit__(None, None, None)
    until(lambda: view.watching == 0)


def test_no_canvas_is_wanted_without_viewers(view: BrowserView) -> None:
    """Canvases are wanted while somebody watches; an old one is not shown again."""
    assert not view.wants_canvas
    view.write(step(3), status())
    with watching(view) as body:
        assert number_in(next_jpeg(body)) == 3
        assert view.wants_canvas
    until(lambda: not view.wants_canvas)
    view.write(replace(step(4), canvas=None), status(frames=4))
    assert json.loads(ask(view, "/status")[1])["frames"] == "4 frames"
    with watching(view) as body:
        until(lambda: view.wants_canvas)
        view.write(step(5), status())
        assert number_in(next_jpeg(body)) == 5


def test_a_client_that_never_reads_delays_nobody(view: BrowserView) -> None:
    """Far more than its buffers hold is written, and another viewer sees the newest image."""
    noise = np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8)
    with socket.create_connection(("127.0.0.1", view.port)) as deaf:
        deaf.sendall(f"GET /stream HTTP/1.1\r\nHost: localhost:{view.port}\r\n\r\n".encode())
        until(lambda: view.watching == 1)
        with watching(view) as body:
            for index in range(40):
                view.write(step(index, np.roll(noise, index, 0)), status())
                next_jpeg(body)
            for index in range(1000):
                view.write(step(index, noise), status())
            view.write(step(7), status())
            while next_jpeg(body)[:2] == b"\xff\xd8" and view.feed.encoded < 41:
                pass
        assert view.watching >= 1


def test_a_client_that_reads_nothing_is_disconnected(
    view: BrowserView, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time-out its place is free again."""
    monkeypatch.setattr("edge_app.sinks.serve.app.WRITE_S", 0.2)
    noise = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    with socket.create_connection(("127.0.0.1", view.port)) as deaf:
        deaf.sendall(f"GET /stream HTTP/1.1\r\nHost: localhost:{view.port}\r\n\r\n".encode())
        until(lambda: view.watching == 1)
        numbers = iter(range(100_000))

        def is_gone() -> bool:
            view.write(step(next(numbers), noise), status())
            return view.watching == 0

        until(is_gone)


def test_a_client_that_vanishes_frees_its_place(view: BrowserView) -> None:
    """Also while nothing is written, as in a pause."""
    view.write(step(), status())
    with watching(view) as body, watching(view, "/events") as events:
        next_jpeg(body)
        events.readline()
        until(lambda: view.watching == 1)
    until(lambda: view.watching == 0)


def test_the_figures_are_those_of_the_hud() -> None:
    """The page has all text of the HUD."""
    for one in (status(), status(quality=None), status(damaged=0, stages={}, shown_fps=None)):
        page, hud = status_json(one), asdict(status_text(one))
        assert " · ".join(page["states"]) == hud.pop("states")
        assert {name: page[name] for name in hud} == hud
        own = {"compared", "frames", "further", "legend", "over_image", "paused", "recording"}
        assert set(page) - set(hud) == own | {"states"}
        json.dumps(page, allow_nan=False)


def test_the_figures_come_as_events(view: BrowserView) -> None:
    """They change as the status does, and the states are among them."""
    view.write(step(), status(states=(PAUSED, RECORDING)))
    with watching(view, "/events") as body:
        assert body.headers["Content-Type"].startswith("text/event-stream")
        figures = json.loads(body.readline().removeprefix(b"data: "))
        assert figures["states"] == [str(PAUSED), str(RECORDING)]
        assert figures["paused"] is figures["recording"] is True
        assert figures["over_image"] == [["paused", "paused", ""]]
        assert figures["classes"][0] == ["road", ".951", 0.951]
        view.write(step(1), status(variant="float16"))
        until(lambda: b'"float16"' in body.readline())


def test_a_comparison_is_on_the_page() -> None:
    """Both variants in their colours, from left to right, and their agreement and scores."""
    assert status_json(status())["compared"] is None
    page = status_json(status(variant="float32"), (), comparison(segmentation(1, logits=False)))
    shown = [(name, score) for name, _, score in page["compared"]["variants"]]
    assert shown == [("float32", "mIoU .594"), ("int8", "mIoU .593")]
    assert page["compared"]["text"] == ("97.3 % agreement", "on 9 frames")
    unscored = comparison(segmentation(1, logits=False), miou=None)
    page = status_json(status(variant="float32"), (), unscored)
    assert [score for *_, score in page["compared"]["variants"]] == ["", ""]
    assert page["compared"]["text"] == ("97.3 % agreement with float32",)


def test_variants_without_a_key_are_on_the_page() -> None:
    """Each with its name and colour, in the order of the card; v walks through all."""
    names = ("float32", "int8", "int8-mixed", "int4")
    page = status_json(status(variant="int4", variants=names))
    assert page["further"] == [(name, variant_colour(name)) for name in names[2:]]
    assert page["colour"] == variant_colour("int4")
    assert status_json(status())["further"] == []


def test_two_models_are_called_by_their_names() -> None:
    """Their variants may have the same name; the colours are those of the image."""
    both = comparison(segmentation(1, logits=False), models=("street", "deeplab"))
    shown = status_json(status(variant="int8"), (), both)["compared"]["variants"]
    assert [name for name, *_ in shown] == ["street int8", "deeplab int8"]
    assert shown[0][1] == variant_colour("int8") != shown[1][1]


def test_small_pages_alone_need_no_words_in_the_image(view: BrowserView) -> None:
    """As soon as a larger one watches, they are drawn again for all."""
    assert not view.only_small
    with watching(view, "/stream?small"):
        until(lambda: view.only_small)
        with watching(view):
            until(lambda: view.watching == 2)
            assert not view.only_small
            view.write(step(1), status())  # the stream of who left ends with the next images
        for index in range(2, 200):
            if view.watching == 1:
                break
            view.write(step(index), status())
            GRACE.wait(0.05)
        until(lambda: view.only_small)


def test_before_the_first_image_the_page_waits(view: BrowserView) -> None:
    """Streams are answered and stay open without a status."""
    assert "variant" not in json.loads(ask(view, "/status")[1])
    with watching(view) as body:
        assert body.status == 200
        view.write(step(4), status())
        assert number_in(next_jpeg(body)) == 4


def test_the_page_stands_alone(view: BrowserView) -> None:
    """A button for each key, own styles, script and typefaces, and nothing from elsewhere."""
    code, page, headers = ask(view, "/")
    assert (code, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    keys = json.loads(ask(view, "/status")[1])["keys"]
    assert keys == [{"keys": list(one.keys), "what": one.what} for one in KEYS]
    for name, kind in (("page.css", "text/css"), ("page.js", "text/javascript")):
        assert f'"{name}"' in page
        code, text, found = ask(view, f"/{name}")
        assert (code, found["Content-Type"]) == (200, kind)
        page += text
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    code, _, headers = ask(view, "/fonts/IBMPlexSans-Regular.woff")
    assert (code, headers["Content-Type"]) == (200, "font/woff")
    assert ask(view, "/fonts/..%2Fmodels%2Fmnist%2Fmodel.json")[0] == 404


def test_beyond_this_machine_a_token_is_needed() -> None:
    """It is generated, is in the address, and is accepted from there or from the cookie."""
    with BrowserView("0.0.0.0", 0) as view:  # noqa: S104 - that is what is tested
        token = view.url.split("?token=")[1]
        assert len(token) >= 20
        for path in (
            "/",
            "/page.js",
            "/status",
            "/stream",
            "/events",
            "/fonts/IBMPlexSans-Regular.woff",
        ):
            code, text, _ = ask(view, path)
            assert code == 401
            assert text == "The token is missing; open the address that edge-app printed.\n"
        assert ask(view, "/key", "POST", "q")[0] == 401
        code, text, _ = ask(view, "/?token=wrong")
        assert (code, text[:22]) == (401, "The token is wrong; op")
        assert ask(view, "/?token=%ff%00")[0] == 401
        code, _, headers = ask(view, f"/?token={token}")
        assert code == 200
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        named = cookie.split(";")[0]
        assert ask(view, "/status", Cookie=named)[0] == 200
        assert ask(view, "/key", "POST", "l", Cookie=named)[0] == 204
        assert list(view.keys()) == ["l"]


def test_a_chosen_token_is_needed_anywhere() -> None:
    """Also on loopback; a token that can be guessed is refused."""
    with BrowserView("127.0.0.1", 0, token="long-enough") as view:  # noqa: S106
        assert view.url.endswith("/?token=long-enough")
        assert ask(view, "/status")[0] == 401
        assert ask(view, "/status?token=long-enough")[0] == 200
    for weak in ("short", "", "with space"):
        with pytest.raises(UsageError, match="leave it out"):
            access_for("127.0.0.1", weak)


@pytest.mark.parametrize(
    ("host", "header", "known"),
    [
        ("127.0.0.1", "localhost:9000", True),
        ("127.0.0.1", "[::1]:8000", True),
        ("127.0.0.1", "192.0.2.7:8000", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("0.0.0.0", "192.0.2.7:8000", True),  # noqa: S104
        ("0.0.0.0", "evil.example", False),  # noqa: S104
        ("board.example", "Board.example:80", True),
        ("::", "[2001:db8::1]:8000", True),
    ],
)
def test_the_host_header_must_name_this_server(host: str, header: str, known: bool) -> None:
    """A forwarded port may differ; an unknown name may not."""
    assert access_for(host).allows_host(header) is known


def test_loopback_is_what_no_other_machine_reaches() -> None:
    """A name that may or may not point here counts as reachable."""
    assert [is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost")] == [True] * 4  # fmt: skip  # noqa: E501
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "", "raspberrypi"))  # noqa: S104


def test_a_port_in_use_is_reported_in_one_line(view: BrowserView) -> None:
    """With what to do, before any thread is started."""
    before = threading.active_count()
    with pytest.raises(SinkError, match=r"port \d+ of 127.0.0.1: it is in use; choose another"):
        BrowserView("127.0.0.1", view.port)
    assert threading.active_count() == before


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_a_foreign_address_is_reported_in_one_line(host: str) -> None:
    """A name that does not exist and an address of another machine."""
    with pytest.raises(SinkError, match="leave"):
        BrowserView(host, 0)


def test_closing_ends_every_connection() -> None:
    """All clients are disconnected, the thread ends, and the port is free."""
    view = BrowserView("127.0.0.1", 0)
    view.write(step(), status())
    with (
        watching(view) as body,
        watching(view, "/events") as events,
        socket.create_connection(("127.0.0.1", view.port)) as deaf,
    ):
        deaf.sendall(f"GET /stream HTTP/1.1\r\nHost: localhost:{view.port}\r\n\r\n".encode())
        next_jpeg(body)
        until(lambda: view.watching == 2)
        view.close()
        view.close()
        assert b"event: end" in events.read()
    assert "serve" not in {thread.name for thread in threading.enumerate()}
    with BrowserView("127.0.0.1", view.port):
        pass


def test_a_failure_of_the_thread_is_raised_by_the_next_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not lost in its thread."""

    def break_down(site: Site) -> Any:
        raise RuntimeError("out of tables")

    monkeypatch.setattr(Site, "app", break_down)
    port = free_port()
    with pytest.raises(SinkError, match="out of tables"):
        BrowserView("127.0.0.1", port)
    with socket.create_server(("127.0.0.1", port)):
        pass  # the port is free again


def test_the_cookie_is_named_by_the_token() -> None:
    """Two runs on one machine, seen in one browser, do not log each other out."""
    names = {Access(frozenset(), False, token).cookie for token in ("first-one", "second-one")}
    assert len(names) == 2


needs_browser = pytest.mark.skipif(
    not (shutil.which("chromedriver") and shutil.which("chromium")),
    reason="needs chromium and chromium-driver",
)


@needs_browser
def test_a_real_browser_shows_it_and_presses_keys(view: BrowserView, tmp_path: Path) -> None:
    """The image is decoded, a button and a key arrive, and the end of the server is shown."""
    from tests.support.browser import Browser

    view.write(step(5, made.numbered_image(5, (640, 360))), status())
    with Browser(tmp_path) as browser:
        browser.open(view.url)
        until(lambda: browser.run("return document.getElementById('image').naturalWidth") == 640)
        until(
            lambda: browser.run("return document.getElementById('variant').textContent") == "int8"
        )
        assert browser.run("return document.querySelectorAll('.keys button').length") == len(KEYS)
        browser.run(
            "[...document.querySelectorAll('.keys button')]"
            ".find(one => one.querySelector('kbd').textContent === 'l').click()"
        )
        until(lambda: list(view.keys()) == ["l"])
        browser.type(" ")
        until(lambda: list(view.keys()) == ["space"])
        browser.type("q")
        assert "again to end" in browser.run(
            "return document.getElementById('message').textContent"
        )
        assert list(view.keys()) == []
        browser.type("q")
        until(lambda: list(view.keys()) == ["q"])
        assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")
        view.close()
        message = "return document.getElementById('message').textContent"
        until(lambda: browser.run(message) == "the run has ended; waiting for the next")
        with BrowserView("127.0.0.1", view.port) as again:
            again.write(step(6, made.numbered_image(6, (640, 360))), status(variant="float16"))
            until(lambda: browser.run(message) == "")
            until(lambda: again.watching == 1)


@needs_browser
def test_on_a_phone_everything_is_readable_on_the_page(view: BrowserView, tmp_path: Path) -> None:
    """Figures, classes with their colours and the states over the image, in letters of 13 px."""
    from tests.support.browser import Browser

    street = Segmentation(np.array([[0, 13, 6, 18]], np.uint8).repeat(9, axis=0))
    figures = status(labels=CITYSCAPES, states=(PAUSED,))
    names = ["road", "traffic light", "car", "bicycle"]
    with Browser(tmp_path) as browser:
        browser.resize((390, 844))
        canvas = made.numbered_image(5, (640, 360))
        view.write(step(0, canvas, result=street), figures)
        browser.open(view.url)

        def texts(where: str) -> list[str]:
            script = f"return [...document.querySelectorAll('{where}')].map(a => a.textContent)"
            return [str(text) for text in browser.run(script)]

        until(lambda: texts("#classes span") == names)
        assert browser.run(
            "return [...document.querySelectorAll('#classes i')].map(a => a.style.background)"
        ) == ["rgb(128, 64, 128)", "rgb(250, 170, 30)", "rgb(0, 0, 142)", "rgb(119, 11, 32)"]
        assert texts("#classes b") == [".951", "", "", ""]
        assert texts("#rates b") == ["17.9", "52.3", "25.0"]
        # Nothing is cut off, small or beside the screen.
        assert (
            browser.run(
                "return [...document.querySelectorAll('#classes span, #over p, aside *')]"
                ".filter(a => a.textContent && (a.scrollWidth > a.clientWidth + 1 && a.clientWidth"
                " || parseFloat(getComputedStyle(a).fontSize) < 13)).map(a => a.textContent)"
            )
            == []
        )
        assert browser.run("return document.documentElement.scrollWidth") <= 390

        until(lambda: texts("#over p") == ["paused"])
        until(lambda: browser.run("return document.getElementById('image').naturalWidth") == 640)
        on_image = (
            "const [a, b] = ['over', 'image'].map(id => document.getElementById(id)"
            ".getBoundingClientRect()); return a.height > 0 && a.top >= b.top"
            " && a.bottom <= b.bottom"
        )
        assert browser.run(on_image)
        view.write(step(1, canvas, result=street), replace(figures, states=(LOST,)))
        until(lambda: texts("#over b") == [LOST.text])
        assert texts("#over span") == [LOST.detail]
        view.write(step(2, canvas, result=street), replace(figures, states=()))
        until(lambda: texts("#over p") == [])

        view.write(step(3, canvas, result=street), replace(figures, variant="dynamic_range"))
        pressed = ".keys [aria-pressed=true]"
        until(lambda: texts(f"{pressed} kbd") == ["3", "space"])
        assert len(texts("#variants [aria-pressed=false]")) == 3
        compared = comparison(segmentation(1, logits=False))
        compared_step = replace(step(4, canvas, result=street), comparison=compared)
        view.write(compared_step, replace(figures, variant="float32"))
        until(lambda: texts("#compared .chip") == ["float32 mIoU .594", "int8 mIoU .593"])
        assert "97.3 % agreement" in texts("#compared span")
        more = replace(figures, variant="int4", variants=("float32", "int8-mixed", "int4"))
        assert texts("#further *") == []
        view.write(step(5, canvas, result=street), more)
        until(lambda: texts("#further *") == ["v", "int8-mixed", "int4"])
        assert texts("#further [aria-current]") == ["int4"]
        assert browser.run("return document.documentElement.scrollWidth") <= 390
        # Only what is below the image is scrolled, so that it covers nothing.
        covered = (
            "const aside = document.querySelector('aside'); aside.scrollTop = 300;"
            "return [aside.scrollTop, window.scrollY, aside.getBoundingClientRect().top"
            " >= document.getElementById('stage').getBoundingClientRect().bottom]"
        )
        assert browser.run(covered) == [300, 0, True]
        until(lambda: view.only_small)
        browser.resize((1280, 720))
        until(lambda: view.watching == 1 and not view.only_small)
        assert browser.run(on_image) is False  # there the image's own words are large enough


@pytest.mark.parametrize("host", ["..", "a" * 70, "\udcff"])
def test_what_is_no_host_name_is_one_line(host: str) -> None:
    """The encoding of host names refuses it before it is looked up."""
    with pytest.raises(SinkError, match="there is no such host; leave it out"):
        listen(host, 0)
