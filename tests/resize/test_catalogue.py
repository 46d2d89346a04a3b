from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest

from resize.catalogue import CatalogueError, Message, build, inherit, read_toml

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Example:
    mode: Literal["a", "b"]
    text: Message | None
    deadline_s: float
    flag: bool
    names: tuple[str, ...] = ()
    code: int | None = None


GOOD: dict[str, Any] = {"mode": "a", "text": "below usage \\(\\d+\\)", "deadline_s": 15, "flag": True}


def test_a_table_becomes_a_record() -> None:
    example = build(Example, {**GOOD, "names": ["x", "y"], "code": 403}, "f.toml: [t]")
    assert example.text is not None
    assert example.text.search("limit below usage (0)")
    assert (example.mode, example.deadline_s, example.flag) == ("a", 15.0, True)
    assert (example.names, example.code) == (("x", "y"), 403)
    assert isinstance(example.deadline_s, float)


def test_the_empty_text_is_none_where_none_is_allowed() -> None:
    example = build(Example, {**GOOD, "text": "", "code": ""}, "f.toml")
    assert (example.text, example.code) == (None, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "c"}, r"f\.toml: \[t\] mode is 'c', must be one of 'a', 'b'"),
        ({"text": "("}, r"f\.toml: \[t\] text is no regular expression"),
        ({"text": 7}, r"text is 7, must be a regular expression"),
        ({"deadline_s": "15"}, r"deadline_s is '15', must be of type float"),
        ({"deadline_s": True}, r"deadline_s is True, must be of type float"),
        ({"flag": 1}, r"flag is 1, must be of type bool"),
        ({"flag": ""}, r"flag is '', must be of type bool"),
        ({"names": "x"}, r"names is 'x', must be a list of texts"),
        ({"names": [1]}, r"names is \[1\], must be a list of texts"),
        ({"code": True}, r"code is True, must be of type int"),
        ({"modes": "a"}, r"unknown key 'modes'; known are mode, text"),
    ],
)
def test_a_wrong_value_is_named_with_file_and_key(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        build(Example, {**GOOD, **change}, "f.toml: [t]")


def test_a_missing_key_is_named() -> None:
    with pytest.raises(CatalogueError, match="the key 'flag' is missing"):
        build(Example, {key: value for key, value in GOOD.items() if key != "flag"}, "f.toml")


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="there is no such file"):
        read_toml(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("a = \n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"broken\.toml: not valid TOML: .*line 1"):
        read_toml(broken)


def resolve(tmp_path: Path, text: str) -> dict[int, dict[str, dict[str, Any]]]:
    path = tmp_path / "b.toml"
    path.write_text(text, encoding="utf-8")
    return inherit(read_toml(path), path, ("release", "status"))


HEAD = 'first = "1.27"\nnewest = "1.30"\n'


def test_a_minor_inherits_what_it_does_not_change(tmp_path: Path) -> None:
    versions = resolve(
        tmp_path,
        HEAD
        + '["1.27".release]\nstage = "alpha"\ngates = ["G"]\nsource = "one"\nasserted = ["stage", "gates"]\n'
        + '["1.29".release]\nstage = "beta"\nsource = "two"\ncontradicts = { stage = "a page says alpha" }\n'
        + '[rules.release]\nstage = "How mature it is."\n',
    )
    assert list(versions) == [27, 28, 29, 30]
    old, new = {"stage": "alpha", "gates": ["G"]}, {"stage": "beta", "gates": ["G"]}
    assert [versions[minor]["release"] for minor in versions] == [old, old, new, new]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('newest = "1.30"', r"b\.toml: first: None is no minor version"),
        ('first = "1.27"\nnewest = 1.3', r"newest: 1\.3 is no minor version; write it as text"),
        (HEAD + '["v1.28".release]\nsource = "s"', r"b\.toml: 'v1\.28' is no minor version"),
        (HEAD + '["1.31".release]\nsource = "s"', r"a table for 1\.31, but first is 1\.27 and newest is 1\.30"),
        (HEAD + '["1.28".stauts]\nsource = "s"', r'\["1\.28"\.stauts\]: unknown topic; known are release, status'),
        (HEAD + '["1.28".status]\na = 1', r'\["1\.28"\.status\]: the key \'source\' is missing'),
        (HEAD + '["1.28".status]\nsource = "s"\nasserted = ["a"]', r"asserted names 'a', which this table"),
        (HEAD + '["1.28".status]\nsource = "s"\ncontradicts = { a = "b" }', r"contradicts names 'a', which this table"),
        (HEAD + '["1.28".status]\na = 1\nsource = "s"\nunconfirmed = ["a"]', r"'unconfirmed' is no more"),
    ],
)
def test_mistakes_in_the_versions_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        resolve(tmp_path, text)
