"""How the vector index does as the archive grows.

    python -m evals.scale --keep FOLDER                    10,000, 100,000 and 1,000,000 passages, ten a group
    python -m evals.scale --keep FOLDER --sizes 10000000   10 GB of memory, 20 GB of disk, an hour

Real vectors of `lctt_en`, mixed to the size (evals/mixing.py says how), are put into an index, saved, loaded by a new process
and searched one query at a time. Prints a table; `--draw docs/scale.png` draws it (with matplotlib, which nothing else needs).
"""

import argparse
import json
import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings import FaissIndex
from embeddings.faiss_index import SETTLE_FROM
from embeddings.halves import decoded
from embeddings.rows import Rows
from embeddings.settling import settle
from embeddings.snapshot import Snapshot, write
from evals.mixing import AT_ONCE, Halves, Source, made_up, real

MODEL = "of an evaluation"
GROUP = 10
WIDTHS = (0.0001, 0.001, 0.01, 0.1, 0.5)
QUERIES = 200
ADDED = 300
"""Groups, put in one by one."""


@dataclass
class Measured:
    """Seconds, megabytes, and milliseconds (p50, p95): of the clock, and of the processor, which other programs do not change."""

    name: str
    size: int
    kind: str = ""
    build_s: float = 0
    load_s: float = 0
    megabytes: float = 0
    recall: float = 0
    ten_ms: tuple[float, float] = (0, 0)
    ten_cpu_ms: tuple[float, float] = (0, 0)
    thousand_ms: tuple[float, float] = (0, 0)
    thousand_cpu_ms: tuple[float, float] = (0, 0)
    filtered_cpu_ms: dict[str, float] = field(default_factory=dict)
    filtered_ratio: dict[str, float] = field(default_factory=dict)
    filtered_recall: dict[str, float] = field(default_factory=dict)
    added_per_s: float = 0
    tidy_s: float = 0


def built(vectors: Halves, folder: Path) -> float:
    """A snapshot in the folder, of vectors that may lie on disk; the seconds it took."""
    started = time.perf_counter()
    count, dimension = vectors.shape
    ids = np.arange(count)
    groups = ids // GROUP + 1
    path = folder / "vectors.index"
    if count < SETTLE_FROM:
        index = FaissIndex(dimension, MODEL, folder=folder)
        for start in range(0, count, GROUP):
            index.replace(start // GROUP + 1, 1, ids[start : start + GROUP], decoded(vectors[start : start + GROUP]))
        index.save(path)
    else:
        rows = Rows(ids, groups, np.ones(count, np.int64), vectors, np.empty(0, np.int32), np.ones(count, np.bool_))
        settled = settle(folder / "vectors.0.rows", MODEL, None, rows, lambda: None)
        removed, none = np.zeros(-(-count // 8), np.uint8), np.empty(0, np.int64)
        write(path, Snapshot(dimension, MODEL, 0, none, none, none, {}, settled.path.name, removed), [])
    return time.perf_counter() - started


def nearest(
    vectors: Halves, queries: NDArray[np.float32], filters: Sequence[NDArray[np.int64] | None]
) -> list[NDArray[np.int64]]:
    """The ten nearest rows of those groups, for each filter (queries, 10): by comparing all."""
    best = [np.full((len(queries), 20), -2, np.float32) for _ in filters]
    rows = [np.zeros((len(queries), 20), np.int64) for _ in filters]
    for start in range(0, len(vectors), AT_ONCE):
        scores = queries @ decoded(vectors[start : start + AT_ONCE]).T
        groups = np.arange(start, start + scores.shape[1]) // GROUP + 1
        for number, wanted in enumerate(filters):
            columns = np.arange(len(groups)) if wanted is None else np.flatnonzero(np.isin(groups, wanted))
            for place, row in enumerate(scores[:, columns]):
                top = np.argpartition(row, -10)[-10:] if len(row) > 10 else np.arange(len(row))
                best[number][place, 10 : 10 + len(top)], rows[number][place, 10 : 10 + len(top)] = row[top], start + columns[top]
                best[number][place, 10 + len(top) :] = -2
                order = np.argsort(-best[number][place])
                best[number][place], rows[number][place] = best[number][place, order], rows[number][place, order]
    return [np.where(scores[:, :10] > -2, found[:, :10], -1) for scores, found in zip(best, rows, strict=True)]


def measured(name: str, vectors_path: Path, queries: NDArray[np.float32], folder: Path, build_s: float) -> Measured:
    """Load the snapshot and search it; in a process of its own, whose memory is that of the vectors."""
    vectors: Halves = np.load(vectors_path, mmap_mode="r")
    result = Measured(name, len(vectors), build_s=build_s)
    rng = np.random.default_rng(2)
    count = len(vectors) // GROUP
    filters = {_percent(width): np.sort(rng.choice(count, max(1, round(width * count)), replace=False)) + 1 for width in WIDTHS}
    before, started = _resident_megabytes(), time.perf_counter()
    index = FaissIndex.load(folder / "vectors.index", dimension=vectors.shape[1], model=MODEL)
    index.search(queries[0], 10)
    result.load_s, result.kind = time.perf_counter() - started, index.kind
    result.ten_ms, result.ten_cpu_ms = _timed(partial(index.search, k=10), queries)
    result.thousand_ms, result.thousand_cpu_ms = _timed(partial(index.search, k=1000, distinct=True), queries)
    for width, groups in filters.items():
        filtered, plain = _alternating(partial(index.search, k=10, groups=groups), partial(index.search, k=10), queries)
        result.filtered_cpu_ms[width], result.filtered_ratio[width] = filtered, filtered / plain
    result.megabytes = _resident_megabytes() - before
    _recalls(result, index, vectors, queries, filters)
    _grow(result, index, vectors)
    return result


def _recalls(
    result: Measured, index: FaissIndex, vectors: Halves, queries: NDArray[np.float32], filters: dict[str, NDArray[np.int64]]
) -> None:
    expected = nearest(vectors, queries, [None, *filters.values()])
    for width, groups, rows in zip([None, *filters], [None, *filters.values()], expected, strict=True):
        shares = []
        for query, row in zip(queries, rows, strict=True):
            found = index.search(query, 10, groups=groups)
            assert groups is None or np.isin(found.groups, groups).all()
            true = set(row[row >= 0].tolist())
            shares.append(len(true & set(found.ids.tolist())) / len(true))
        if width is None:
            result.recall = float(np.mean(shares))
        else:
            result.filtered_recall[width] = float(np.mean(shares))


def _grow(result: Measured, index: FaissIndex, vectors: Halves) -> None:
    """Put groups in, one by one, as an import does; then let them settle."""
    first, dimension = vectors.shape
    count = min(ADDED, first // GROUP)
    added = decoded(vectors[: count * GROUP]).reshape(count, GROUP, dimension)
    started = time.perf_counter()
    for number, group in enumerate(added):
        index.replace(first // GROUP + 2 + number, 2, first + GROUP * number + np.arange(GROUP), group)
    result.added_per_s = count * GROUP / (time.perf_counter() - started)
    if index.settled:
        started = time.perf_counter()
        index.tidy()
        result.tidy_s = time.perf_counter() - started


Spread = tuple[float, float]


def _timed(search: Callable[[NDArray[np.float32]], object], queries: NDArray[np.float32]) -> tuple[Spread, Spread]:
    """By the clock and of the processor, p50 and p95, milliseconds. The first query is asked twice."""
    search(queries[0])
    taken = []
    for query in queries:
        started = time.perf_counter(), time.thread_time()
        search(query)
        taken.append((time.perf_counter() - started[0], time.thread_time() - started[1]))
    (wall, cpu), (slow_wall, slow_cpu) = 1000 * np.percentile(taken, [50, 95], axis=0)
    return (float(wall), float(slow_wall)), (float(cpu), float(slow_cpu))


def _alternating(
    one: Callable[[NDArray[np.float32]], object], other: Callable[[NDArray[np.float32]], object], queries: NDArray[np.float32]
) -> tuple[float, float]:
    """Milliseconds of the processor, p50 of each; one query after the other, so that what else goes on meets both."""
    taken = []
    for query in queries:
        times = [time.thread_time()]
        for search in (one, other):
            search(query)
            times.append(time.thread_time())
        taken.append(np.diff(times))
    first, second = 1000 * np.median(taken, axis=0)
    return float(first), float(second)


def _resident_megabytes() -> float:
    """Pages of mapped files included."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def _percent(width: float) -> str:
    return f"{100 * width:g} %"


def run(name: str, blocks: Iterator[Halves], size: int, queries: NDArray[np.float32], scratch: Path) -> Measured:
    folder = scratch / name.replace(" ", "-").replace(",", "")
    folder.mkdir()
    path = folder / "vectors.npy"
    first = next(blocks)
    held = np.lib.format.open_memmap(path, "w+", np.float16, (size, first.shape[1]))
    start = 0
    for block in _chained(first, blocks):
        held[start : start + len(block)] = block
        start += len(block)
    del held
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        build_s = pool.submit(_built_at, path, folder).result()
        result = pool.submit(measured, name, path, queries[:QUERIES], folder, build_s).result()
    shutil.rmtree(folder)
    return result


def _chained(first: Halves, rest: Iterator[Halves]) -> Iterator[Halves]:
    yield first
    yield from rest


def _built_at(path: Path, folder: Path) -> float:
    return built(np.load(path, mmap_mode="r"), folder)


def table(results: Sequence[Measured]) -> str:
    """Markdown."""
    widths = [_percent(width) for width in WIDTHS]
    rows: list[tuple[str, Callable[[Measured], str]]] = [
        ("searched by", lambda r: r.kind),
        ("recall@10", lambda r: f"{r.recall:.3f}"),
        ("10 best, p50 / p95, ms of one core", lambda r: _both(r.ten_cpu_ms)),
        ("… by the clock", lambda r: _both(r.ten_ms)),
        ("1,000 best, one a group, p50 / p95, ms of one core", lambda r: _both(r.thousand_cpu_ms)),
        ("… by the clock", lambda r: _both(r.thousand_ms)),
    ]
    rows += [
        (f"10 best of {width}: p50, ms of one core (of unfiltered, alternating)", partial(_filtered, width=width))
        for width in widths
    ]
    rows.append(("recall@10 of these", lambda r: " · ".join(f"{r.filtered_recall[width]:.3f}" for width in widths)))
    rows += [
        ("resident memory, MB", lambda r: f"{r.megabytes:,.0f}"),
        ("loaded and searched once, s", lambda r: f"{r.load_s:.2f}"),
        ("built, s", lambda r: f"{r.build_s:,.0f}"),
        ("vectors put in, a second", lambda r: f"{r.added_per_s:,.0f}"),
        ("3,000 new ones settled, s", lambda r: f"{r.tidy_s:.1f}"),
    ]
    lines = ["| | " + " | ".join(r.name for r in results) + " |", "| --- |" + " ---: |" * len(results)]
    return "\n".join([*lines, *(f"| {name} | " + " | ".join(show(r) for r in results) + " |" for name, show in rows)])


def _filtered(result: Measured, width: str) -> str:
    return f"{result.filtered_cpu_ms[width]:.2f} ({result.filtered_ratio[width]:.1f}×)"


def _both(spread: Spread) -> str:
    return "{:.2f} / {:.2f}".format(*spread)


def draw(results: Sequence[Measured], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.6), layout="constrained")
    times, memory, recall = figure.subplots(1, 3)
    sizes = [r.size for r in results]
    times.loglog(sizes, [r.ten_cpu_ms[0] for r in results], "o-", label="10 best")
    times.loglog(sizes, [r.thousand_cpu_ms[0] for r in results], "s-", label="1,000 best, one a group")
    for width in ("0.1 %", "50 %"):
        times.loglog(sizes, [r.filtered_cpu_ms[width] for r in results], "--", label=f"10 best of {width}")
    times.set(title="One search, p50, ms of one core", xlabel="passages")
    times.legend(fontsize=8)
    memory.loglog(sizes, [r.megabytes for r in results], "o-", label="resident, MB")
    memory.loglog(sizes, [1000 * r.load_s for r in results], "s-", label="loaded, ms")
    memory.set(title="Memory, and start", xlabel="passages")
    memory.legend(fontsize=8)
    recall.semilogx(sizes, [r.recall for r in results], "o-", label="all")
    for width in ("1 %", "50 %"):
        recall.semilogx(sizes, [r.filtered_recall[width] for r in results], "--", label=f"of {width}")
    recall.set(title="Recall@10", xlabel="passages", ylim=(0.9, 1.002))
    recall.legend(fontsize=8, loc="lower left")
    figure.savefig(path, dpi=110)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.scale", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--real", type=int, default=60_000, help="how many passages are encoded, if none are kept")
    parser.add_argument("--keep", type=Path, default=Path("scale-vectors"), help="where encoded passages are kept")
    parser.add_argument("--results", type=Path, help="a file of figures to add to, and to draw all of")
    parser.add_argument("--agree", action="store_true", help="measure real vectors too, and as many mixed from a fifth of them")
    parser.add_argument("--quick", action="store_true", help="made-up vectors, seconds: that it measures at all")
    parser.add_argument("--draw", type=Path, help="a file for a picture of the results")
    options = parser.parse_args(arguments)
    if options.draw and find_spec("matplotlib") is None:
        parser.error("--draw needs matplotlib: pip install matplotlib")
    source = made_up(8000, 64) if options.quick else real(options.keep, options.real)
    sizes = [4_000, 44_000] if options.quick else options.sizes
    results = [Measured(**line) for line in _lines(options.results)]
    with TemporaryDirectory(dir=None if options.quick else options.keep) as scratch:
        if options.agree:
            few = Source.of(source.vectors[: len(source.vectors) // 5], source.queries)
            real_ones = iter([source.vectors.astype(np.float16)])
            pairs = [("real", real_ones), ("mixed from a fifth", few.mixed(len(source.vectors), seed=3))]
            agreeing = [run(name, blocks, len(source.vectors), source.queries, Path(scratch)) for name, blocks in pairs]
            print(table(agreeing), flush=True)
        for size in sizes:
            results.append(run(f"{size:,}", source.mixed(size, seed=1), size, source.queries, Path(scratch)))
            print(table(results), flush=True)
            if options.results:
                options.results.write_text("".join(json.dumps(asdict(result)) + "\n" for result in results))
    if options.draw:
        draw(sorted(results, key=lambda r: r.size), options.draw)
    return 0


def _lines(path: Path | None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path and path.exists() else []


if __name__ == "__main__":
    raise SystemExit(main())
