import gzip
import io
import random
import tarfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.parsing import members, tars
from archive.parsing.items import Budget, Given
from tests.archive.parsing.outcomes import check_behaviour, damaged, found, outcomes, outline, reasons

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def tarred(*files: tuple[str | tarfile.TarInfo, bytes], format_: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=format_) as archive:
        for name, content in files:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def titled(name: str, size: int = 30) -> tuple[str, bytes]:
    return name, f"# {name}\n\nText of {name}: {random.Random(name).randbytes(size).hex()}".encode()


GOOD = tarred(titled("a.md", 900), titled("b.md"), titled("c.md", 5_000))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("seekable", [True, False])
def test_each_file_in_its_order(format_: int, seekable: bool) -> None:
    long = "folder/" * 14 + "file.md"
    content = tarred(
        titled("b.md"), titled(long), ("a.jsonl", b'{"title": "x"}\n{"title": "y"}\n'), titled("ä.md"), format_=format_
    )
    expected = [
        ("x.tar/b.md", "b.md"),
        (f"x.tar/{long}", long),
        ("x.tar/a.jsonl:1", "x"),
        ("x.tar/a.jsonl:2", "y"),
        ("x.tar/ä.md", "ä.md"),
    ]
    assert outline(content, "x.tar", seekable=seekable) == expected
    packed = [(place.replace(".tar/", ".tgz/"), title) for place, title in expected]
    assert outline(gzip.compress(content), "x.tgz", seekable=seekable) == packed
    [draft, *_] = [outcome for _, outcome in outcomes(content, "x.tar")]
    assert draft.original.content == titled("b.md")[1]  # type: ignore[union-attr]


def test_names_longer_than_any_folder_allows() -> None:
    name = "n" * 500 + ".md"
    for format_ in FORMATS[1:]:
        assert outline(tarred(titled(name), format_=format_), "x.tar") == [("x.tar/…" + name[-300:], name)]


def test_names_in_another_charset() -> None:
    content = tarred(titled("caf_.md"), format_=tarfile.GNU_FORMAT)
    info = tarfile.TarInfo.frombuf(content[:512], "utf-8", "strict")
    info.name = "café.md"
    assert outline(info.tobuf(tarfile.GNU_FORMAT, "cp1252") + content[512:], "x.tar") == [("x.tar/café.md", "caf_.md")]


def special(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def test_what_is_no_file() -> None:
    content = tarred(
        special("folder.md", tarfile.DIRTYPE),
        special("link.md", tarfile.SYMTYPE, "/etc/passwd"),
        special("same.md", tarfile.LNKTYPE, "a.md"),
        special("device.txt", tarfile.CHRTYPE),
        special("pipe.txt", tarfile.FIFOTYPE),
        special("latest", tarfile.SYMTYPE, "2024"),
        titled("a.md"),
    )
    assert reasons(content, "x.tar") == [
        "a link to /etc/passwd, not a file",
        "a link to a.md, not a file",
        "a device or a pipe, not a file",
        "a device or a pipe, not a file",
    ]
    assert outline(content, "x.tar")[-1] == ("x.tar/a.md", "a.md")


def test_names_that_lead_out_and_junk() -> None:
    names = ["/etc/cron.d/x", "../a.md", "a/../../b.md", "C:\\x.md", "README.md", ".hidden.md", "a.png", "__MACOSX/a.md"]
    assert outline(tarred(*((name, b"x") for name in names), titled("a.md")), "x.tar") == [
        ("x.tar//etc/cron.d/x", "! unsafe_path"),
        ("x.tar/../a.md", "! unsafe_path"),
        ("x.tar/a/../../b.md", "! unsafe_path"),
        ("x.tar/C:/x.md", "! unsafe_path"),
        ("x.tar/a.md", "a.md"),
    ]
    assert outline(tarred(("a.png", b"x")), "x.tar") == [("x.tar", "! no_article")]


def test_names_that_come_twice() -> None:
    assert outline(tarred(("a.md", b"# one\n\nx"), ("a.md", b"# two\n\nx")), "x.tar") == [
        ("x.tar/a.md", "one"),
        ("x.tar/a.md (2)", "two"),
    ]


def test_containers_inside() -> None:
    inner = gzip.compress(tarred(titled("c.md")))
    content = tarred(titled("a.md"), ("b.tar.gz", inner), ("d.md", b"# d\n\nx"))
    assert outline(gzip.compress(content), "x.tar.gz") == [
        ("x.tar.gz/a.md", "a.md"),
        ("x.tar.gz/b.tar.gz/c.md", "c.md"),
        ("x.tar.gz/d.md", "d"),
    ]


def test_concatenated_archives_are_read_to_the_end() -> None:
    assert [title for _, title in outline(GOOD + tarred(titled("d.md")), "x.tar")] == ["a.md", "b.md", "c.md", "d.md"]


@pytest.mark.parametrize("packed", [False, True])
def test_an_archive_that_was_cut_off(packed: bool) -> None:
    def outline_of(content: bytes) -> list[tuple[str, str]]:
        return outline(gzip.compress(content), "x.tgz") if packed else outline(content, "x.tar")

    in_c = GOOD.rindex(b"# c.md") + 4_000
    assert [title for _, title in outline_of(GOOD[:in_c])] == ["a.md", "b.md", "! truncated"]
    header_of_c = GOOD.rindex(b"c.md\0")
    assert [title for _, title in outline_of(GOOD[: header_of_c + 100])] == ["a.md", "b.md", "! malformed"]
    assert [title for _, title in outline_of(GOOD[:header_of_c])] == ["a.md", "b.md", "! truncated"]
    at_the_end = GOOD.rstrip(b"\0")
    assert [title for _, title in outline_of(at_the_end)] == ["a.md", "b.md", "c.md", "! truncated"]


def test_a_picture_that_was_cut_off_is_told_too() -> None:
    content = tarred(titled("a.md"), ("b.png", bytes(5_000)))
    assert outline(content[:3_000], "x.tar") == [("x.tar/a.md", "a.md"), ("x.tar", "! truncated")]


def test_damage_in_packed_bytes() -> None:
    packed = bytearray(gzip.compress(tarred(*(titled(f"{number}.md", 3_000) for number in range(40)))))
    packed[len(packed) // 2] ^= 0xFF
    *before, last = [title for _, title in outline(bytes(packed), "x.tgz")]
    assert before[:15] == [f"{number}.md" for number in range(15)]
    assert all(title.startswith("!") for title in [last])


def test_what_lies_behind_a_damaged_header_is_found() -> None:
    bad = bytearray(GOOD)
    at = GOOD.index(b"b.md\0")
    bad[at] ^= 1
    assert outline(bytes(bad), "x.tar") == [("x.tar/a.md", "a.md"), ("x.tar", "! malformed"), ("x.tar/c.md", "c.md")]
    [reason] = reasons(bytes(bad), "x.tar")
    assert reason == f"damaged from byte {at:,} to byte {GOOD.rindex(b'c.md' + bytes(9)):,}: what lay there is lost"


def test_what_is_no_archive() -> None:
    assert reasons(b"nonsense" * 1_000, "x.tar") == ["no tar archive"]
    assert reasons(b"nonsense", "x.tar") == ["no tar archive, or one that is damaged from its first byte on"]


def sparse(name: str, regions: list[tuple[int, int]], size: int, data: bytes) -> bytes:
    """A file with holes, as GNU tar writes it."""
    info = tarfile.TarInfo(name)
    info.size, info.type = len(data), tarfile.GNUTYPE_SPARSE
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    for number, (offset, count) in enumerate(regions):
        head[386 + 24 * number : 410 + 24 * number] = b"%011o\0%011o\0" % (offset, count)
    head[483:495] = b"%011o\0" % size
    head[148:156] = b"        "
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + data + bytes(-len(data) % 512)


def test_sparse_files() -> None:
    lines = b'{"title": "one"}\n', b'{"title": "two"}\n'
    content = sparse("a.ndjson", [(0, 17), (1_017, 17)], 1_034, b"".join(lines)) + GOOD
    [first, second, *rest] = outcomes(content, "x.tar")
    assert first[1].title == "one"  # type: ignore[union-attr]
    assert second[0] == "x.tar/a.ndjson:2"
    assert [title for _, title in outline(content, "x.tar")][2:] == ["a.md", "b.md", "c.md"]
    assert rest


@pytest.mark.parametrize(
    ("regions", "size", "code"),
    [
        ([(0, 5), (3, 12)], 17, "! malformed"),
        ([(20, 17)], 17, "! malformed"),
        ([(0, 17)], 8_000_000_000, "! too_large"),
        ([(5, 4)], 8_000_000_000, "! too_large"),
    ],
)
def test_sparse_files_that_lie(regions: list[tuple[int, int]], size: int, code: str) -> None:
    content = sparse("a.ndjson", regions, size, b'{"title": "one"}\n'[: sum(count for _, count in regions)])
    assert outline(content + GOOD, "x.tar") == [("x.tar/a.ndjson", code), *outline(GOOD, "x.tar")]


def test_sparse_files_count() -> None:
    content = sparse("a.ndjson", [(0, 17)], 3_000, b'{"title": "one"}\n') + GOOD
    assert outline(content, "x.tar", Given(budget=Budget(2_000))) == [("x.tar", "! too_large")]


def test_headers_have_an_end() -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 300 << 20
    content = info.tobuf(tarfile.GNU_FORMAT) + b"n" * (tars.HEADER + 1_000_000)
    assert reasons(content, "x.tar") == [f"a header has more than {tars.HEADER:,} bytes; nothing behind it was read"]
    link = tarfile.TarInfo("././@LongLink")
    link.type, link.size = tarfile.GNUTYPE_LONGNAME, 5
    chain = (link.tobuf(tarfile.GNU_FORMAT) + b"a.md\0" + bytes(507)) * 2_000
    check_behaviour(chain + GOOD, "x.tar")


def test_there_are_not_endlessly_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tars, "MEMBERS", 3)
    content = tarred(*(titled(f"{number}.md") for number in range(5)))
    assert [title for _, title in outline(content, "x.tar")] == ["0.md", "1.md", "2.md", "! too_large"]


def test_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "FILE", 1_000)
    assert [title for _, title in outline(GOOD, "x.tar")] == ["! too_large", "b.md", "! too_large"]


def test_skipping_reads_no_article() -> None:
    assert [item.place for item in found(gzip.compress(GOOD), "x.tgz")] == ["x.tgz/a.md", "x.tgz/b.md", "x.tgz/c.md"]


SAMPLES = [
    *(
        tarred(titled("n" * 120 + ".md"), ("b.jsonl", b'{"title": "x"}\n' * 9), titled("c.md"), format_=one)
        for one in FORMATS[1:]
    ),
    GOOD,
    gzip.compress(GOOD),
    sparse("a.ndjson", [(0, 17), (1_017, 17)], 1_034, b'{"title": "one"}\n{"title": "two"}\n') + GOOD,
    tarred(("a.tar.gz", gzip.compress(GOOD)), titled("b.md")),
]


@given(damaged(SAMPLES))
@example(GOOD[:512])
@example(GOOD[:100])
def test_any_damage_is_told(content: bytes) -> None:
    check_behaviour(content, "x.tar")


@given(st.lists(st.tuples(st.integers(0, 511), st.binary(max_size=12)), max_size=6), st.sampled_from(SAMPLES))
def test_any_header_with_a_right_checksum(changes: list[tuple[int, bytes]], sample: bytes) -> None:
    head = bytearray(sample[:512])
    for at, piece in changes:
        head[at : at + len(piece)] = piece[: 512 - at]
    head[148:156] = b"        "
    head[148:156] = b"%06o\0 " % sum(head)
    check_behaviour(bytes(head) + sample[512:], "x.tar")
