"""Tasks of a session: models, each with the source it runs on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from edge_app.errors import EdgeError
from edge_app.model.card import ModelSpec, read_card
from edge_app.model.catalog import sample, shipped_models
from edge_app.sources.camera import CameraOptions
from edge_app.sources.factory import open_source
from edge_app.sources.source import Source
from edge_app.sources.truth import open_truth


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """Model and the source it runs on; video_stream: of a video with several, from 0."""

    spec: ModelSpec
    source: str
    truth: str | None = None
    truth_labels: str | None = None
    video_stream: int | None = None

    def open_source(
        self, *, loop: bool, max_frames: int | None = None, camera: CameraOptions | None = None
    ) -> Source:
        """Return the open source, with its truth if there is any."""
        truth = open_truth(self.truth, self.truth_labels) if self.truth else None
        return open_source(
            self.source,
            truth=truth,
            loop=loop,
            max_frames=max_frames,
            camera=camera,
            video_stream=self.video_stream,
        )


def tasks_from(first: TaskSpec) -> list[TaskSpec]:
    """Return a task, and after it a sample for each shipped model of another task."""
    tasks = [first]
    for folder in shipped_models():
        with suppress(EdgeError):  # `edge-app models` reports broken cards
            spec = read_card(folder)
            if all(spec.task != task.spec.task for task in tasks):
                tasks.append(TaskSpec(spec, *sample(spec)))
    return tasks
