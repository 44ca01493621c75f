import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest

from archive.parsing import Given, ParsingFailed, Unreadable, UnsupportedMediaType, json_items, limits, parse, parse_one
from db.records import Draft


def read_lines(stream: BinaryIO) -> Iterator[Any]:
    return (item.read() for item in json_items.lines(stream, Given()))


def outline(items: list[Draft | Unreadable]) -> list[str | tuple[int, int | None]]:
    return [item.title if isinstance(item, Draft) else (item.index, item.line) for item in items]


LINES = b"""{"title": "one"}
\r
{"title": "two", "text": "\\u00e4"}\r
{"title": 3
[1]
{"title": "four"} {"title": "five"}
{"title": NaN}
{"title": "\\ud800six"}
{"authors": ["x"]}
{"title": "seven"}"""


def test_each_line_stands_by_itself() -> None:
    items = parse(LINES, "application/x-ndjson", name="a.ndjson")
    assert outline(items) == ["one", "two", (2, 4), (3, 5), (4, 6), (5, 7), "six", (7, 9), "seven"]
    first = items[0]
    assert isinstance(first, Draft)
    assert first.original is not None
    assert (first.original.content, first.original.media_type, first.original.name) == (
        b'{"title": "one"}',
        "application/json",
        "a.ndjson",
    )


def test_all_that_is_wrong_with_a_line() -> None:
    [item] = parse(b'{"title": 1, "published_at": "soon"}', "application/jsonl", strict=True)
    assert isinstance(item, Unreadable)
    assert (item.index, item.line, item.pointer, item.reason) == (0, 1, "/title", "has to be a string")
    assert [pointer for pointer, _ in item.errors] == ["/title", "/published_at"]


def test_lines_are_read_one_at_a_time() -> None:
    stream = io.BytesIO(b'{"title": "one"}\n' * 1000)
    items = read_lines(stream)
    next(items)
    assert stream.tell() == 17 * 20  # as many as are looked at to see what they call their fields
    long = io.BytesIO((b'{"title": "' + b"x" * (1 << 20) + b'"}\n') * 10)
    next(read_lines(long))
    assert long.tell() < 3 << 20


def test_what_lies_before_damage_is_read() -> None:
    class Damaged(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= 34:
                raise OSError("the disk is broken")
            return super().readline(size)

    items = read_lines(Damaged(b'{"title": "one"}\n' * 10))
    assert outline([next(items), next(items)]) == ["one", "one"]
    with pytest.raises(OSError, match="broken"):
        next(items)


def test_a_line_that_is_too_long_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.parsing.json_items.LINE", 40)
    long = json.dumps({"title": "x" * 500}).encode()
    items = list(read_lines(io.BytesIO(b'{"title": "one"}\n' + long + b'\n{"title": "two"}\n' + long)))
    assert outline(items) == ["one", (1, 2), "two", (3, 4)]


@pytest.mark.parametrize(
    "content",
    [
        b'[{"title": "one"}, {"title": "two"}]',
        b'\xef\xbb\xbf {"items": [{"title": "one"}, {"title": "two"}], "next": null}',
        b'{"page": {"number": 1}, "count": 2, "items": [{"title": "one"}, {"title": "two"}]}',
        b'{"status": "ok", "articles": [{"title": "one"}, {"title": "two"}]}',
        b'{"response": {"total": 2, "results": [{"title": "one"}, {"title": "two"}]}}',
        json.dumps([{"title": "one"}, {"title": "two"}]).encode("utf-16"),
    ],
)
def test_many_in_one_file(content: bytes) -> None:
    items = parse(content, "application/json")
    assert outline(items) == ["one", "two"]
    last = items[1]
    assert isinstance(last, Draft)
    assert last.original is not None
    assert json.loads(last.original.content) == {"title": "two"}


def test_a_damaged_list_gives_what_lies_before() -> None:
    assert outline(parse(b'[{"title": "one"}, 7, {"title": "two"}, {"title": }, {"title": "three"}]')) == [
        "one",
        (1, None),
        "two",
        (3, None),
    ]
    assert outline(parse(b'[{"title": "one"}, {"title": "two"}', "application/json")) == ["one", (1, None)]
    assert outline(parse(b'[{"title": "one"},', "application/json")) == ["one", (1, None)]
    assert parse(b"[]", "application/json") == []


def test_an_article_with_items_of_its_own_is_an_article() -> None:
    draft = parse_one(b'{"title": "T", "text": "x", "items": [{"a": 1}]}', "application/json")
    assert draft.extra == {"items": [{"a": 1}]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"nonsense",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"title": "T"} x',
        b"9" * 10_000,
        b'{"a" 1}',
        b'{"items" [1]}',
    ],
)
def test_no_json(content: bytes) -> None:
    items = parse(content, "application/json")
    assert outline(items) == [(0, None)]
    with pytest.raises(ParsingFailed, match=r"JSON|to store|object|empty"):
        parse_one(content, "application/json")


def test_exactly_one() -> None:
    with pytest.raises(ParsingFailed, match="not 2"):
        parse_one(b'[{"title": "a"}, {"title": "b"}]', "application/json")


@pytest.mark.parametrize(
    ("content", "media_type", "name", "original"),
    [
        (b"# T\n\nx", None, None, "text/markdown"),
        (b"---\ntitle: T\n---\nx", None, None, "text/markdown"),
        (b"<!DOCTYPE html><title>T</title><p>x", None, None, "text/html"),
        (b'{"title": "T"}', None, None, "application/json"),
        (b'[{"title": "T"}]', None, None, "application/json"),
        (b"Just a text.", None, None, "text/plain"),
        (b"# T", "text/plain; charset=utf-8", "a.md", "text/plain"),
        (b"x", "application/octet-stream", "a.MD", "text/markdown"),
        (b"x", "Text/Markdown;variant=GFM", None, "text/markdown"),
        (b'{"title": "T"}', "application/ld+json", None, "application/json"),
        (b"x", None, "notes.xyz", "text/plain"),
    ],
)
def test_which_reader(content: bytes, media_type: str | None, name: str | None, original: str) -> None:
    draft = parse_one(content, media_type, name=name)
    assert draft.original is not None
    assert draft.original.media_type == original


def test_lines_are_told_from_one_object() -> None:
    assert outline(parse(b'{"title": "one"}\n{"title": "two"}\n')) == ["one", "two"]
    assert outline(parse(b'{\n "title": "one"\n}\n')) == ["one"]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b"x", "image/png"), (b"x", "nonsense"), (b"\x89PNG\r\n", None), (b"<?xml version='1.0'?><note/>", None)],
)
def test_what_has_no_reader(content: bytes, media_type: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        parse(content, media_type)
    assert limits.LINE > 5 * limits.TEXT


def test_lines_of_utf_16_are_told_as_one_failure() -> None:
    [failed] = read_lines(io.BytesIO('{"title": "one"}\n{"title": "two"}\n'.encode("utf-16")))
    assert isinstance(failed, Unreadable)
    assert (failed.line, failed.reason[:18]) == (1, "the file is UTF-16")


def test_a_guessed_charset_is_told() -> None:
    [draft] = read_lines(
        io.BytesIO('{"title": "Das M\u00e4dchen a\u00df ein Br\u00f6tchen auf der Stra\u00dfe"}'.encode("cp1252"))
    )
    assert isinstance(draft, Draft)
    assert "which is a guess" in draft.warnings[0]
