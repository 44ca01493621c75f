"""What is there: counts by field and over time, and completions as one types."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, distinct, func, literal_column, or_, select

from db import rows
from db.dialects import among
from db.filters import FOLDED, LABELS, published_on, within
from db.identity import is_storable, words_of
from db.records import Article, Filters, Keys
from db.tables import article_labels, articles

Interval = Literal["year", "month", "day"]
FACETS = (*FOLDED, *LABELS, "year", "month")
SUGGESTED = ("title", *LABELS)
_DAY_MICROS = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_PERIOD = {"year": 4, "month": 7, "day": 10}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title (`article` is the id of the latest article that has it), or a label, and how many articles have it."""

    kind: str
    value: str
    count: int
    article: str | None = None


def facets(conn: Connection, scope: Filters | Keys, fields: Sequence[str], limit: int) -> dict[str, list[tuple[str, int]]]:
    """For each field (of FACETS) its values with the number of articles that have them, most first, equal ones by value.

    Spellings that differ only in case are one value, shown as most articles spell it. Raises ValueError for other fields."""
    if unknown := set(fields) - set(FACETS):
        raise ValueError(f"no facet {', '.join(sorted(unknown))}: one of {', '.join(FACETS)}")
    counted = {
        **_labels(conn, [field for field in fields if field in LABELS], scope),
        **_columns(conn, [field for field in fields if field not in LABELS], scope),
    }
    return {field: sorted(counted[field], key=lambda pair: (-pair[1], pair[0]))[:limit] for field in fields}


def _columns(conn: Connection, fields: Sequence[str], scope: Filters | Keys) -> dict[str, list[tuple[str, int]]]:
    """Of all these fields of the article's own row in one query, as `_labels`."""
    if not fields:
        return {}
    spelled = [column for field in fields for column in _spelled(field)]
    query = select(*spelled, func.count()).where(*within(scope)).group_by(*spelled)
    counts: dict[str, Counter[tuple[str, str]]] = {field: Counter() for field in fields}
    for *values, count in conn.execute(query):
        for number, field in enumerate(fields):
            folded, value = values[2 * number : 2 * number + 2]
            if folded is not None:
                counts[field][folded, value] += count
    return {field: _merged(((*spelling, count) for spelling, count in found.items()), {}) for field, found in counts.items()}


def _spelled(field: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """What is one value, and how it is written."""
    return (FOLDED[field], articles.c[field]) if field in FOLDED else (_period(field), _period(field))


def _labels(
    conn: Connection, fields: Sequence[str], scope: Filters | Keys, *matching: ColumnElement[bool]
) -> dict[str, list[tuple[str, int]]]:
    """Of all these fields in one query: what costs is to find the labels of so many articles."""
    if not fields:
        return {}
    label = article_labels.c
    mine = (*matching, *_labelled(scope, fields))
    by_spelling = select(label.field, label.folded, label.value, func.count(distinct(label.article))).where(*mine)
    found: dict[str, list[Any]] = defaultdict(list)
    for field, *spelled in conn.execute(by_spelling.group_by(label.field, label.folded, label.value)):
        found[field].append(spelled)
    return {field: _merged(found[field], _of_several(conn, field, found[field], mine)) for field in fields}


def _of_several(conn: Connection, field: str, spelled: Sequence[Any], mine: Sequence[ColumnElement[bool]]) -> dict[str, int]:
    """Articles that have a value in any of its spellings, where it has several."""
    several = [folded for folded, times in Counter(folded for folded, *_ in spelled).items() if times > 1]
    if not several:
        return {}
    label = article_labels.c
    counted = select(label.folded, func.count(distinct(label.article))).where(*mine, label.field == field)
    return dict(conn.execute(counted.where(label.folded.in_(several)).group_by(label.folded)).all())


def _labelled(scope: Filters | Keys, fields: Sequence[str]) -> Sequence[ColumnElement[bool]]:
    """Labels of these articles, in any field; or of all articles in these fields.

    Never both: SQLite would then walk through all labels of the fields to find those of a few articles."""
    label = article_labels.c
    if not isinstance(scope, Filters):
        return [among(label.article, scope)]
    return [label.article.in_(select(articles.c.key).where(*within(scope)))] if scope else [label.field.in_(fields)]


def _merged(spelled: Iterable[Any], counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """One entry for all spellings of a value, with their sum; but an article with two spellings counts once, as `counts` say."""
    spellings: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for folded, value, count in spelled:
        spellings[folded].append((-count, value))
    return [(min(found)[1], counts.get(folded, -sum(n for n, _ in found))) for folded, found in spellings.items()]


def timeline(conn: Connection, scope: Filters | Keys, interval: Interval) -> list[tuple[str, int]]:
    """The periods in which something was published (`2021`, `2021-03`, `2021-03-04`), in order, with how much."""
    return _periods(conn, interval, [articles.c.published_day.is_not(None), *within(scope)])


def ingested(conn: Connection, scope: Filters | Keys, interval: Interval) -> list[tuple[str, int]]:
    """As `timeline`, by when articles came in (UTC)."""
    day = articles.c.ingested_micros // literal_column(str(_DAY_MICROS))
    counts: dict[str, int] = {}
    for number, count in conn.execute(select(day, func.count()).where(*within(scope)).group_by(day).order_by(day)):
        period = date.fromordinal(_EPOCH + int(number)).isoformat()[: _PERIOD[interval]]
        counts[period] = counts.get(period, 0) + count
    return list(counts.items())


def _periods(conn: Connection, interval: str, conditions: Sequence[ColumnElement[bool]]) -> list[tuple[str, int]]:
    period = _period(interval)
    query = select(period, func.count()).where(*conditions).group_by(period)
    return [(name, count) for name, count in conn.execute(query.order_by(period))]


def _period(interval: str) -> ColumnElement[str]:
    return func.substr(articles.c.published_day, literal_column("1"), literal_column(str(_PERIOD[interval])))


def calendar(conn: Connection, scope: Filters | Keys, year: int | None = None, month: int | None = None) -> list[tuple[str, int]]:
    """Counts of the next level down, named as in `timeline`: the years, the months of a year, or the days of a month."""
    if year is None:
        return timeline(conn, scope, "year")
    prefix, interval = (f"{year:04}", "month") if month is None else (f"{year:04}-{month:02}", "day")
    return _periods(conn, interval, [*within(scope), published_on(prefix)])


def on_this_day(conn: Connection, month: int, day: int, filters: Filters, limit: int) -> list[Article]:
    """What was published on that day of any year, newest first."""
    column = articles.c
    that_day = func.substr(column.published_day, 6, 5) == f"{month:02}-{day:02}"
    query = select(column.key).where(that_day, *within(filters))
    newest = conn.execute(query.order_by(column.published_micros.desc(), column.key.desc()).limit(limit)).scalars().all()
    found = rows.fetch(conn, newest)
    return [found[key] for key in newest]


def suggest(conn: Connection, prefix: str, kinds: Sequence[str], limit: int) -> list[Suggestion]:
    """Of each kind (of SUGGESTED) at most `limit` that have words beginning as `prefix` does, without regard to case.

    Those that begin with it come first, then those of most articles. Raises ValueError for other kinds."""
    if unknown := set(kinds) - set(SUGGESTED):
        raise ValueError(f"cannot suggest {', '.join(sorted(unknown))}: only {', '.join(SUGGESTED)}")
    return [
        found
        for kind in kinds
        for found in (_titles(conn, prefix, limit) if kind == "title" else _values(conn, kind, prefix, limit))
    ]


def _titles(conn: Connection, prefix: str, limit: int) -> list[Suggestion]:
    words, column = words_of(prefix), articles.c
    if not words:
        return []
    begins, count = column.title_words.startswith(words, autoescape=True), func.count()
    query = select(column.title, count, func.max(column.key)).where(column.title_words.contains(words, autoescape=True))
    best = query.group_by(column.title, begins).order_by(begins.desc(), count.desc(), column.title).limit(limit)
    found = conn.execute(best).all()
    chosen = select(column.key, column.id).where(among(column.key, [key for *_, key in found]))
    ids = dict(conn.execute(chosen).all())
    return [Suggestion("title", title, number, ids[key]) for title, number, key in found]


def _values(conn: Connection, kind: str, prefix: str, limit: int) -> list[Suggestion]:
    wanted, folded = prefix.strip().casefold(), article_labels.c.folded
    if not wanted or not is_storable(wanted):
        return []
    matching = or_(folded.startswith(wanted, autoescape=True), folded.contains(f" {wanted}", autoescape=True))
    found = _labels(conn, [kind], Filters(), matching)[kind]
    ranked = sorted(found, key=lambda pair: (not pair[0].casefold().startswith(wanted), -pair[1], pair[0]))
    return [Suggestion(kind, value, count) for value, count in ranked[:limit]]
