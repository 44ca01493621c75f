"""Stories in the database, on both engines: lists, timelines, what deleting takes along, and who is led where."""

import pytest

from db import articles, stories, story_links
from db.records import Draft, Filters, Moment, ParagraphDraft
from db.story_links import Group

EVERY = Filters()


@pytest.fixture
def keys(database, save, now) -> list[int]:
    """Of six articles; the first four published on days in a row, the first three by one source."""
    with database.write() as conn:
        return [
            save(
                conn,
                Draft(
                    title=f"Article {n}",
                    paragraphs=(ParagraphDraft(f"text {n}"),),
                    source="one" if n < 3 else "other",
                    published_at=Moment(f"2020-01-0{n + 1}", 1_577_836_800_000_000 + n * 86_400_000_000) if n < 4 else None,
                ),
            ).key
            for n in range(6)
        ]


def group(*members: int, story: int | None = None, takes_in: tuple[int, ...] = ()) -> Group:
    return Group(story, {member: float(place) for place, member in enumerate(members)}, takes_in)


@pytest.fixture
def two(database, keys, now) -> list[int]:
    """The keys of two stories, of four and of two articles."""
    with database.write() as conn:
        story_links.settle(conn, keys, [group(*keys[:4]), group(*keys[4:])], [], now)
        of = stories.of_articles(conn, keys)
    return [of[keys[0]], of[keys[5]]]


def listed(conn, filters=EVERY, **asked):
    return stories.page(conn, filters, **{"sort": "-articles", "at_least": 2, "limit": 10, "after": None, **asked})


def test_a_story_is_described_by_its_articles(database, keys, two):
    with database.read() as conn:
        first, second = listed(conn).items
    assert (first.key, first.size, first.first.text, first.last.text) == (two[0], 4, "2020-01-01", "2020-01-04")
    assert (first.representative, first.active.micros) == (keys[3], first.last.micros)
    assert (second.size, second.first, second.last) == (2, None, None)
    assert first.id.startswith("s_")


def test_filters_make_stories_of_the_articles_that_pass(database, keys, two):
    with database.read() as conn:
        page = listed(conn, Filters(source=("one",)))
        assert [(item.key, item.size, item.representative) for item in page.items] == [(two[0], 3, keys[2])]
        assert [item.size for item in listed(conn, Filters(source=("other",)), at_least=1).items] == [2, 1]
        assert listed(conn, at_least=5).count == 0


@pytest.mark.parametrize("sort", stories.SORTS)
def test_pages_follow_one_another_in_every_order(database, two, sort):
    with database.read() as conn:
        whole = listed(conn, sort=sort)
        first = listed(conn, sort=sort, limit=1)
        second = listed(conn, sort=sort, limit=1, after=first.after)
    assert [*first.items, *second.items] == whole.items
    assert (first.count, second.count, second.after) == (2, 2, None)


def test_no_other_sort(database):
    with database.read() as conn, pytest.raises(ValueError, match="title"):
        listed(conn, sort="title")


def test_a_timeline_is_in_order_of_time(database, keys, two):
    with database.read() as conn:
        first, after = stories.timeline(conn, two[0], limit=3, after=None)
        assert first == keys[:3]
        assert stories.timeline(conn, two[0], limit=3, after=after) == (keys[3:4], None)


def test_deleting_an_article_takes_it_out_of_its_story(database, keys, two, now):
    with database.write() as conn:
        articles.delete(conn, keys[0], now=now)
        articles.delete(conn, keys[4], now=now)
    with database.read() as conn:
        assert [(item.key, item.size) for item in listed(conn).items] == [(two[0], 3)]


def test_a_story_that_was_taken_in_leads_to_the_other(database, keys, two, now):
    with database.write() as conn:
        ids = {item.key: item.id for item in listed(conn).items}
        story_links.settle(conn, keys, [group(*keys, story=two[1], takes_in=(two[0],))], [], now)
        assert stories.find(conn, ids[two[0]]) == two[1]
        story_links.settle(conn, keys, [group(*keys, takes_in=(two[1],))], [], now)
        newest = stories.of_articles(conn, keys)[keys[0]]
        assert {stories.find(conn, id) for id in ids.values()} == {newest}
        story_links.settle(conn, keys, [], [newest], now)
        assert {stories.find(conn, id) for id in ids.values()} == {None}
        assert stories.find(conn, "s_none") is None


def test_what_is_settled_again_is_the_same(database, keys, two, now):
    with database.write() as conn:
        before = listed(conn)
        story_links.settle(conn, keys, [group(*keys[:4], story=two[0]), group(*keys[4:], story=two[1])], [], now)
        assert listed(conn) == before
        story_links.settle(conn, [*keys, 999_999], [group(*keys[:4], 999_999, story=two[0])], [two[1]], now)
        assert [item.size for item in listed(conn).items] == [4], "an article that is not there is left out"


def test_links_are_those_found_last(database, keys):
    one, other, third = keys[:3]
    with database.write() as conn:
        story_links.relink(conn, [one], {(one, other): 0.5, (one, third): 0.7})
        story_links.relink(conn, [other], {(other, third): 0.9})
        assert story_links.links(conn, [one]) == {(one, third): 0.7}
        assert story_links.links(conn, [third]) == {(one, third): 0.7, (other, third): 0.9}
        story_links.relink(conn, [third], {})
        assert story_links.links(conn, keys) == {}


def test_progress_is_kept(database):
    with database.write() as conn:
        assert story_links.progress(conn) == story_links.Progress()
        story_links.proceed(conn, story_links.Progress(5, 1, 4, 3, 2))
        assert story_links.progress(conn) == story_links.Progress(5, 1, 4, 3, 2)
