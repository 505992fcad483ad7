"""JSON files as msgspec structs: decoding with readable errors, encoding, descriptions."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from edge_app.errors import SourceError

T = TypeVar("T")
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


class _Header(msgspec.Struct):
    schema: int


def read_file(path: Path, parse: Callable[[bytes], T], what: str, advice: str) -> T:
    """Read a file with a function that raises ValueError for wrong content.

    what: what the file should be, "a bench result". Raises SourceError, ending with the advice.
    """
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise SourceError(f"{path} cannot be read ({fault.strerror}); check the path") from None
    if not content.strip():
        raise SourceError(f"{path} is empty; {advice}")
    try:
        return parse(content)
    except ValueError as fault:
        raise SourceError(f"{path} is not {what}: {fault}; {advice}") from None


def parse_json(
    content: bytes,
    kind: type[T],
    *,
    schema: int | None = None,
    hook: Callable[[type, Any], Any] | None = None,
) -> T:
    """Return JSON as a struct, or as any other type that msgspec knows.

    schema: the version it has to have. hook: makes types that msgspec does not know.
    Raises ValueError naming the field, as "variants[1].bytes: expected int, got str".
    """
    try:
        if schema is not None:
            check_schema(msgspec.json.decode(content, type=_Header).schema, schema)
        return msgspec.json.decode(content, type=kind, dec_hook=hook)
    except msgspec.ValidationError as fault:
        raise ValueError(readable(fault)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ValueError(f"invalid JSON ({fault})") from None


def check_schema(found: int, expected: int) -> None:
    """Raise ValueError if a file is of another version than this program reads."""
    if found != expected:
        raise ValueError(f"schema: it is {found}, this program reads {expected}")


def readable(fault: msgspec.ValidationError) -> str:
    """Return msgspec's message with the path in front: "variants[1].bytes: expected int"."""
    text, _, path = str(fault).partition(" - at `$")
    text = text.replace("`", "")
    text = re.sub(r"^Object missing required field (.+)", r"required field \1 is missing", text)
    text = text[:1].lower() + text[1:]
    place = path.rstrip("`").lstrip(".")
    return f"{place}: {text}" if place else text


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
