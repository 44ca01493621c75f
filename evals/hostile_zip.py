"""Do bad files cost good ones? A ZIP of 10,000 files, 200 of them made to break its reader, is read.

    python -m evals.hostile_zip              # about a minute
    python -m evals.hostile_zip --quick      # 500 files, 10 of them bad
    python -m evals.hostile_zip --keep x.zip # writes the ZIP there and leaves it, to import it in other ways

Exactly the good files must come out as articles, and each bad one must be named, with the code that fits it. The ZIP is read in a
process of its own, so that its memory is only that of reading.
"""

import argparse
import gzip
import io
import json
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

ZEROS: Final = 2 << 30
"""Bytes of nothing in each file that has nothing else."""
DEEP: Final = 5
"""Levels of ZIPs, the outermost included, that are one too many for the page inside."""
_BLOCK = 1 << 24
_STORED, _DEFLATE = 0, 8


@dataclass(frozen=True)
class Entry:
    """What is written of one file; what is None is as it should be."""

    name: str
    packed: bytes
    method: int = _STORED
    crc: int | None = None
    size: int | None = None
    flags: int = 0
    mode: int = 0
    claimed: int | None = None
    """How many packed bytes it says it has."""


@dataclass
class Zip:
    """A writer that writes what it is told."""

    file: BinaryIO
    directory: list[bytes] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        name = entry.name.encode()
        crc = zlib.crc32(entry.packed) if entry.crc is None else entry.crc
        claimed = len(entry.packed) if entry.claimed is None else entry.claimed
        sizes = (crc, claimed, len(entry.packed) if entry.size is None else entry.size)
        head = struct.pack("<5H3LHH", 20, entry.flags | 1 << 11, entry.method, 0, 0x21, *sizes, len(name), 0)
        tail = struct.pack("<3H2L", 0, 0, 0, entry.mode << 16, self.file.tell())
        self.directory.append(b"PK\x01\x02" + struct.pack("<H", 3 << 8 | 20) + head + tail + name)
        self.file.write(b"PK\x03\x04" + head + name + entry.packed)

    def close(self) -> None:
        listed, start, count = b"".join(self.directory), self.file.tell(), len(self.directory)
        self.file.write(listed + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, count, count, len(listed), start, 0))


def deflated(content: bytes) -> bytes:
    engine = zlib.compressobj(6, zlib.DEFLATED, -15)
    return engine.compress(content) + engine.flush()


def usual(name: str, content: bytes) -> Entry:
    return Entry(name, deflated(content), _DEFLATE, zlib.crc32(content), len(content))


class Texts:
    """Made-up articles, none like another."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        syllables = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
        self._words = ["".join(self.chance.choices(syllables, k=3)) for _ in range(3_000)]

    def words(self, count: int) -> str:
        return " ".join(self.chance.choices(self._words, k=count))

    def paragraphs(self) -> list[str]:
        return [f"{self.words(self.chance.randint(20, 60)).capitalize()}." for _ in range(3)]


def good(number: int, texts: Texts) -> Entry:
    """A file with one article."""
    title, paragraphs = f"{texts.words(3).title()} {number}", texts.paragraphs()
    body = "\n\n".join(paragraphs)
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><article><h1>{title}</h1>"
    page += "".join(f"<p>{text}</p>" for text in paragraphs) + "</article></body></html>"
    name = f"folder {number % 7}/{number:05}"
    return [
        lambda: usual(f"{name}.md", f"# {title}\n\n{body}".encode()),
        lambda: usual(f"{name}.txt", f"{title}\n\n{body}".encode()),
        lambda: usual(f"{name}.html", page.encode()),
        lambda: usual(f"{name}.json", json.dumps({"title": title, "paragraphs": paragraphs}).encode()),
        lambda: usual(f"{name}.md.gz", gzip.compress(f"# {title}\n\n{body}".encode(), mtime=0)),
        lambda: usual(f"{name}.zip", zipped("page.html", page.encode())),
    ][number % 6]()


def zipped(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


def nested(content: bytes) -> bytes:
    for level in range(DEEP - 1):
        content = zipped("page.md" if level == 0 else "inner.zip", content)
    return content


def zeros() -> Entry:
    """Each block but the last ends where another one may begin, so that one serves for all."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = engine.compress(bytes(_BLOCK)) + engine.flush(zlib.Z_FULL_FLUSH)
    crc = 0
    for _ in range(ZEROS // _BLOCK):
        crc = zlib.crc32(bytes(_BLOCK), crc)
    return Entry("", block * (ZEROS // _BLOCK) + engine.flush(), _DEFLATE, crc, ZEROS)


def packed_zeros() -> bytes:
    """A gzip file that unpacks to as much, and begins as an article does."""
    body = zeros()
    return (
        gzip.compress(b'{"title": "', mtime=0)
        + b"\x1f\x8b\x08"
        + bytes(6)
        + b"\xff"
        + body.packed
        + struct.pack("<2L", body.crc or 0, ZEROS & 0xFFFFFFFF)
    )


@dataclass(frozen=True)
class Bad:
    """A way to be bad, and the codes of which it has to be named with one."""

    what: str
    codes: tuple[str, ...]
    entry: Callable[[str, Texts], Entry]


def _with(entry: Entry, **fields: Any) -> Entry:
    return Entry(**{**entry.__dict__, **fields})


def _page(name: str, texts: Texts) -> Entry:
    return usual(name, f"# {texts.words(3)}\n\n{texts.words(60)}".encode())


def bad_ways() -> list[Bad]:
    nothing, bomb = zeros(), packed_zeros()

    def broken(name: str, texts: Texts) -> Entry:
        page = _page(f"{name}.md", texts)
        return _with(page, packed=page.packed[:-20] + bytes(20))

    def overlapping(name: str, texts: Texts) -> Entry:
        text = texts.words(9).encode()
        return Entry(f"{name}.txt", text, size=len(text) + 90, claimed=len(text) + 90)

    return [
        Bad("2 GB of zeros", ("too_large",), lambda name, _: _with(nothing, name=f"{name}.html")),
        Bad("leads out with ..", ("unsafe_path",), lambda name, texts: _page(f"../../{name}.md", texts)),
        Bad("encrypted", ("encrypted",), lambda name, texts: _with(_page(f"{name}.md", texts), flags=1)),
        Bad("empty", ("empty",), lambda name, _: usual(f"{name}.md", b"")),
        Bad("wrong checksum", ("malformed",), lambda name, texts: _with(_page(f"{name}.md", texts), crc=1)),
        Bad("ZIPs in ZIPs", ("too_large",), lambda name, _: usual(f"{name}.zip", nested(b"# T\n\nx"))),
        Bad("says it has 10 bytes", ("malformed",), lambda name, _: _with(nothing, name=f"{name}.md", size=10)),
        Bad("a picture", ("unsupported",), lambda name, _: usual(f"{name}.html", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)),
        Bad("binary", ("malformed", "undecodable"), lambda name, texts: usual(f"{name}.txt", texts.chance.randbytes(3_000))),
        Bad("2 GB in gzip", ("too_large",), lambda name, _: Entry(f"{name}.ndjson.gz", bomb)),
        Bad("absolute path", ("unsafe_path",), lambda name, texts: _page(f"/etc/{name}.md", texts)),
        Bad("path of Windows", ("unsafe_path",), lambda name, texts: _page(f"C:\\{name}.md", texts)),
        Bad("says it has 3 GB", ("malformed",), lambda name, texts: _with(_page(f"{name}.ndjson", texts), size=3 << 30)),
        Bad("shares the bytes of others", ("malformed",), overlapping),
        Bad("damaged", ("malformed", "truncated"), broken),
        Bad(
            "cut off", ("truncated",), lambda name, texts: usual(f"{name}.md.gz", gzip.compress(texts.words(500).encode())[:-90])
        ),
        Bad("unknown method", ("unsupported",), lambda name, texts: _with(_page(f"{name}.md", texts), method=97)),
        Bad("link", ("unsupported",), lambda name, _: _with(usual(f"{name}.md", b"/etc/passwd"), mode=0o120777)),
        Bad("broken JSON", ("malformed",), lambda name, texts: usual(f"{name}.json", f'{{"title": "{texts.words(3)}'.encode())),
        Bad(
            "other XML",
            ("unsupported",),
            lambda name, _: usual(f"{name}.xml", b'<?xml version="1.0"?><invoice><total/></invoice>'),
        ),
    ]


def write(file: BinaryIO, count: int, bad: int, seed: int) -> dict[str, Bad]:
    """The ZIP, and what is bad in it, by the ends of the names."""
    texts, ways = Texts(seed), bad_ways()
    places = sorted(texts.chance.sample(range(count - 1), bad))  # the last is good: what shares bytes has to be before some
    expected: dict[str, Bad] = {}
    container = Zip(file)
    for number in range(count):
        if number in places:
            way = ways[len(expected) % len(ways)]
            entry = way.entry(f"bad {number:05}", texts)
            expected[f"bad {number:05}"] = way
        else:
            entry = good(number, texts)
        container.add(entry)
    container.close()
    return expected


def read(path: Path) -> Iterator[dict[str, Any]]:
    """What comes out, item after item, and at the end what it cost."""
    from archive.parsing.items import Given
    from archive.parsing.reading import items_in
    from db.records import Draft

    before, started = _peak(), time.perf_counter()
    with path.open("rb") as stream:
        for item in items_in(stream, Given(name=path.name, place="x.zip")):
            outcome = item.read()
            if isinstance(outcome, Draft):
                yield {"title": outcome.title, "place": item.place}
            else:
                yield {"place": item.place, "code": getattr(outcome, "code", ""), "reason": getattr(outcome, "reason", "a link")}
    yield {"seconds": time.perf_counter() - started, "before": before, "peak": _peak()}


def _peak() -> int:
    """MB of memory, as much as it ever was."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes // (1 << 20 if sys.platform == "darwin" else 1 << 10)


def judged(count: int, expected: dict[str, Bad], items: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What is wrong; nothing, if all is well."""
    articles = [item for item in items if "title" in item]
    failures = [item for item in items if "code" in item]
    if len(articles) != count - len(expected):
        yield f"{len(articles):,} articles came out, not {count - len(expected):,}"
    if len(failures) != len(expected):
        yield f"{len(failures):,} failures were named, not {len(expected):,}"
    named = {key: item for item in failures for key in [_key(item["place"])] if key in expected}
    for key, way in expected.items():
        if key not in named:
            yield f"{key} ({way.what}) was not named"
        elif named[key]["code"] not in way.codes:
            yield f"{key} ({way.what}) was named {named[key]['code']}: {named[key]['reason']}"


def _key(place: str) -> str:
    at = place.find("bad ")
    return place[at : at + 9] if at >= 0 else ""


def table(expected: dict[str, Bad], items: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "| bad files | how many | code | reason of the first |"
    yield "| --- | ---: | --- | --- |"
    named = {_key(item["place"]): item for item in items if "code" in item}
    ways = Counter(way.what for way in expected.values())
    for what, times in ways.items():
        first = next(named.get(key, {}) for key, way in expected.items() if way.what == what)
        yield f"| {what} | {times} | {first.get('code')} | {first.get('reason')} |"


def run(path: Path, count: int, bad: int, seed: int) -> int:
    with path.open("wb") as file:
        expected = write(file, count, bad, seed)
    print(f"{count:,} files, {bad:,} of them bad, in {path.stat().st_size / 1e6:.1f} MB\n", flush=True)
    command = [sys.executable, "-m", "evals.hostile_zip", "--read", str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[1])
    *items, cost = [json.loads(line) for line in done.stdout.splitlines()]
    print("\n".join(table(expected, items)))
    articles = sum("title" in item for item in items)
    print(f"\n{articles:,} articles in, {len(items) - articles:,} failures named, in {cost['seconds']:.1f} s; ", end="")
    print(f"{cost['peak']:,} MB of memory at most, {cost['before']:,} MB before")
    wrong = list(judged(count, expected, items))
    print("\n".join(wrong) or "every good file is in, every bad one is named")
    return bool(wrong)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.hostile_zip", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="500 files, 10 of them bad")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where to write the ZIP, and leave it")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.read:
        for item in read(options.read):
            print(json.dumps(item))
        return 0
    count, bad = (500, 10) if options.quick else (10_000, 200)
    if options.keep:
        return run(options.keep, count, bad, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder) / "hostile.zip", count, bad, options.seed)


if __name__ == "__main__":
    raise SystemExit(main())
