"""What related articles should be related to, ready to compare."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from archive.alignment import BOILERPLATE, Passages
from archive.passages import context, encoded, split
from archive.refs import resolve
from archive.requests import Seed
from db import Connection, passages
from db import seeds as reading
from db.records import Article, Passage, PassageDraft, Vectors

if TYPE_CHECKING:
    from archive.archive import Archive

FEW: Final = 3
"""Articles of the archive that may use a paragraph before it counts for less: copies and quotations are not boilerplate."""


@dataclass(frozen=True, slots=True)
class Source:
    """A seed: an article of the archive (`key`) or a text. `parts` says where in the body each of the passages is."""

    key: int | None
    title: str
    paragraphs: Sequence[str]
    parts: Sequence[Passage | PassageDraft]
    passages: Passages
    weight: float
    text: str
    """All of it."""
    telling: str
    """All of it but what many articles repeat: the words that are looked for."""
    article: Article | None
    """With paragraphs and references, where the whole of a stored article was asked for."""

    @classmethod
    def of(
        cls,
        key: int | None,
        title: str,
        paragraphs: Sequence[str],
        parts: Sequence[Passage | PassageDraft],
        vectors: Vectors,
        weight: float,
        article: Article | None = None,
        uses: Sequence[int] = (),
    ) -> "Source":
        """`uses`: how many paragraphs of the archive say the same as each, as far as is known."""
        tokens = np.array([max(1, part.tokens) for part in parts], np.float32)
        rare = [min(1.0, FEW / max(1, count)) for count in uses or [1] * len(paragraphs)]
        text = "\n\n".join((title, *paragraphs))
        telling = [paragraph for paragraph, rarity in zip(paragraphs, rare, strict=True) if rarity >= BOILERPLATE]
        own = Passages(vectors, tokens, _rarity(parts, paragraphs, rare))
        return cls(key, title, paragraphs, parts, own, weight, text, "\n\n".join((title, *telling)), article)

    def passage(self, number: int) -> str:
        """What one of the passages says."""
        part = self.parts[number]
        return "\n\n".join(self.paragraphs)[part.start : part.end] or self.title


def sources(archive: "Archive", conn: Connection, seeds: Sequence[Seed], *, whole: bool) -> list[Source]:
    """`whole`: with the stored articles. Raises the errors of refs, and EncoderNotReady for what is not encoded yet."""
    return [_source(archive, conn, seed, whole) for seed in seeds]


def _source(archive: "Archive", conn: Connection, seed: Seed, whole: bool) -> Source:
    if seed.ref is not None:
        return stored(archive, conn, resolve(conn, seed.ref), seed.weight, whole=whole)
    title, paragraphs = _read(seed.text or "")
    parts, vectors = _encoded(archive, title, paragraphs)
    return Source.of(None, title, paragraphs, parts, vectors, seed.weight)


def stored(archive: "Archive", conn: Connection, key: int, weight: float = 1.0, *, whole: bool = False) -> Source:
    """The article as the database has it; what of it has no vector yet is encoded here."""
    article = _whole(archive, conn, key) if whole else None
    title, paragraphs, uses = reading.wording(conn, key)
    known = reading.parts(conn, key)
    parts: Sequence[Passage | PassageDraft] = known
    vectors = stored_vectors(archive, conn, key, known)
    if vectors is None:
        parts, vectors = _encoded(archive, title, paragraphs)
    return Source.of(key, title, paragraphs, parts, vectors, weight, article, uses)


def _whole(archive: "Archive", conn: Connection, key: int) -> Article | None:
    seq = int(archive.standings.at(conn).versions[key])
    shelved = archive.shelf.take(conn, {key: seq}).get(key)
    return None if shelved is None else shelved.article


def stored_vectors(archive: "Archive", conn: Connection, key: int, parts: Sequence[Passage]) -> Vectors | None:
    """Of these passages, which are all of the article: from the index, if it has the same, else from the database. None if one
    has none yet, or there are no passages."""
    if not parts:
        return None
    held = archive.indexer.vectors.index.entries([key])
    if held.ids.tolist() == [part.key for part in parts]:
        return held.vectors
    found = passages.vectors_of(conn, archive.indexer.model, [key])[key]
    return None if found is None else found[1]


def _rarity(
    parts: Sequence[Passage | PassageDraft], paragraphs: Sequence[str], rare: Sequence[float]
) -> NDArray[np.float32] | None:
    """(parts,): of each passage the mean over what it has of the paragraphs, by length; None if nothing is repeated much."""
    if min(rare, default=1.0) == 1.0:
        return None
    lengths = np.array([len(paragraph) for paragraph in paragraphs])
    ends = np.cumsum(lengths + len("\n\n"))  # as the body has them
    found = []
    for part in parts:
        shares = np.minimum(part.end, ends) - np.maximum(part.start, ends - lengths - len("\n\n"))
        found.append(np.average(rare, weights=np.maximum(shares, 0) + 1e-6))
    return np.array(found, np.float32)


def _encoded(archive: "Archive", title: str, paragraphs: Sequence[str]) -> tuple[Sequence[PassageDraft], Vectors]:
    archive.indexer.require_encoder()
    parts = split(title, paragraphs, archive.encoder)
    body = "\n\n".join(paragraphs)
    head = context(title, archive.encoder)
    return parts, archive.indexer.queries.encode([encoded(head, body[part.start : part.end]) for part in parts])


def _read(text: str) -> tuple[str, list[str]]:
    """A short first line before others is the title of a text."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    if len(paragraphs) > 1 and len(paragraphs[0]) <= 200 and "\n" not in paragraphs[0]:
        return paragraphs[0], paragraphs[1:]
    return "", paragraphs or [text]
