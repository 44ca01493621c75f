"""Server time of the reading room's pages, on an archive that is there.

    python -m evals.pages --data FOLDER                 # 40 of each kind of page
    python -m evals.pages --quick                       # the samples, with the hashing encoder: its figures mean little

The server is warm: as many other pages of each kind are asked for first. Each page is asked for over HTTP by one client on
loopback,
another article, question or period each time; the time is that until the whole page has come, so it has a little more than the
server's own.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote_plus

import httpx

from client import Backfile
from evals.measuring import p95
from evals.server import server

ROOT = Path(__file__).parent.parent
GOAL_P50_MS, GOAL_P95_MS = 50, 120
LARGEST = 60_000
WORDS = 4


def addresses(backfile: Backfile, count: int) -> Mapping[str, Sequence[str]]:
    """So many of each kind of page, as different as the archive has them."""
    chance = random.Random(0)
    articles = list(backfile.list_articles_all(limit=200))
    chosen = [chance.choice(articles) for _ in range(count)]
    dated = [article for article in articles if article["published_at"]]
    days = [(chance.choice(dated)["published_at"] or "")[:10].split("-") for _ in range(count)]
    stories = [story["id"] for story in backfile.list_stories(limit=min(count, 200))["items"]]
    questions = [
        " ".join(chance.sample(article["title"].split(), min(WORDS, len(article["title"].split())))) for article in chosen
    ]
    return {
        "entrance": ["/"] * count,
        "search": [f"/?q={quote_plus(question)}" for question in questions],
        "filters": [f"/?published_after={year}-01-01" for year, *_ in days],
        "article": [f"/articles/{article['id']}" for article in chosen],
        "revisions": [f"/articles/{article['id']}/revisions" for article in chosen],
        "years": ["/archive"] * count,
        "year": [f"/archive/{year}" for year, *_ in days],
        "month": [f"/archive/{year}/{month}" for year, month, _ in days],
        "day": [f"/archive/{year}/{month}/{day}" for year, month, day in days],
        "on this day": [f"/archive/on-this-day?month={int(month)}&day={int(day)}" for _, month, day in days],
        "authors": ["/browse/author"] * count,
        "stories": ["/stories"] * count,
        "story": [f"/stories/{id}" for id in stories],
        "map": ["/map"] * count,
        "jobs": ["/jobs"] * count,
        "state": ["/state"] * count,
    }


def measured(url: str, paths: Sequence[str]) -> tuple[list[float], int]:
    """Seconds of each, and the bytes of the largest."""
    times, largest = [], 0
    with httpx.Client(base_url=url, headers={"Accept": "text/html"}, timeout=60) as http:
        for path in paths[: len(paths) // 2]:
            http.get(path)
        for path in paths[len(paths) // 2 :]:
            began = time.perf_counter()
            answer = http.get(path)
            times.append(time.perf_counter() - began)
            answer.raise_for_status()
            largest = max(largest, len(answer.content))
    return times, largest


def table(url: str, kinds: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield "| page | p50 ms | p95 ms | largest, kB |"
    yield "| --- | ---: | ---: | ---: |"
    every: list[float] = []
    for name, paths in kinds.items():
        if paths:
            times, largest = measured(url, paths)
            every += times
            yield f"| {name} | {statistics.median(times) * 1e3:.1f} | {p95(times) * 1e3:.1f} | {largest / 1000:.0f} |"
    yield f"| all | {statistics.median(every) * 1e3:.1f} | {p95(every) * 1e3:.1f} | |"
    yield f"Goals: p50 {GOAL_P50_MS} ms, p95 {GOAL_P95_MS} ms, {LARGEST // 1000} kB."


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.pages", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="data folder of an archive")
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    if options.data is None and not options.quick:
        parser.error("name an archive: --data FOLDER")
    with tempfile.TemporaryDirectory() as folder:
        data, model = (Path(folder) / "data", "hashing") if options.quick else (options.data, options.model)
        with server(data, {"BACKFILE_MODEL": model, "BACKFILE_LOG_LEVEL": "warning"}) as running:
            with Backfile(running.url, timeout=120) as backfile:
                if options.quick:
                    put_in(backfile)
                status = backfile.index_status()
                kinds = addresses(backfile, 2 * (3 if options.quick else options.count))
            print(f"{status['articles']:,} articles, {status['paragraphs']:,} paragraphs, {status['model']}\n")
            for line in table(running.url, kinds):
                print(line, flush=True)
    return 0


def put_in(backfile: Backfile) -> None:
    with (ROOT / "samples" / "briefs.ndjson").open("rb") as file:
        job = backfile.create_import(files=[("briefs.ndjson", file)])
    while backfile.get_job(job["id"])["finished_at"] is None or backfile.index_status()["pending"]:
        time.sleep(0.1)


if __name__ == "__main__":
    raise SystemExit(main())
