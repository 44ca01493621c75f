"""The rows that an article is made of. Pure, but for the inserts of many rows in one statement."""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, Table, insert

from db import identity
from db.errors import NotStorable
from db.incoming import Incoming
from db.records import Draft, Moment, Original, ParagraphDraft, PassageDraft
from db.tables import article_labels, article_references, originals, paragraphs, passages

SEPARATOR = "\n\n"


def body(parts: Sequence[ParagraphDraft]) -> str:
    """The text that offsets count in: the paragraphs joined by a blank line."""
    return SEPARATOR.join(part.text for part in parts)


@dataclass(frozen=True, slots=True)
class Content:
    """What is stored of one article beside its own row. `revision` is the number of the state it has then."""

    key: int
    id: str
    revision: int
    draft: Draft
    passages: Sequence[PassageDraft]


def insert_contents(conn: Connection, contents: Sequence[Content]) -> None:
    """Labels, references, paragraphs, passages and original bytes of all the articles, a statement for each kind."""
    _insert(conn, article_labels, (row for each in contents for row in _label_rows(each.key, each.draft)))
    _insert(conn, article_references, (row for each in contents for row in _reference_rows(each.key, each.draft)))
    _insert(conn, paragraphs, (row for each in contents for row in _paragraph_rows(each.key, each.id, each.draft.paragraphs)))
    _insert(conn, passages, (row for each in contents for row in _passage_rows(each.key, each.passages)))
    _insert(conn, originals, (row for each in contents for row in _original_rows(each.key, each.revision, each.draft.original)))


def insert_passages(conn: Connection, key: int, drafts: Sequence[PassageDraft]) -> None:
    _insert(conn, passages, _passage_rows(key, drafts))


def _insert(conn: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    if values := list(rows):
        conn.execute(insert(table), values)


def article_columns(incoming: Incoming, now: Moment) -> dict[str, Any]:
    """Of the article's own row all that its content says."""
    draft, url_key, canonical_key = incoming.draft, incoming.url_key, incoming.canonical_key
    return {
        "title": draft.title,
        "title_sort": identity.title_sort(draft.title),
        "title_words": identity.words_of(draft.title),
        "dek": draft.dek,
        **{name: getattr(draft, name) for name in ("language", "source", "series")},
        **{f"{name}_folded": _folded(getattr(draft, name)) for name in ("source", "series")},
        "language_folded": identity.fold_language(draft.language) if draft.language else None,
        "language_detected": draft.language_detected,
        "url": draft.url,
        "url_key": url_key and identity.index_key(url_key),
        "canonical_url": draft.canonical_url,
        "canonical_key": canonical_key and identity.index_key(canonical_key),
        "external_id": draft.external_id,
        "ext_key": identity.ext_key(draft.source, draft.external_id) if draft.external_id else None,
        "sha256": incoming.sha256,
        "text_sha256": incoming.text_sha256,
        "word_count": sum(len(part.text.split()) for part in draft.paragraphs),
        "extra": dict(draft.extra),
        "updated_micros": now.micros,
        **_times(draft),
    }


def _folded(value: str | None) -> str | None:
    return identity.fold(value) if value else None


def _times(draft: Draft) -> dict[str, Any]:
    published, modified = draft.published_at, draft.modified_at
    return {
        "published_text": published and published.text,
        "published_micros": published and published.micros,
        "published_day": published and published.day,
        "modified_text": modified and modified.text,
        "modified_micros": modified and modified.micros,
    }


def _label_rows(key: int, draft: Draft) -> list[dict[str, Any]]:
    return [
        {"article": key, "field": field, "position": position, "value": value, "folded": identity.fold(value)}
        for field, values in (("author", draft.authors), ("category", draft.categories), ("tag", draft.tags))
        for position, value in enumerate(values)
    ]


def _reference_rows(key: int, draft: Draft) -> list[dict[str, Any]]:
    return [
        {"article": key, "position": position, "label": reference.label, "text": reference.text, "url": reference.url}
        for position, reference in enumerate(draft.references)
    ]


def _paragraph_rows(key: int, id: str, parts: Sequence[ParagraphDraft]) -> list[dict[str, Any]]:
    starts = accumulate((len(part.text) + len(SEPARATOR) for part in parts), initial=0)
    ids = identity.paragraph_ids(id, (part.text for part in parts))
    return [
        {
            "id": paragraph_id,
            "article": key,
            "ordinal": ordinal,
            "kind": part.kind,
            "text": part.text,
            "starts": start,
            "ends": start + len(part.text),
            "citations": list(part.citations),
        }
        for ordinal, (part, start, paragraph_id) in enumerate(zip(parts, starts, ids, strict=False))
    ]


def _original_rows(key: int, number: int, original: Original | None) -> list[dict[str, Any]]:
    if original is None:
        return []
    names = {"media_type": original.media_type, "charset": original.charset, "name": original.name}
    if not all(identity.is_storable(value) for value in names.values() if value):
        raise NotStorable("the original's name, media type or charset cannot be stored")
    return [
        names
        | {
            "article": key,
            "revision": number,
            "sha256": hashlib.sha256(original.content).hexdigest(),
            "content": zlib.compress(original.content),
        }
    ]


def _passage_rows(key: int, drafts: Sequence[PassageDraft]) -> list[dict[str, Any]]:
    return [
        {
            "article": key,
            "ordinal": draft.ordinal,
            "paragraph": draft.paragraph,
            "first": draft.first,
            "last": draft.last,
            "starts": draft.start,
            "ends": draft.end,
            "tokens": draft.tokens,
            "digest": draft.digest,
        }
        for draft in drafts
    ]


def revision_row(
    key: int, number: int, columns: dict[str, Any], changed: Sequence[str], added: int, removed: int
) -> dict[str, Any]:
    """`columns`: the article's, as of that revision."""
    return {
        "article": key,
        "number": number,
        "at": columns["updated_micros"],
        "sha256": columns["sha256"],
        "changed": list(changed),
        "paragraphs_added": added,
        "paragraphs_removed": removed,
    }
