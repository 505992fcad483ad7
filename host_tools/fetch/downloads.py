"""The files that can be fetched: addresses, checksums and licences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A published file; sha256 is None if nobody published it."""

    url: str
    name: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """Files that belong together, with their licence.

    next_command: {path} stands for the wanted file, else for the folder.
    wanted: the file to take from an archive; empty if nothing is packed.
    """

    files: tuple[RemoteFile, ...]
    licence: str
    next_command: str
    wanted: str = ""


_MNIST_SHA256 = {
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
_DEEPLAB = "deeplabv3_mnv2_cityscapes_train_2018_02_05.tar.gz"
DOWNLOADS = {
    # Source: the archive of TensorFlow's DeepLab model zoo, research/deeplab/g3doc/model_zoo.md.
    # No checksum was found published (the zoo states 23 MB), so the first one is recorded.
    "deeplab-cityscapes": Download(
        (RemoteFile(f"https://download.tensorflow.org/models/{_DEEPLAB}", _DEEPLAB),),
        licence="Apache-2.0; trained on Cityscapes, whose licence is for non-commercial use",
        next_command="host-tools convert {path} --out DIR --labels cityscapes",
        wanted="frozen_inference_graph.pb",
    ),
    # Sources: the SHA-256 in torchvision's prototype datasets, which other loaders confirm. The
    # mirror is torchvision's.
    "mnist": Download(
        tuple(
            RemoteFile(
                f"https://ossci-datasets.s3.amazonaws.com/mnist/{name}.gz", f"{name}.gz", sha
            )
            for name, sha in _MNIST_SHA256.items()
        ),
        licence="by Yann LeCun and Corinna Cortes, commonly stated to be CC BY-SA 3.0",
        next_command="host-tools train mnist --data {path}",
    ),
}
