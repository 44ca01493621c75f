"""Duplicates and related lists, through the HTTP interface of a real server.

    python -m evals.duplicates                  # bbc_news, digitalgov and ecbplus_events
    python -m evals.duplicates --keep DIR       # keep the archives, so that the next run encodes nothing
    python -m evals.duplicates --list           # only print the sample of near duplicates, to be judged
    python -m evals.duplicates --quick          # the project's own samples with copies put in: seconds

Exact: which of the groups of bbc_news, that were told beforehand, are found, and which pairs are called exact that are in none.
Near: of a sample of 50 pairs, all of bbc_news and digitalgov and as many of ecbplus_events as it takes, which are what they are
said to be; they were read and judged one by one (evals/judgments/duplicates.tsv). Related: of 200 articles of digitalgov how many
lists of ten have the article itself, or a duplicate of it or of another entry, or are filled by one series.
"""

import argparse
import csv
import hashlib
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

from archive.copies import AGAIN
from archive.shingles import resemblance, shingles
from client import Backfile
from client.answers import DuplicateGroup
from evals.collections import ROOT, Collection, data_folder, related, samples
from evals.quality import fill
from evals.server import server

COLLECTIONS = ("bbc_news", "digitalgov", "ecbplus_events")
JUDGMENTS = ROOT / "evals" / "judgments" / "duplicates.tsv"
SAMPLE = 50
SEEDS = 200
LISTED = 10

Pair = tuple[str, str]


@contextmanager
def filled(collection: Collection, keep: Path, environment: Mapping[str, str]) -> Iterator[Backfile]:
    """The collection in a server that has looked up all its duplicates."""
    with server(keep / collection.name, environment) as running, Backfile(running.url, timeout=120) as backfile:
        fill(backfile, collection)
        while backfile.list_duplicates(limit=1)["pending"]:
            time.sleep(0.2)
        yield backfile


def groups(backfile: Backfile) -> list[DuplicateGroup]:
    return list(backfile.list_duplicates_all(members=200, limit=200))


def name(article: Mapping[str, Any]) -> str:
    return str(article["external_id"])


def pairs(found: Iterable[Iterable[str]]) -> set[Pair]:
    """Every two of a group."""
    return {pair for group in found for pair in combinations(sorted(group), 2)}


def near_pairs(found: Sequence[DuplicateGroup]) -> set[Pair]:
    """Each article that is said to be nearly another, with that one."""
    told = set()
    for group in found:
        names = {item["article"]["id"]: name(item["article"]) for item in group["items"]}
        for item in group["items"]:
            if item["relation"] == "near" and item["of"] is not None:
                one, other = sorted((name(item["article"]), names[item["of"]]))
                told.add((one, other))
    return told


def exact_figures(backfile: Backfile, found: Sequence[DuplicateGroup]) -> tuple[int, int, int]:
    """Groups told beforehand; those of them that are found; pairs that are called exact and are in none of them."""
    with (data_folder() / "bbc_news" / "exact_duplicates.tsv").open() as lines:
        told = [set(line) for line in csv.reader(lines, delimiter="\t")]
    named = [{name(item["article"]) for item in group["items"]} for group in found]
    exact = [
        {name(item["article"]) for item in group["items"]} for group in backfile.list_duplicates_all(kind="exact", limit=200)
    ]
    return len(told), sum(any(group <= other for other in named) for group in told), len(pairs(exact) - pairs(told))


def sampled(near: Mapping[str, set[Pair]]) -> list[tuple[str, str, str]]:
    """(collection, article, article): the pairs of the first collections, then those of the last in an order of chance."""

    def place(row: tuple[str, str, str]) -> tuple[bool, str]:
        return row[0] == COLLECTIONS[-1], hashlib.sha256(" ".join(row).encode()).hexdigest()

    return sorted(((collection, *pair) for collection, told in near.items() for pair in told), key=place)[:SAMPLE]


def judged() -> dict[tuple[str, str, str], bool]:
    with JUDGMENTS.open(encoding="utf-8") as lines:
        return {
            (row["collection"], row["one"], row["other"]): row["verdict"] == "copy"
            for row in csv.DictReader(lines, delimiter="\t")
        }


def series_of(title: str) -> str:
    """What the titles of a series have in common here: what is before a colon or a dash, without numbers."""
    head = title.replace(" – ", ":").replace(" — ", ":").replace(" - ", ":").split(":")[0]
    return " ".join(word for word in head.casefold().split() if not any(letter.isdigit() for letter in word))


def list_figures(backfile: Backfile, collection: Collection, found: Sequence[DuplicateGroup]) -> Counter[str]:
    """Of the lists of some articles, how many have which fault."""
    texts = {str(article["id"]): f"{article.get('title', '')}\n{article['text']}" for article in collection.articles}
    same = pairs({name(item["article"]) for item in group["items"]} for group in found)
    faults: Counter[str] = Counter()
    for seed in random.Random(4).sample(sorted(texts), SEEDS):
        items = backfile.article_related(f"ext::{seed}", limit=LISTED)["items"]
        listed = [name(item["article"]) for item in items]
        said = {article: shingles(texts[article]) for article in (seed, *listed)}
        faults["itself"] += seed in listed
        faults["duplicates"] += any(
            pair in same or resemblance(said[pair[0]], said[pair[1]]) >= AGAIN
            for pair in combinations(sorted({seed, *listed}), 2)
        )
        field = Counter(item["article"]["series"] for item in items if item["article"]["series"])
        heads = Counter(series_of(item["article"]["title"]) for item in items)
        faults["one series"] += max(field.values(), default=0) > 2 or max(heads.values(), default=0) > LISTED // 2
    return faults


def quick(keep: Path) -> int:
    """How many copies that were put in are not found, and how many others are found instead."""
    plain = samples()
    chosen = [article for article in plain.articles if len(article["text"]) > 1000][:10]
    planted = [
        {**article, "id": f"{article['id']}-{kind}", "text": article["text"] + more}
        for article in chosen
        for kind, more in (("exact", ""), ("near", "\n\nA line that was added later on."))
    ]
    with filled(Collection("samples", [*plain.articles, *planted], {}, {}), keep, {"BACKFILE_MODEL": "hashing"}) as backfile:
        found = pairs({name(item["article"]) for item in group["items"]} for group in groups(backfile))
    told = pairs({id, f"{id}-exact", f"{id}-near"} for id in (article["id"] for article in chosen))
    others = {pair for pair in found - told if any("-" in id for id in pair)}
    print(f"pairs found {len(found & told)} of {len(told)}, others with a copy that was put in {len(others)}")
    return len(told - found) + len(others)


def report(keep: Path, *, listing: bool) -> int:
    """The number of figures that are not as they should be."""
    near: dict[str, set[Pair]] = {}
    wrong = 0
    for collection in map(related, COLLECTIONS):
        with filled(collection, keep, {}) as backfile:
            found = groups(backfile)
            near[collection.name] = near_pairs(found)
            print(f"{collection.name}: {len(found)} groups, {len(near[collection.name])} near pairs")
            if collection.name == "bbc_news":
                told, hit, false = exact_figures(backfile, found)
                print(f"  groups of exact duplicates found {hit} of {told}; pairs falsely called exact {false}")
                wrong += (hit < told) + (false > 0)
            if collection.name == "digitalgov" and not listing:
                faults = list_figures(backfile, collection, found)
                print(f"  related lists of {SEEDS}: " + ", ".join(f"{fault} {count}" for fault, count in faults.items()))
                wrong += sum(count > 0 for count in faults.values())
    sample = sampled(near)
    if listing:
        print(*("\t".join(row) for row in sample), sep="\n")
        return 0
    verdicts = judged()
    copies = sum(verdicts.get(row, False) for row in sample)
    unjudged = sum(row not in verdicts for row in sample)
    print(f"near duplicates: {copies} of a sample of {len(sample)} are copies, {unjudged} have not been judged")
    return wrong + (copies < len(sample))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.duplicates", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the project's own samples only")
    parser.add_argument("--list", action="store_true", dest="listing", help="print the sample of near duplicates")
    parser.add_argument("--keep", type=Path, help="folder for the archives; without it they are thrown away")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        keep = options.keep or Path(temporary)
        keep.mkdir(parents=True, exist_ok=True)
        return quick(keep) if options.quick else report(keep, listing=options.listing)


if __name__ == "__main__":
    raise SystemExit(main())
