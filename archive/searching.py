"""Search: by meaning and by words, one order out of both, joined to the database."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from archive import fusion
from archive.answers import LexicalSignal, Rejected, SearchAnswer, SearchItem, SemanticSignal, Signals
from archive.browsing import facet_values
from archive.candidates import Candidates, Columns
from archive.clock import now
from archive.diversity import diversified
from archive.errors import EncoderNotReady, FieldError, InvalidRequest
from archive.finding import Coverage, found_by, said_by, word_index
from archive.legs import articles_of
from archive.matching import matches_of
from archive.queries import Query, middle, telling
from archive.queries import unit as unit_length
from archive.rankings import Candidate, Page, Ranking, index_state, open_page, wait_for
from archive.reading import also_in, present
from archive.refs import is_ref, resolve
from archive.relevance import FLOOR
from archive.requests import SearchRequest
from archive.standing import Standing
from archive.yardstick import UNMEASURED
from db import Connection, articles, browse
from embeddings import Vectors
from lexical import Words

if TYPE_CHECKING:
    from archive.archive import Archive

_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”')
UNLIKE_WEIGHT = 0.5
FACET_VALUES = 50
REJECTED_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Details:
    """What is remembered of a search beside its ranking. `found`: all that were found; `rejected`: the best of those that are not
    relevant enough."""

    query: Query
    coverage: Coverage
    found: Columns
    rejected: Columns


def search(archive: "Archive", request: SearchRequest) -> SearchAnswer:
    started = time.perf_counter()
    archive.indexer.keep_pace()
    wait_for(archive, request.min_seq)
    with archive.db.read() as conn:
        page = open_page(archive, conn, request, lambda standing: _rank(archive, conn, standing, request))
        items = _items(archive, conn, request, page)
        facets = _facets(conn, request, page.ranking)
        rejected = _rejected(archive, conn, request, page.ranking)
        index = index_state(archive, conn, page)
    ranking = page.ranking
    return SearchAnswer(
        query=request.model_dump(exclude_defaults=True) | {"q": request.q, "mode": request.mode, "level": request.level},
        mode_used=cast(Literal["hybrid", "semantic", "lexical"], ranking.mode_used),
        degraded=ranking.degraded,
        warnings=list(ranking.warnings),
        items=items,
        rejected=rejected,
        count=ranking.count,
        facets=facets,
        index=index,
        took_ms=round((time.perf_counter() - started) * 1000, 2),
        next=page.next,
    ).at(page.moment)


def expecting(archive: "Archive", request: SearchRequest) -> AbstractContextManager[None]:
    """While a search waits for its turn: its query is on the way through the model already."""
    asked = _meant(request)
    if request.mode == "lexical" or request.cursor or not asked or not archive.indexer.encoder_ready:
        return nullcontext()
    return archive.indexer.queries.ahead(asked)


def words_of(q: str) -> Words:
    """The query's free words, and its quoted ones as phrases that must occur."""
    phrases = tuple(quoted[0] or quoted[1] for quoted in _QUOTED.findall(q))
    return Words(_QUOTED.sub(" ", q), tuple(phrase for phrase in phrases if phrase.strip()))


# Ranking


def _rank(archive: "Archive", conn: Connection, standing: Standing, request: SearchRequest) -> Ranking:
    words, examples = _asked(archive, conn, request)
    vector, problems = _vector(archive, request, words, examples)
    marked = telling(words, archive.indexer.words.articles)
    among = articles.keys(conn, request.filters()) if request.filters() else None
    said = said_by(archive, conn, standing, request, words, marked, among)
    query = Query(
        words=words,
        marked=marked,
        vector=vector and vector(),
        leave_out=frozenset(example.key for example in examples if example.key is not None),
        yardstick=archive.indexer.yardstick() if vector else UNMEASURED,
        scale=word_index(archive, request).scale(words),
    )
    found = found_by(archive, conn, standing, request, query, said, among)
    every, rejected = _admitted(request, query, found.columns)
    candidates = Candidates(_without_copies(every) if _collapses(request) else every, every)
    return Ranking(
        candidates=_ordered(archive, request, candidates),
        complete=found.beyond < _least(request),
        mode_used=found.mode_used,
        degraded=bool(problems),
        warnings=(*problems, *_nothing(request, every, rejected)),
        details=Details(query, found.coverage, every, rejected),
    )


def _asked(archive: "Archive", conn: Connection, request: SearchRequest) -> tuple[Words, "list[_Example]"]:
    """The words to look for, those of liked examples too, and all examples, the liked ones first."""
    words = words_of(request.q)
    if not words.text.strip() and not words.phrases and not request.like:
        raise InvalidRequest("Nothing is asked for: give `q` or `like`.", [FieldError("/q", "must not be empty without `like`")])
    if request.mode == "lexical" and not request.q.strip():
        raise InvalidRequest("mode=lexical needs words to look for.", [FieldError("/q", "must not be empty with mode=lexical")])
    examples = [_Example.of(archive, conn, text) for text in (*request.like, *request.unlike)]
    liked = examples[: len(request.like)]
    if liked:
        words = replace(words, text="\n".join((words.text, *(example.text for example in liked))))
    return words, examples


@dataclass(frozen=True, slots=True)
class _Example:
    """An article or a text that answers should, or should not, resemble."""

    text: str
    key: int | None

    @classmethod
    def of(cls, archive: "Archive", conn: Connection, text: str) -> "_Example":
        if not is_ref(text):
            return cls(text, None)
        key = resolve(conn, text)
        article = articles.many(conn, [key], paragraphs=True)[key]
        return cls("\n\n".join((article.title, *(paragraph.text for paragraph in article.paragraphs))), key)


def _vector(
    archive: "Archive", request: SearchRequest, words: Words, examples: "Sequence[_Example]"
) -> tuple[Callable[[], Vectors] | None, list[str]]:
    """The query's place among the passages, which is being worked out until it is asked for. Quoted words alone have none: they
    say what must occur, not what is meant."""
    if request.mode == "lexical" or not (words.text.strip() or examples or request.mode == "semantic"):
        return None, []
    try:
        archive.indexer.require_encoder()
    except EncoderNotReady as error:
        if request.mode == "semantic":
            raise
        return None, [f"Meaning could not be searched, only words: {error.detail}"]
    asked = _meant(request)
    weights = [1.0] * (bool(asked) + len(request.like)) + [-UNLIKE_WEIGHT] * len(request.unlike)
    texts = [*([asked] if asked else []), *(example.text for example in examples)]
    begun = [archive.indexer.queries.begin(text) for text in texts]
    return lambda: unit_length(np.array(weights, np.float32) @ np.array([middle(passages()) for passages in begun])), []


def _meant(request: SearchRequest) -> str:
    """What of the query goes through the model: quoted words too, without the quotation marks."""
    return request.q.replace('"', " ").strip()


def _admitted(request: SearchRequest, query: Query, found: Columns) -> tuple[Columns, Columns]:
    """Those that are relevant enough, and the best of the others."""
    if query.leave_out:
        found = found.take(~np.isin(articles_of(found.units), list(query.leave_out)))
    enough = found.relevance >= _least(request)
    others = np.flatnonzero(~enough)
    return found.take(enough), found.take(others[np.argsort(-found.relevance[others], kind="stable")][:REJECTED_SHOWN])


def _least(request: SearchRequest) -> float:
    return FLOOR if request.min_relevance is None else request.min_relevance


def _nothing(request: SearchRequest, found: Columns, rejected: Columns) -> list[str]:
    """What to say of an answer that is empty because nothing is relevant enough."""
    if len(found) or not len(rejected):
        return []
    best = rejected.relevance.max()
    return [
        f"Nothing here seems to be about this: the most relevant article that was found has {best:.3f}, and less than "
        f"{_least(request):g} is not shown. Ask with min_relevance=0 for all of them, or with explain=true for the best."
    ]


def _collapses(request: SearchRequest) -> bool:
    return request.collapse and request.level == "article"


def _without_copies(found: Columns) -> Columns:
    """Articles with the very same text once, the best ranked one for all."""
    _, first = np.unique(found.texts, return_index=True)
    return found if len(first) == len(found) else found.take(np.sort(first))


def _ordered(archive: "Archive", request: SearchRequest, found: Candidates) -> Sequence[Candidate]:
    columns = found.columns
    if request.recency is not None:
        columns = columns.aged(request.recency, now().micros)
    if request.sort != "relevance":
        return Candidates(columns.by_date(newest_first=request.sort.startswith("-")), found.everything)
    ordered = Candidates(columns, found.everything)
    return diversified(ordered, archive.indexer.vectors.index, request.diversity) if request.diversity else ordered


# Showing


def _items(archive: "Archive", conn: Connection, request: SearchRequest, page: Page) -> list[SearchItem]:
    query: Query = page.ranking.details.query
    matches = matches_of(archive, request, query, page)
    others = [key for _, candidate, _ in page.items for key in candidate.also]
    copies = articles.many(conn, others) if others else {}
    return [
        SearchItem(
            rank=rank,
            article=present(shelved.article, request.include) if request.include else shelved.shown,
            relevance=round(candidate.relevance, 4),
            score=round(candidate.score, 6),
            signals=_signals(candidate),
            matches=matches[candidate.article, candidate.ordinal],
            also_in=[also_in(copies[key]) for key in candidate.also if key in copies],
            explain=_explained(candidate, page.ranking.details) if request.explain else None,
        )
        for rank, candidate, shelved in page.items
    ]


def _signals(candidate: Candidate) -> Signals:
    return Signals(
        semantic=SemanticSignal(similarity=round(candidate.similarity, 4), rank=candidate.semantic_rank)
        if candidate.similarity is not None and candidate.semantic_rank is not None
        else None,
        lexical=LexicalSignal(bm25=round(candidate.bm25, 4), rank=candidate.lexical_rank)
        if candidate.bm25 is not None and candidate.lexical_rank is not None
        else None,
    )


def _explained(candidate: Candidate, details: Details) -> dict[str, Any]:
    query = details.query
    place = query.yardstick.place(candidate.similarity) if candidate.similarity is not None else None
    return {
        "score": f"{fusion.MEANING} x place of the similarity + {fusion.WORDS} x deviations of BM25, asked again"
        " with the best answers, as a logistic function; then recency and diversity",
        "semantic_rank": candidate.semantic_rank,
        "lexical_rank": candidate.lexical_rank,
        "place": None if place is None else round(place, 4),
        "yardstick": {"strangers": round(query.yardstick.strangers, 4), "answers": round(query.yardstick.answers, 4)},
        "bm25_full": round(query.scale.full, 4),
        "bm25_deviation": round(query.scale.deviation, 4),
        "coverage": round(details.coverage.sure, 4),
    }


def _rejected(archive: "Archive", conn: Connection, request: SearchRequest, ranking: Ranking) -> list[Rejected]:
    if not request.explain:
        return []
    candidates = Candidates(ranking.details.rejected, ranking.details.rejected)[:]
    found = archive.shelf.take(conn, {candidate.article: candidate.seq for candidate in candidates})
    return [
        Rejected(article=found[candidate.article].shown, relevance=round(candidate.relevance, 4), signals=_signals(candidate))
        for candidate in candidates
        if candidate.article in found
    ]


def _facets(conn: Connection, request: SearchRequest, ranking: Ranking) -> Mapping[str, Any]:
    if not request.facets:
        return {}
    found = np.unique(articles_of(ranking.details.found.units))
    return facet_values(browse.facets(conn, found, request.facets, FACET_VALUES))
