"""Stories through the front door: found as articles come, in whatever order; true after changes; done once by several."""

import random
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.errors import MalformedCursor, StoryNotFound
from archive.parsing.dates import moment
from archive.requests import StoryListRequest, StoryRequest
from archive.settings import Settings
from db import changes, story_links
from db.records import Draft, ParagraphDraft
from evals.stories import partition, same
from tests.waiting import until

EVENTS, REPORTS = 4, 4
_SYLLABLES = ("ka", "lo", "mi", "ter", "van", "dru", "pel", "osh", "ing", "bar", "sul", "eth")


def report(event: int, number: int, day: str | None = None) -> Draft:
    """A report of an event: words and names of the event, and a few of its own."""
    event_words, own = random.Random(event), random.Random(1000 * event + number)

    def word(chance: random.Random) -> str:
        return "".join(chance.choice(_SYLLABLES) for _ in range(3))

    names = [word(event_words).capitalize() for _ in range(6)]
    shared = [word(event_words) for _ in range(40)]
    said = own.sample(shared, 34) + [word(own) for _ in range(6)]
    text = " ".join(f"the {said[n]} of {names[n % 6]} {said[n + 1]}" for n in range(0, 38, 2))
    return Draft(
        external_id=f"{event}-{number}",
        source=f"paper-{number % 2}",
        title=f"the {shared[0]} {shared[1]} {said[0]}",
        paragraphs=(ParagraphDraft(text + "."),),
        published_at=moment(day) if day else None,
    )


ALL = [report(event, number) for event in range(EVENTS) for number in range(REPORTS)]
GROUPS = {frozenset(f"{event}-{number}" for number in range(REPORTS)) for event in range(EVENTS)}


def found(archive: Archive) -> set[frozenset[str]]:
    pages = archive.stories(StoryListRequest(limit=200)).items
    stories = (archive.story(item.id, StoryRequest()) for item in pages)
    return {frozenset(str(article.external_id) for article in story.items) for story in stories}


def ids(archive: Archive) -> set[str]:
    return {item.id for item in archive.stories(StoryListRequest()).items}


def filled(archive: Archive, drafts: Sequence[Draft] = ALL) -> Archive:
    archive.add_many(drafts)
    judged(archive)
    return archive


def judged(archive: Archive) -> None:
    archive.catch_up()
    archive.find_stories()


def test_reports_of_an_event_are_a_story(archive: Archive) -> None:
    page = filled(archive).stories(StoryListRequest())
    assert found(archive) == GROUPS
    assert (page.count, page.pending, page.next) == (EVENTS, 0, None)
    assert all(item.articles == REPORTS and item.title == item.representative.title for item in page.items)
    assert all(item.representative.paragraphs is None for item in page.items), "no bodies in lists"
    assert archive.status().story_seq == archive.status().seq


def test_one_by_one_in_another_order_they_are_the_same(archive: Archive, tmp_path: Path) -> None:
    drafts = list(ALL)
    random.Random(3).shuffle(drafts)
    with Archive(Settings(data_dir=tmp_path / "other", model="hashing")) as other:
        for draft in drafts:
            filled(other, [draft])
        assert same(partition(filled(archive)), partition(other)) == 1


def test_a_story_keeps_its_id_as_it_grows(archive: Archive) -> None:
    filled(archive, [draft for draft in ALL if not str(draft.external_id).endswith("-3")])
    before = ids(archive)
    filled(archive, ALL)
    assert ids(archive) == before
    assert found(archive) == GROUPS


def test_how_far_it_is_is_told(archive: Archive) -> None:
    archive.add_many(ALL)
    archive.catch_up()
    told: list[tuple[int, int]] = []
    archive.find_stories(lambda done, whole: told.append((done, whole)))
    assert told[-1] == (len(ALL), len(ALL))
    assert told == sorted(told)
    archive.find_stories(lambda done, whole: told.append((0, 0)))
    assert told[-1] == (len(ALL), len(ALL))


def test_judging_all_again_changes_nothing(archive: Archive) -> None:
    before, stories = ids(filled(archive)), found(archive)
    with archive.db.write() as conn:
        story_links.proceed(conn, story_links.Progress())
    assert archive.stories(StoryListRequest()).pending == len(ALL)
    archive.story_follower.catch_up()
    assert (ids(archive), found(archive)) == (before, stories)


def test_a_deleted_article_is_gone_before_anything_is_judged(archive: Archive) -> None:
    filled(archive)
    story = archive.story_of("ext:paper-0:0-0", StoryRequest())
    archive.delete(f"ext:{story.representative.source}:{story.representative.external_id}")
    left = archive.story(story.id, StoryRequest())
    assert left.articles == len(left.items) == REPORTS - 1
    assert left.representative.id != story.representative.id
    assert left.pending == 1
    judged(archive)
    assert archive.story(story.id, StoryRequest()).pending == 0
    assert len(found(archive)) == EVENTS


def test_a_story_of_one_is_none(archive: Archive) -> None:
    filled(archive, [*ALL, report(9, 0), report(9, 1)])
    story = archive.story_of("ext:paper-0:9-0", StoryRequest())
    archive.delete("ext:paper-1:9-1")
    assert story.id not in ids(archive)
    judged(archive)
    with pytest.raises(StoryNotFound):
        archive.story(story.id, StoryRequest())
    with pytest.raises(StoryNotFound, match="in no story"):
        archive.story_of("ext:paper-0:9-0", StoryRequest())


def test_a_changed_article_is_judged_again(archive: Archive) -> None:
    filled(archive)
    moved = report(1, 9)
    archive.replace("ext:paper-0:0-0", Draft(external_id="0-0", source="paper-0", title=moved.title, paragraphs=moved.paragraphs))
    assert archive.story_of("ext:paper-0:0-0", StoryRequest()).pending == 1
    judged(archive)
    assert {str(item.external_id) for item in archive.story_of("ext:paper-0:0-0", StoryRequest()).items} >= {"0-0", "1-0", "1-1"}
    assert frozenset({"0-1", "0-2", "0-3"}) in found(archive)


def test_a_story_has_its_time(archive: Archive) -> None:
    early = [report(0, number, f"2020-03-0{number + 1}") for number in range(REPORTS)]
    late = [report(0, number + 10, f"2021-03-0{number + 1}") for number in range(REPORTS)]
    filled(archive, [*early, *late, *ALL[REPORTS:]])
    dated = [item for item in archive.stories(StoryListRequest()).items if item.first_published_at]
    spans = sorted((item.first_published_at, item.last_published_at) for item in dated)
    assert spans == [("2020-03-01", "2020-03-04"), ("2021-03-01", "2021-03-04")]
    timeline = archive.story_of("ext:paper-0:0-0", StoryRequest())
    assert [item.external_id for item in timeline.items] == ["0-0", "0-1", "0-2", "0-3"]


def test_lists_have_pages_filters_and_orders(archive: Archive) -> None:
    filled(archive, [*ALL, *(report(0, number) for number in range(REPORTS, 8))])
    first = archive.stories(StoryListRequest(limit=2, sort="-articles"))
    assert first.items[0].articles == 8
    rest = archive.stories(StoryListRequest(limit=200, sort="-articles", cursor=first.next))
    assert len({item.id for item in (*first.items, *rest.items)}) == EVENTS
    assert rest.next is None
    of_one = archive.stories(StoryListRequest(source=["paper-0"], min_articles=3))
    assert [(item.articles, item.representative.source) for item in of_one.items] == [(4, "paper-0")]
    assert archive.stories(StoryListRequest(min_articles=5)).count == 1
    assert archive.stories(StoryListRequest(source=["nobody"])).items == []
    with pytest.raises(MalformedCursor):
        archive.stories(StoryListRequest(cursor="no"))
    pages = archive.story(first.items[0].id, StoryRequest(limit=5))
    others = archive.story(first.items[0].id, StoryRequest(limit=5, cursor=pages.next))
    assert len({item.id for item in (*pages.items, *others.items)}) == 8


def test_a_step_that_is_cut_off_is_taken_again(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.add_many(ALL)
    archive.indexer.catch_up()
    with monkeypatch.context() as broken:
        broken.setattr(story_links, "proceed", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            archive.story_follower.follow()
    assert archive.stories(StoryListRequest()).items == []
    archive.story_follower.catch_up()
    assert found(archive) == GROUPS


def test_several_judge_each_change_once(settings: Settings) -> None:
    with Archive(settings) as one, Archive(settings) as other:
        one.add_many(ALL)
        one.indexer.catch_up()
        other.indexer.catch_up()
        judged = {one: 0, other: 0}
        ended = threading.Event()

        def judge(archive: Archive) -> None:
            while not ended.wait(0.001):
                judged[archive] += archive.story_follower.follow()

        threads = [threading.Thread(target=judge, args=(archive,)) for archive in judged]
        for thread in threads:
            thread.start()
        assert until(lambda: one.stories(StoryListRequest()).pending == 0)
        ended.set()
        for thread in threads:
            thread.join()
        assert sum(judged.values()) == len(ALL)
        assert found(one) == found(other) == GROUPS


def test_a_started_archive_finds_them_by_itself(settings: Settings) -> None:
    with Archive(settings) as archive:
        archive.start()
        archive.add_many(ALL)
        assert until(lambda: archive.stories(StoryListRequest()).count == EVENTS)
        assert until(lambda: archive.status().story_seq == archive.status().seq)
        assert found(archive) == GROUPS


def test_all_are_judged_a_second_time_when_there_are_twice_as_many(archive: Archive) -> None:
    filled(archive, ALL[:4])
    filled(archive, ALL[4:8])
    with archive.db.read() as conn:
        assert story_links.progress(conn).articles == 4
    filled(archive, ALL)
    with archive.db.read() as conn:
        progress = story_links.progress(conn)
        assert progress.articles == len(ALL)
        assert progress.again == progress.until == progress.seq == changes.seq(conn)


def test_they_are_found_on_either_database(url: str, tmp_path: Path) -> None:
    with Archive(Settings(data_dir=tmp_path / "data", database_url=url, model="hashing")) as archive:
        assert found(filled(archive)) == GROUPS
        archive.delete("ext:paper-0:0-0")
        judged(archive)
        assert frozenset({"0-1", "0-2", "0-3"}) in found(archive)
        assert archive.stories(StoryListRequest(source=["paper-1"])).count == EVENTS
