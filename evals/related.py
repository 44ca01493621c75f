"""Quality of related articles, through the HTTP interface of a real server.

    python -m evals.related                  # ecbplus_events and lee50
    python -m evals.related --keep DIR       # keep the archives, so that the next run encodes nothing

ecbplus_events: R-precision, the share of relevant ones among the first R, R being how many an article has; grade 1 and above
(the same kind of event), and 2 (the same event); and the area under the curve of grade 2 against 1, a mean over the articles: how
often a report of the same event has a higher `score` than one of another event of the same kind. lee50: Pearson's correlation of
`score` with what people said, over all pairs. What an answer does not have counts as its lowest score.
"""

import argparse
import csv
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from client import Backfile
from evals.collections import Collection, data_folder, related
from evals.quality import fill
from evals.server import server

DEPTH = 200
COPY = 3.0
"""The score of a copy of the article itself: above all others."""
FLOORS = {
    "R-precision, same kind of event": 0.90,
    "R-precision, same event": 0.88,
    "AUC, same event against same kind": 0.915,
    "Pearson": 0.72,
}


def ranked(backfile: Backfile, article: str) -> dict[str, float]:
    """Related articles of one, by external id, with their scores, best first; copies follow the article that stands for them."""
    answer = backfile.article_related(f"ext::{article}", limit=DEPTH, per_series=DEPTH)
    scores = {str(copy["external_id"]): COPY for copy in answer["also_in"]}
    for item in answer["items"]:
        scores[str(item["article"]["external_id"])] = item["score"]
        for copy in item["also_in"]:
            scores[str(copy["external_id"])] = item["score"]
    return scores


def r_precision(backfile: Backfile, collection: Collection, least: float) -> float:
    values = []
    for article, grades in collection.judgments.items():
        relevant = {other for other, grade in grades.items() if grade >= least and other != article}
        if relevant:
            first = [other for other in ranked(backfile, article) if other != article][: len(relevant)]
            values.append(len(relevant & set(first)) / len(relevant))
    return statistics.mean(values)


def separation(backfile: Backfile, collection: Collection) -> float:
    values = []
    for article, grades in collection.judgments.items():
        scores = ranked(backfile, article)
        least = min(scores.values(), default=0.0)
        same, other = (
            [scores.get(each, least) for each, grade in grades.items() if grade == wanted and each != article]
            for wanted in (2, 1)
        )
        if same and other:
            values.append(statistics.mean((one > two) + (one == two) / 2 for one in same for two in other))
    return statistics.mean(values)


def correlation(backfile: Backfile, name: str) -> float:
    with (data_folder() / name / "pairs.tsv").open() as lines:
        pairs = [(one, other, float(said)) for one, other, said in csv.reader(lines, delimiter="\t")]
    scores = {article: ranked(backfile, article) for article in {id for one, other, _ in pairs for id in (one, other)}}

    def score(one: str, other: str) -> float:
        both = (scores[one].get(other, min(scores[one].values())), scores[other].get(one, min(scores[other].values())))
        return statistics.mean(both)

    return statistics.correlation([score(one, other) for one, other, _ in pairs], [said for *_, said in pairs])


def figures(backfile: Backfile, collection: Collection) -> dict[str, float]:
    if not collection.judgments:
        return {"Pearson": correlation(backfile, collection.name)}
    return {
        "R-precision, same kind of event": r_precision(backfile, collection, 1),
        "R-precision, same event": r_precision(backfile, collection, 2),
        "AUC, same event against same kind": separation(backfile, collection),
    }


def report(name: str, found: Mapping[str, float]) -> int:
    """Prints the figures; how many are below their floors."""
    for measure, value in found.items():
        print(f"{name}: {measure:34} {value:.4f}   floor {FLOORS[measure]}  {'ok' if value >= FLOORS[measure] else 'BELOW'}")
    return sum(value < FLOORS[measure] for measure, value in found.items())


def main(arguments: Sequence[str] | None = None) -> int:
    """The number of figures below their floors."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.related", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("collections", nargs="*", help="ecbplus_events, lee50 (default: both)")
    parser.add_argument("--keep", type=Path, help="folder for the archives; without it they are thrown away")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        keep = options.keep or Path(temporary)
        keep.mkdir(parents=True, exist_ok=True)
        below = 0
        for name in options.collections or ("ecbplus_events", "lee50"):
            collection = related(name)
            with server(keep / name) as running, Backfile(running.url, timeout=120) as backfile:
                fill(backfile, collection)
                below += report(name, figures(backfile, collection))
    return below


if __name__ == "__main__":
    raise SystemExit(main())
