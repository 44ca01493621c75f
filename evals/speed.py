"""Speed beside what the tutorials write (evals/baselines/tutorial.py): real servers, same texts, same weights, in turns.

    python -m evals.speed                       # news articles of the data folder, three rounds: minutes
    python -m evals.speed --paragraphs 3000 --rounds 5
    python -m evals.speed --quick               # made-up texts, no model: seconds; its figures mean nothing

Each round starts every server on an empty folder, imports over HTTP until all of it is found, asks, asks with eight clients at
once, asks while more is imported, stops it, and starts it again on what it stored. Times are of a shared machine: the ratios of
one run are the result.
"""

import argparse
import itertools
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from embeddings.models import bundled_folder
from evals.collections import related
from evals.server import RunningServer, free_port, server, serving

BATCH = 40
"""Articles sent at once."""
CLIENTS = 8
REPEATED = 10
"""Different queries where all are repeats."""

Article = dict[str, Any]
"""id, title, paragraphs."""


@dataclass(frozen=True)
class Measure:
    """`goal`: how many times better than the tutorial's way."""

    name: str
    unit: str
    goal: float
    more_is_better: bool = False
    beside: str | None = None
    """The tutorial's measure to compare with, where it is another one."""


MEASURES = (
    Measure("ingest, until searchable", "paragraphs/s", 3, more_is_better=True),
    Measure("query p50", "ms", 3),
    Measure("query p95", "ms", 3),
    Measure("8 clients", "queries/s", 6, more_is_better=True),
    Measure("8 clients, repeats", "queries/s", 15, more_is_better=True),
    Measure("related by id p50", "ms", 5, beside="query p50"),
    Measure("cold start to first answer", "s", 4),
    Measure("peak memory", "MB", 2.5),
)
WHILE_IMPORTING = "query p95 during an import, times idle"


class Http:
    """A connection that is kept, for as long as nobody waits. Lean, because it runs on the cores that it measures."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=120)

    def get(self, path: str) -> bytes:
        return self._sent("GET", path)

    def post(self, path: str, content: Any) -> Any:
        return json.loads(self._sent("POST", path, json.dumps(content).encode()))

    def _sent(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json", "Prefer": "respond-async"} if body else {}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content


class Contestant(Protocol):
    name: str

    def serve(self, data: Path) -> AbstractContextManager[RunningServer]: ...
    def add(self, http: Http, articles: Sequence[Article]) -> None: ...
    def settle(self, http: Http) -> None:
        """Returns when all that was added is found."""

    def search(self, query: str) -> str:
        """The path to get."""

    def related(self, article: str) -> str: ...


class Tutorial:
    name = "tutorial"

    def __init__(self, model: str) -> None:
        self.model = model

    def serve(self, data: Path) -> AbstractContextManager[RunningServer]:
        port = free_port()
        command = [sys.executable, "-m", "evals.baselines.tutorial", str(port), str(data), self.model]
        return serving(command, port, data.with_suffix(".log"), ready=self.search("ready"))

    def add(self, http: Http, articles: Sequence[Article]) -> None:
        http.post("/articles", articles)

    def settle(self, http: Http) -> None:
        """It answers when all is done."""

    def search(self, query: str) -> str:
        return f"/search?q={quote(query)}"

    def related(self, article: str) -> str:
        return f"/related/{article}"


class Backfile:
    name = "backfile"

    def __init__(self, model: str) -> None:
        self.environment = {"BACKFILE_MODEL": model, "BACKFILE_LOG_LEVEL": "warning"}

    def serve(self, data: Path) -> AbstractContextManager[RunningServer]:
        return server(data, self.environment)

    def add(self, http: Http, articles: Sequence[Article]) -> None:
        items = [{"external_id": article["id"], **article} for article in articles]
        answer = http.post("/v1/articles/batch", {"items": items})
        if any(item["status"] >= 300 for item in answer["items"]):
            raise RuntimeError(f"not stored: {answer['items']}")

    def settle(self, http: Http) -> None:
        while json.loads(http.get("/v1/index"))["pending"]:
            time.sleep(0.02)

    def search(self, query: str) -> str:
        return f"/v1/search?limit=10&q={quote(query)}"

    def related(self, article: str) -> str:
        return f"/v1/articles/ext%3A%3A{article}/related?limit=10"


@dataclass(frozen=True)
class Task:
    """The same for all. `queries` never repeat within a round."""

    articles: Sequence[Article]
    more: Sequence[Article]
    queries: Sequence[str]
    asked: int
    """Queries of one measure."""


def measured(contestant: Contestant, task: Task, data: Path) -> dict[str, float]:
    """One round, by the names of the measures."""
    queries = iter(task.queries)
    found: dict[str, float] = {}

    def fresh(count: int) -> list[str]:
        return [contestant.search(query) for query in itertools.islice(queries, count)]

    with contestant.serve(data) as running:
        url = running.url
        found["ingest, until searchable"] = _count(task.articles) / _timed(lambda: _ingest(contestant, url, task.articles))
        _times(url, fresh(5))
        idle = _times(url, fresh(task.asked))
        found["query p50"], found["query p95"] = statistics.median(idle), _p95(idle)
        found["8 clients"] = _rate(url, fresh(2 * task.asked))
        repeated = fresh(REPEATED)
        _times(url, repeated)
        found["8 clients, repeats"] = _rate(url, repeated * (4 * task.asked // REPEATED))
        seeds = [contestant.related(article["id"]) for article in task.articles[: task.asked]]
        found["related by id p50"] = statistics.median(_times(url, seeds))
        found[WHILE_IMPORTING] = _p95(_while_importing(contestant, url, task.more, fresh)) / found["query p95"]
        found["peak memory"] = _peak_megabytes(running.process.pid)
    started = time.perf_counter()
    with contestant.serve(data) as running:
        Http(running.url).get(contestant.search("a first question"))
        found["cold start to first answer"] = time.perf_counter() - started
    return found


def _ingest(contestant: Contestant, url: str, articles: Sequence[Article]) -> None:
    http = Http(url)
    for at in range(0, len(articles), BATCH):
        contestant.add(http, articles[at : at + BATCH])
    contestant.settle(http)


def _while_importing(
    contestant: Contestant, url: str, articles: Sequence[Article], fresh: Callable[[int], list[str]]
) -> list[float]:
    """Times of queries for as long as the import runs."""
    times: list[float] = []
    importing = threading.Thread(target=_ingest, args=(contestant, url, articles))
    importing.start()
    while importing.is_alive() and (paths := fresh(1)):
        times += _times(url, paths)
    importing.join()
    return times


def _times(url: str, paths: Sequence[str]) -> list[float]:
    """Milliseconds of each."""
    http = Http(url)
    return [1000 * _timed(lambda path=path: http.get(path)) for path in paths]  # type: ignore[misc]


def _rate(url: str, paths: Sequence[str]) -> float:
    """Answers a second, eight clients asking at once."""

    def ask(own: Sequence[str]) -> None:
        http = Http(url)
        for path in own:
            http.get(path)

    with ThreadPoolExecutor(CLIENTS) as pool:
        seconds = _timed(lambda: list(pool.map(ask, [paths[client::CLIENTS] for client in range(CLIENTS)])))
    return len(paths) / seconds


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(0.95 * len(times))]


def _peak_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1000


def _count(articles: Sequence[Article]) -> int:
    return sum(len(article["paragraphs"]) for article in articles)


# The texts


def real_task(paragraphs: int) -> Task:
    """News articles; the questions are headlines of articles that are not imported."""
    articles = [
        {"id": str(n), "title": item["title"], "paragraphs": [part for part in item["text"].split("\n\n") if part.strip()]}
        for n, item in enumerate(related("bbc_news").articles)
    ]
    sums = list(itertools.accumulate(len(article["paragraphs"]) for article in articles))
    first = next(n for n, total in enumerate(sums, 1) if total >= paragraphs)
    more = first + first // 3
    known = {article["title"] for article in articles[:more]}
    titles = dict.fromkeys(article["title"] for article in articles[more:] if article["title"] not in known)
    return Task(articles[:first], articles[first:more], list(titles), asked=100)


def made_up_task() -> Task:
    def article(number: int) -> Article:
        texts = [f"Report {number}, part {part}: the harbour board met about pier {number * part}. " * 4 for part in (1, 2, 3)]
        return {"id": str(number), "title": f"Report {number}", "paragraphs": texts}

    articles = [article(number) for number in range(1, 61)]
    return Task(articles[:40], articles[40:], [f"the harbour board and pier {number}" for number in range(5000)], asked=20)


# The table


def rounds(contestants: Sequence[Contestant], task: Task, count: int) -> dict[str, list[dict[str, float]]]:
    """For each contestant a measurement a round; who begins changes."""
    found: dict[str, list[dict[str, float]]] = {contestant.name: [] for contestant in contestants}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            for contestant in contestants[:: -1 if number % 2 else 1]:
                found[contestant.name].append(measured(contestant, task, Path(folder) / f"{contestant.name}-{number}"))
    return found


def table(tutorial: Sequence[dict[str, float]], ours: Sequence[dict[str, float]]) -> Iterator[str]:
    """Medians with ranges, and the ratio of each round's figures."""
    yield "| | unit | the tutorial way | Backfile | times better | goal |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for measure in MEASURES:
        one = [found[measure.beside or measure.name] for found in tutorial]
        other = [found[measure.name] for found in ours]
        pairs = zip(other, one, strict=True) if measure.more_is_better else zip(one, other, strict=True)
        ratios = [better / worse for better, worse in pairs]
        yield f"| {measure.name} | {measure.unit} | {_range(one)} | {_range(other)} | {_range(ratios)} | {measure.goal:g} |"
    both = [_range([found[WHILE_IMPORTING] for found in each]) for each in (tutorial, ours)]
    yield f"| {WHILE_IMPORTING} | | {both[0]} | {both[1]} | | at most 3 |"


def _range(values: Sequence[float]) -> str:
    def short(value: float) -> str:
        return f"{value:.0f}" if value >= 100 else f"{value:.1f}"

    return f"{short(statistics.median(values))} ({short(min(values))}–{short(max(values))})"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.speed", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--paragraphs", type=int, default=1000, help="at least so many are imported")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="made-up texts and no model")
    options = parser.parse_args(arguments)
    task = made_up_task() if options.quick else real_task(options.paragraphs)
    contestants: list[Contestant] = (
        [Tutorial("hashing"), Backfile("hashing")]
        if options.quick
        else [Tutorial(str(bundled_folder())), Backfile("all-MiniLM-L6-v2")]
    )
    found = rounds(contestants, task, 1 if options.quick else options.rounds)
    print(f"{len(task.articles)} articles, {_count(task.articles)} paragraphs\n")
    print("\n".join(table(found["tutorial"], found["backfile"])))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
