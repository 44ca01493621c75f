"""Speed beside what people use today: real servers, same texts, same weights, in turns.

    python -m evals.speed                                 # 3,000 paragraphs, three rounds: half an hour with all contestants
    python -m evals.speed --paragraphs 500 --rounds 1     # a quick look
    python -m evals.speed --only Backfile --measures query,clients --keep FOLDER    # again and again, filled only once
    python -m evals.speed --quick                         # made-up texts, no model: seconds; its figures mean nothing
    python -m evals.speed --pages FOLDER                  # the reading room's pages on an archive that is there (evals/pages.py)

Contestants: the tutorial way (evals/baselines/tutorial.py), Backfile, with --int8 Backfile at that precision too, with
--workers 2 a server of two processes too, and txtai and Chroma once `make peers` has installed them.

Each round starts every server on an empty folder, imports over HTTP until all of it is found, looks whether known articles are
found, asks, asks with eight clients at once, asks while more is imported, stops it, and starts it again on what it stored. The
times are of a machine that does other things too: the ratios of one run are the result. Articles are news of the data folder;
questions are headlines and first words of paragraphs of articles that are not imported, and none is asked twice, except where
all are repeats. Memory is the most that was resident, pages of mapped files included, summed over a server's processes.
"""

import argparse
import itertools
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from embeddings.models import bundled_folder
from evals import pages
from evals.collections import related
from evals.contestants import Article, Backfile, Chroma, Contestant, Tutorial, Txtai, peers_installed
from evals.measuring import INGEST, MEASURES, PARTS, TIMES_IDLE, Figures, Measure, Task, measured, paragraphs

WORDS = 8
"""Of a question that is the beginning of a paragraph."""
KNOWN = 10
LEAST_MORE = 600
"""Paragraphs imported while questions are asked: enough for some seconds."""
TIMES_IDLE_GOAL = 3
FILLING = {"ingest", "importing"}
INT8 = "Backfile int8"
INT8_INGEST_GOAL = 4
NO_BF16_INGEST_GOAL = 1.6

Found = Mapping[str, Sequence[Figures]]
"""By contestant, each round's."""


# The texts


def news(wanted: int) -> Task:
    """At least so many paragraphs of BBC news, and a third more of them while questions are asked."""
    articles = [
        {"id": str(n), "title": item["title"], "paragraphs": [part for part in item["text"].split("\n\n") if part.strip()]}
        for n, item in enumerate(related("bbc_news").articles)
    ]
    first = _until(articles, wanted)
    more = _until(articles, wanted + max(wanted // 3, LEAST_MORE))
    if len(articles) < more + 200:
        raise ValueError(f"there are not enough articles for {wanted} paragraphs and questions about others")
    questions = _questions(articles[more:], articles[:more])
    return Task(
        articles[:first],
        articles[first:more],
        _known(articles[:first]),
        questions[:320],
        questions[320:3320],
        questions[3320:],
        5,
    )


def made_up() -> Task:
    def article(number: int) -> Article:
        texts = [f"Report {number}, part {part}: the harbour board met about pier {number * part}. " * 4 for part in (1, 2, 3)]
        return {"id": str(number), "title": f"Report {number}", "paragraphs": texts}

    articles = [article(number) for number in range(1, 101)]
    questions = [f"the harbour board and pier {number}" for number in range(5000)]
    return Task(articles[:50], articles[50:], _known(articles[:50]), questions[:40], questions[40:200], questions[200:], 0.3)


def _until(articles: Sequence[Article], wanted: int) -> int:
    """How many of them have that many paragraphs."""
    sums = itertools.accumulate(len(article["paragraphs"]) for article in articles)
    return next((n for n, total in enumerate(sums, 1) if total >= wanted), len(articles))


def _questions(articles: Sequence[Article], imported: Sequence[Article]) -> list[str]:
    """Headlines and first words, mixed; nothing that begins what is imported."""
    known = set(_beginnings(imported))
    questions = [question for question in dict.fromkeys(_beginnings(articles)) if question not in known]
    random.Random(1).shuffle(questions)
    return questions


def _beginnings(articles: Sequence[Article]) -> Iterator[str]:
    for article in articles:
        yield article["title"]
        yield from (" ".join(text.split()[:WORDS]) for text in article["paragraphs"])


def _known(articles: Sequence[Article]) -> list[tuple[str, str]]:
    """Some spread over all of them."""
    return [
        (" ".join(article["paragraphs"][-1].split()[: 2 * WORDS]), article["id"])
        for article in articles[:: len(articles) // KNOWN][:KNOWN]
    ]


# The contestants


def contestants(*, quick: bool = False, int8: bool = False, workers: int = 1) -> list[Contestant]:
    if quick:
        return [Tutorial("hashing"), Backfile("hashing")]
    weights = str(bundled_folder())
    found: list[Contestant] = [Tutorial(weights), Backfile("all-MiniLM-L6-v2")]
    if int8:
        found.append(Backfile("all-MiniLM-L6-v2", "int8"))
    if workers > 1:
        found.append(Backfile("all-MiniLM-L6-v2", workers=workers))
    if peers_installed():
        found += [Txtai(weights), Chroma(weights)]
    return found


def rounds(
    entered: Sequence[Contestant], task: Task, count: int, parts: Sequence[str], kept: Path | None = None
) -> Iterator[tuple[str, Figures]]:
    """Who begins changes. `kept`: a folder for what they store, filled only once."""
    holder: AbstractContextManager[str] = nullcontext(str(kept)) if kept else tempfile.TemporaryDirectory()
    with holder as folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            for contestant in entered[:: -1 if number % 2 else 1]:
                data = Path(folder) / f"{contestant.name}-{paragraphs(task.articles) if kept else number}"
                yield contestant.name, measured(contestant, task, data, parts)


# The tables


def tables(found: Found) -> Iterator[str]:
    yield from figures(found)
    if "tutorial" in found and len(found) > 1:
        yield ""
        yield from ratios(found)


def figures(found: Found) -> Iterator[str]:
    """Medians with ranges."""
    yield _row("measured", "unit", *found)
    yield _row("---", "---", *("---:" for _ in found))
    for measure in MEASURES:
        cells = [_range([figures[measure.name] for figures in each if measure.name in figures]) for each in found.values()]
        if any(cells):
            yield _row(measure.name, measure.unit, *cells)


def ratios(found: Found) -> Iterator[str]:
    """How many times better than the tutorial way, from the figures of the same round."""
    others = {name: each for name, each in found.items() if name != "tutorial"}
    yield _row("times better than the tutorial way", "goal", *others)
    yield _row("---", "---:", *("---:" for _ in others))
    for measure in MEASURES:
        cells = [_range(_better(measure, found["tutorial"], each)) for each in others.values()]
        if measure.goal and any(cells):
            yield _row(measure.name, _goal(measure, INT8 in others), *cells)
    cells = [_range([figures[TIMES_IDLE.name] for figures in each if TIMES_IDLE.name in figures]) for each in others.values()]
    if any(cells):
        yield _row(TIMES_IDLE.name, f"at most {TIMES_IDLE_GOAL}", *cells)


def _better(measure: Measure, tutorial: Sequence[Figures], other: Sequence[Figures]) -> list[float]:
    name = measure.beside or measure.name
    pairs = [
        (one[name], two[measure.name]) for one, two in zip(tutorial, other, strict=True) if name in one and measure.name in two
    ]
    return [two / one if measure.more_is_better else one / two for one, two in pairs]


def _goal(measure: Measure, int8: bool) -> str:
    if measure is not INGEST:
        return f"{measure.goal:g}"
    goal = measure.goal if _has_bf16() else NO_BF16_INGEST_GOAL
    return f"{goal:g}, int8 {INT8_INGEST_GOAL}" if int8 else f"{goal:g}"


def _has_bf16() -> bool:
    return "_bf16" in Path("/proc/cpuinfo").read_text()


def _range(values: Sequence[float]) -> str:
    if not values:
        return ""
    median, least, most = statistics.median(values), min(values), max(values)
    return _short(median) if least == most else f"{_short(median)} ({_short(least)}–{_short(most)})"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


# The command


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.pages:
        return pages.main(["--data", str(options.pages)])
    parts = options.measures or [part for part in PARTS if not (options.keep and part in FILLING)]
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such measures: {', '.join(unknown)}")
    if options.keep and FILLING & set(parts):
        parser.error(f"{' and '.join(sorted(FILLING))} change what is kept: measure them without --keep")
    entered = contestants(quick=options.quick, int8=options.int8, workers=options.workers)
    if options.only:
        entered, missing = _named(entered, options.only)
        if missing:
            parser.error(
                f"not here: {', '.join(missing)}; `make peers` installs txtai and Chroma, --int8 enters {INT8}, --workers others"
            )
    elif not (options.quick or peers_installed()):
        print("txtai and Chroma are not installed and not measured: `make peers` installs them\n")
    task = made_up() if options.quick else news(options.paragraphs)
    found: dict[str, list[Figures]] = {contestant.name: [] for contestant in entered}
    for name, figures in rounds(entered, task, 1 if options.quick else options.rounds, parts, options.keep):
        found[name].append(figures)
        print(f"round {len(found[name])}, {name}: measured", file=sys.stderr)
        if options.json:
            options.json.write_text(json.dumps(found, indent=1))
    print(f"{len(task.articles)} articles, {paragraphs(task.articles)} paragraphs\n")
    print("\n".join(tables(found)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evals.speed", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--paragraphs", type=int, default=3000, help="at least so many are imported")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=_names, help="contestants, with commas between")
    parser.add_argument("--measures", type=_names, help=f"of {','.join(PARTS)}")
    parser.add_argument("--int8", action="store_true", help="Backfile at that precision too")
    parser.add_argument("--workers", type=int, default=1, help="Backfile with so many processes too")
    parser.add_argument("--keep", type=Path, help="a folder for what the contestants store; what is filled is not filled again")
    parser.add_argument("--json", type=Path, help="a file for the figures of each round, written after each")
    parser.add_argument("--quick", action="store_true", help="made-up texts and no model")
    parser.add_argument("--pages", type=Path, help="data folder of an archive whose pages are measured instead")
    return parser


def _named(entered: Sequence[Contestant], names: Sequence[str]) -> tuple[list[Contestant], list[str]]:
    """Those of that name, whatever its case, and the names of nobody."""
    by_name = {contestant.name.lower(): contestant for contestant in entered}
    missing = [name for name in names if name.lower() not in by_name]
    return [contestant for name, contestant in by_name.items() if name in map(str.lower, names)], missing


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


if __name__ == "__main__":
    raise SystemExit(main())
