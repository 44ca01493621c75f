"""Near duplicates: articles that share most of their word sequences.

Resemblance as in Broder, "On the resemblance and containment of documents" (1997): the Jaccard coefficient of the sets of
shingles, runs of four words.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from archive.rankings import Candidate
from db import Connection, articles

WORDS: Final = 4
RESEMBLANCE: Final = 0.5
"""From here on two articles are copies: an agency's piece and its slight rewrite share about two thirds."""
COMPARED: Final = 200
"""Candidates that are compared with each other; of those further down only exact copies are found."""

_WORD = re.compile(r"\w+")

Shingles = frozenset[tuple[str, ...]]


def shingles(text: str) -> Shingles:
    words = _WORD.findall(text.casefold())
    return frozenset(tuple(words[at : at + WORDS]) for at in range(max(1, len(words) - WORDS + 1)))


def resemblance(one: Shingles, other: Shingles) -> float:
    """0 to 1."""
    union = len(one | other)
    return len(one & other) / union if union else 0.0


def without_near_copies(
    conn: Connection, candidates: Sequence[Candidate], seeds: Sequence[tuple[str, int | None]]
) -> tuple[list[Candidate], list[int]]:
    """The candidates, each of several copies once with the others in `also`; and the keys of those that are copies of a seed."""
    found = articles.many(conn, [candidate.article for candidate in candidates[:COMPARED]], paragraphs=True)
    texts = {key: shingles("\n".join((article.title, *(p.text for p in article.paragraphs)))) for key, article in found.items()}
    own = [shingles(text) for text, _ in seeds]
    kept: list[Candidate] = []
    copies: list[int] = []
    by_text: dict[str, int] = {}
    for candidate in candidates:
        mine = texts.get(candidate.article)
        if mine is not None and any(resemblance(mine, seed) >= RESEMBLANCE for seed in own):
            copies.append(candidate.article)
            continue
        at = by_text.get(candidate.text)
        if at is None and mine is not None:
            at = next((n for n, other in enumerate(kept) if _are_copies(mine, texts.get(other.article))), None)
        if at is None:
            by_text[candidate.text] = len(kept)
            kept.append(candidate)
        else:
            kept[at] = replace(kept[at], also=(*kept[at].also, candidate.article))
    return kept, copies


def _are_copies(one: Shingles, other: Shingles | None) -> bool:
    if other is None or not (0.5 <= len(one) / max(1, len(other)) <= 2):
        return False
    return resemblance(one, other) >= RESEMBLANCE
