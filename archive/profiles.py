"""What an article says in short, kept, so that it can be set beside others: names, word sequences, title, addresses."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING, Final

import numpy as np

from archive.copies import are_parts
from archive.likeness import nearness
from archive.memory import Memory
from archive.names import names
from archive.relations import ALIKE, RELATIONS, Relation, Signals, relation
from archive.seeds import Source
from archive.shelf import Shelf
from archive.shingles import Shingles, in_common, shingles, title_words
from archive.standing import Standing
from archive.urls import normalize
from db import Connection
from db.records import Article
from lexical import analyze

if TYPE_CHECKING:
    from archive.archive import Archive

PROFILES_KEPT: Final = 500
"""Some 5 MB."""
LEAD: Final = 500
"""Characters."""
FEW_NAMES: Final = 4.0
"""Added to what both could share, in units of idf: two texts with a single name each have said little by having the same."""

_DAY_MICROS = 86_400_000_000
_ADDRESS = re.compile(r"https?://[^\s<>\"“”)\]]+")


@dataclass(frozen=True, slots=True)
class Profile:
    names: frozenset[str]
    """Analysed as the word index does it."""
    lead: frozenset[str]
    """Those in the title and the beginning: who and where, in news."""
    spelled: str
    """The names as they were written."""
    title: str
    shingles: Shingles
    addresses: frozenset[str]
    """Its own."""
    links: frozenset[str]
    """Addresses that it names, in its text or among its references."""
    published: int | None
    """Microseconds."""

    @classmethod
    def of(cls, title: str, paragraphs: Sequence[str], article: Article | None = None) -> "Profile":
        text = "\n".join((title, *paragraphs))
        found, first = sorted(names(text)), names(text[: len(title) + LEAD])
        published = article.published_at if article else None
        return cls(
            names=frozenset(word for name in found for word in analysed(name)),
            lead=frozenset(word for name in first for word in analysed(name)),
            spelled=" ".join(found),
            title=title,
            shingles=shingles(text),
            addresses=addresses(article) if article else frozenset(),
            links=links(article) if article else frozenset(),
            published=published.micros if published else None,
        )

    @classmethod
    def of_article(cls, article: Article) -> "Profile":
        return cls.of(article.title, [paragraph.text for paragraph in article.paragraphs], article)


class Profiles:
    """Of the articles asked for lately. Safe for several threads."""

    def __init__(self, shelf: Shelf) -> None:
        """`shelf`: where the articles are that are shown too."""
        self._shelf = shelf
        self._held: Memory[tuple[int, int], Profile] = Memory(PROFILES_KEPT)

    def of(self, conn: Connection, states: Iterable[tuple[int, int]]) -> dict[int, Profile]:
        """By key, of those of the articles that are in that state: a key and a place in the change log."""
        held = {state: self._held.get(state) for state in states}
        found = {key: profile for (key, _), profile in held.items() if profile is not None}
        missing = dict(state for state, profile in held.items() if profile is None)
        for key, shelved in self._shelf.take(conn, missing).items() if missing else ():
            found[key] = Profile.of_article(shelved.article)
            self._held.keep((key, shelved.article.seq), found[key])
        return found


def relations(
    archive: "Archive", conn: Connection, standing: Standing, sources: Sequence[Source], keys: Sequence[int]
) -> dict[int, Relation]:
    """What each of the articles is to any of the sources, the closest; those of which nothing can be said are not there."""
    found: dict[int, Relation] = {}
    for source in sources:
        for key, seen in signals(archive, conn, standing, source, keys).items():
            known = {relation(seen), found.get(key)} - {None}
            if known:
                found[key] = next(closest for closest in RELATIONS if closest in known)
    return found


def signals(archive: "Archive", conn: Connection, standing: Standing, source: Source, keys: Sequence[int]) -> dict[int, Signals]:
    """Of each of the articles, beside the source; without those that are no longer there. Names are looked at where the passages
    meet as they do in reports of one event."""
    versions = standing.versions
    wanted = [key for key in (*keys, source.key) if key is not None and key < len(versions)]
    known = archive.profiles.of(conn, [(key, int(versions[key])) for key in wanted])
    seed = known.get(source.key) if source.key is not None else None
    own = seed or Profile.of(source.title, source.paragraphs, source.article)
    listed = np.array(sorted(known.keys() & set(keys)), np.int64)
    alike = nearness(archive.indexer.vectors.index, source, listed)
    told_alike = [known[key].spelled for key in listed[alike >= ALIKE].tolist()]
    rarity = archive.indexer.words.articles.weights([" ".join((own.spelled, *told_alike))])[0] if told_alike else {}
    return {key: beside(own, known[key], float(cosine), rarity) for key, cosine in zip(listed.tolist(), alike, strict=True)}


def beside(seed: Profile, item: Profile, alike: float, rarity: Mapping[str, float]) -> Signals:
    """`rarity`: the idf of every name of both."""
    common = in_common(seed.shingles, item.shingles)
    sizes = len(seed.shingles), len(item.shingles)
    dated = seed.published is not None and item.published is not None
    return Signals(
        alike=alike,
        named=_named(seed.names, item.names, rarity) if rarity else 0.0,
        led=_led(seed, item, rarity) if rarity else 0.0,
        resemblance=common / (sum(sizes) - common),
        containment=common / min(sizes),
        titled=_titled(seed.title, item.title),
        numbered_apart=are_parts(seed.title, item.title),
        same_address=bool(seed.addresses & item.addresses),
        days=((item.published or 0) - (seed.published or 0)) / _DAY_MICROS if dated else None,
        cites=bool(seed.links & item.addresses),
        cited_by=bool(item.links & seed.addresses),
    )


def _named(one: frozenset[str], other: frozenset[str], rarity: Mapping[str, float]) -> float:
    both = math.sqrt(_mass(one, rarity) * _mass(other, rarity))
    return _mass(one & other, rarity) / (both + FEW_NAMES)


def _led(one: Profile, other: Profile, rarity: Mapping[str, float]) -> float:
    """The geometric mean of both ways."""
    return math.sqrt(_found(one.lead, other.names, rarity) * _found(other.lead, one.names, rarity))


def _found(names: frozenset[str], among: frozenset[str], rarity: Mapping[str, float]) -> float:
    return _mass(names & among, rarity) / (_mass(names, rarity) + FEW_NAMES)


def _mass(words: frozenset[str], rarity: Mapping[str, float]) -> float:
    return math.fsum(map(rarity.get, words, repeat(0.0)))


def _titled(one: str, other: str) -> float:
    left, right = set(title_words(one)), set(title_words(other))
    return len(left & right) / max(1, len(left | right))


def addresses(article: Article) -> frozenset[str]:
    return _keys(url for url in (article.url, article.canonical_url) if url)


def links(article: Article) -> frozenset[str]:
    named = [reference.url for reference in article.references if reference.url]
    texts = (paragraph.text for paragraph in article.paragraphs if "http" in paragraph.text)
    return _keys([*named, *(url.rstrip(".,;:") for text in texts for url in _ADDRESS.findall(text))])


def _keys(urls: Iterable[str]) -> frozenset[str]:
    return frozenset(key for key in map(_key, urls) if key)


def _key(url: str) -> str | None:
    try:
        return normalize(url)
    except ValueError:
        return None


@lru_cache(4_096)
def analysed(word: str) -> tuple[str, ...]:
    return tuple(analyze(word))
