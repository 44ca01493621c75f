"""Counts and completions against plain Python over random small archives."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import articles, browse
from db.records import Draft, Filters, Moment

PROPERTY = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FIELDS = {"author": "authors", "category": "categories", "tag": "tags"}


def values(draft, field):
    if field in ("year", "month"):
        return [draft.published_at.text[: 4 if field == "year" else 7]] if draft.published_at else []
    own = getattr(draft, FIELDS.get(field, field))
    return list(own) if field in FIELDS else [own] if own else []


def facet(drafts, field):
    """The definition: articles per folded value, shown in the spelling that most of them use."""
    counts, spellings = Counter(), defaultdict(Counter)
    for draft in drafts:
        counts.update({value.casefold() for value in values(draft, field)})
        for value in set(values(draft, field)):
            spellings[value.casefold()][value] += 1
    shown = {folded: min(found, key=lambda value: (-found[value], value)) for folded, found in spellings.items()}
    return sorted(((shown[folded], count) for folded, count in counts.items()), key=lambda pair: (-pair[1], pair[0]))


@PROPERTY
@given(data=st.data())
def test_facets_count_articles(scratch, save, drafts, data):
    archive = data.draw(st.lists(drafts, max_size=6))
    author, limit = data.draw(st.sampled_from(["ann", "STRASSE", "nobody"])), data.draw(st.integers(1, 9))
    with scratch() as conn:
        stored = {save(conn, draft).key: draft for draft in archive}
        chosen = [key for key, draft in stored.items() if author.casefold() in {name.casefold() for name in draft.authors}]
        scopes = [(Filters(), stored), (Filters(author=(author,)), chosen), (np.array(chosen, dtype=np.int64), chosen)]
        for scope, keys in scopes:
            expected = {field: facet([stored[key] for key in keys], field)[:limit] for field in browse.FACETS}
            assert browse.facets(conn, scope, browse.FACETS, limit) == expected


@PROPERTY
@given(data=st.data())
def test_time_is_counted_by_the_calendar_of_the_source(scratch, save, drafts, data):
    archive = data.draw(st.lists(drafts, max_size=6))
    days = sorted(draft.published_at.text[:10] for draft in archive if draft.published_at)

    def counted(length, prefix=""):
        return sorted(Counter(day[:length] for day in days if day.startswith(prefix)).items())

    with scratch() as conn:
        for draft in archive:
            save(conn, draft)
        for interval, length in (("year", 4), ("month", 7), ("day", 10)):
            assert browse.timeline(conn, Filters(), interval) == counted(length)
        assert browse.calendar(conn, Filters()) == counted(4)
        for year in (1969, 2020, 2021):
            assert browse.calendar(conn, Filters(), year) == counted(7, f"{year}-")
        assert browse.calendar(conn, Filters(), 2020, 2) == counted(10, "2020-02-")
        assert browse.calendar(conn, Filters(source=("nobody",)), 2020) == []


def _micros(day):
    return int(np.datetime64(day, "us").astype(np.int64))


def test_on_this_day_of_any_year(database, save):
    days = ["2019-03-04", "2021-03-04", "2021-04-03", "2020-03-04", "2020-02-29"]
    with database.write() as conn:
        for day in days:
            save(conn, Draft(title=day, series="x" if day < "2021" else None, published_at=Moment(day, _micros(day))))
        found = browse.on_this_day(conn, 3, 4, Filters(), 10)
        assert [article.title for article in found] == ["2021-03-04", "2020-03-04", "2019-03-04"]
        assert [article.title for article in browse.on_this_day(conn, 3, 4, Filters(series=("X",)), 1)] == ["2020-03-04"]
        assert [article.title for article in browse.on_this_day(conn, 2, 29, Filters(), 10)] == ["2020-02-29"]


def test_suggestions_begin_with_the_words_typed(database, save):
    iran = Draft(title="IRAN-US: What’s Next?", authors=("Mohammed Mustafa",), tags=("100% true", "a_b"))
    with database.write() as conn:
        first = save(conn, iran)
        latest = save(conn, replace(iran, authors=("MOHAMMED MUSTAFA",), tags=()))
        save(conn, replace(iran, title="What Iran wants", authors=("Mohammed Mustafa", "Musa Ali")))
        assert first.key < latest.key
        assert browse.suggest(conn, "iran", ["title"], 5) == [
            browse.Suggestion("title", "IRAN-US: What’s Next?", 2, latest.id),
            browse.Suggestion("title", "What Iran wants", 1, articles.get(conn, latest.key + 1).id),
        ]
        assert [found.value for found in browse.suggest(conn, " wHaT  ir", ["title"], 5)] == ["What Iran wants"]
        assert [found.value for found in browse.suggest(conn, "ran", ["title"], 5)] == []
        assert browse.suggest(conn, "mus", ["author", "tag"], 5) == [
            browse.Suggestion("author", "Musa Ali", 1),
            browse.Suggestion("author", "Mohammed Mustafa", 3),
        ]
        assert [found.value for found in browse.suggest(conn, "mus", ["author"], 1)] == ["Musa Ali"]
        assert [found.value for found in browse.suggest(conn, "100%", ["tag"], 5)] == ["100% true"]
        for nothing in ("", "  ", "%", "_", "a%b", "100_", "no\0", "\ud800", "\\"):
            assert browse.suggest(conn, nothing, ["tag", "title", "category"], 5) == [], nothing


def test_other_fields_are_refused(database):
    with database.read() as conn:
        with pytest.raises(ValueError, match="body"):
            browse.facets(conn, Filters(), ["body"], 5)
        with pytest.raises(ValueError, match="series"):
            browse.suggest(conn, "x", ["title", "series"], 5)


@pytest.mark.parametrize(("interval", "counts"), [("day", [1, 1, 1]), ("month", [1, 2]), ("year", [1, 2])])
def test_articles_are_counted_by_when_they_came_in(database, save, interval, counts):
    with database.write() as conn:
        for number, at in enumerate(("2024-12-31T23:59:00+00:00", "2025-01-01T00:00:00+00:00", "2025-01-31T12:00:00+00:00")):
            save(conn, Draft(title=f"Report {number}"), micros=Moment.of(datetime.fromisoformat(at)).micros)
    with database.read() as conn:
        found = browse.ingested(conn, Filters(), interval)
    assert [count for _, count in found] == counts
    assert found[0][0] == "2024-12-31"[: {"day": 10, "month": 7, "year": 4}[interval]]
