"""The one build step that setup.cfg cannot describe; everything else about the package is there."""

from __future__ import annotations

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

# Folders of the checkout that ship inside the package, so that they are found wherever pip puts
# it. The images of the front page (assets/readme) stay behind.
_SHIPPED = (
    "assets/fonts", "assets/labels", "assets/models", "assets/reference", "assets/samples",
    "systemd",
)  # fmt: skip


class BuildWithAssets(build_py):
    """Builds the package with its assets; an editable install reads those of the checkout.

    A `package_dir` for them would do that too, but leaves a path hook in sys.path of every Python
    of an editable install.
    """

    def run(self) -> None:
        """Build the modules, then copy the assets beside them."""
        super().run()
        if not self.editable_mode:
            for source in _shipped_files():
                target = Path(self.build_lib, "edge_app", source)
                self.mkpath(str(target.parent))
                self.copy_file(source, str(target))

    def get_source_files(self) -> list[str]:
        """Return what a source distribution needs."""
        return [*super().get_source_files(), *_shipped_files()]


def _shipped_files() -> list[str]:
    paths = [path for name in _SHIPPED for path in sorted(Path(name).rglob("*"))]
    return [str(path) for path in paths if path.is_file()]


setup(cmdclass={"build_py": BuildWithAssets})
