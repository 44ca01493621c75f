"""Passages and their vectors. A vector belongs to what was encoded (its digest) and to a model, so that nothing is encoded twice.

Vectors are kept as float16, little endian: half the space, and a cosine is off by about 1e-5.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, delete, distinct, func, insert, select, update

from db import changes, content, dialects, saving, totals
from db.dialects import among, among_given
from db.records import Keys, Moment, Passage, PassageDraft, Vectors
from db.tables import articles, models, paragraphs, passages, vectors

_STORED = np.dtype("<f2")
_PASSAGE = tuple(
    passages.c[name] for name in ("key", "article", "ordinal", "paragraph", "first", "last", "starts", "ends", "tokens", "digest")
)
_OF_ARTICLES = select(*_PASSAGE).where(among_given(passages.c.article)).order_by(passages.c.article, passages.c.ordinal)


@dataclass(frozen=True, slots=True)
class PendingText:
    """What is to be encoded: the title of the article, and the text of the passage, as its digest was made of them."""

    digest: str
    title: str
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much is stored, and how much of it has its vector. `encoded` counts passages, as `passages` does."""

    articles: int
    paragraphs: int
    passages: int
    encoded: int
    articles_pending: int


def model_key(conn: Connection, digest: str, name: str, dimension: int, window: int) -> int:
    """The internal key of the model with that digest; one not seen before is registered, which takes a right to write."""
    query = select(models.c.key).where(models.c.digest == digest)
    known: int | None = conn.execute(query).scalar_one_or_none()
    if known is not None:
        return known
    row = {"digest": digest, "name": name, "dimension": dimension, "window": window, "complete": 0}
    registered: int = conn.execute(insert(models).returning(models.c.key), row).scalar_one()
    return registered


def of_articles(conn: Connection, keys: Sequence[int] | Keys) -> dict[int, list[Passage]]:
    """The passages of each article, in order; articles without any are absent."""
    found: dict[int, list[Passage]] = defaultdict(list)
    for row in conn.execute(_OF_ARTICLES, {"keys": keys}):
        found[row.article].append(Passage(*row))
    return dict(found)


def by_key(conn: Connection, keys: Sequence[int] | Keys) -> dict[int, Passage]:
    """Those of the passages that exist."""
    return {row.key: Passage(*row) for row in conn.execute(select(*_PASSAGE).where(among(passages.c.key, keys)))}


def paragraph_keys(conn: Connection, keys: Sequence[int] | Keys) -> Keys:
    """The internal keys of the paragraphs that those of the passages span that exist, ascending."""
    spanned = (paragraphs.c.article == passages.c.article) & paragraphs.c.ordinal.between(passages.c.first, passages.c.last)
    query = select(paragraphs.c.key).join_from(passages, paragraphs, spanned).where(among(passages.c.key, keys)).distinct()
    return np.array(sorted(conn.execute(query).scalars()), dtype=np.int64)


def pending(conn: Connection, model: int, limit: int) -> list[PendingText]:
    """Distinct texts that lack a vector of the model, at most `limit`, those of the earliest changes first.

    None is left when the list is empty."""
    query = _lacking(model, passages.c.key, passages.c.digest, passages.c.starts, passages.c.tokens, articles.c.title)
    found = conn.execute(query.order_by(articles.c.seq, passages.c.ordinal).limit(limit)).all()
    earliest = {row.digest: row for row in reversed(found)}
    texts = _texts(conn, [row.key for row in earliest.values()])
    return [
        PendingText(row.digest, row.title, texts.get(row.key, ""), row.tokens) for row in found if earliest[row.digest] is row
    ]


def _texts(conn: Connection, keys: Sequence[int]) -> dict[int, str]:
    """The text of each passage, cut out of the paragraphs it spans; one that stands for a mere title has none."""
    part = paragraphs.c
    spanned = (part.article == passages.c.article) & part.ordinal.between(passages.c.first, passages.c.last)
    query = select(passages.c.key, passages.c.starts, passages.c.ends, part.starts, part.text).join_from(
        passages, paragraphs, spanned
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in conn.execute(query.where(among(passages.c.key, keys)).order_by(passages.c.key, part.ordinal)):
        found[row[0]].append(row)
    return {key: _cut(spans) for key, spans in found.items()}


def _cut(spans: Sequence[Any]) -> str:
    _, starts, ends, begin, _ = spans[0]
    return content.SEPARATOR.join(text for *_, text in spans)[starts - begin : ends - begin]


def pending_count(conn: Connection, model: int) -> int:
    """How many distinct texts lack a vector of the model."""
    lacking = _lacking(model, passages.c.digest).distinct().subquery()
    return conn.execute(select(func.count()).select_from(lacking)).scalar_one()


def all_encoded(conn: Connection, model: int) -> bool:
    """Whether it has been noted that no passage lacks a vector of the model."""
    complete: int | None = conn.execute(select(models.c.complete).where(models.c.key == model)).scalar_one_or_none()
    return complete is not None and complete >= changes.seq(conn)


def first_unready(conn: Connection, model: int) -> int | None:
    """The place in the change log of the earliest article that lacks a vector of the model."""
    query = _lacking(model, articles.c.seq).order_by(articles.c.seq).limit(1)
    return conn.execute(query).scalar_one_or_none()


def _lacking(model: int, *columns: ColumnElement[Any]) -> Select[Any]:
    """Passages without a vector; those of articles known to be complete are not looked at."""
    has = (vectors.c.digest == passages.c.digest) & (vectors.c.model == model)
    source = articles.join(passages, passages.c.article == articles.c.key).outerjoin(vectors, has)
    complete = select(models.c.complete).where(models.c.key == model).scalar_subquery()
    return select(*columns).select_from(source).where(articles.c.seq > complete, vectors.c.digest.is_(None))


def store(conn: Connection, model: int, digests: Sequence[str], encoded: Vectors) -> int:
    """Keep the vectors of those of the digests that some passage still has, and say how many were new."""
    used = set(conn.execute(select(passages.c.digest).where(among(passages.c.digest, digests))).scalars())
    stored = set(
        conn.execute(select(vectors.c.digest).where(vectors.c.model == model, among(vectors.c.digest, digests))).scalars()
    )
    halves = encoded.astype(_STORED)
    new = {digest: half.tobytes() for digest, half in zip(digests, halves, strict=True) if digest in used - stored}
    if new:
        values = [{"digest": digest, "model": model, "vector": vector} for digest, vector in new.items()]
        conn.execute(dialects.insert(conn, vectors).on_conflict_do_nothing(), values)
    settle(conn, model)
    return len(new)


def settle(conn: Connection, model: int) -> None:
    """Note how far of the change log everything has its vector, so that it need not be looked at again.

    `store` does it; worth calling too after many changes that needed no encoding."""
    unready = first_unready(conn, model)
    complete = changes.seq(conn) if unready is None else unready - 1
    conn.execute(update(models).where(models.c.key == model, models.c.complete < complete).values(complete=complete))


def vectors_of(conn: Connection, model: int, keys: Sequence[int] | Keys) -> dict[int, tuple[Keys, Vectors] | None]:
    """For each of the articles its passages' keys, ascending, and their vectors; None where one has no vector yet.

    An article without passages, or that does not exist, has no keys and no vectors."""
    has = (vectors.c.digest == passages.c.digest) & (vectors.c.model == model)
    query = select(passages.c.article, passages.c.key, vectors.c.vector).select_from(passages.outerjoin(vectors, has))
    found: dict[int, list[tuple[int, bytes | None]]] = {int(key): [] for key in keys}
    for article, key, vector in conn.execute(
        query.where(among(passages.c.article, keys)).order_by(passages.c.article, passages.c.key)
    ):
        found[article].append((key, vector))
    dimension = _dimension(conn, model)
    return {article: _stack(pairs, dimension) for article, pairs in found.items()}


def _dimension(conn: Connection, model: int) -> int:
    dimension: int = conn.execute(select(models.c.dimension).where(models.c.key == model)).scalar_one()
    return dimension


def _stack(pairs: Sequence[tuple[int, bytes | None]], dimension: int) -> tuple[Keys, Vectors] | None:
    encoded = [vector for _, vector in pairs if vector is not None]
    if len(encoded) < len(pairs):
        return None
    return np.array([key for key, _ in pairs], dtype=np.int64), _decode(encoded, dimension)


def _decode(encoded: Sequence[bytes], dimension: int) -> Vectors:
    raw = np.frombuffer(b"".join(encoded), dtype=_STORED).reshape(len(encoded), dimension).astype(np.float32)
    lengths: NDArray[np.float32] = np.linalg.norm(raw, axis=1, keepdims=True)
    return np.divide(raw, lengths, out=raw, where=lengths > 0)


def replace_all(conn: Connection, key: int, drafts: Sequence[PassageDraft], now: Moment) -> int:
    """Give the article other passages, split for another model. It moves to the end of the change log: the new seq.

    Raises KeyError when there is no such article."""
    id: str | None = conn.execute(select(articles.c.id).where(articles.c.key == key)).scalar_one_or_none()
    if id is None:
        raise KeyError(key)
    digests = saving.passage_digests(conn, key)
    conn.execute(delete(passages).where(passages.c.article == key))
    content.insert_passages(conn, key, drafts)
    totals.add(conn, passages=len(drafts) - len(digests))
    saving.drop_unused_vectors(conn, digests)
    return changes.touch(conn, key, id, deleted=False, now=now)


def coverage(conn: Connection, model: int) -> Coverage:
    """What lacks its vector is counted, in the time that so many rows take."""
    stored = totals.read(conn)
    lacking, waiting = conn.execute(_lacking(model, func.count(), func.count(distinct(articles.c.key)))).one()
    return Coverage(*stored, encoded=stored.passages - lacking, articles_pending=waiting)
