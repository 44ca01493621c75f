"""Why two articles are related, with the evidence."""

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from archive.alignment import best_pairs
from archive.answers import PassagePair, Why
from archive.profiles import Profile, addresses, analysed, links
from archive.rankings import Page
from archive.seeds import Source, stored_vectors
from db import Connection, passages
from db.records import Article, Passage, Vectors

if TYPE_CHECKING:
    from archive.archive import Archive

PAIRS: Final = 3
TERMS: Final = 8
RARE: Final = 0.6
"""A shared word tells something if its idf is at least this share of that of a word which only two articles use."""

_WORD = re.compile(r"\w+")
_DAY_MICROS = 86_400_000_000


def why(archive: "Archive", conn: Connection, seeds: Sequence[Source], page: Page) -> dict[int, Why]:
    """For each article of the page, what it has in common with the seeds."""
    profiles = archive.profiles.of(conn, [(key, shelved.article.seq) for key, shelved in page.articles.items()])
    parts = passages.of_articles(conn, page.keys)
    terms = _SharedTerms(archive, seeds)
    stored = [_Seed(source.article) for source in seeds if source.article is not None]
    found = {}
    for key, shelved in page.articles.items():
        article = shelved.article
        vectors = stored_vectors(archive, conn, key, parts.get(key, []))
        pairs = _pairs(seeds, article, parts[key], vectors) if vectors is not None else []
        found[key] = _reasons(stored, article, profiles[key], pairs, terms.of(article))
    return found


class _Seed:
    """A stored one, and the addresses that are its own and that it names."""

    def __init__(self, article: Article) -> None:
        self.article = article
        self.addresses = addresses(article)
        self.links = links(article)


def _reasons(seeds: Sequence[_Seed], article: Article, profile: Profile, pairs: list[PassagePair], terms: list[str]) -> Why:
    return Why(
        pairs=pairs,
        shared_terms=terms,
        shared_tags=_shared([seed.article.tags for seed in seeds], article.tags),
        shared_authors=_shared([seed.article.authors for seed in seeds], article.authors),
        days_apart=_days_apart([seed.article for seed in seeds], article),
        cites=any(seed.links & profile.addresses for seed in seeds),
        cited_by=any(profile.links & seed.addresses for seed in seeds),
    )


def _pairs(sources: Sequence[Source], article: Article, parts: Sequence[Passage], vectors: Vectors) -> list[PassagePair]:
    """The closest passages, over all seeds; what many articles repeat last."""
    body = "\n\n".join(paragraph.text for paragraph in article.paragraphs)
    found = [(pair, source) for source in sources for pair in best_pairs(source.passages, vectors, PAIRS)]
    shown = []
    for pair, source in sorted(found, key=lambda each: -each[0].weight)[:PAIRS]:
        part = parts[pair.other]
        shown.append(
            PassagePair(
                seed_paragraph_id=_paragraph_id(source.article, source.parts[pair.mine].paragraph),
                seed_text=source.passage(pair.mine),
                paragraph_id=_paragraph_id(article, part.paragraph) or article.id,
                text=body[part.start : part.end] or article.title,
                similarity=round(pair.cosine, 4),
            )
        )
    return shown


def _paragraph_id(article: Article | None, ordinal: int) -> str | None:
    if article is None or ordinal >= len(article.paragraphs):
        return None
    return article.paragraphs[ordinal].id


class _SharedTerms:
    """The rare words that an article shares with the seeds, as the article writes them, the rarest first."""

    def __init__(self, archive: "Archive", sources: Sequence[Source]) -> None:
        index = archive.indexer.words.articles
        least = RARE * math.log(1 + max(0.0, len(index) - 1.5) / 2.5)
        self._telling = {
            word: weight
            for weights in index.weights([source.telling for source in sources])
            for word, weight in weights.items()
            if weight >= least and not word.isdigit() and len(word) > 2
        }

    def of(self, article: Article) -> list[str]:
        text = "\n".join((article.title, *(paragraph.text for paragraph in article.paragraphs)))
        shared: dict[str, str] = {}
        for word in dict.fromkeys(_WORD.findall(text)):
            for term in analysed(word):
                if term in self._telling:
                    shared.setdefault(term, word)
        return [shared[term] for term in sorted(shared, key=lambda term: (-self._telling[term], term))[:TERMS]]


def _shared(many: Sequence[Sequence[str]], values: Sequence[str]) -> list[str]:
    folded = {value.casefold() for seed in many for value in seed}
    return [value for value in values if value.casefold() in folded]


def _days_apart(seeds: Sequence[Article], article: Article) -> int | None:
    """From the nearest seed in time, in whole days."""
    if article.published_at is None:
        return None
    micros = article.published_at.micros
    apart = [abs(seed.published_at.micros - micros) // _DAY_MICROS for seed in seeds if seed.published_at is not None]
    return min(apart, default=None)
