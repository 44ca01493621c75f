"""Writes articles: everything that belongs to one, in one place of the change log."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from db import aliases, changes, identity, rows, totals
from db.content import Content, article_columns, insert_contents, revision_row
from db.creating import create_many
from db.dialects import among
from db.errors import ExternalIdTaken
from db.identifying import known
from db.incoming import Incoming
from db.records import Article, Draft, Moment, PassageDraft, Saved
from db.revisions import changed_fields, document
from db.tables import article_labels, article_references, articles, paragraphs, passages, revisions, vectors


def save(
    conn: Connection,
    draft: Draft,
    passages: Sequence[PassageDraft],
    *,
    key: int | None,
    url_key: str | None,
    canonical_key: str | None,
    alias_keys: Sequence[tuple[str, str]] = (),
    now: Moment,
) -> Saved:
    """`put` for a draft and its keys (see Incoming). Raises NotStorable too."""
    return put(conn, Incoming.of(draft, passages, url_key, canonical_key, alias_keys), key, now)


def put(conn: Connection, incoming: Incoming, key: int | None, now: Moment) -> Saved:
    """Create an article (key None) or replace the content of the one with that key.

    The same content again writes nothing. Otherwise the state it replaces becomes a revision, and the names it had and has no
    more become its aliases. Raises ExternalIdTaken, and KeyError when there is no article with that key."""
    if key is not None and (unchanged := _unchanged(conn, key, incoming.sha256)):
        return unchanged
    _require_free(conn, incoming.draft, key)
    if key is None:
        return create_many(conn, [incoming], now)[0]
    stored = rows.fetch(conn, [key], paragraphs=True, references=True, extra=True)[key]
    return _update(conn, stored, incoming, now)


def _unchanged(conn: Connection, key: int, sha256: str) -> Saved | None:
    query = select(articles.c.id, articles.c.seq, articles.c.revision, articles.c.sha256).where(articles.c.key == key)
    stored = conn.execute(query).one_or_none()
    if stored is None:
        raise KeyError(key)
    return Saved(key, stored.id, stored.seq, stored.revision, "unchanged") if stored.sha256 == sha256 else None


def _require_free(conn: Connection, draft: Draft, key: int | None) -> None:
    if draft.external_id:
        ext_key = identity.ext_key(draft.source, draft.external_id)
        holder: int | None = conn.execute(select(articles.c.key).where(articles.c.ext_key == ext_key)).scalar_one_or_none()
        if holder not in (None, key):
            raise ExternalIdTaken(holder)


def _update(conn: Connection, stored: Article, incoming: Incoming, now: Moment) -> Saved:
    draft = incoming.draft
    columns = article_columns(incoming, now)
    _rename(conn, stored.key, incoming)
    key, number = stored.key, stored.revision + 1
    before, after = (Counter(part.text for part in parts) for parts in (stored.paragraphs, draft.paragraphs))
    superseded = (revisions.c.article == key) & (revisions.c.number == stored.revision)
    conn.execute(update(revisions).where(superseded).values(document=document(stored)))
    seq = changes.touch(conn, key, stored.id, deleted=False, now=now)
    conn.execute(update(articles).where(articles.c.key == key), columns | {"revision": number})
    added, removed = (after - before).total(), (before - after).total()
    conn.execute(insert(revisions), revision_row(key, number, columns, changed_fields(stored, draft), added, removed))
    digests = passage_digests(conn, key)
    for table in (article_labels, article_references, paragraphs, passages):
        conn.execute(delete(table).where(table.c.article == key))
    totals.add(conn, paragraphs=len(draft.paragraphs) - len(stored.paragraphs), passages=len(incoming.passages) - len(digests))
    insert_contents(conn, [Content(key, stored.id, number, draft, incoming.passages)])
    drop_unused_vectors(conn, digests)
    return Saved(key, stored.id, seq, number, "updated")


def _rename(conn: Connection, key: int, incoming: Incoming) -> None:
    before = known(conn, key)
    now = {(name.kind, name.key) for name in incoming.names}
    former = [name for name in (before.names if before else ()) if (name.kind, name.key) not in now]
    aliases.remember(conn, [(key, name) for name in (*former, *incoming.others)])
    aliases.forget(conn, key, incoming.names)


def delete_article(conn: Connection, key: int, now: Moment) -> int:
    """Remove the article with all its revisions, originals and vectors; what stays is its tombstone in the change log.

    The new seq. Raises KeyError when there is no such article."""
    id: str | None = conn.execute(select(articles.c.id).where(articles.c.key == key)).scalar_one_or_none()
    if id is None:
        raise KeyError(key)
    digests = passage_digests(conn, key)
    parts: int = conn.execute(select(func.count()).where(paragraphs.c.article == key)).scalar_one()
    seq = changes.touch(conn, key, id, deleted=True, now=now)
    totals.add(conn, articles=-1, paragraphs=-parts, passages=-len(digests))
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
