import bz2
import io
import random
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.parsing import limits, members, zips
from archive.parsing.failures import Unreadable
from archive.parsing.items import Budget, Given
from tests.archive.parsing.outcomes import check_behaviour, damaged, found, outcomes, outline, reasons, stream_of

PAGE = b"# Title\n\nText."


class Pipe(io.BytesIO):
    """What is written there cannot be corrected afterwards."""

    def tell(self) -> int:
        raise OSError


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED, streamed: bool = False) -> bytes:
    """`streamed`: with the sizes and checksums behind each file."""
    target = Pipe() if streamed else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as container:
        for name, content in files:
            container.writestr(name, content, method)
    return target.getvalue()


def titled(name: str) -> tuple[str, bytes]:
    return name, f"# {name}\n\nText of {name}: {random.Random(name).randbytes(30).hex()}".encode()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("seekable", [True, False])
def test_each_file_in_the_order_of_the_list(method: int, seekable: bool) -> None:
    content = zipped(titled("b.md"), titled("a/z.md"), ("a/", b""), titled("a/c.markdown"), method=method)
    assert outline(content, "x.zip", seekable=seekable) == [
        ("x.zip/b.md", "b.md"),
        ("x.zip/a/z.md", "a/z.md"),
        ("x.zip/a/c.markdown", "a/c.markdown"),
    ]
    [draft, *_] = [outcome for _, outcome in outcomes(content, "x.zip")]
    assert draft.original.content == titled("b.md")[1]  # type: ignore[union-attr]


def test_only_the_beginning_is_unpacked_before_a_file_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    big = ("a.txt", random.Random(1).randbytes(500_000).hex().encode())
    content = zipped(big, ("b.txt", big[1]), ("c.txt", big[1]))
    given_out: list[int] = []
    unpacked = zips._unpacked

    def counting(file: io.BytesIO, entry: zips.Entry) -> Iterator[bytes]:
        for piece in unpacked(file, entry):
            given_out.append(len(piece))
            yield piece

    monkeypatch.setattr(zips, "_unpacked", counting)
    assert len(list(found(content, "x.zip"))) == 3
    assert sum(given_out) <= 3 * members.PIECE
    items = found(content, "x.zip")
    next(items)
    second = next(items).read()
    assert second.original.content == big[1]  # type: ignore[union-attr]


def test_junk_is_nothing_and_what_is_named_as_an_article_is_told() -> None:
    junk = [".DS_Store", "__MACOSX/._a.md", "__MACOSX/a.md", "Thumbs.db", "a/.git/b.md", "README.md", "a/LICENSE.txt", "~$a.docx",
            "page_files/style.css", "page_files/a.js", "page_files/b.png", "noname"]  # fmt: skip
    content = zipped(*((name, b"junk") for name in junk), titled("a.md"), ("b.html", b"\x89PNG\r\n\x1a\n"), ("c.txt", b""))
    assert outline(content, "x.zip") == [("x.zip/a.md", "a.md"), ("x.zip/b.html", "! unsupported"), ("x.zip/c.txt", "! empty")]
    assert outline(zipped(*((name, b"junk") for name in junk)), "x.zip") == [("x.zip", "! no_article")]
    assert outline(zipped(), "x.zip") == [("x.zip", "! no_article")]


def test_containers_and_lists_inside() -> None:
    lines = b'{"title": "one"}\nnonsense\n{"title": "two"}\n'
    inner = zipped(titled("c.md"), method=zipfile.ZIP_STORED)
    content = zipped(("a/lines.ndjson", lines), ("b.zip", inner), ("called.txt", inner), titled("d.md"))
    assert outline(content, "x.zip") == [
        ("x.zip/a/lines.ndjson:1", "one"),
        ("x.zip/a/lines.ndjson:2", "! malformed"),
        ("x.zip/a/lines.ndjson:3", "two"),
        ("x.zip/b.zip/c.md", "c.md"),
        ("x.zip/called.txt/c.md", "c.md"),
        ("x.zip/d.md", "d.md"),
    ]


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../evil.md", "a/../../evil.sh", "C:/x.md", "c:evil.md", "\\\\server\\x.md", "..\\x.md", "a\\..\\..\\x"],
)
def test_names_that_lead_out_are_refused(name: str) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = name
    [(place, refused), (_, read)] = outline(zipped((info, PAGE), titled("a.md")), "x.zip")
    assert place.startswith("x.zip/")
    assert (refused, read) == ("! unsafe_path", "a.md")


def test_names_as_they_come() -> None:
    odd = [zipfile.ZipInfo("x") for _ in range(3)]
    odd[0].filename = "folder\\page.md"
    odd[1].filename = "a\tb\x01\u202e.md"
    odd[2].filename = "long" * 100 + ".md"
    assert [place for place, _ in outline(zipped(*((info, PAGE) for info in odd)), "x.zip")] == [
        "x.zip/folder/page.md",
        "x.zip/a b.md",
        "x.zip/…" + ("long" * 100 + ".md")[-300:],
    ]
    as_macos = zipped((zipfile.ZipInfo("umlaut_.md"), PAGE)).replace(b"umlaut_", "umlät".encode() + b"_")
    assert outline(as_macos, "x.zip") == [("x.zip/umlät_.md", "Title")]
    old = zipped((zipfile.ZipInfo("umlaut.md"), PAGE)).replace(b"umlaut", b"\x84mlaut")
    assert outline(old, "x.zip") == [("x.zip/ämlaut.md", "Title")]


def test_names_that_come_twice() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = zipped(("a.md", b"# one\n\nx"), ("a.md", b"# two\n\nx"))
    assert outline(content, "x.zip") == [("x.zip/a.md", "one"), ("x.zip/a.md (2)", "two")]


def changed(content: bytes, name: str, **fields: int) -> bytes:
    """With other values for the file of this name, both in the directory and before it."""
    at = {"flags": (6, 8, "H"), "method": (8, 10, "H"), "crc": (14, 16, "L"), "packed": (18, 20, "L"), "size": (22, 24, "L")}
    content_, raw = bytearray(content), name.encode()
    local, central = content.index(raw) - 30, content.rindex(raw) - 46
    for field, value in fields.items():
        before, listed, form = at[field]
        struct.pack_into(f"<{form}", content_, local + before, value)
        struct.pack_into(f"<{form}", content_, central + listed, value)
    return bytes(content_)


GOOD = zipped(titled("a.md"), titled("b.md"), titled("c.md"))


@pytest.mark.parametrize(
    ("fields", "code", "reason"),
    [
        ({"flags": 1}, "encrypted", "a password is needed to read it"),
        ({"method": 99}, "encrypted", "a password is needed to read it"),
        ({"method": 9}, "unsupported", "it is packed with Deflate64, for which there is no reader"),
        ({"method": 77}, "unsupported", "it is packed with method 77, for which there is no reader"),
        ({"method": 14}, "malformed", "its bytes are damaged: they do not unpack"),
        ({"crc": 7}, "malformed", "its bytes are damaged: the checksum is another"),
        ({"size": 10}, "malformed", "its size is a lie: it has more than 10 bytes"),
        ({"size": 200}, "malformed", "its size is a lie: it has 82 bytes, not 200"),
        ({"size": 3_000_000_000}, "malformed", "its size is a lie: 3,000,000,000 bytes out of 75 cannot be"),
        ({"packed": 20}, "truncated", "it is cut off: its end is missing"),
        (
            {"packed": 5_000},
            "malformed",
            "its bytes are also those of another file in the ZIP, as in files made to fill memories",
        ),
    ],
)
def test_one_bad_file_costs_no_other(fields: dict[str, int], code: str, reason: str) -> None:
    bad = changed(GOOD, "b.md", **fields)
    assert outline(bad, "x.zip") == [("x.zip/a.md", "a.md"), ("x.zip/b.md", f"! {code}"), ("x.zip/c.md", "c.md")]
    assert reasons(bad, "x.zip") == [reason]


def test_links_are_no_files() -> None:
    link = zipfile.ZipInfo("link.md")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    assert outline(zipped((link, b"/etc/passwd"), titled("a.md")), "x.zip") == [
        ("x.zip/link.md", "! unsupported"),
        ("x.zip/a.md", "a.md"),
    ]


def test_hundreds_of_megabytes_of_nothing_are_not_unpacked() -> None:
    content, started = zeros(1 << 29), time.perf_counter()
    [(place, bomb)] = outcomes(content, "x.zip")
    assert isinstance(bomb, Unreadable)
    assert (place, bomb.code, bomb.reason[-57:]) == (
        "x.zip/z.txt",
        "too_large",
        "bytes that unpack to 536,870,912 or more, as no text does",
    )
    assert time.perf_counter() - started < 0.5


def zeros(size: int) -> bytes:
    engine, target = zlib.compressobj(9, zlib.DEFLATED, -15), io.BytesIO()
    crc, block = 0, bytes(1 << 24)
    for _ in range(size // len(block)):
        target.write(engine.compress(block))
        crc = zlib.crc32(block, crc)
    packed = target.getvalue() + engine.flush()
    head = struct.pack("<H3HL", 0, 8, 0, 0, crc) + struct.pack("<LL", len(packed), size)
    local = b"PK\x03\x04\x14\0" + head + struct.pack("<HH", 5, 0) + b"z.txt" + packed
    central = b"PK\x01\x02\x14\0\x14\0" + head + struct.pack("<HHHHHLL", 5, 0, 0, 0, 0, 0, 0) + b"z.txt"
    return local + central + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 1, 1, len(central), len(local), 0)


def test_a_file_that_is_too_large_is_not_unpacked_and_a_list_may_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "FILE", 1_000)
    text = random.Random(2).randbytes(2_000).hex().encode()
    content = zipped(("a.txt", text), ("b.ndjson", b'{"title": "%s"}\n' % text[:200] * 50), ("c.txt", text[:900]))
    assert [title for _, title in outline(content, "x.zip")].count("! too_large") == 1
    assert len(outline(content, "x.zip")) == 52
    assert reasons(content, "x.zip") == ["the file has 4,000 bytes; at most 1,000 are read"]


def test_bytes_that_several_files_share() -> None:
    """The two tricks of https://www.bamsoftware.com/hacks/zipbomb/: entries that lead to the same bytes, and files that have the
    next ones, with their headers, in their own bytes."""
    one = zipped(titled("a.md"))
    at = one.index(b"PK\x01\x02")
    entry = one[at : one.index(b"PK\x05\x06")]
    same = one[:at] + entry * 3 + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 3, 3, 3 * len(entry), at, 0)
    assert sorted(title for _, title in outline(same, "x.zip")) == ["! malformed", "! malformed", "a.md"]
    both = zipped(("b.md", one[:at]), method=zipfile.ZIP_STORED)
    start = both.index(b"PK\x01\x02")
    entries = both[start : both.index(b"PK\x05\x06")] + entry[:42] + struct.pack("<L", 34) + entry[46:]
    quoted = both[:start] + entries + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 2, 2, len(entries), start, 0)
    assert outline(quoted, "x.zip") == [("x.zip/b.md", "! malformed"), ("x.zip/a.md", "a.md")]
    assert "also those of another" in reasons(quoted, "x.zip")[0]


def test_the_budget_ends_the_whole_and_says_so_at_the_same_place() -> None:
    files = [(f"{number}.txt", random.Random(number).randbytes(500).hex().encode()) for number in range(10)]
    content = zipped(*files)
    read = outcomes(content, "x.zip", Given(budget=Budget(4_500)))
    assert [isinstance(outcome, Unreadable) for _, outcome in read] == [False] * 4 + [True]
    assert read[-1][1].reason == "the file unpacks to more than 4,500 bytes; what follows was not read"  # type: ignore[union-attr]
    assert len(list(found(content, "x.zip", Given(budget=Budget(4_500))))) == 5


def test_zips_in_zips_end_somewhere() -> None:
    content = zipped(titled("a.md"))
    for _ in range(limits.DEPTH - 1):
        content = zipped(("b.zip", content))
    assert outline(content, "x.zip") == [("x.zip/b.zip/b.zip/b.zip/a.md", "a.md")]
    assert outline(zipped(("b.zip", content)), "x.zip") == [("x.zip/b.zip/b.zip/b.zip/b.zip", "! too_large")]


def test_there_are_not_endlessly_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MEMBERS", 3)
    content = zipped(*(titled(f"{number}.md") for number in range(5)))
    assert [title for _, title in outline(content, "x.zip")] == ["0.md", "1.md", "2.md", "! too_large"]


@pytest.mark.parametrize("streamed", [True, False])
def test_a_download_that_was_cut_off(streamed: bool) -> None:
    files = [titled(f"{number}.md") for number in range(10)]
    content = zipped(*files, streamed=streamed)
    in_the_directory = content[: content.index(b"PK\x01\x02") + 60]
    *before, (place, last) = outline(in_the_directory, "x.zip")
    assert ([title for _, title in before], place, last) == ([name for name, _ in files], "x.zip", "! truncated")
    in_a_file = content[: content.index(b"6.md") + 30]
    *before, cut, (place, last) = outline(in_a_file, "x.zip")
    assert ([title for _, title in before], cut) == ([name for name, _ in files[:6]], ("x.zip/6.md", "! truncated"))
    assert reasons(in_a_file, "x.zip")[-1] == (
        "the end of the ZIP is missing, and the list of its files with it; 7 were found without it, the rest is lost"
    )


def test_damage_in_the_directory_costs_no_file() -> None:
    bad = bytearray(GOOD)
    at = GOOD.index(b"PK\x01\x02", GOOD.index(b"PK\x01\x02") + 1)
    bad[at : at + 4] = b"XXXX"
    assert outline(bytes(bad), "x.zip") == [
        ("x.zip/a.md", "a.md"),
        ("x.zip/b.md", "b.md"),
        ("x.zip/c.md", "c.md"),
        ("x.zip", "! malformed"),
    ]


def test_bytes_before_and_behind_it() -> None:
    assert [title for _, title in outline(b"PK\x03\x04" + bytes(500) + GOOD, "x.zip")] == ["a.md", "b.md", "c.md"]
    assert [title for _, title in outline(GOOD + bytes(500), "x.zip")] == ["a.md", "b.md", "c.md"]


def test_zips_beyond_four_gigabytes_say_their_numbers_elsewhere() -> None:
    with zipfile.ZipFile(target := io.BytesIO(), "w") as container, container.open("a.md", "w", force_zip64=True) as file:
        file.write(PAGE)
    assert outline(target.getvalue(), "x.zip") == [("x.zip/a.md", "Title")]
    content = target.getvalue()
    at = content.index(b"PK\x01\x02")
    entry = bytearray(content[at : content.index(b"PK\x05\x06")])
    wide = struct.pack("<HHQQ", 1, 16, len(PAGE), len(PAGE))
    entry[20:28] = b"\xff" * 8
    struct.pack_into("<H", entry, 30, len(wide))
    entry = entry[:50] + wide
    end = b"PK\x06\x06" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 1, 1, len(entry), at)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, at + len(entry), 1)
    for size, offset in ((0xFFFFFFFF, 0xFFFFFFFF), (len(entry), at)):  # the second as where only the number of files is too large
        last = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, size, offset, 0)
        assert outline(content[:at] + bytes(entry) + end + locator + last, "x.zip") == [("x.zip/a.md", "Title")]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<x/>")], "! unsupported"),
        ([("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<x/>")], "! unsupported"),
    ],
)
def test_documents_of_other_kinds_are_one_failure(files: list[tuple[str, bytes]], code: str) -> None:
    assert outline(zipped(*files, method=0), "x.docx") == [("x.docx", code)]


@pytest.mark.parametrize("seekable", [True, False])
def test_a_document_is_one_article_of_the_whole_file(seekable: bool) -> None:
    letter = zipped(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<x/>"), ("word/notes.txt", b"x"))
    book = zipped(("mimetype", b"application/epub+zip"), ("chapter.xhtml", b"<p>x</p>"), method=0)
    assert [item.place for item in found(letter, "called.zip", seekable=seekable)] == ["called.zip"]
    assert [item.place for item in found(book, "called.zip", seekable=seekable)] == ["called.zip"]
    assert [place for place, _ in outline(zipped(("a.docx", letter), ("b.epub", book)), "x.zip")] == [
        "x.zip/a.docx",
        "x.zip/b.epub",
    ]


FILES = st.lists(
    st.tuples(st.text("ab/é.\\", min_size=1, max_size=8).map(lambda name: f"{name}x.md"), st.binary(max_size=3000)), max_size=8
)
METHODS = st.sampled_from([0, 8, 12, 14])


@given(FILES, METHODS, st.booleans(), st.binary(max_size=50))
def test_all_is_as_zipfile_reads_it(files: list[tuple[str, bytes]], method: int, streamed: bool, before: bytes) -> None:
    names = dict(files)
    content = before + zipped(*names.items(), method=method, streamed=streamed)
    file = stream_of(content)
    entries = list(zips._listing(file).entries)
    with zipfile.ZipFile(io.BytesIO(content)) as container:
        assert [entry.name for entry in entries] == container.namelist()
        assert [b"".join(zips._unpacked(file, entry)) for entry in entries] == [container.read(name) for name in names]
    assert not any(zips._listing(file).overlaps)


SAMPLES = [
    GOOD,
    zipped(titled("a.md"), titled("b.md"), streamed=True),
    zipped(titled("a.md"), ("b.ndjson", b'{"title": "x"}\n' * 40), method=12),
    zipped(titled("a.md"), ("b.zip", GOOD), method=14),
    zipped(titled("a.md"), ("b.md.bz2", bz2.compress(PAGE)), method=0),
    zipped(("mimetype", b"application/epub"), titled("a.md"), method=0),
]


@given(damaged(SAMPLES))
@example(b"PK\x05\x06")
@example(b"PK\x03\x04")
@example(GOOD[:30])
def test_any_damage_is_told(content: bytes) -> None:
    check_behaviour(content, "x.zip")


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_any_bytes_behind_the_first_ones(rest: bytes, end: bytes) -> None:
    check_behaviour(b"PK\x03\x04" + rest, "x.zip")
    check_behaviour(b"PK\x03\x04" + rest + b"PK\x05\x06" + end, "x.zip")
