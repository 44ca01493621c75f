"""Quality of stories, through the product's own code: which articles of ecbplus_events it finds to report the same event.

    python -m evals.stories                  # all 982 articles
    python -m evals.stories --quick          # the articles of some events, with floors: what the tests run
    python -m evals.stories --orders 3       # also one by one in so many other orders: how nearly the same the stories are
    python -m evals.stories --keep DIR       # keep the archive, so that the next run encodes nothing

B-cubed (Bagga and Baldwin 1998): for each article, what share of its story is of its event (precision), and what share of its
event is in its story (recall), averaged over the articles. An article in no story is a story by itself.
"""

import argparse
import random
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from archive.archive import Archive
from archive.parsing import draft_from_json
from archive.requests import StoryListRequest, StoryRequest
from archive.settings import Settings
from evals.collections import related

COLLECTION = "ecbplus_events"
QUICK_TOPICS = 3
FLOORS = {"precision": 0.91, "recall": 0.87, "f1": 0.89}
QUICK_FLOORS = {"precision": 0.86, "recall": 0.87, "f1": 0.87}


class Scores(NamedTuple):
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def b_cubed(found: Mapping[str, Hashable], gold: Mapping[str, Hashable]) -> Scores:
    """`found` and `gold` name the group of each article."""
    stories, events = _groups(found), _groups(gold)
    common = {article: len(stories[found[article]] & events[gold[article]]) for article in gold}
    return Scores(
        statistics.mean(common[article] / len(stories[found[article]]) for article in gold),
        statistics.mean(common[article] / len(events[gold[article]]) for article in gold),
    )


def same(one: Mapping[str, Hashable], other: Mapping[str, Hashable]) -> float:
    """How nearly two ways to group the same articles are the same: B-cubed F1 of the one against the other."""
    return b_cubed(one, other).f1


def _groups(named: Mapping[str, Hashable]) -> dict[Hashable, set[str]]:
    groups: dict[Hashable, set[str]] = defaultdict(set)
    for article, group in named.items():
        groups[group].add(article)
    return groups


def partition(archive: Archive) -> dict[str, Hashable]:
    """By external id: the story of each article, and an article by itself where it is in none."""
    named: dict[str, Hashable] = {}
    page = None
    while page is None or page.next:
        page = archive.stories(StoryListRequest(limit=200, cursor=page.next if page else None))
        for story in page.items:
            timeline = None
            while timeline is None or timeline.next:
                timeline = archive.story(story.id, StoryRequest(limit=200, cursor=timeline.next if timeline else None))
                named |= {str(article.external_id): story.id for article in timeline.items}
    alone = {str(each.external_id): ("alone", each.id) for each in archive.export(StoryListRequest())}
    return alone | named


def fill(archive: Archive, articles: Sequence[dict[str, Any]]) -> None:
    archive.add_many(
        [draft_from_json({"external_id": each["id"], "title": each["title"], "text": each["text"]}) for each in articles]
    )
    archive.catch_up()
    archive.find_stories()


def events(topics: int | None) -> list[dict[str, Any]]:
    """The articles of the collection, of the first topics alone if so many are named; each topic has two events of one kind."""
    articles = related(COLLECTION).articles
    named = list(dict.fromkeys(article["category"] for article in articles))
    chosen = set(named[:topics])
    return [article for article in articles if article["category"] in chosen]


def opened(folder: Path) -> Archive:
    return Archive(Settings(data_dir=folder, log_level="error"))


def in_other_order(folder: Path, articles: Sequence[dict[str, Any]], seed: int) -> dict[str, Hashable]:
    """The stories of an archive that is filled one by one."""
    shuffled = list(articles)
    random.Random(seed).shuffle(shuffled)
    with opened(folder) as archive:
        for article in shuffled:
            fill(archive, [article])
        return partition(archive)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.stories", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"the articles of {QUICK_TOPICS} topics only")
    parser.add_argument("--orders", type=int, default=0, help="fill archives one by one in so many other orders too")
    parser.add_argument("--keep", type=Path, help="folder for the archives; without it they are thrown away")
    options = parser.parse_args(arguments)
    articles = events(QUICK_TOPICS if options.quick else None)
    floors = QUICK_FLOORS if options.quick else FLOORS
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        with opened(folder / "at-once") as archive:
            fill(archive, articles)
            found = partition(archive)
        scores = b_cubed(found, {article["id"]: article["event"] for article in articles})
        measured = {"precision": scores.precision, "recall": scores.recall, "f1": scores.f1}
        for name, value in measured.items():
            print(f"{COLLECTION}, {len(articles)} articles, B-cubed {name} {value:.4f} (at least {floors[name]})")
        for seed in range(options.orders):
            other = in_other_order(folder / f"order-{seed}", articles, seed)
            print(f"one by one, order {seed}: the same stories to {same(other, found):.4f} (B-cubed F1)")
    return 0 if all(value >= floors[name] for name, value in measured.items()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
