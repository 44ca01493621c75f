"""One round of one contestant: what is measured, and how."""

import json
import statistics
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from evals.contestants import Article, Contestant, Http
from evals.load import Answers, Load, ask
from evals.server import RunningServer

BATCH = 40
"""Articles sent at once."""
CLIENTS = 8
REPEATED = 10
"""Different questions where all are repeats."""
WARMING = 20
"""Questions before the first that counts."""
TRUE_ENOUGH = 0.8
"""Share of the known articles that has to be found."""
PATIENCE_S = 120

Figures = dict[str, float]
"""By the names of the measures."""


@dataclass(frozen=True)
class Measure:
    """`part`: what it is measured with; `goal`: how many times better than the tutorial's way."""

    name: str
    unit: str
    part: str
    goal: float | None = None
    more_is_better: bool = False
    beside: str | None = None
    """The tutorial's measure to compare with, where it is another one."""


INGEST = Measure("ingest, until searchable", "paragraphs/s", "ingest", 3, more_is_better=True)
KNOWN = Measure("known articles found", "share", "known")
P50 = Measure("query p50", "ms", "query", 3)
P95 = Measure("query p95", "ms", "query")
AT_ONCE = Measure("8 clients", "queries/s", "clients", 6, more_is_better=True)
REPEATS = Measure("8 clients, repeats", "queries/s", "repeats", 15, more_is_better=True)
RELATED = Measure("related by id p50", "ms", "related", 5, beside=P50.name)
MEANWHILE = Measure("query p95 during an import", "ms", "importing")
TIMES_IDLE = Measure("query p95 during an import, times idle", "", "importing")
MEMORY = Measure("peak memory", "MB", "memory", 2.5)
START = Measure("cold start to first answer by meaning", "s", "start", 4)
ASKING = Measure("asking: share of a core with 8 clients", "", "clients")
MEASURES = (INGEST, KNOWN, P50, P95, AT_ONCE, REPEATS, RELATED, MEANWHILE, TIMES_IDLE, MEMORY, START, ASKING)
PARTS = ("ingest", "query", "clients", "repeats", "related", "importing", "memory", "start")


@dataclass(frozen=True)
class Task:
    """The same for all. No question occurs twice."""

    articles: Sequence[Article]
    more: Sequence[Article]
    """Imported while `asked_meanwhile` are asked."""
    known: Sequence[tuple[str, str]]
    """First words of a paragraph, and the article that it is of."""
    asked: Sequence[str]
    asked_at_once: Sequence[str]
    asked_meanwhile: Sequence[str]
    seconds: float
    """How long eight clients ask, unless their questions end before."""


def measured(contestant: Contestant, task: Task, data: Path, parts: Collection[str] = PARTS) -> Figures:
    """The figures of those parts. A data folder that exists is taken as filled, and `ingest` is not measured then."""
    filled = data.exists()
    figures: Figures = {}
    with contestant.serve(data) as running:
        asked = Round(contestant, task, running)
        if not filled:
            figures[INGEST.name] = paragraphs(task.articles) / timed(lambda: asked.add(task.articles))
        figures[KNOWN.name] = asked.share_of_known()
        for part, measure in PARTS_OF_A_ROUND.items():
            if part in parts:
                figures |= measure(asked)
    if "start" in parts:
        figures[START.name] = _cold_start(contestant, task, data)
    return figures


class Round:
    """A contestant's server that runs, and holds the articles of the task."""

    def __init__(self, contestant: Contestant, task: Task, running: RunningServer) -> None:
        self._contestant, self._task, self._running = contestant, task, running

    def add(self, articles: Sequence[Article]) -> None:
        """Returns when all of them are found."""
        http = Http(self._running.url)
        for at in range(0, len(articles), BATCH):
            self._contestant.add(http, articles[at : at + BATCH])
        self._contestant.settle(http)

    def share_of_known(self) -> float:
        """Of the known articles, those found by the first words of a paragraph. Raises RuntimeError if they are few, for who
        answers nothing is fast."""
        http = Http(self._running.url)
        found = [article in self._contestant.found(http.get(self._contestant.search(text))) for text, article in self._task.known]
        if statistics.mean(found) < TRUE_ENOUGH:
            raise RuntimeError(f"{self._contestant.name} finds only {sum(found)} of {len(found)} known articles")
        return statistics.mean(found)

    def query(self) -> Figures:
        self._ask(self._task.asked[:WARMING])
        times = self._ask(self._task.asked[WARMING:]).times_ms
        return {P50.name: statistics.median(times), P95.name: p95(times)}

    def clients(self) -> Figures:
        answers = self._ask(self._task.asked_at_once, CLIENTS, self._task.seconds)
        return {AT_ONCE.name: answers.rate, ASKING.name: answers.cpu_seconds / answers.seconds}

    def repeats(self) -> Figures:
        repeated = list(self._task.asked[:REPEATED])
        self._ask(repeated)
        answers = self._ask(repeated * 1000, CLIENTS, self._task.seconds)
        return {REPEATS.name: answers.rate}

    def related(self) -> Figures:
        paths = [self._contestant.related(article) for article in self._task.articles[: len(self._task.asked)]]
        self._answers(paths[:WARMING])
        return {RELATED.name: statistics.median(self._answers(paths[WARMING:]).times_ms)}

    def importing(self) -> Figures:
        """One client asks for as long as the import runs, and before it as often as in `query`."""
        count = len(self._task.asked)
        idle = p95(self._ask(self._task.asked_meanwhile[:count]).times_ms)
        over = Event()
        with ThreadPoolExecutor(1) as pool:
            importing = pool.submit(self._add_more, over)
            meanwhile = p95(self._ask(self._task.asked_meanwhile[count:], until=over).times_ms)
            importing.result()
        return {MEANWHILE.name: meanwhile, TIMES_IDLE.name: meanwhile / idle}

    def memory(self) -> Figures:
        return {MEMORY.name: self._running.peak_megabytes()}

    def _add_more(self, over: Event) -> None:
        try:
            self.add(self._task.more)
        finally:
            over.set()

    def _ask(self, questions: Sequence[str], clients: int = 1, seconds: float = 3600, until: Event | None = None) -> Answers:
        return self._answers([self._contestant.search(question) for question in questions], clients, seconds, until)

    def _answers(self, paths: Sequence[str], clients: int = 1, seconds: float = 3600, until: Event | None = None) -> Answers:
        return ask(Load(self._running.url, paths, clients, self._contestant.mark, seconds), until)


PARTS_OF_A_ROUND: dict[str, Callable[[Round], Figures]] = {
    "query": Round.query,
    "clients": Round.clients,
    "repeats": Round.repeats,
    "related": Round.related,
    "importing": Round.importing,
    "memory": Round.memory,
}


def _cold_start(contestant: Contestant, task: Task, data: Path) -> float:
    """Seconds from the start of the process until it finds a known article by meaning."""
    text, article = task.known[0]
    started = time.perf_counter()
    with contestant.serve(data) as running:
        while not _finds(contestant, running.url, text, article):
            if time.perf_counter() - started > PATIENCE_S:
                raise RuntimeError(f"{contestant.name} answers nothing by meaning after {PATIENCE_S} s")
            time.sleep(0.01)
        return time.perf_counter() - started


def _finds(contestant: Contestant, url: str, text: str, article: str) -> bool:
    try:
        content = Http(url).content(contestant.search(text))
    except RuntimeError:
        return False
    return contestant.mark.encode() in content and article in contestant.found(json.loads(content))


def timed(act: Callable[[], object]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def p95(times: Sequence[float]) -> float:
    return sorted(times)[int(0.95 * len(times))]


def paragraphs(articles: Sequence[Article]) -> int:
    return sum(len(article["paragraphs"]) for article in articles)
