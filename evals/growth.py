"""What it costs to add articles as the archive grows: does the thousandth cost more than the first, and the millionth?

    python -m evals.growth                                # 10^4, 10^5 and 10^6 passages: tens of minutes
    python -m evals.growth --sizes 10000 100000 --articles 1000
    python -m evals.growth --quick                        # seconds; its figures mean nothing

One archive is filled with made-up articles to each size in turn. At each, more articles are added as a server does it: batches of
40 stored one after the other, while the threads encode and index them and the state is asked for after each batch, until all are
found. The encoder hashes words instead of understanding them, so that what is measured is everything but the model, whose cost
does not depend on the archive.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.answers import Added
from archive.archive import Archive
from archive.settings import Settings
from db.records import Draft, ParagraphDraft

BATCH = 40
PARAGRAPHS = 4
"""Of an added article; those that only fill the archive have ten times as many."""
WORDS = 60
"""Of a paragraph: enough for a passage of its own."""
VOCABULARY = 20_000
WAIT_S = 3600


@dataclass(frozen=True)
class Cost:
    """`passages` and `articles` in the archive before; milliseconds for each added article; bytes of memory in use after."""

    passages: int
    articles: int
    cpu_ms: float
    wall_ms: float
    status_ms: float
    resident: int


class Texts:
    """Articles of made-up words, common ones more often, and never the same paragraph twice."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._count = 0
        syllables = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
        self._vocabulary = ["".join(self._chance.choices(syllables, k=3)) for _ in range(VOCABULARY)]

    def draft(self, paragraphs: int) -> Draft:
        self._count += 1
        parts = tuple(ParagraphDraft(text=self._paragraph()) for _ in range(paragraphs))
        return Draft(title=f"{self._word()} {self._count}", paragraphs=parts, source="growth", external_id=str(self._count))

    def _paragraph(self) -> str:
        return " ".join(self._word() for _ in range(WORDS))

    def _word(self) -> str:
        return self._vocabulary[int(len(self._vocabulary) ** self._chance.random()) - 1]


def measured(data: Path, sizes: Sequence[int], added: int) -> Iterator[Cost]:
    """The cost of adding so many articles at each of the sizes, which must ascend."""
    texts = Texts(seed=1)
    for size in sizes:
        with Archive(Settings(data_dir=data, model="hashing", log_level="warning")) as archive:
            _fill(archive, texts, size)
        with Archive(Settings(data_dir=data, model="hashing", log_level="warning")) as archive:
            archive.start()
            _add(archive, [texts.draft(PARAGRAPHS) for _ in range(BATCH)])
            yield _cost(archive, [texts.draft(PARAGRAPHS) for _ in range(added)])


def _fill(archive: Archive, texts: Texts, size: int) -> None:
    lacking = size - archive.status().passages
    while lacking > 0:
        drafts = [texts.draft(min(10 * PARAGRAPHS, max(lacking, 1))) for _ in range(min(BATCH, -(-lacking // (10 * PARAGRAPHS))))]
        archive.add_many(drafts)
        lacking -= sum(len(draft.paragraphs) for draft in drafts)
    archive.catch_up()


def _cost(archive: Archive, drafts: Sequence[Draft]) -> Cost:
    before = archive.status()
    cpu, wall = time.process_time(), time.perf_counter()
    _add(archive, drafts)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    asked = time.perf_counter()
    archive.status()
    per_article = 1000 / len(drafts)
    status_ms = 1000 * (time.perf_counter() - asked)
    return Cost(before.passages, before.articles, cpu * per_article, wall * per_article, status_ms, _resident())


def _add(archive: Archive, drafts: Sequence[Draft]) -> None:
    """Returns when all of it is found."""
    seq = 0
    for at in range(0, len(drafts), BATCH):
        answers = archive.add_many(drafts[at : at + BATCH])
        seq = max(answer.seq for answer in answers if isinstance(answer, Added))
        archive.status()
    if not archive.wait(seq, WAIT_S):
        raise TimeoutError("the articles were not indexed in time")


def _resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def table(costs: Iterable[Cost]) -> Iterator[str]:
    """A row as soon as it is measured."""
    yield "| passages before | articles before | CPU, ms/article | times the first | wall, ms/article | state, ms | memory, MB |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    first = None
    for cost in costs:
        first = first or cost
        times = cost.cpu_ms / first.cpu_ms
        yield (
            f"| {cost.passages:,} | {cost.articles:,} | {cost.cpu_ms:.1f} | {times:.2f} | {cost.wall_ms:.1f} "
            f"| {cost.status_ms:.1f} | {cost.resident / 1e6:.0f} |"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.growth", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="passages, ascending")
    parser.add_argument("--articles", type=int, default=1000, help="added at each size")
    parser.add_argument("--quick", action="store_true", help="a few hundred passages")
    options = parser.parse_args(arguments)
    sizes, added = ([100, 300], 40) if options.quick else (options.sizes, options.articles)
    with tempfile.TemporaryDirectory() as folder:
        for line in table(measured(Path(folder) / "data", sizes, added)):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
