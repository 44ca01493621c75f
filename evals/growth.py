"""What it costs to add articles as the archive grows: does the thousandth cost more than the first, and the millionth?

    python -m evals.growth                                # 10^4, 10^5 and 10^6 passages: tens of minutes
    python -m evals.growth --sizes 10000 100000 --articles 1000
    python -m evals.growth --model hashing                # without the model
    python -m evals.growth --quick                        # seconds; its figures mean nothing

One archive is filled with made-up articles to each size in turn. At each, more articles are added as a server does it: batches of
40 stored one after the other, while the threads encode and index them and the state is asked for after each batch, until all are
found. First with an encoder that hashes words instead of understanding them, so that what is measured is everything beside the
model; then a quarter as many with the model, of words of the samples: what an article costs in all. What fills the archive has
made-up vectors of the model's length.
"""

import argparse
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from archive.answers import Added
from archive.archive import Archive
from archive.settings import Settings
from db.records import Draft, ParagraphDraft
from embeddings import DEFAULT_MODEL, Encoder, HashingEncoder

BATCH = 40
PARAGRAPHS = 4
"""Of an added article; those that only fill the archive have ten times as many."""
WORDS = 60
"""Of a paragraph: enough for a passage of its own."""
VOCABULARY = 20_000
WAIT_S = 3600
QUIET = 8
"""Seconds in a row in which next to nothing is done, before anything is measured: work in the background pauses now and then."""
IDLE_S = 0.05
SAMPLES = Path(__file__).parents[1] / "samples" / "text"


@dataclass(frozen=True)
class Cost:
    """`passages` and `articles` in the archive before; milliseconds for each added article; bytes of memory in use after."""

    passages: int
    articles: int
    cpu_ms: float
    wall_ms: float
    status_ms: float
    resident: int


class Standing(HashingEncoder):
    """In the place of a model: vectors of its length, under its name."""

    def __init__(self, model: Encoder) -> None:
        super().__init__(model.dimension, model.window)
        self.name, self.digest = model.name, model.digest


class Texts:
    """Articles of random words, common ones more often, and never the same paragraph twice."""

    def __init__(self, name: str, vocabulary: Sequence[str]) -> None:
        self._name = name
        self._chance = random.Random(name)
        self._count = 0
        self._vocabulary = vocabulary

    @classmethod
    def made_up(cls) -> Self:
        chance = random.Random(1)
        syllables = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
        return cls("made up", ["".join(chance.choices(syllables, k=3)) for _ in range(VOCABULARY)])

    @classmethod
    def of_samples(cls) -> Self:
        texts = " ".join(path.read_text() for path in sorted(SAMPLES.iterdir()))
        return cls("samples", [word for word, _ in Counter(re.findall("[a-z]+", texts.lower())).most_common()])

    def draft(self, paragraphs: int) -> Draft:
        self._count += 1
        parts = tuple(ParagraphDraft(text=self._paragraph()) for _ in range(paragraphs))
        return Draft(title=f"{self._word()} {self._count}", paragraphs=parts, source=self._name, external_id=str(self._count))

    def _paragraph(self) -> str:
        return " ".join(self._word() for _ in range(WORDS))

    def _word(self) -> str:
        return self._vocabulary[int(len(self._vocabulary) ** self._chance.random()) - 1]


def measured(data: Path, sizes: Sequence[int], added: int, model: str, quiet: int) -> Iterator[tuple[Cost, Cost]]:
    """What adding so many articles costs at each of the sizes, which must ascend: beside the model, and in all."""
    settings = Settings(data_dir=data, model=model, log_level="warning")
    encoder = settings.encoder()
    filling, asked = Texts.made_up(), Texts.of_samples()
    for size in sizes:
        with Archive(settings, Standing(encoder)) as archive:
            _fill(archive, filling, size)
        yield (
            _running(settings, Standing(encoder), [filling.draft(PARAGRAPHS) for _ in range(BATCH + added)], quiet),
            _running(settings, encoder, [asked.draft(PARAGRAPHS) for _ in range(BATCH + added // 4)], quiet),
        )


def _running(settings: Settings, encoder: Encoder, drafts: Sequence[Draft], quiet: int) -> Cost:
    """Of all but the first batch, which warms up. Begins when stories, sketches and the map are made of what was there before."""
    with Archive(settings, encoder) as archive:
        archive.start()
        _add(archive, drafts[:BATCH])
        _until_idle(quiet)
        return _cost(archive, drafts[BATCH:])


def _until_idle(seconds: int) -> None:
    quiet = 0
    while quiet < seconds:
        before = time.process_time()
        time.sleep(1)
        quiet = quiet + 1 if time.process_time() - before < IDLE_S else 0


def _fill(archive: Archive, texts: Texts, size: int) -> None:
    lacking = size - archive.status().passages
    while lacking > 0:
        drafts = [texts.draft(min(10 * PARAGRAPHS, max(lacking, 1))) for _ in range(min(BATCH, -(-lacking // (10 * PARAGRAPHS))))]
        archive.add_many(drafts)
        lacking -= sum(len(draft.paragraphs) for draft in drafts)
    archive.catch_up()
    archive.find_stories()


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


def table(costs: Iterable[tuple[Cost, Cost]]) -> Iterator[str]:
    """A row as soon as it is measured."""
    yield (
        "| passages before | articles before | CPU beside the model, ms/article | times the first | wall, ms/article | state, ms "
        "| memory, MB | CPU in all, ms/article | times the first | wall, ms/article |"
    )
    yield "|" + " ---: |" * 10
    first = None
    for cost, whole in costs:
        first = first or (cost, whole)
        yield (
            f"| {cost.passages:,} | {cost.articles:,} | {cost.cpu_ms:.1f} | {cost.cpu_ms / first[0].cpu_ms:.2f} "
            f"| {cost.wall_ms:.1f} | {cost.status_ms:.1f} | {cost.resident / 1e6:.0f} "
            f"| {whole.cpu_ms:.1f} | {whole.cpu_ms / first[1].cpu_ms:.2f} | {whole.wall_ms:.1f} |"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.growth", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="passages, ascending")
    parser.add_argument("--articles", type=int, default=1000, help="added at each size")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="`hashing`: both costs without a model")
    parser.add_argument("--quick", action="store_true", help="a few hundred passages")
    options = parser.parse_args(arguments)
    sizes, added, model = ([100, 300], 40, "hashing") if options.quick else (options.sizes, options.articles, options.model)
    quiet = 0 if options.quick else QUIET
    with tempfile.TemporaryDirectory() as folder:
        for line in table(measured(Path(folder) / "data", sizes, added, model, quiet)):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
