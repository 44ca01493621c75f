"""Filters as conditions on `articles`."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sqlalchemy import Column, ColumnElement, and_, exists, func, or_, select

from db.dialects import among
from db.identity import fold, fold_language, is_storable
from db.records import Filters, Keys
from db.tables import article_labels, article_references, articles

FOLDED: Mapping[str, Column[str | None]] = MappingProxyType(
    {"source": articles.c.source_folded, "series": articles.c.series_folded, "language": articles.c.language_folded}
)
LABELS = ("author", "category", "tag")
_TEXTS = ("title", "dek", "url", "canonical_url", "external_id", "source", "series", "language")
_MOMENTS = {"published_at": articles.c.published_micros, "modified_at": articles.c.modified_micros}
_TAG = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*")
PRESENCE = (*LABELS, *_TEXTS, *_MOMENTS, "references")
"""What `has` and `missing` may name."""


def where(filters: Filters) -> list[ColumnElement[bool]]:
    """Conditions that all have to hold. Raises ValueError when `has` or `missing` name no field."""
    return [
        *(among(FOLDED[name], _folded(getattr(filters, name))) for name in ("source", "series") if getattr(filters, name)),
        *([_in_language(filters.language)] if filters.language else []),
        *(_labelled(name, getattr(filters, name)) for name in LABELS if getattr(filters, name)),
        *_dated(filters),
        *(_has(name) for name in filters.has),
        *(~_has(name) for name in filters.missing),
    ]


def within(scope: Filters | Keys) -> list[ColumnElement[bool]]:
    """The conditions of filters, or of being one of the given articles."""
    return where(scope) if isinstance(scope, Filters) else [among(articles.c.key, scope)]


def _folded(values: Iterable[str]) -> list[str]:
    return [fold(value) for value in values if is_storable(value)]


def _in_language(values: Iterable[str]) -> ColumnElement[bool]:
    """Of one of the languages, whatever else its tag says: `en` is `en-GB` and `en_US` too, `zh-Hant` is `zh-Hant-TW`. That is
    basic filtering of RFC 4647 (3.3.1)."""
    column = FOLDED["language"]
    tags = {fold_language(value) for value in values if is_storable(value)}
    beginnings = (f"{tag}-" for tag in sorted(tags) if _TAG.fullmatch(tag))
    # "." comes right after "-": a stretch of the index.
    return or_(among(column, tags), *(and_(column >= each, column < f"{each[:-1]}.") for each in beginnings))


def _labelled(field: str, values: Iterable[str]) -> ColumnElement[bool]:
    label = article_labels.c
    return articles.c.key.in_(select(label.article).where(label.field == field, among(label.folded, _folded(values))))


def _dated(filters: Filters) -> list[ColumnElement[bool]]:
    published, modified = articles.c.published_micros, articles.c.modified_micros
    bounds = (
        (published, filters.published_after, filters.published_before),
        (modified, filters.modified_after, filters.modified_before),
    )
    conditions: list[ColumnElement[bool]] = []
    for column, after, before in bounds:
        conditions += [column >= after] if after is not None else []
        conditions += [column < before] if before is not None else []
    return conditions if filters.published_on is None else [*conditions, published_on(filters.published_on)]


def published_on(period: str) -> ColumnElement[bool]:
    """Published in the year, month or day (`2021`, `2021-03`, `2021-03-04`), by the source's own calendar.

    Raises ValueError for anything else."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", period):
        raise ValueError(f"no year, month or day: {period!r}")
    day = articles.c.published_day
    return and_(day >= period, day < f"{period}~")  # "~" comes after every digit and the hyphen


def _has(name: str) -> ColumnElement[bool]:
    if name in LABELS:
        return exists().where(article_labels.c.article == articles.c.key, article_labels.c.field == name)
    if name == "references":
        return exists().where(article_references.c.article == articles.c.key)
    if name in _MOMENTS:
        return _MOMENTS[name].is_not(None)
    if name in _TEXTS:
        return func.coalesce(articles.c[name], "") != ""
    raise ValueError(f"no field {name!r}: one of {', '.join(PRESENCE)}")
