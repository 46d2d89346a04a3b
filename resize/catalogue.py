"""Reads the catalogue's TOML files into typed records, with errors that name the file and the key.

The files say what Kubernetes does; this module knows only their form. docs/catalogue.md describes it for writers.
"""

from __future__ import annotations

import re
import tomllib
import types
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from _typeshed import DataclassInstance

#: A text that Kubernetes writes, as a pattern to search for.
Message = re.Pattern[str]

DATA: Final = Path(__file__).parent / "data"
#: What a table of a minor version says about its own keys: where from, which of them upstream's own tests assert, and
#: where a server was seen to do something else than the references say.
ABOUT: Final = ("source", "asserted", "contradicts")
#: The keys of the file that are no minor versions.
_NO_MINORS: Final = ("first", "newest", "rules")
_MINOR: Final = re.compile(r"1\.(?P<minor>[0-9]+)")

Record = TypeVar("Record", bound="DataclassInstance")


class CatalogueError(Exception):
    """A catalogue file is wrong, or was asked for something that it does not hold."""


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a catalogue file.

    Raises:
        CatalogueError: It is missing or no TOML; the message has the parser's line and column.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CatalogueError(f"{path}: there is no such file; the checkout is incomplete") from error
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{path}: not valid TOML: {error}") from error


def minor_number(text: object, where: str) -> int:
    """The 37 of "1.37".

    Args:
        text: The version as it stands in the file.
        where: File and table, for the message.

    Raises:
        CatalogueError: It is no minor version.
    """
    match = _MINOR.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise CatalogueError(f'{where}: {text!r} is no minor version; write it as text, such as "1.37"')
    return int(match["minor"])


def build(record_type: type[Record], values: Mapping[str, Any], where: str) -> Record:
    """A record from a table whose keys are the record's fields.

    Fields may be bool, int, float, str, a Literal of texts, Message (a regular expression), a tuple of texts, or one of
    these or None. TOML has no null: the empty text stands for None.

    Args:
        record_type: A dataclass.
        values: The table.
        where: File and table, for the message.

    Raises:
        CatalogueError: A key is missing, unknown, or has a value of the wrong kind.
    """
    hints = get_type_hints(record_type)
    unknown = sorted(values.keys() - hints.keys())
    if unknown:
        raise CatalogueError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(hints)}")
    required = [field.name for field in fields(record_type) if field.default is MISSING]
    missing = [name for name in required if name not in values]
    if missing:
        raise CatalogueError(f"{where}: the key {missing[0]!r} is missing")
    return record_type(**{name: _convert(value, hints[name], f"{where} {name}") for name, value in values.items()})


def changes(document: Mapping[str, Any], path: Path, topics: Collection[str]) -> dict[int, dict[str, dict[str, Any]]]:
    """Every minor version's own tables, checked; a minor that changed nothing has none.

    Args:
        document: ``first`` and ``newest`` (minor versions), ``rules``, and tables of the minors that changed something.
        path: The file, for messages.
        topics: The names of all topics.

    Raises:
        CatalogueError: A version or topic is not known, or what a table says about itself (:data:`ABOUT`) is wrong.
    """
    first = minor_number(document.get("first"), f"{path}: first")
    newest = minor_number(document.get("newest"), f"{path}: newest")
    tables = {minor_number(key, str(path)): table for key, table in document.items() if key not in _NO_MINORS}
    outside = sorted(minor for minor in tables if not first <= minor <= newest)
    if outside:
        raise CatalogueError(f"{path}: a table for 1.{outside[0]}, but first is 1.{first} and newest is 1.{newest}")
    for minor, own in tables.items():
        for topic, table in own.items():
            where = f'{path}: ["1.{minor}".{topic}]'
            if topic not in topics:
                raise CatalogueError(f"{where}: unknown topic; known are {', '.join(topics)}")
            _check_about(table, where)
    return {minor: tables.get(minor, {}) for minor in range(first, newest + 1)}


def inherit(document: Mapping[str, Any], path: Path, topics: Collection[str]) -> dict[int, dict[str, dict[str, Any]]]:
    """Every minor version's values in full: each minor's own laid over those of the minor before.

    Returns:
        Minor number to topic to values.

    Raises:
        CatalogueError: See :func:`changes`.
    """
    result: dict[int, dict[str, dict[str, Any]]] = {}
    current: dict[str, dict[str, Any]] = {topic: {} for topic in topics}
    for minor, own in changes(document, path, topics).items():
        for topic, table in own.items():
            values = {key: value for key, value in table.items() if key not in ABOUT}
            current = {**current, topic: {**current[topic], **values}}
        result[minor] = current
    return result


def _check_about(table: Mapping[str, Any], where: str) -> None:
    """Refuse a table without a source, or one whose words about its keys name others."""
    source = table.get("source", "")
    if not isinstance(source, str) or not source:
        raise CatalogueError(f"{where}: the key 'source' is missing; say where these values are known from")
    if "unconfirmed" in table:
        raise CatalogueError(f"{where}: 'unconfirmed' is no more: data/observed.toml tells what runs have seen")
    for about in ("asserted", "contradicts"):
        strangers = [key for key in table.get(about, ()) if key not in table or key in ABOUT]
        if strangers:
            raise CatalogueError(f"{where}: {about} names {strangers[0]!r}, which this table does not set")


def _convert(value: object, wanted: Any, where: str) -> object:
    """A TOML value as a field's type wants it."""
    if get_origin(wanted) in {Union, types.UnionType}:
        inner = next(part for part in get_args(wanted) if part is not type(None))
        return None if value == "" else _convert(value, inner, where)
    if get_origin(wanted) is Literal:
        choices = get_args(wanted)
        if value not in choices:
            raise CatalogueError(f"{where} is {value!r}, must be one of {', '.join(map(repr, choices))}")
        return value
    if get_origin(wanted) is tuple:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise CatalogueError(f"{where} is {value!r}, must be a list of texts")
        return tuple(value)
    if wanted == Message:
        return _pattern(value, where)
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise CatalogueError(f"{where} is {value!r}, must be of type {wanted.__name__}")
    return value


def _pattern(value: object, where: str) -> Message:
    """A compiled regular expression; the empty one is refused, as it would match everything."""
    if not isinstance(value, str) or not value:
        raise CatalogueError(f"{where} is {value!r}, must be a regular expression")
    try:
        return re.compile(value)
    except re.error as error:
        raise CatalogueError(f"{where} is no regular expression: {error}") from error
