"""Writes articles: everything that belongs to one, in one place of the change log."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, Table, delete, exists, insert, select, update

from db import changes, identity, rows
from db.dialects import among
from db.errors import ExternalIdTaken, NotStorable
from db.records import Article, Draft, Moment, Original, ParagraphDraft, PassageDraft, Saved
from db.revisions import changed_fields, document
from db.tables import article_labels, article_references, articles, originals, paragraphs, passages, revisions, vectors

SEPARATOR = "\n\n"


def body(parts: Sequence[ParagraphDraft]) -> str:
    """The text that offsets count in: the paragraphs joined by a blank line."""
    return SEPARATOR.join(part.text for part in parts)


def save(
    conn: Connection,
    draft: Draft,
    passages: Sequence[PassageDraft],
    *,
    key: int | None,
    url_key: str | None,
    canonical_key: str | None,
    now: Moment,
) -> Saved:
    """Create an article (key None) or replace the content of the one with that key.

    The same content again writes nothing. Otherwise the state it replaces becomes a revision. Raises NotStorable,
    ExternalIdTaken, and KeyError when there is no article with that key."""
    sha256 = identity.content_digest(draft)
    if key is not None and (unchanged := _unchanged(conn, key, sha256)):
        return unchanged
    columns = _columns(draft, url_key, canonical_key) | {"sha256": sha256, "updated_micros": now.micros}
    _require_free(conn, columns["ext_key"], key)
    if key is None:
        return _create(conn, draft, passages, columns, now)
    [stored] = rows.fetch(conn, [key], paragraphs=True, references=True, extra=True)
    return _update(conn, stored, draft, passages, columns, now)


def _unchanged(conn: Connection, key: int, sha256: str) -> Saved | None:
    query = select(articles.c.id, articles.c.seq, articles.c.revision, articles.c.sha256).where(articles.c.key == key)
    stored = conn.execute(query).one_or_none()
    if stored is None:
        raise KeyError(key)
    return Saved(key, stored.id, stored.seq, stored.revision, "unchanged") if stored.sha256 == sha256 else None


def _require_free(conn: Connection, ext_key: str | None, key: int | None) -> None:
    if ext_key:
        holder: int | None = conn.execute(select(articles.c.key).where(articles.c.ext_key == ext_key)).scalar_one_or_none()
        if holder not in (None, key):
            raise ExternalIdTaken(holder)


def _create(conn: Connection, draft: Draft, drafts: Sequence[PassageDraft], columns: dict[str, Any], now: Moment) -> Saved:
    id, seq = identity.new_article_id(now), changes.tick(conn)
    row = columns | {"id": id, "seq": seq, "revision": 1, "ingested_micros": now.micros}
    key: int = conn.execute(insert(articles).returning(articles.c.key), row).scalar_one()
    changes.note(conn, key, id, seq, deleted=False, now=now)
    _insert_revision(conn, key, 1, columns, (), len(draft.paragraphs), 0)
    _insert_content(conn, key, id, 1, draft, drafts)
    return Saved(key, id, seq, 1, "created")


def _update(
    conn: Connection, stored: Article, draft: Draft, drafts: Sequence[PassageDraft], columns: dict[str, Any], now: Moment
) -> Saved:
    key, number = stored.key, stored.revision + 1
    before, after = (Counter(part.text for part in parts) for parts in (stored.paragraphs, draft.paragraphs))
    superseded = (revisions.c.article == key) & (revisions.c.number == stored.revision)
    conn.execute(update(revisions).where(superseded).values(document=document(stored)))
    seq = changes.touch(conn, key, stored.id, deleted=False, now=now)
    conn.execute(update(articles).where(articles.c.key == key), columns | {"revision": number})
    _insert_revision(
        conn, key, number, columns, changed_fields(stored, draft), (after - before).total(), (before - after).total()
    )
    digests = passage_digests(conn, key)
    for table in (article_labels, article_references, paragraphs, passages):
        conn.execute(delete(table).where(table.c.article == key))
    _insert_content(conn, key, stored.id, number, draft, drafts)
    drop_unused_vectors(conn, digests)
    return Saved(key, stored.id, seq, number, "updated")


def delete_article(conn: Connection, key: int, now: Moment) -> int:
    """Remove the article with all its revisions, originals and vectors; what stays is its tombstone in the change log.

    The new seq. Raises KeyError when there is no such article."""
    id: str | None = conn.execute(select(articles.c.id).where(articles.c.key == key)).scalar_one_or_none()
    if id is None:
        raise KeyError(key)
    digests = passage_digests(conn, key)
    seq = changes.touch(conn, key, id, deleted=True, now=now)
    conn.execute(delete(articles).where(articles.c.key == key))
    drop_unused_vectors(conn, digests)
    return seq


def passage_digests(conn: Connection, key: int) -> list[str]:
    return list(conn.execute(select(passages.c.digest).where(passages.c.article == key)).scalars())


def drop_unused_vectors(conn: Connection, digests: Sequence[str]) -> None:
    """Remove those of the digests' vectors that no passage has any more."""
    if digests:
        used = exists().where(passages.c.digest == vectors.c.digest)
        conn.execute(delete(vectors).where(among(vectors.c.digest, digests), ~used))


def insert_passages(conn: Connection, key: int, drafts: Sequence[PassageDraft]) -> None:
    _insert_all(
        conn,
        passages,
        [
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
        ],
    )


def _columns(draft: Draft, url_key: str | None, canonical_key: str | None) -> dict[str, Any]:
    return {
        "title": draft.title,
        "title_sort": identity.title_sort(draft.title),
        "title_words": identity.words_of(draft.title),
        "dek": draft.dek,
        **{name: getattr(draft, name) for name in ("language", "source", "series")},
        **{f"{name}_folded": _folded(getattr(draft, name)) for name in ("language", "source", "series")},
        "url": draft.url,
        "url_key": url_key and identity.index_key(url_key),
        "canonical_url": draft.canonical_url,
        "canonical_key": canonical_key and identity.index_key(canonical_key),
        "external_id": draft.external_id,
        "ext_key": identity.ext_key(draft.source, draft.external_id) if draft.external_id else None,
        "text_sha256": identity.text_digest(draft),
        "word_count": sum(len(part.text.split()) for part in draft.paragraphs),
        "extra": dict(draft.extra),
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


def _insert_content(conn: Connection, key: int, id: str, number: int, draft: Draft, drafts: Sequence[PassageDraft]) -> None:
    _insert_all(conn, article_labels, _label_rows(key, draft))
    _insert_all(conn, article_references, _reference_rows(key, draft))
    _insert_all(conn, paragraphs, _paragraph_rows(key, id, draft.paragraphs))
    insert_passages(conn, key, drafts)
    if draft.original is not None:
        conn.execute(insert(originals), _original_row(key, number, draft.original))


def _insert_all(conn: Connection, table: Table, values: list[dict[str, Any]]) -> None:
    if values:
        conn.execute(insert(table), values)


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


def _original_row(key: int, number: int, original: Original) -> dict[str, Any]:
    names = {"media_type": original.media_type, "charset": original.charset, "name": original.name}
    if not all(identity.is_storable(value) for value in names.values() if value):
        raise NotStorable("the original's name, media type or charset cannot be stored")
    return names | {
        "article": key,
        "revision": number,
        "sha256": hashlib.sha256(original.content).hexdigest(),
        "content": zlib.compress(original.content),
    }


def _insert_revision(
    conn: Connection, key: int, number: int, columns: dict[str, Any], changed: tuple[str, ...], added: int, removed: int
) -> None:
    conn.execute(
        insert(revisions),
        {
            "article": key,
            "number": number,
            "at": columns["updated_micros"],
            "sha256": columns["sha256"],
            "changed": list(changed),
            "paragraphs_added": added,
            "paragraphs_removed": removed,
        },
    )
