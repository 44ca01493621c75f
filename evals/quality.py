"""Quality of search, through the HTTP interface of a real server.

    python -m evals.quality                      # scifact and cranfield, all modes
    python -m evals.quality scifact --keep DIR   # keep the archives, so that the next run encodes nothing
    python -m evals.quality --quick              # the project's own samples, without a model: seconds

Measure: nDCG@10 as trec_eval computes it, gain = grade, discount = log2(rank + 1), mean over all judged queries.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, get_args

from client import Backfile
from evals.collections import Collection, judged, samples
from evals.server import server

Mode = Literal["lexical", "semantic", "hybrid"]
MODES: tuple[Mode, ...] = get_args(Mode)
FLOORS: dict[str, dict[Mode, float]] = {
    "scifact": {"semantic": 0.655, "hybrid": 0.72},
    "cranfield": {"semantic": 0.39, "hybrid": 0.42},
}
DEPTH = 10
BATCH = 200


def ndcg(ranked: Sequence[str], grades: Mapping[str, float], depth: int = DEPTH) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen, TOIS 2002)."""
    gained = sum(grades.get(article, 0.0) / math.log2(rank + 1) for rank, article in enumerate(ranked[:depth], 1))
    ideal = sorted(grades.values(), reverse=True)[:depth]
    return gained / sum(grade / math.log2(rank + 1) for rank, grade in enumerate(ideal, 1))


def fill(backfile: Backfile, collection: Collection) -> int:
    """Put the collection in, wait until it is searchable; how many articles could not be read."""
    failed = 0
    for at in range(0, len(collection.articles), BATCH):
        answer = backfile.create_articles(collection.articles[at : at + BATCH], wait=0)
        failed += sum(item["status"] >= 400 for item in answer["items"])
    while backfile.index_status()["pending"]:
        time.sleep(0.5)
    return failed


def measure(backfile: Backfile, collection: Collection, mode: Mode) -> float:
    """Mean nDCG@10 over the collection's judged queries."""

    def one(query: str) -> float:
        answer = backfile.search_post(q=collection.queries[query], mode=mode, limit=DEPTH, matches=0, highlight=False)
        return ndcg([str(item["article"]["external_id"]) for item in answer["items"]], collection.judgments[query])

    with ThreadPoolExecutor(2) as pool:
        values = list(pool.map(one, collection.queries))
    return sum(values) / len(values)


def report(collection: Collection, keep: Path, environment: Mapping[str, str]) -> dict[Mode, float]:
    with server(keep / collection.name, environment) as running, Backfile(running.url, timeout=120) as backfile:
        started = time.perf_counter()
        failed = fill(backfile, collection)
        seconds = time.perf_counter() - started
        print(f"{collection.name}: {len(collection.articles) - failed} articles in {seconds:.0f} s, {failed} unreadable")
        found = {mode: measure(backfile, collection, mode) for mode in MODES}
    for mode, value in found.items():
        floor = FLOORS.get(collection.name, {}).get(mode)
        print(f"  {mode:10} nDCG@10 {value:.4f}" + (f"   floor {floor}  {'ok' if value >= floor else 'BELOW'}" if floor else ""))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The number of figures below their floors."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.quality", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("collections", nargs="*", help="scifact, cranfield (default: both)")
    parser.add_argument("--quick", action="store_true", help="the project's own samples only")
    parser.add_argument("--keep", type=Path, help="folder for the archives; without it they are thrown away")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        keep = options.keep or Path(temporary)
        keep.mkdir(parents=True, exist_ok=True)
        environment = {"BACKFILE_MODEL": "hashing"} if options.quick else {}
        wanted = [samples()] if options.quick else [judged(name) for name in options.collections or FLOORS]
        below = 0
        for collection in wanted:
            found = report(collection, keep, environment)
            below += sum(found[mode] < floor for mode, floor in FLOORS.get(collection.name, {}).items())
    return below


if __name__ == "__main__":
    raise SystemExit(main())
