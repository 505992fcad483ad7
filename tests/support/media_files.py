"""Small files whose images show their own number, so that order and pairing show."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

IDENTITY = b"".join(n.to_bytes(4, "big") for n in (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30))


def numbered_image(number: int, size_wh: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
    """Return a flat gray image whose level encodes its number: 20, 30, 40 and so on."""
    return np.full((size_wh[1], size_wh[0], 3), 20 + 10 * number, np.uint8)


def number_of(image: NDArray[np.uint8]) -> int:
    """Read the number of an image back, from whatever a codec left of it."""
    return round((float(image.mean()) - 20) / 10)


def write_video(
    path: Path,
    count: int = 5,
    *,
    size_wh: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rate: int = 25,
    times_ms: Sequence[int] | None = None,
    images: Sequence[NDArray[np.uint8]] | None = None,
    container: str | None = None,
    options: dict[str, str] | None = None,
    pixels: Fraction | None = None,
) -> Path:
    """Write numbered images (or given ones), at a fixed rate or at given times.

    pixels: their width in their height, if they are not square.
    """
    made = images or [numbered_image(number, size_wh) for number in range(count)]
    with av.open(str(path), "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size_wh, pix_fmt
        if pixels:
            stream.codec_context.sample_aspect_ratio = pixels
        if times_ms:
            stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for number, image in enumerate(made):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            if times_ms:
                frame.pts, frame.time_base = times_ms[number], Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def write_intra(path: Path, count: int = 5) -> Path:
    """Write a video whose frames do not lean on each other, so that damage stays in one."""
    return write_video(path, count, options={"g": "1", "bf": "0"})


def break_packet(path: Path, number: int) -> None:
    """Spoil the n-th packet of an MP4: the length of its first unit points out of the file."""
    with av.open(str(path)) as container:
        at = [packet.pos for packet in container.demux(video=0) if packet.size][number]
    data = bytearray(path.read_bytes())
    assert at is not None
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)


def turn(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Write a display matrix into an MP4's track header, as phones do."""
    rows = (a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    matrix = b"".join((n & 0xFFFFFFFF).to_bytes(4, "big") for n in rows)
    data = path.read_bytes()
    track = data.index(b"tkhd")
    at = data.index(IDENTITY, track)
    path.write_bytes(data[:at] + matrix + data[at + len(IDENTITY) :])


def _lose_packet(path: Path, number: int) -> None:
    """Remove the last MPEG-TS packet of a frame of an MPEG-TS file, as a bad network does."""
    with av.open(str(path)) as container:
        starts = [packet.pos for packet in container.demux(video=0) if packet.size]
    data = path.read_bytes()
    kept = [data[at : at + 188] for at in range(0, len(data), 188)]
    end, start = starts[number + 1], starts[number]
    assert start is not None
    assert end is not None
    video = [at for at in range(start // 188, end // 188) if kept[at][1:3] == b"\x01\x00"]
    assert len(video) > 1, "a frame of one packet would be lost as a whole"
    kept[video[-1]] = b""
    path.write_bytes(b"".join(kept))


def write_lossy(
    path: Path,
    count: int,
    lost: int,
    *,
    key_every: int = 6,
    size_wh: tuple[int, int] = (128, 96),
    pixels: Fraction | None = None,
) -> Path:
    """Write noise as MPEG-TS, in which a part of one frame is lost; see `write_video`."""
    options = {"g": str(key_every), "bf": "0", "sc_threshold": "0", "preset": "ultrafast"}
    write_video(
        path,
        images=noise(count, size_wh),
        size_wh=size_wh,
        container="mpegts",
        options=options,
        pixels=pixels,
    )
    _lose_packet(path, lost)
    return path


def write_two_streams(path: Path, sizes_wh: Sequence[tuple[int, int]]) -> Path:
    """Write a video with a stream of each size, whose images show the number of the stream."""
    with av.open(str(path), "w") as output:
        streams: list[Any] = [output.add_stream("libx264", rate=25) for _ in sizes_wh]
        for stream, (width, height) in zip(streams, sizes_wh, strict=True):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for stream, (number, size_wh) in zip(streams, enumerate(sizes_wh), strict=True):
            for _ in range(3):
                image = numbered_image(number, size_wh)
                output.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
            output.mux(stream.encode())
    return path


def noise(count: int, size_wh: tuple[int, int] = (128, 96)) -> list[NDArray[np.uint8]]:
    """Return images that no codec makes small."""
    random = np.random.default_rng(5)
    return [random.integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8) for _ in range(count)]


def write_images(folder: Path, names: Sequence[str]) -> Path:
    """Write one numbered image for each name."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), numbered_image(number))
    return folder


def write_map(path: Path, ids: Any, size_wh: tuple[int, int] = (8, 6)) -> Path:
    """Write a truth image of one id, or of given ids."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.full(size_wh[::-1], ids, np.uint8) if isinstance(ids, int) else np.asarray(ids)
    assert cv2.imwrite(str(path), image)
    return path


def write_maps(folder: Path, names: Sequence[str]) -> Path:
    """Write one truth image for each name, whose only id is its number."""
    for number, name in enumerate(names):
        write_map(folder / name, number)
    return folder


def write_tarball(path: Path, names: Sequence[str], *, colour: bool = False) -> Path:
    """Write truth images into a tarball as DriveSeg has them, a folder and stray files beside."""
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as tarball:
        folder = tarfile.TarInfo("truth")
        folder.type = tarfile.DIRTYPE
        tarball.addfile(folder)
        for name in ("truth/._0.png", "truth/notes.txt"):
            _add(tarball, name, b"not an image")
        for number, name in enumerate(names):
            ids = np.full((6, 8, 3) if colour else (6, 8), number, np.uint8)
            _add(tarball, f"truth/{name}", cv2.imencode(".png", ids)[1].tobytes())
    return path


def _add(tarball: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tarball.addfile(member, io.BytesIO(data))


def write_idx(path: Path, values: NDArray[np.uint8], magic: int | None = None) -> Path:
    """Write an IDX file of bytes, gzipped if its name ends so."""
    number = magic if magic is not None else 0x0800 + values.ndim
    header = b"".join(n.to_bytes(4, "big") for n in (number, *values.shape))
    data = header + values.tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def write_digits(path: Path, count: int = 5) -> Path:
    """Write numbered digits of 28x28."""
    digits = np.stack([numbered_image(number, (28, 28))[..., 0] for number in range(count)])
    return write_idx(path, digits)
