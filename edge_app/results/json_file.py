"""JSON files as msgspec structs: decoding with readable errors, encoding, descriptions."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from edge_app.errors import SourceError
from edge_app.input_file import check_is_file, read_limited

T = TypeVar("T")
MAX_RESULT_BYTES = 256_000_000  # hundreds of times that of any run so far
_TYPES: tuple[tuple[type, str], ...] = (
    (inspect.BoolType, "true or false"),
    (inspect.IntType, "integer"),
    (inspect.FloatType, "number"),
    (inspect.StrType, "text"),
    (inspect.LiteralType, "text"),
    (inspect.NoneType, "null"),
    (inspect.CollectionType, "list"),
    (inspect.TupleType, "list"),
)


# The kinds of files of this project. Old ones do not name theirs: it shows in their fields.
KINDS = {
    "bench": "a bench result",
    "evaluation": "an evaluation",
    "run": "the summary of a run",
    "published": "a file of published figures",
    "card": "a model card",
}
_MARKS = (
    ("published", {"published"}),
    ("evaluation", {"datasets", "classes"}),
    ("card", {"input", "labels", "variants"}),
    ("run", {"stages"}),
    ("bench", {"variants"}),
)


class _Header(msgspec.Struct):
    schema: int | None = None
    kind: str = ""


def read_file(path: Path, parse: Callable[[bytes], T], kind: str, advice: str) -> T:
    """Read a file with a function that raises ValueError for wrong content.

    kind: one of KINDS, or any other in words, "a valid result". Raises SourceError, ending with
    the advice; if it is a file of another one of KINDS, it says which.
    """
    check_is_file(path, SourceError, pipes=True)
    try:
        too_large = f"{path} is above {MAX_RESULT_BYTES // 10**6} MB, the limit; {advice}"
        content = read_limited(path, MAX_RESULT_BYTES, SourceError(too_large))
    except OSError as fault:
        raise SourceError(f"{path} cannot be read ({fault.strerror}); check the path") from None
    if not content.strip():
        raise SourceError(f"{path} is empty; {advice}")
    try:
        return parse(content)
    except ValueError as fault:
        found = kind_of(content) if kind in KINDS else ""
        reason = wrong_kind(found) if found not in {"", kind} else fault
        raise SourceError(f"{path} is not {KINDS.get(kind, kind)}: {reason}; {advice}") from None


def wrong_kind(kind: str) -> str:
    """Return what a file is instead of the expected kind: "it is a bench result"."""
    return f"it is {KINDS[kind]}" if kind in KINDS else f"its kind is {kind}"


def kind_of(content: bytes) -> str:
    """Return the kind of a file of this project, by its field `kind` or its other fields.

    One of KINDS, or "" if it is none of them.
    """
    try:
        fields = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        named = msgspec.json.decode(fields.get("kind", b'""'))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    if isinstance(named, str) and named in KINDS:
        return named
    return next((kind for kind, marks in _MARKS if marks <= fields.keys()), "")


def parse_json(
    content: bytes,
    kind: type[T],
    *,
    schema: int | None = None,
    file_kind: str = "",
    hook: Callable[[type, Any], Any] | None = None,
) -> T:
    """Return JSON as a struct, or as any other type that msgspec knows.

    schema: the version it has to have. file_kind: its field `kind`, which old files lack.
    hook: makes types that msgspec does not know.
    Raises ValueError naming the field, as "variants[1].bytes: expected int, got str".
    """

    def decode(text: bytes) -> T:
        return msgspec.json.decode(text, type=kind, dec_hook=hook)

    try:
        header = msgspec.json.decode(content, type=_Header)
        if file_kind and header.kind not in {"", file_kind}:
            raise ValueError(wrong_kind(header.kind))
        if schema is not None:
            check_schema(header.schema, schema)
        return decode(content)
    except msgspec.ValidationError as fault:
        if "[...]" not in str(fault):
            raise ValueError(readable(fault)) from None
        value = msgspec.json.decode(content)
        raise ValueError(
            readable(fault, value, lambda: decode(msgspec.json.encode(value)))
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ValueError(f"invalid JSON ({fault})") from None


def check_schema(found: int | None, expected: int) -> None:
    """Raise ValueError if a file is of another version than this program reads."""
    if found is None:
        raise ValueError("required field schema is missing")
    if found != expected:
        raise ValueError(f"schema: it is {found}, this program reads {expected}")


def readable(
    fault: msgspec.ValidationError, value: Any = None, validate: Callable[[], object] | None = None
) -> str:
    """Return msgspec's message with the path in front: "variants.int8.bytes: expected int".

    msgspec writes `[...]` for the key of an object. It is found by leaving each key alone in
    there: value, the whole content, is changed for that and restored; validate raises for it.
    """
    text, _, path = str(fault).partition(" - at `$")
    text = text.replace("`", "")
    text = re.sub(r"^Object missing required field (.+)", r"required field \1 is missing", text)
    text = text[:1].lower() + text[1:]
    place = path.rstrip("`")
    if validate is not None:
        place = _with_keys(place, str(fault), value, validate)
    place = place.lstrip(".")
    return f"{place}: {text}" if place else text


def _with_keys(path: str, message: str, value: Any, validate: Callable[[], object]) -> str:
    """Return a path with the key of each object where it has `[...]`."""
    named = ""
    for step in re.findall(r"\.\w+|\[\d+\]|\[\.\.\.\]", path):
        if step != "[...]":
            named += step
            value = value[step[1:] if step[0] == "." else int(step[1:-1])]
            continue
        entries = dict(value)
        wrong = [key for key in entries if _fails_alone(key, entries, value, message, validate)]
        value.clear()
        value.update(entries)
        if not wrong:
            return path
        named += f".{wrong[0]}"
        value = entries[wrong[0]]
    return named


def _fails_alone(
    key: str,
    entries: Mapping[str, Any],
    place: dict[str, Any],
    message: str,
    validate: Callable[[], object],
) -> bool:
    """Return whether the message is still the same with one key alone in its place."""
    place.clear()
    place[key] = entries[key]
    try:
        validate()
    except msgspec.ValidationError as fault:
        return str(fault) == message
    return False


def to_json(value: Any, *, indent: int | None = None) -> bytes:
    """Return a value as JSON with a line end.

    NumPy's numbers and arrays and paths are allowed; what is not a finite number becomes null.
    """
    content = msgspec.json.encode(value, enc_hook=_plain)
    return (content if indent is None else msgspec.json.format(content, indent=indent)) + b"\n"


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def describe(
    kind: type[msgspec.Struct] | inspect.StructType, prefix: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Yield path, type and description of each field of a struct and of those inside it."""
    info: Any = kind if isinstance(kind, inspect.StructType) else inspect.type_info(kind)
    for field in info.fields:
        text, inner = "", field.type
        if isinstance(inner, inspect.Metadata):
            text, inner = (inner.extra_json_schema or {}).get("description", ""), inner.type
        path = prefix + field.encode_name
        yield path, _type_text(inner), text
        for option in inner.types if isinstance(inner, inspect.UnionType) else (inner,):
            item = getattr(option, "item_type", None)  # of a list
            if isinstance(option, inspect.StructType):
                yield from describe(option, f"{path}.")
            elif isinstance(item, inspect.StructType):
                yield from describe(item, f"{path}[].")


def _type_text(info: inspect.Type) -> str:
    if isinstance(info, inspect.UnionType):
        return " or ".join(map(_type_text, info.types))
    return next((name for kind, name in _TYPES if isinstance(info, kind)), "object")
