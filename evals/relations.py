"""Precision of the relations that related articles are given, through the HTTP interface of a real server.

    python -m evals.relations                  # ecbplus_events by its grades, and the pairs that were judged
    python -m evals.relations --keep DIR       # keep the archives, so that the next run encodes nothing
    python -m evals.relations --quick          # the project's own samples, with copies and later versions put in: seconds

ecbplus_events: of the first 12 related articles of each, those of a relation that says "the same event" (duplicate, update,
same_story) which are of the same event (grade 2). Judged pairs (evals/judgments/relations.tsv): they were drawn by a hash, from
all collections and relations, and judged one by one by their titles and beginnings; a pair counts where it
still is given the relation it was judged for.
"""

import argparse
import csv
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from client import Backfile
from evals.collections import ROOT, Collection, related, samples
from evals.quality import fill
from evals.server import server

JUDGMENTS = ROOT / "evals" / "judgments" / "relations.tsv"
FLOORS = {"duplicate": 0.9, "update": 0.9, "same_story": 0.9}
"""On ecbplus_events and on the judged pairs alike; the other relations are reported only."""
LISTED = 12
DEPTH = 200

Told = tuple[str, bool]
"""A relation that was given, and whether it is right."""


@dataclass(frozen=True)
class Judgment:
    collection: str
    seed: str
    item: str
    relation: str
    verdict: str
    reason: str


def judgments() -> list[Judgment]:
    with JUDGMENTS.open(encoding="utf-8") as lines:
        return [Judgment(**line) for line in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]


def given(backfile: Backfile, article: str, limit: int) -> dict[str, str | None]:
    """What each related article is to the one, by external id; copies too."""
    answer = backfile.article_related(f"ext::{article}", limit=limit, per_series=DEPTH)
    found = {str(copy["external_id"]): copy["relation"] for copy in answer["also_in"]}
    for item in answer["items"]:
        found |= {str(copy["external_id"]): copy["relation"] for copy in item["also_in"]}
        found[str(item["article"]["external_id"])] = item["relation"]
    return dict(found)


def by_grades(backfile: Backfile, collection: Collection) -> Iterator[Told]:
    for article, grades in collection.judgments.items():
        for other, relation in given(backfile, article, LISTED).items():
            if relation in FLOORS:
                yield str(relation), grades.get(other) == 2


def by_judgments(backfile: Backfile, judged: Sequence[Judgment]) -> Iterator[Told]:
    for each in judged:
        if given(backfile, each.seed, DEPTH).get(each.item) == each.relation:
            yield each.relation, each.verdict == "right"


def precisions(told: Iterable[Told]) -> dict[str, tuple[float, int]]:
    """Of each relation the share that is right, and how many were given."""
    right: dict[str, list[bool]] = defaultdict(list)
    for relation, is_right in told:
        right[relation].append(is_right)
    return {relation: (sum(all_of) / len(all_of), len(all_of)) for relation, all_of in right.items()}


def report(name: str, told: Iterable[Told]) -> int:
    """Prints the precisions; how many are below their floors."""
    below = 0
    for relation, (precision, count) in sorted(precisions(told).items()):
        floor = FLOORS.get(relation, 0.0)
        below += precision < floor
        beside = f"   floor {floor}  {'ok' if precision >= floor else 'BELOW'}" if floor else ""
        print(f"{name:18} {relation:12} precision {precision:.3f} of {count}{beside}")
    return below


def measure(keep: Path) -> int:
    judged = judgments()
    below, told = 0, list[Told]()
    for name in dict.fromkeys(each.collection for each in judged):
        collection = related(name)
        with server(keep / name) as running, Backfile(running.url, timeout=120) as backfile:
            fill(backfile, collection)
            told += by_judgments(backfile, [each for each in judged if each.collection == name])
            if collection.judgments:
                below += report(name, by_grades(backfile, collection))
    print(f"{len(told)} of {len(judged)} judged pairs are given the relation that they were judged for")
    return below + report("judged", told)


def versions(collection: Collection) -> tuple[Collection, Mapping[str, str]]:
    """The collection with copies, and with later versions on the next day; and what each of those is to its original."""
    articles, meant = list(collection.articles), dict[str, str]()
    for number, article in list(enumerate(collection.articles))[1:11]:  # the first has a rewrite already
        relation = ("duplicate", "update")[number % 2]
        more = f"\n\n{collection.articles[number - 1]['text'][: len(article['text']) // 4]}" if relation == "update" else ""
        dated = {**article, "published_at": "2024-05-01T08:00:00Z"}
        later = {**dated, "id": f"{article['id']}-{relation}", "text": f"{article['text']}{more}"}
        if relation == "update":
            later["published_at"] = "2024-05-02T08:00:00Z"
        articles[number] = dated
        articles.append(later)
        meant[later["id"]] = relation
    return replace(collection, articles=articles), meant


def quick(keep: Path) -> int:
    collection, meant = versions(samples())
    with server(keep, {"BACKFILE_MODEL": "hashing"}) as running, Backfile(running.url, timeout=120) as backfile:
        fill(backfile, collection)
        told = [
            (str(relation), other == f"{article}-{relation}")
            for article in (each.partition("-")[0] for each in meant)
            for other, relation in given(backfile, article, DEPTH).items()
            if relation in ("duplicate", "update")
        ]
    missed = Counter(meant.values()) - Counter(relation for relation, is_right in told if is_right)
    if missed:
        print(f"not found: {dict(missed)}")
    return report("samples", told) + missed.total()


def main(arguments: Sequence[str] | None = None) -> int:
    """The number of figures below their floors."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.relations", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="folder for the archives; without it they are thrown away")
    parser.add_argument("--quick", action="store_true", help="the project's own samples only")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        keep = options.keep or Path(temporary)
        keep.mkdir(parents=True, exist_ok=True)
        return quick(keep) if options.quick else measure(keep)


if __name__ == "__main__":
    raise SystemExit(main())
