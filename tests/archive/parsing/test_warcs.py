import gzip
import io
import random
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.parsing.failures import Unreadable
from archive.parsing.files import items_of
from archive.parsing.items import Budget, Given
from archive.parsing.warc_records import Record, records
from db.records import Draft
from tests.archive.parsing.outcomes import check_behaviour, damaged, found, outcomes, outline, reasons, stream_of

HTML = "text/html; charset=utf-8"


def page(title: str, size: int = 200) -> bytes:
    words = random.Random(title)
    text = " ".join(words.choice(["harbour", "ferry", "council", "water", "bridge", "market"]) for _ in range(size))
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><article><p>{text}.</p></article></body></html>".encode()
    )


def answer(
    uri: str, payload: bytes, headers: Sequence[tuple[str, str]] = (("Content-Type", HTML),), **more: Any
) -> dict[str, Any]:
    return {"uri": uri, "payload": payload, "headers": headers, "kind": "response", "status": "200 OK", **more}


def archived(*answers: dict[str, Any], packed: bool = False) -> bytes:
    """A WARC file as warcio writes it."""
    target = io.BytesIO()
    writer = WARCWriter(target, gzip=packed)
    writer.write_record(writer.create_warcinfo_record("x.warc", {"software": "test"}))
    for one in answers:
        http = StatusAndHeaders(one["status"], list(one["headers"]), protocol="HTTP/1.1") if one["kind"] == "response" else None
        record = writer.create_warc_record(
            one["uri"],
            one["kind"],
            payload=io.BytesIO(one["payload"]),
            http_headers=http,
            warc_content_type="" if http else dict(one["headers"]).get("Content-Type", ""),
            warc_headers_dict=one.get("warc", {}),
        )
        writer.write_record(record)
    return target.getvalue()


URL = "http://example.org/{}"
THREE = [answer(URL.format(name), page(name)) for name in ("one", "two", "three")]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("seekable", [False, True])
def test_each_page_with_its_address(packed: bool, seekable: bool) -> None:
    name = "x.warc.gz" if packed else "x.warc"
    content = archived(*THREE, packed=packed)
    assert outline(content, name, seekable=seekable) == [
        (f"{name}, record {number} {URL.format(title)}", title) for number, title in enumerate(("one", "two", "three"), start=2)
    ]
    [(_, draft), *_] = outcomes(content, name)
    assert isinstance(draft, Draft)
    assert draft.original is not None
    assert (draft.url, draft.original.content, draft.original.charset) == (URL.format("one"), page("one"), "utf-8")
    assert draft.published_at is None


def test_a_single_gzip_stream_around_all_records() -> None:
    assert [title for _, title in outline(gzip.compress(archived(*THREE)), "x.warc.gz")] == ["one", "two", "three"]


def chunked(content: bytes, size: int = 1_000) -> bytes:
    chunks = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"%x;name=value\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\nTrailer: x\r\n\r\n"


def bare(content: bytes) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return engine.compress(content) + engine.flush()


def named_gzip(content: bytes) -> bytes:
    """With each field that a header of gzip may have."""
    return b"\x1f\x8b\x08\x1e" + bytes(6) + b"\x03\0abcname\0comment\0\x01\x02" + bare(content) + gzip.compress(content)[-8:]


@pytest.mark.parametrize(
    ("encodings", "encode"),
    [
        ({"Content-Encoding": "gzip"}, gzip.compress),
        ({"Content-Encoding": "x-gzip"}, named_gzip),
        ({"Content-Encoding": "deflate"}, zlib.compress),
        ({"Content-Encoding": "deflate"}, bare),
        ({"Content-Encoding": "deflate, gzip"}, lambda content: gzip.compress(zlib.compress(content))),
        ({"Transfer-Encoding": "chunked"}, chunked),
        ({"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"}, lambda content: chunked(gzip.compress(content), 7)),
        ({"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"}, lambda content: content),
        ({"Content-Encoding": "utf-8"}, lambda content: content),
        ({"Content-Length": "7"}, lambda content: content),
    ],
)
def test_what_the_server_did_to_the_page_is_undone(encodings: dict[str, str], encode: Any) -> None:
    content = archived(answer(URL, encode(page("T", 5_000)), [("Content-Type", HTML), *encodings.items()]))
    [(_, draft)] = outcomes(content, "x.warc")
    assert draft.original.content == page("T", 5_000)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("encodings", "payload", "code"),
    [
        ({"Content-Encoding": "br"}, b"x", "! unsupported"),
        ({"Content-Encoding": "gzip"}, gzip.compress(page("T", 9_000), mtime=0)[:-100], "! truncated"),
        ({"Content-Encoding": "gzip"}, gzip.compress(page("T"), mtime=0)[:-8] + bytes(8), "! malformed"),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"", mtime=0)[:10] + b"\xff" * 50, "! malformed"),
        ({"Transfer-Encoding": "chunked"}, chunked(page("T"))[:900], "! truncated"),
        ({"Transfer-Encoding": "chunked"}, chunked(page("T", 500))[:-20], "! truncated"),
        ({"Transfer-Encoding": "chunked"}, b"5\r\nabcdefgh\r\n0\r\n\r\n", "! malformed"),
        ({}, b"", "! empty"),
        ({}, b"\x89PNG\r\n\x1a\n", "! unsupported"),
    ],
)
def test_a_page_that_cannot_be_read_costs_no_other(encodings: dict[str, str], payload: bytes, code: str) -> None:
    bad = answer(URL.format("bad"), payload, [("Content-Type", HTML), *encodings.items()])
    assert [title for _, title in outline(archived(THREE[0], bad, THREE[1]), "x.warc")] == ["one", code, "two"]


def test_what_is_no_page() -> None:
    others = [
        answer(URL, b"x", [("Content-Type", "image/png")]),
        answer(URL, b"x", [("Content-Type", "text/css")]),
        answer(URL, b"x", [("Content-Type", "application/javascript")]),
        answer(URL, b'{"title": "data"}', [("Content-Type", "application/json")]),
        answer(URL, b"\x89PNG\r\n\x1a\n", [("Content-Type", "application/octet-stream")]),
        answer(URL, b"PK\x03\x04", [("Content-Type", "application/zip")]),
        answer(URL, page("not found"), status="404 Not Found"),
        answer(URL, page("moved"), status="301 Moved Permanently"),
        answer("http://example.org/robots.txt", b"User-agent: *", [("Content-Type", "text/plain")]),
        answer("dns:example.org", b"x", [("Content-Type", "text/dns")], kind="resource"),
        answer("metadata://gnu.org/software/wget/warc/wget.log", b"x", [("Content-Type", "text/plain")], kind="resource"),
        answer("urn:pageinfo:x", b"{}", [("Content-Type", "text/html")], kind="resource"),
        answer(URL, b"x: y", [("Content-Type", "application/warc-fields")], kind="metadata"),
    ]
    assert outline(archived(*others), "x.warc") == [("x.warc", "! no_article")]


@pytest.mark.parametrize("media_type", ["text/html", "TEXT/HTML", "text/html charset=utf-8", "", "nonsense", "application/xml"])
def test_a_page_by_its_type_or_by_its_bytes(media_type: str) -> None:
    assert [title for _, title in outline(archived(answer(URL, page("T"), [("Content-Type", media_type)])), "x.warc")] == ["T"]


def test_other_articles_than_pages() -> None:
    text = answer(URL.format("a"), b"# A\n\nx", [("Content-Type", "text/markdown")])
    resource = answer(URL.format("b"), page("B"), [("Content-Type", "text/html")], kind="resource")
    file = answer("file:///home/c.html", page("C"), [("Content-Type", "text/html")], kind="resource")
    read = outcomes(archived(text, resource, file), "x.warc")
    assert [(draft.title, draft.url) for _, draft in read] == [  # type: ignore[union-attr]
        ("A", URL.format("a")),
        ("B", URL.format("b")),
        ("C", None),
    ]


def test_texts_made_of_pages_stand_in_for_pages_that_are_not_there() -> None:
    made = answer(URL.format("a"), b"# A\n\nx", [("Content-Type", "text/markdown")], kind="conversion")
    assert [title for _, title in outline(archived(made, made), "x.warc.wet")] == ["A", "A"]
    assert [title for _, title in outline(archived(THREE[0], made), "x.warc")] == ["one"]


def test_what_the_crawler_left_out_is_told() -> None:
    [(_, draft)] = outcomes(archived(answer(URL, page("T"), warc={"WARC-Truncated": "length"})), "x.warc")
    assert draft.warnings == ("the crawler did not get all of the page: length",)  # type: ignore[union-attr]
    segment = answer(URL, page("T"), warc={"WARC-Segment-Number": "1"})
    assert [title for _, title in outline(archived(segment, THREE[0]), "x.warc")] == ["! unsupported", "one"]


def test_a_wrong_length_costs_only_its_record() -> None:
    content = archived(*THREE)
    at = content.index(b"Content-Length: ", content.index(URL.format("two").encode())) + 16
    end = content.index(b"\r\n", at)
    length = int(content[at:end])
    too_long, too_short = (content[:at] + str(length + by).encode() + content[end:] for by in (400, -60))
    assert [title for _, title in outline(too_short, "x.warc")] == ["one", "two", "! malformed", "three"]
    assert [title for _, title in outline(too_long, "x.warc")][:2] == ["one", "two"]
    assert [title for _, title in outline(too_long, "x.warc")][2:] == ["! malformed"]
    for wrong in (b"-1", b"abc", b""):
        assert [title for _, title in outline(content[:at] + wrong + content[end:], "x.warc")] == ["one", "! malformed", "three"]


def test_a_file_that_was_cut_off() -> None:
    content = archived(*THREE)
    assert outline(content[:-500], "x.warc")[-1] == (f"x.warc, record 4 {URL.format('three')}", "! truncated")
    in_a_header = content[: content.rindex(b"WARC-Record-ID")]
    assert [title for _, title in outline(in_a_header, "x.warc")] == ["one", "two", "! malformed"]
    assert reasons(in_a_header, "x.warc") == ["the record says no length: ''; nothing behind it was read"]
    picture = archived(THREE[0], answer(URL, bytes(5_000), [("Content-Type", "image/png")]))
    assert [title for _, title in outline(picture[:-3_000], "x.warc")] == ["one", "! truncated"]


def test_damage_in_a_packed_record_costs_only_that() -> None:
    content = bytearray(archived(*THREE, packed=True))
    starts = [at for at in range(len(content)) if content[at : at + 3] == b"\x1f\x8b\x08"]
    for at in (starts[2] + 200, starts[3] - 7, starts[3] - 6):  # in the packed bytes, and in the checksum behind them
        bad = bytearray(content)
        bad[at : at + 3] = bytes(byte ^ 0xFF for byte in bad[at : at + 3])
        assert [title for _, title in outline(bytes(bad), "x.warc.gz")][::2] == ["one", "three"]
        assert outline(bytes(bad), "x.warc.gz")[1][1].startswith("!")
    assert [title for _, title in outline(bytes(content[: starts[3] + 99]), "x.warc.gz")] == ["one", "two", "! truncated"]


ARC = (
    b"filedesc://x.arc 0.0.0.0 20140301000000 text/plain 75\n"
    + b"1 0 Test\nURL IP-address Archive-date Content-type Archive-length\n".ljust(75, b" ")
    + b"\n"
)


def arc_record(uri: str, payload: bytes) -> bytes:
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + payload
    return f"{uri} 93.184.216.119 20140216050221 text/html {len(body)}\n".encode() + body + b"\n"


def test_arc_files() -> None:
    content = ARC + arc_record(URL.format("one"), page("one")) + arc_record(URL.format("a b"), page("two"))
    read = outcomes(content, "x.arc")
    assert [(draft.title, draft.url) for _, draft in read] == [  # type: ignore[union-attr]
        ("one", URL.format("one")),
        ("two", URL.format("a%20b")),
    ]
    broken = content.replace(b"text/html 1", b"text/html -1", 1)
    assert [title for _, title in outline(broken, "x.arc")] == ["! malformed", "two"]


def test_all_that_comes_out_counts() -> None:
    bomb = answer(URL, gzip.compress(b"<p>" + b"x" * 3_000_000), [("Content-Type", HTML), ("Content-Encoding", "gzip")])
    assert [title for _, title in outline(archived(THREE[0], bomb), "x.warc", Given(budget=Budget(1_000_000)))] == [
        "one",
        "! too_large",
    ]


def test_headers_and_blanks_have_an_end() -> None:
    endless = b"WARC/1.0\r\n" + b"X: " + b"y" * 70_000 + b"\r\n" + b"Z: z\r\n" * 300_000
    assert outline(endless + archived(THREE[0]), "x.warc")[-1][1] == "one"
    assert outline(endless, "x.warc")[0][1] == "! too_large"
    assert [title for _, title in outline(archived(THREE[0]) + b"\r\n" * 2_000_000 + archived(THREE[1]), "x.warc")] == [
        "one",
        "two",
    ]


def test_skipping_meets_the_same_pages() -> None:
    content = archived(*THREE, packed=True)
    assert [item.place for item in found(content, "x.warc.gz")] == [place for place, _ in outline(content, "x.warc.gz")]


PAYLOADS = st.lists(st.tuples(st.sampled_from(["response", "resource", "metadata"]), st.binary(max_size=900)), max_size=6)


@given(PAYLOADS, st.booleans())
def test_the_records_are_those_that_warcio_finds(payloads: list[tuple[str, bytes]], packed: bool) -> None:
    content = archived(*(answer(URL, payload, kind=kind) for kind, payload in payloads), packed=packed)
    unpacked = gzip.decompress(content) if packed else content
    ours = [(one.kind, one.uri, one.body.read()) for one in records(stream_of(unpacked)) if isinstance(one, Record)]
    theirs = []
    for record in ArchiveIterator(io.BytesIO(content), no_record_parse=True):
        uri = record.rec_headers.get_header("WARC-Target-URI") or ""
        theirs.append((record.rec_type, uri, record.content_stream().read()))
    assert ours == theirs


SAMPLES = [
    archived(*THREE[:2], answer(URL, b"x", [("Content-Type", "image/png")])),
    archived(*(answer(URL, b"# T\n\nx", [("Content-Type", "text/markdown")]) for _ in range(3)), packed=True),
    archived(answer(URL, chunked(gzip.compress(b"# T")), [("Content-Type", "text/plain"), ("Content-Encoding", "gzip"),
                                                          ("Transfer-Encoding", "chunked")])),
    ARC + arc_record(URL.format("one"), b"<p>x</p>") * 2,
]  # fmt: skip


@given(damaged(SAMPLES))
@example(b"WARC/1.0\r\n")
@example(b"WARC/1.0\r\nContent-Length: 5\r\n\r\n")
def test_any_damage_is_told(content: bytes) -> None:
    check_behaviour(content, "x.warc")


@given(st.binary(max_size=300))
def test_any_bytes_behind_the_first_ones(rest: bytes) -> None:
    check_behaviour(b"WARC/1.0\r\n" + rest, "x.warc")
    check_behaviour(b"filedesc://x 0 1 2 3\n" + rest, "x.arc")


READABLE = {
    "bad.arc": (0, 4),
    "example-bad-non-chunked.warc.gz": (1, 0),
    "example-bad.warc.gz.bad": (1, 0),
    "example-digest.warc": (0, 1),
    "example-resource.warc.gz": (1, 0),
    "example-space-in-target-uri.warc.gz": (0, 1),
    "example-space-in-url.arc": (1, 0),
    "example-trunc.warc": (1, 1),
    "example-wget-bad-target-uri.warc.gz": (1, 0),
    "example-wrong-chunks.warc.gz": (1, 0),
    "example.arc": (1, 0),
    "example.arc.gz": (1, 0),
    "example.warc": (1, 0),
    "example.warc.gz": (1, 0),
    "post-test.warc.gz": (0, 1),
}
"""Pages that are in, and failures that are told."""


def test_the_files_that_warcio_is_tested_with(data: Path) -> None:
    counts = {}
    for path in sorted((data / "messy" / "warcio_warcs" / "test" / "data").iterdir()):
        read = [item.read() for item in items_of(path)]
        counts[path.name] = (
            len(read) - sum(isinstance(one, Unreadable) for one in read),
            sum(isinstance(one, Unreadable) for one in read),
        )
    assert counts == READABLE
