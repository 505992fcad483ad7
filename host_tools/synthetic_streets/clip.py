"""The synthetic clip with its truth, and single scenes in Cityscapes' layout."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import av
import cv2
import numpy as np

from edge_app.atomic import atomic_file, write_atomic
from edge_app.errors import SinkError
from edge_app.frame import ClassMap, Image
from host_tools.synthetic_streets.light import make_light
from host_tools.synthetic_streets.plans import clip_camera, clip_street, street_scene
from host_tools.synthetic_streets.render import Lens, render

RATE_HZ = 25
# Of the street; 12 s for it are 36 km/h. The ground's grain repeats every 4 m and its patches
# every 60 m, so that only a multiple of both leads into itself.
LENGTH_M = 120.0
# Slow and small: it is encoded once. 12 s at 1280x720 come to some 4 MB. Easy to decode, as a
# Pi 5 has no decoder for H.264: without CABAC, deblocking and B-frames decoding takes two fifths
# of the time.
_ENCODER = {
    "preset": "veryslow",
    "crf": "28.5",
    "tune": "fastdecode",
    "bf": "0",
    "refs": "3",
    "threads": "1",
}
_BT709 = 1  # in H.273's tables of primaries, transfer and matrix alike
_NARROW = 1
_WORKERS = 2
Labelled: TypeAlias = tuple[Image, ClassMap]


@dataclass(frozen=True, slots=True)
class Clip:
    """Options of a clip; truth_wh is the size of its class maps."""

    seconds: float = 12.0
    seed: int = 7
    weather: str = "noon"
    size_wh: tuple[int, int] = (1280, 720)
    truth_wh: tuple[int, int] = (640, 360)

    @property
    def frames(self) -> int:
        """The number of frames."""
        return round(self.seconds * RATE_HZ)


def clip_frame(clip: Clip) -> Callable[[int], Labelled]:
    """Return a function that renders frame i and its trainIds; frame `frames` equals frame 0."""
    light = make_light(clip.weather, np.random.default_rng(clip.seed), vary=0.0)
    seconds = clip.frames / RATE_HZ
    street = clip_street(light, LENGTH_M, seconds, clip.seed, front=clip.size_wh[0] / 23)

    def make(number: int) -> Labelled:
        time_s = number / RATE_HZ
        camera = clip_camera(street, clip.size_wh, time_s)
        rng = np.random.default_rng([clip.seed, number % clip.frames])
        return render(street, camera, time_s, rng, Lens(gain=1.2))

    return make


def write_clip(clip: Clip, out: Path, tick: Callable[[], None] = lambda: None) -> tuple[Path, Path]:
    """Write street.mp4 and street-truth.tar into a folder; return their paths.

    Raises SinkError where H.264 cannot be encoded, EdgeError where the disk refuses.
    """
    video, truth = out / "street.mp4", out / "street-truth.tar"
    make = clip_frame(clip)
    with atomic_file(video) as film, atomic_file(truth) as archive:
        try:
            with (
                av.open(str(film), "w", options={"movflags": "+faststart"}) as container,
                tarfile.open(archive, "w") as tarball,
            ):
                stream = container.add_stream("libx264", rate=RATE_HZ, options=_ENCODER)
                stream.width, stream.height = clip.size_wh
                stream.pix_fmt = "yuv420p"
                context = stream.codec_context
                context.thread_count = 1  # several threads split a frame differently each time
                context.colorspace = context.color_primaries = context.color_trc = _BT709
                context.color_range = _NARROW
                for number, (image, labels) in enumerate(_in_order(make, clip.frames)):
                    frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(
                        format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
                    )
                    frame.pts = number
                    container.mux(stream.encode(frame))
                    _add_map(tarball, number, labels, clip.truth_wh)
                    tick()
                container.mux(stream.encode())
        except av.error.FFmpegError as fault:
            text = f"{video} cannot be encoded ({fault}); install PyAV with libx264"
            raise SinkError(text) from fault
    return video, truth


def write_scenes(
    count: int,
    first: int,
    out: Path,
    size_wh: tuple[int, int],
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Write scenes number first, first + 1, ... in the layout of Cityscapes' training images.

    Scenes that are there already are left as they are.
    """
    images = out / "leftImg8bit" / "train" / "synthetic"
    maps = out / "gtFine" / "train" / "synthetic"
    for seed in range(first, first + count):
        name = f"synthetic_{seed:06}_000000"
        image_path = images / f"{name}_leftImg8bit.png"
        if not image_path.exists():
            image, labels = street_scene(seed, size_wh)
            # The image last: where it is, its labels are too.
            write_atomic(maps / f"{name}_gtFine_labelTrainIds.png", _png(labels))
            write_atomic(image_path, _png(image))
        tick()


def _in_order(make: Callable[[int], Labelled], count: int) -> Iterator[Labelled]:
    """Yield frames made by several threads, a few ahead; OpenCV and NumPy release the GIL."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        numbers = iter(range(count))
        waiting = [pool.submit(make, number) for number in islice(numbers, 2 * _WORKERS)]
        try:
            while waiting:
                done = waiting.pop(0).result()
                waiting += [pool.submit(make, number) for number in islice(numbers, 1)]
                yield done
        finally:
            pool.shutdown(cancel_futures=True)


def _add_map(
    tarball: tarfile.TarFile, number: int, labels: ClassMap, size_wh: tuple[int, int]
) -> None:
    # The middle of every square of pixels: averaging would invent classes.
    small = cv2.resize(labels, size_wh, interpolation=cv2.INTER_NEAREST_EXACT)
    data = _png(np.asarray(small, np.uint8))
    info = tarfile.TarInfo(f"street_{number:06}_labelTrainIds.png")
    info.size = len(data)
    tarball.addfile(info, io.BytesIO(data))


def _png(values: Image | ClassMap) -> bytes:
    done, data = cv2.imencode(".png", values, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise SinkError("OpenCV cannot write PNG; reinstall opencv-python")
    return data.tobytes()
