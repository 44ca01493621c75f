import bz2
import gzip
import json
import lzma
import random
import zlib
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.parsing import packed
from archive.parsing.items import Budget, Given
from archive.parsing.packed import Inflater
from tests.archive.parsing.outcomes import check_behaviour, damaged, outcomes, outline, reasons

LINES = [
    json.dumps({"title": f"t{number}", "text": random.Random(number).randbytes(20).hex()}).encode() for number in range(3000)
]
MANY = b"\n".join(LINES) + b"\n"
PACK: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("suffix", PACK)
def test_one_file_inside(suffix: str) -> None:
    pack = PACK[suffix]
    assert outline(pack(b"# Title\n\nText."), f"page.md.{suffix}") == [(f"page.md.{suffix}", "Title")]
    [(_, draft)] = outcomes(pack(b"# Title\n\nText."), f"page.md.{suffix}")
    assert draft.original.content == b"# Title\n\nText."  # type: ignore[union-attr]
    assert draft.original.name == "page.md"  # type: ignore[union-attr]
    assert len(outline(pack(MANY), f"a.jsonl.{suffix}")) == 3000
    assert outline(pack(MANY), f"a.jsonl.{suffix}")[1] == (f"a.jsonl.{suffix}:2", "t1")


@pytest.mark.parametrize("suffix", PACK)
def test_many_members_are_one_file(suffix: str) -> None:
    members = [PACK[suffix](MANY[at : at + 9_999]) for at in range(0, len(MANY), 9_999)]
    assert len(outline(b"".join(members), f"a.jsonl.{suffix}")) == 3000
    assert len(outline(b"".join(members) + bytes(512), f"a.jsonl.{suffix}", seekable=False)) == 3000


def test_it_is_told_by_its_bytes_and_what_is_in_it_as_well() -> None:
    assert outline(gzip.compress(gzip.compress(b"# Title\n\nx")), "what.md") == [("what.md", "Title")]
    assert reasons(b"# Title\n\nx", "page.md.gz") == ["the file is not packed with gzip, bzip2 or xz, as its name says"]


@pytest.mark.parametrize("suffix", PACK)
def test_what_comes_before_damage_is_read(suffix: str) -> None:
    content = PACK[suffix](MANY)
    *before, (place, last) = outline(content[:-6], f"a.jsonl.{suffix}")
    assert ([title for _, title in before], place, last) == ([f"t{n}" for n in range(3000)], f"a.jsonl.{suffix}", "! truncated")
    assert reasons(content + b"garbage", f"a.jsonl.{suffix}") == [
        "something that is not packed follows the packed bytes; it was not read"
    ]


@pytest.mark.parametrize("count", [100, 1_234, 2_999])
def test_damage_costs_no_line_before_it(count: int) -> None:
    engine = zlib.compressobj(6, zlib.DEFLATED, 31)
    packed_lines = engine.compress(b"\n".join(LINES[:count]) + b"\n") + engine.flush(zlib.Z_FULL_FLUSH)
    no_block = b"\xff" * 9
    assert [title for _, title in outline(packed_lines + no_block, "a.jsonl.gz")] == [
        *(f"t{number}" for number in range(count)),
        "! malformed",
    ]


def test_a_wrong_checksum_is_told() -> None:
    content = bytearray(gzip.compress(b"# Title\n\nText."))
    content[-8] ^= 1
    assert outline(bytes(content), "a.md.gz") == [("a.md.gz", "! malformed")]


def test_all_that_comes_out_counts() -> None:
    given_ = Given(budget=Budget(100_000))
    *before, (place, last) = outline(gzip.compress(MANY), "a.jsonl.gz", given_)
    assert (len(before) > 500, place, last) == (True, "a.jsonl.gz", "! too_large")
    [(_, failure)] = outcomes(gzip.compress(b"x" * 3_000_000), "a.txt.gz", Given(budget=Budget(1_000_000)))
    assert failure.reason == "the file unpacks to more than 1,000,000 bytes"  # type: ignore[union-attr]


@pytest.mark.parametrize("suffix", PACK)
def test_a_bomb_is_left_before_it_costs_what_others_need(suffix: str) -> None:
    budget = Budget(32 << 20)
    bomb = PACK[suffix](b"x" * (64 << 20))
    assert outline(bomb, f"a.ndjson.{suffix}", Given(budget=budget)) == [(f"a.ndjson.{suffix}", "! too_large")]
    budget.take(15 << 20)


def test_xz_gets_no_more_memory_than_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    content = lzma.compress(b"# Title\n\nx", preset=9)
    assert outline(content, "a.md.xz") == [("a.md.xz", "Title")]
    monkeypatch.setattr(packed, "XZ_MEMORY", 1 << 20)
    assert reasons(content, "a.md.xz") == ["unpacking it takes more than 1 MiB of memory"]


def test_containers_in_containers_end_somewhere() -> None:
    content = b"# Title\n\nx"
    for _ in range(4):
        content = gzip.compress(content)
    assert outline(content, "a.md.gz") == [("a.md.gz", "Title")]
    assert outline(gzip.compress(content), "a.md.gz") == [("a.md.gz", "! too_large")]


@given(st.binary(max_size=50_000), st.integers(1, 5000))
def test_an_inflater_is_as_zlib(content: bytes, size: int) -> None:
    engine, out, compressed = Inflater(31), b"", gzip.compress(content)
    blocks = iter([compressed[at : at + size] for at in range(0, len(compressed), size)])
    while not engine.eof:
        out += engine.decompress(next(blocks) if engine.needs_input else b"", 1 + size // 3)
    assert out == content


@given(damaged([pack(MANY[:5_000]) for pack in PACK.values()] + [gzip.compress(MANY[:900]) * 3]))
@example(gzip.compress(b""))
@example(b"\x1f\x8b")
def test_any_damage_is_told(content: bytes) -> None:
    check_behaviour(content, "a.jsonl.gz")
    check_behaviour(content, "a.txt.gz")


@given(st.binary(max_size=300))
def test_any_bytes_behind_the_first_ones(rest: bytes) -> None:
    for head in (b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\x00"):
        check_behaviour(head + rest, "a.txt.gz")
