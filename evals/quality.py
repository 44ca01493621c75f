"""Quality of search: who is found, how far the relevance can be trusted, and whether nothing is found where nothing is.

    python -m evals.quality                        # scifact and cranfield in all modes, and their questions put to digitalgov
    python -m evals.quality scifact --keep DIR     # one set only; keep the archives, so that the next run encodes nothing
    python -m evals.quality --in-process           # the same figures without a server between
    python -m evals.quality --queries 5            # and which queries gained and lost most since the pinned run
    python -m evals.quality --pin                  # make this run the pinned one
    python -m evals.quality --quick                # the project's own samples, without a model: seconds

nDCG@10 as trec_eval computes it, gain = grade, discount = log2(rank + 1), mean over all judged queries; the order of everything
that is found (min_relevance=0). `kept`: of the queries that have a relevant article among the first ten then, the share that
still has one with the defaults. `nothing found`: the share of questions on other subjects that get an empty answer with the
defaults. `calibration error`: of `relevance` against the judgments, over the first ten of each query, in ten bins of equal
width (Naeini et al., AAAI 2015); what nobody judged counts as not relevant.
"""

import argparse
import hashlib
import json
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from client import Backfile
from evals.collections import Collection, judged, related, samples
from evals.server import server

Mode = Literal["lexical", "semantic", "hybrid"]
MODES: tuple[Mode, ...] = get_args(Mode)
SETS = ("scifact", "cranfield")
ELSEWHERE = "digitalgov"
"""An archive that has little to say about the questions of the others."""
DEPTH = 10
BATCH = 200
BINS = 10
PINNED = Path(__file__).parent / "pinned" / "quality.json"

FLOORS: dict[str, float] = {
    "scifact semantic": 0.655,
    "scifact hybrid": 0.745,
    "scifact kept": 0.97,
    "scifact nothing found": 0.95,
    "scifact hybrid - better leg": -0.002,
    "cranfield semantic": 0.39,
    "cranfield hybrid": 0.44,
    "cranfield nothing found": 0.95,
    "cranfield hybrid - better leg": -0.002,
}
CEILINGS: dict[str, float] = {"scifact calibration error, train": 0.10}

Ask = Callable[[dict[str, Any]], dict[str, Any]]
"""A search request to its answer."""


@dataclass
class Figures:
    """`values` by what was measured; `queries`: the nDCG of each query in hybrid mode, by collection and query."""

    values: dict[str, float] = field(default_factory=dict)
    queries: dict[str, float] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


def ndcg(ranked: Sequence[str], grades: Mapping[str, float], depth: int = DEPTH) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen, TOIS 2002)."""
    gained = sum(grades.get(article, 0.0) / math.log2(rank + 1) for rank, article in enumerate(ranked[:depth], 1))
    ideal = sorted(grades.values(), reverse=True)[:depth]
    return gained / sum(grade / math.log2(rank + 1) for rank, grade in enumerate(ideal, 1))


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error of (relevance, relevant)."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for relevance, relevant in pairs:
        bins[min(int(relevance * BINS), BINS - 1)].append((relevance, relevant))
    return sum(abs(sum(relevance - relevant for relevance, relevant in each)) for each in bins) / len(pairs)


# Archives


def fill(backfile: Backfile, collection: Collection) -> int:
    """Put the collection in, wait until it is searchable; how many articles could not be read."""
    failed = 0
    for at in range(0, len(collection.articles), BATCH):
        answer = backfile.create_articles(collection.articles[at : at + BATCH], wait=0)
        failed += sum(item["status"] >= 400 for item in answer["items"])
    while backfile.index_status()["pending"]:
        time.sleep(0.5)
    return failed


@contextmanager
def filled(collection: Collection, keep: Path, environment: Mapping[str, str], *, in_process: bool) -> Iterator[Ask]:
    """An archive with the collection in it, ready to be asked."""
    folder = keep / collection.name
    with server(folder, environment) as running, Backfile(running.url, timeout=120) as backfile:
        if not backfile.index_status()["articles"]:
            started = time.perf_counter()
            failed = fill(backfile, collection)
            seconds = time.perf_counter() - started
            print(f"{collection.name}: {len(collection.articles) - failed} articles in {seconds:.0f} s, {failed} unreadable")
        while backfile.index_status()["pending"]:
            time.sleep(0.5)
        if not in_process:
            yield lambda asked: dict(backfile.search_post(**asked))
            return
    with _opened(folder, environment) as ask:
        yield ask


@contextmanager
def _opened(folder: Path, environment: Mapping[str, str]) -> Iterator[Ask]:
    from archive.archive import Archive
    from archive.requests import SearchRequest
    from archive.settings import Settings

    with Archive(Settings(data_dir=folder, model=environment.get("BACKFILE_MODEL", Settings().model))) as archive:
        archive.catch_up()
        yield lambda asked: archive.search(SearchRequest(**asked)).model_dump()


# Measures


def asked_of(ask: Ask, queries: Mapping[str, str], **options: Any) -> dict[str, list[dict[str, Any]]]:
    """For each query the items found."""

    def one(query: str) -> list[dict[str, Any]]:
        return list(ask({"q": queries[query], "limit": DEPTH, "matches": 0, "highlight": False, **options})["items"])

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(queries, pool.map(one, queries), strict=True))


def names(items: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(item["article"]["external_id"]) for item in items]


def measure(ask: Ask, collection: Collection, figures: Figures, train: Collection | None) -> None:
    name, judgments = collection.name, collection.judgments
    found = {mode: asked_of(ask, collection.queries, mode=mode, min_relevance=0) for mode in MODES}
    for mode, answers in found.items():
        each = {query: ndcg(names(items), judgments[query]) for query, items in answers.items()}
        figures.values[f"{name} {mode}"] = sum(each.values()) / len(each)
        if mode == "hybrid":
            figures.queries |= {f"{name} {query}": round(value, 4) for query, value in each.items()}
    better = max(figures.values[f"{name} lexical"], figures.values[f"{name} semantic"])
    figures.values[f"{name} hybrid - better leg"] = figures.values[f"{name} hybrid"] - better
    shown = asked_of(ask, collection.queries)
    had = [query for query, items in found["hybrid"].items() if set(names(items)) & set(judgments[query])]
    figures.values[f"{name} kept"] = sum(bool(set(names(shown[query])) & set(judgments[query])) for query in had) / len(had)
    figures.values[f"{name} calibration error"] = _calibration(found["hybrid"], judgments)
    if train is not None:
        answers = asked_of(ask, train.queries, min_relevance=0)
        figures.values[f"{name} calibration error, train"] = _calibration(answers, train.judgments)


def _calibration(answers: Mapping[str, Sequence[Mapping[str, Any]]], judgments: Mapping[str, Mapping[str, float]]) -> float:
    return calibration_error(
        [
            (item["relevance"], name in judgments[query])
            for query, items in answers.items()
            for item, name in zip(items, names(items), strict=True)
        ]
    )


def nothing_found(ask: Ask, collection: Collection) -> float:
    answers = asked_of(ask, collection.queries)
    return sum(not items for items in answers.values()) / len(answers)


def digest(collection: Collection) -> str:
    """Of all that the figures depend on beside the program."""
    said = json.dumps([collection.articles, collection.queries, collection.judgments], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


# Report


def report(figures: Figures, pinned: Figures) -> int:
    """The number of figures on the wrong side of their bound."""
    print(f"{'':36} {'':>8} {'pinned':>8}  bound")
    missed = 0
    for name, value in figures.values.items():
        same = figures.digests.get(name.split()[0]) == pinned.digests.get(name.split()[0])
        before = pinned.values.get(name) if same else None
        good = value >= FLOORS.get(name, -math.inf) and value <= CEILINGS.get(name, math.inf)
        bound = FLOORS.get(name, CEILINGS.get(name))
        said = "" if bound is None else f"{bound}  {'ok' if good else 'MISSED'}"
        print(f"{name:36} {value:8.4f} {'' if before is None else f'{before:8.4f}':>8}  {said}")
        missed += not good
    return missed


def moved(figures: Figures, pinned: Figures, count: int, queries: Mapping[str, str]) -> None:
    """Print the queries that lost and gained most since the pinned run."""
    changes = sorted((value - pinned.queries[name], name) for name, value in figures.queries.items() if name in pinned.queries)
    losers, winners = [each for each in changes if each[0] < 0], [each for each in reversed(changes) if each[0] > 0]
    for change, name in losers[:count] + winners[:count]:
        print(f"{change:+.3f}  {name}: {queries[name]}")


def main(arguments: Sequence[str] | None = None) -> int:
    """The number of figures on the wrong side of their bound."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.quality", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("collections", nargs="*", help=f"{', '.join(SETS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="the project's own samples only")
    parser.add_argument("--keep", type=Path, help="folder for the archives; without it they are thrown away")
    parser.add_argument("--in-process", action="store_true", help="without a server")
    parser.add_argument("--pin", action="store_true", help="what is measured becomes what later runs are compared with")
    parser.add_argument("--queries", type=int, default=0, help="show so many losers and winners")
    options = parser.parse_args(arguments)
    environment = {"BACKFILE_MODEL": "hashing"} if options.quick else {}
    collections = [samples()] if options.quick else [judged(name) for name in options.collections or SETS]
    figures = Figures(digests={collection.name: digest(collection) for collection in collections})
    with tempfile.TemporaryDirectory() as temporary:
        keep = options.keep or Path(temporary)
        keep.mkdir(parents=True, exist_ok=True)
        for collection in collections:
            train = judged(collection.name, "_train") if collection.name == "scifact" else None
            with filled(collection, keep, environment, in_process=options.in_process) as ask:
                measure(ask, collection, figures, train)
        if not options.quick:
            with filled(related(ELSEWHERE), keep, environment, in_process=options.in_process) as ask:
                for collection in collections:
                    figures.values[f"{collection.name} nothing found"] = nothing_found(ask, collection)
    pinned = Figures(**json.loads(PINNED.read_text())) if PINNED.exists() else Figures()
    missed = report(figures, pinned)
    said = {f"{each.name} {query}": text for each in collections for query, text in each.queries.items()}
    moved(figures, pinned, options.queries, said)
    if options.pin:
        PINNED.write_text(json.dumps(vars(figures), indent=0) + "\n")
    return missed


if __name__ == "__main__":
    raise SystemExit(main())
