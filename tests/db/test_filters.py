"""Filters, counts and pages against plain Python over random small archives."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import articles
from db.filters import PRESENCE, where
from db.records import Draft, Filters, Moment, Reference
from db.tables import metadata

PROPERTY = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_NAMES = st.sampled_from(["Ann", "ann", "straße", "STRASSE", "bo", "émile", "50%", "A_B", "axb", "Ann ", "no\0", "\ud800"])
_VALUES = st.lists(_NAMES, max_size=2).map(tuple)
_MICROS = st.none() | st.sampled_from(
    [-14_182_940_000_000, 1_583_020_800_000_000, 1_583_037_000_000_000, 1_583_037_000_000_001, 1_640_908_800_000_000]
)
_PRESENCE = st.lists(st.sampled_from(PRESENCE), max_size=2).map(tuple)
FILTERS = st.builds(
    Filters,
    **dict.fromkeys(("source", "author", "category", "tag", "series", "language"), st.just(()) | _VALUES),
    **dict.fromkeys(("published_after", "published_before", "modified_after", "modified_before"), st.none() | _MICROS),
    published_on=st.none() | st.sampled_from(["2020", "2020-02", "2020-02-29", "2020-03-01", "1969", "0000"]),
    has=st.just(()) | _PRESENCE,
    missing=st.just(()) | _PRESENCE,
)
FULL = Draft(
    title="x",
    **dict.fromkeys(("dek", "series", "language", "source", "url", "canonical_url", "external_id"), "x"),
    **dict.fromkeys(("authors", "categories", "tags"), ("x",)),
    **dict.fromkeys(("published_at", "modified_at"), Moment("2020-03-01", 1_583_020_800_000_000)),
    references=(Reference(None, "x"),),
)
_LABELS = {"author": "authors", "category": "categories", "tag": "tags"}


def passes(draft: Draft, filters: Filters) -> bool:
    """The definition."""
    return (
        all(_one_of(draft, name, getattr(filters, name)) for name in ("source", "series", *_LABELS))
        and (not filters.language or any(_is_in(draft.language, value) for value in filters.language))
        and _between(draft.published_at, filters.published_after, filters.published_before)
        and _between(draft.modified_at, filters.modified_after, filters.modified_before)
        and (
            filters.published_on is None
            or (draft.published_at is not None and draft.published_at.text.startswith(filters.published_on))
        )
        and all(_has(draft, name) for name in filters.has)
        and not any(_has(draft, name) for name in filters.missing)
    )


def _one_of(draft, name, values):
    own = getattr(draft, _LABELS[name]) if name in _LABELS else [getattr(draft, name) or ""]
    return not values or bool({value.casefold() for value in values} & {value.casefold() for value in own})


def _is_in(tag, language):
    """RFC 4647, basic filtering."""
    tag, language = ((value or "").casefold().replace("_", "-") for value in (tag, language))
    return bool(tag) and (tag == language or (re.fullmatch("[a-z-]+", language) and tag.startswith(f"{language}-")))


def _between(moment, after, before):
    if after is None and before is None:
        return True
    return moment is not None and (after is None or moment.micros >= after) and (before is None or moment.micros < before)


def _has(draft, name):
    return bool(getattr(draft, _LABELS.get(name, name)))


@PROPERTY
@given(data=st.data())
def test_filters_let_through_exactly_what_they_say(scratch, save, drafts, data):
    archive = data.draw(st.lists(drafts, max_size=6))
    with scratch() as conn:
        stored = {save(conn, draft).key: draft for draft in archive}
        for filters in data.draw(st.lists(FILTERS, min_size=1, max_size=8)):
            expected = [key for key, draft in stored.items() if passes(draft, filters)]
            assert articles.keys(conn, filters).tolist() == expected
            assert articles.count(conn, filters) == len(expected)
            assert [article.key for article in articles.export(conn, filters)] == expected


def test_a_language_is_its_regions_and_scripts_too(database, save):
    tags = ("en", "en-GB", "EN_us", "eng", "e", "zh-Hant-TW", "zh_Hant", "zh", "en-GB-oxendict")
    with database.write() as conn:
        keys = {save(conn, Draft(title=tag, language=tag)).key: tag for tag in tags}
        for asked, found in {
            ("en",): {"en", "en-GB", "EN_us", "en-GB-oxendict"},
            ("en-US",): {"EN_us"},
            ("EN_gb",): {"en-GB", "en-GB-oxendict"},
            ("zh-hant", "eng"): {"zh-Hant-TW", "zh_Hant", "eng"},
            ("e",): {"e"},
            ("e%", "en-", "_n", ""): set(),
        }.items():
            assert {keys[key] for key in articles.keys(conn, Filters(language=asked)).tolist()} == found


def test_each_presence(database, save):
    with database.write() as conn:
        full, empty = save(conn, FULL).key, save(conn, Draft(title="", series="", dek="")).key
        having = {name: articles.keys(conn, Filters(has=(name,))).tolist() for name in PRESENCE}
        assert having == {key: [full] for key in PRESENCE}
        lacking = {name: articles.keys(conn, Filters(missing=(name,))).tolist() for name in PRESENCE}
        assert lacking == {key: [empty] for key in PRESENCE}


def test_mistaken_names_are_refused():
    for filters in (Filters(has=("body",)), Filters(missing=("no",)), Filters(published_on="2020-1"), Filters(published_on="%")):
        with pytest.raises(ValueError, match="no "):
            where(filters)


@PROPERTY
@given(data=st.data())
def test_pages_show_each_article_once_and_in_order(scratch, save, drafts, data):
    archive = data.draw(st.lists(drafts, max_size=7))
    micros = data.draw(st.lists(st.integers(1, 3), min_size=len(archive), max_size=len(archive)))
    filters = data.draw(st.just(Filters()) | FILTERS)
    with scratch() as conn:
        stored = {save(conn, draft, micros=n).key: draft for draft, n in zip(archive, micros, strict=True)}
        times = dict(zip(stored, micros, strict=True))
        for sort in articles.SORTS:
            limit = data.draw(st.integers(1, 4))
            passing = [key for key, draft in stored.items() if passes(draft, filters)]
            assert _paged(conn, filters, sort, limit) == _sorted(passing, stored, times, sort)


def _paged(conn, filters, sort, limit):
    seen, after = [], None
    while True:
        page = articles.page(conn, filters, sort=sort, limit=limit, after=after)
        assert len(page.keys) == limit or page.after is None
        seen += page.keys
        if page.after is None:
            return seen
        after = page.after


def _sorted(keys, stored, times, sort):
    def value(key):
        match sort.removeprefix("-"):
            case "title":
                return stored[key].title.casefold()
            case "published_at" | "modified_at" as name:
                moment = getattr(stored[key], name)
                return moment and moment.micros
            case _:
                return times[key]

    having = sorted((key for key in keys if value(key) is not None), key=lambda key: (value(key), key))
    lacking = sorted(key for key in keys if value(key) is None)
    return having[::-1] + lacking[::-1] if sort.startswith("-") else having + lacking


def test_pages_stay_in_step_while_articles_come_and_go(database, save, now):
    with database.write() as conn:
        keys = [save(conn, Draft(title=letter)).key for letter in "bdfhj"]
        first = articles.page(conn, Filters(), sort="title", limit=2, after=None)
        articles.delete(conn, keys[1], now)
        save(conn, Draft(title="a"))
        save(conn, Draft(title="e"))
        second = articles.page(conn, Filters(), sort="title", limit=10, after=first.after)
        [gone] = set(first.keys) - articles.many(conn, first.keys).keys()
        assert (first.keys, gone) == (keys[:2], keys[1])
        assert [articles.many(conn, second.keys)[key].title for key in second.keys] == ["e", "f", "h", "j"]
    assert second.after is None


def test_other_sorts_are_refused(database):
    with database.read() as conn, pytest.raises(ValueError, match="--title"):
        articles.page(conn, Filters(), sort="--title", limit=1, after=None)


@pytest.mark.parametrize("number", [1, 40_000])
def test_any_number_of_keys(database, save, number):
    with database.write() as conn:
        key = save(conn, Draft(title="T")).key
        assert list(articles.many(conn, range(key, key + number))) == [key]
        values = tuple(str(n) for n in range(number))
        assert articles.count(conn, Filters(author=values, source=values)) == 0


def test_lookups_use_indexes(database, save):
    """No condition of ours makes SQLite read a whole table."""
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL decides by the size of the tables")
    statements = []
    with database.write() as conn:
        key = save(conn, Draft(title="T", authors=("A",), source="s")).key
        raw = conn.connection.driver_connection
        raw.set_trace_callback(statements.append)
        articles.many(conn, [key], paragraphs=True, references=True)
        articles.count(conn, Filters(author=("a",), source=("s",)))
        articles.count(conn, Filters(language=("en", "de-AT")))
        articles.find(conn, "url", "u")
        articles.find(conn, "sha256", "s")
        articles.page(conn, Filters(), sort="-published_at", limit=2, after=(5, 1))
        articles.page(conn, Filters(), sort="title", limit=2, after=("t", 1))
        articles.standing_after(conn, 5)
        articles.deleted_after(conn, 5)
        raw.set_trace_callback(None)
        plans = [(row[-1], sql) for sql in statements for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert len(statements) == 11
    # The pages come out of an index in order; elsewhere a few rows may be sorted.
    bad = [plan for plan in plans if re.match("SCAN (?!json_each)", plan[0]) or ("B-TREE" in plan[0] and "LIMIT" in plan[1])]
    assert bad == []


def test_every_table_that_belongs_to_an_article_goes_with_it():
    """Directly, or by what belongs to it."""
    mine, found = {"articles"}, set()
    while mine != found:
        found = set(mine)
        for table in metadata.sorted_tables:
            for constraint in table.foreign_key_constraints:
                if constraint.referred_table.name in mine:
                    assert constraint.ondelete == "CASCADE"
                    mine.add(table.name)
    assert {"article_aliases", "paragraph_marks", "sketch_bands"} <= mine
