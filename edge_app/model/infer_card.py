"""A card inferred from a .tflite file that has none, with a list of what was guessed.

From the file: its tensors, its operators, its metadata. From a trial run on real images: what is
still open, above all the range of values that the network expects.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from edge_app.errors import ModelError, UsageError
from edge_app.input_file import home_path, is_plain_file
from edge_app.label_files import read_labels
from edge_app.labels import LabelSet
from edge_app.model.card import VARIANTS, ModelSpec, Variant, file_sha256
from edge_app.model.guess import ASSUMED, DOUBTFUL, LIKELY, Guess
from edge_app.model.inferred.card_overrides import CardOverrides as CardOverrides
from edge_app.model.inferred.graph_facts import GraphFacts, read_graph_facts
from edge_app.model.inferred.infer_input import InputChoice, choose_input
from edge_app.model.inferred.infer_labels import checked_digits, choose_labels
from edge_app.model.inferred.infer_output import OutputChoice, choose_output
from edge_app.model.inferred.network_kinds import WHAT_RUNS, other_kind
from edge_app.model.inferred.output_readings import MAP
from edge_app.model.inferred.packed_metadata import (
    METADATA_NAME,
    FileNotes,
    TensorNotes,
    read_notes,
)
from edge_app.model.inferred.range_choice import choose_range, fits_no_truth
from edge_app.model.inferred.same_shape_outputs import best_of_same_shape
from edge_app.model.inferred.trial_run import (
    RangeTrial,
    cached_trial,
    keep_trial,
    try_ranges,
)
from edge_app.model.inferred.value_ranges import IMAGENET, USUAL_BY_DEPTH, ValueRange
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.network import Network
from edge_app.model.output_spec import OutputSpec
from edge_app.palette_files import read_palette

_CHANNELS = Guess("channels", "", "by the range of values", ASSUMED, "--channels")
_IS_IMAGE = 0.9  # correlation with the input


def infer_card(
    path: Path,
    overrides: CardOverrides,
    *,
    runtime: str = "auto",
    described_by: Path | None = None,
) -> ModelSpec:
    """Return a card for a .tflite file from the file itself and the user's overrides.

    described_by: the file that this one was made of; its metadata and the label files beside it
    describe this one too, and messages name it.
    Raises ModelError if the file does not load or is no network of classes, and UsageError if the
    overrides contradict each other.
    """
    _check_label_files(overrides)
    facts = read_graph_facts(path) if is_plain_file(path) else None
    named = described_by or path
    notes = _notes(path, facts) if described_by is None else _notes_of_source(described_by)
    if facts is not None and (
        what := other_kind(facts, notes, chosen=overrides.output is not None)
    ):
        raise ModelError(f"{named} {what}: {WHAT_RUNS}")
    network = load_network(
        path, runtime=runtime, threads=1, size_wh=overrides.size_wh, output=overrides.output
    )
    try:
        return _card(path, named, network, facts, notes, overrides)
    except ModelError as fault:
        raise ModelError(f"{named}: {fault}") from None
    finally:
        network.close()


def _check_label_files(overrides: CardOverrides) -> None:
    """Raise UsageError for a wrong file of labels or colours, before the network is tried."""
    if overrides.labels:
        read_labels(overrides.labels, overrides.palette)
    elif overrides.palette:
        read_palette(home_path(overrides.palette, UsageError))


def _notes(path: Path, facts: GraphFacts | None) -> FileNotes:
    if facts is None:
        return FileNotes()
    return read_notes(path, facts.metadata.get(METADATA_NAME, b""))


def _notes_of_source(source: Path) -> FileNotes:
    """Return what the metadata of a .tflite file says of one made of it, with its first output."""
    if source.suffix != ".tflite" or not is_plain_file(source):
        return FileNotes()
    facts = read_graph_facts(source)
    notes = _notes(source, facts)
    one_output = facts is not None and len(facts.outputs) == 1
    return notes if one_output else replace(notes, outputs=())


def _card(
    path: Path,
    named: Path,
    network: Network,
    facts: GraphFacts | None,
    notes: FileNotes,
    overrides: CardOverrides,
) -> ModelSpec:
    taken = choose_input(
        network.input, facts, notes.inputs[0] if notes.inputs else TensorNotes(), overrides
    )
    width, height = taken.spec.size_wh
    chosen = next((at for at, one in enumerate(network.outputs) if one is network.output), 0)
    given = chosen if overrides.output is not None else None
    output = choose_output(network.outputs, (height, width), facts, overrides, given)
    sha256 = file_sha256(path)
    task = output.form.task
    one_value = output.form.classes == 1 and output.activation != "ids"
    labels, labelled = choose_labels(
        named, task, output.classes, notes, output.position, overrides, is_one_value=one_value
    )
    is_counted = output.classes is not None and len(labels.classes) == output.classes
    known = labels if is_counted else None
    # What ten classes are is tried, even where nothing else is open.
    by_number = labels.name == "digits" and labelled is not None and labelled.sureness == LIKELY

    def tried(one: OutputChoice) -> RangeTrial | None:
        network.select_output(str(one.position))
        return _trial(network, sha256, taken, one, known, is_open=True)[0]

    if given is None:
        output = best_of_same_shape(network.outputs, output, tried)
        network.select_output(str(output.position))
    trial, ranges = _trial(network, sha256, taken, output, known, is_open=by_number)
    unlabelled = None
    if task != MAP and taken.is_open and trial is not None and fits_no_truth(trial):
        unlabelled, _ = _trial(network, sha256, taken, output, None)
    guesses = [guess for guess in output.guesses if guess.topic in {"task", "output"}]
    input_spec, input_guesses = taken.spec, list(taken.guesses)
    if taken.is_open and trial is not None:
        best, guess = choose_range(ranges, trial, unlabelled)
        channels = best.channels if input_spec.channels == "rgb" else input_spec.channels
        input_spec = replace(input_spec, mean=best.mean, std=best.std, channels=channels)
        found = {"input": guess, "channels": replace(_CHANNELS, value=channels)}
        if channels == taken.spec.channels:
            del found["channels"]
        input_guesses = [found.get(one.topic, one) for one in input_guesses]
    activation, classes = output.activation, output.classes
    activation_guesses = [
        guess for guess in output.guesses if guess.topic not in {"task", "output"}
    ]
    if activation is None:
        activation, guess_of_values = _activation(output, trial)
        classes = _settled_classes(output, activation)
        if guess_of_values is not None:
            activation_guesses.append(guess_of_values)
        if classes != output.classes:
            one_value = activation != "ids"
            labels, labelled = choose_labels(
                named, task, classes, notes, output.position, overrides, is_one_value=one_value
            )
    if labelled is not None:
        labels, labelled = checked_digits(labels, labelled, trial)
    variant = Variant(network.variant_name(), path, path.stat().st_size, sha256)
    # A model's files are often named by variant; its name is then that of the folder.
    name = path.resolve().parent.name if path.stem in VARIANTS else path.stem
    return ModelSpec(
        name=name,
        title=name,
        task=task,
        labels=labels,
        input=input_spec,
        output=_output_spec(network, output, activation, overrides),
        variants={variant.name: variant},
        licence=notes.licence[:200],
        guessed=(
            *guesses,
            *input_guesses,
            *activation_guesses,
            *([labelled] if labelled else ()),
            Guess("variant", variant.name, "by the types of its tensors", LIKELY),
        ),
    )


def _trial(
    network: Network,
    sha256: str,
    taken: InputChoice,
    output: OutputChoice,
    labels: LabelSet | None,
    *,
    is_open: bool = False,
) -> tuple[RangeTrial | None, tuple[ValueRange, ...]]:
    """Return a trial run if something is open that it may decide, and the ranges to try.

    is_open: whether something else than the range and the activation is.
    """
    depth = 1 if taken.spec.channels == "gray" else 3
    ranges = USUAL_BY_DEPTH[depth] if taken.is_open else ()
    if taken.spec.layout == "nchw":  # PyTorch's networks have both
        ranges = (IMAGENET, *(one for one in ranges if one is not IMAGENET))
    if taken.spec.channels == "bgr":
        ranges = tuple(replace(one, channels="bgr") for one in ranges)
    if not ranges and output.activation is not None and not is_open:
        return None, ranges
    form, runtime = output.form, network.runtime
    of_file = (sha256, runtime.name, runtime.version, taken.spec, output.position)
    # A file of labels may have been changed.
    names = labels and (labels.name, hashlib.sha256(repr(labels.names).encode()).hexdigest())
    of_reading = (form.layout, form.classes, output.activation, names)
    key = " ".join(map(str, (*of_file, *of_reading, *ranges)))
    trial = cached_trial(key)
    if trial is None:
        trial = try_ranges(network, taken.spec, output, labels, ranges)
        keep_trial(key, trial)
    return trial, ranges


def _activation(output: OutputChoice, trial: RangeTrial | None) -> tuple[str | None, Guess | None]:
    """Return what the values of a trial are; raise ModelError if they are no classes."""
    if trial is None:
        return None, None
    stats, option = trial.stats, "--activation"
    if stats is None:
        why = f"some of its values for {trial.images} are not finite"
        return None, Guess("activation", "not known", why, DOUBTFUL, option)
    form = output.form
    by = f"by its values, {stats.low:.3g} to {stats.high:.3g}"
    if form.task == MAP and form.classes == 3 and stats.like_input > _IS_IMAGE:
        raise ModelError(
            f"it makes images from images (its output {output.tensor.size_text} is like its "
            f"input): {WHAT_RUNS}"
        )
    if form.classes > 1:
        if stats.sums_to_one:
            return "probabilities", Guess("activation", "probabilities", by, LIKELY, option)
        return "logits", Guess("activation", "logits", by, LIKELY, option)
    if stats.low >= 0 and stats.high <= 1:
        return "sigmoid", Guess("activation", "sigmoid", by, LIKELY, option)
    if form.task == MAP and stats.whole and stats.low >= 0:
        return "ids", Guess("activation", "ids", f"{by}, all whole numbers", LIKELY, option)
    if stats.low >= 0:
        raise ModelError(
            f"it gives one measure for each {'pixel' if form.task == MAP else 'image'}, as of "
            f"depth or age ({by.removeprefix('by ')}): {WHAT_RUNS}; if it is a mask: "
            "--activation logits"
        )
    other = "a measure, as of depth, which this program does not show"
    return "logits", Guess("activation", "logits", by, ASSUMED, option, other)


def _settled_classes(output: OutputChoice, activation: str | None) -> int | None:
    """Return how many classes there are once the activation is known."""
    if output.form.classes > 1:
        return output.classes
    return None if activation == "ids" else 2


def _output_spec(
    network: Network, output: OutputChoice, activation: str | None, overrides: CardOverrides
) -> OutputSpec:
    threshold = 0.5 if overrides.threshold is None else overrides.threshold
    names = [one.name for one in network.outputs]
    tensor = None
    if len(names) > 1:
        unique = names.count(output.tensor.name) == 1 and output.tensor.name
        tensor = output.tensor.name if unique else str(output.position)
    return OutputSpec(tensor, output.form.layout, activation, threshold)
