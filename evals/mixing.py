"""Vectors for measuring size: real ones, and as many more as are wanted, mixed from them.

The real ones are passages of the collection `lctt_en`, encoded as the archive encodes them; the queries are titles of articles
that are left out. A mixed vector lies between a real one and one of its ten nearest neighbours, at random, moved by the
difference of two others of those neighbours times a normal number. So what is near stays near, the spread is that of the place,
and its direction one that real vectors take there: mixed from a fifth of them, the cosines to the first and the tenth neighbour
are 0.85 and 0.66 where real ones have 0.80 and 0.63, and as many directions matter (104 and 100, by the eigenvalues' spread).
"""

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.passages import context, encoded, split
from embeddings import Encoder, Vectors, load_encoder
from evals.collections import data_folder

Halves = NDArray[np.float16]
QUERIES = 1000
NEIGHBOURS = 10
AT_ONCE = 20_000


@dataclass(frozen=True)
class Source:
    """Real vectors, unit length, and vectors of queries."""

    vectors: Vectors
    queries: Vectors
    neighbours: NDArray[np.int64]

    @classmethod
    def of(cls, vectors: Vectors, queries: Vectors) -> "Source":
        import faiss

        _, nearest = faiss.knn(vectors, vectors, NEIGHBOURS + 1, metric=faiss.METRIC_INNER_PRODUCT)
        return cls(vectors, queries, nearest[:, 1:])

    def mixed(self, count: int, seed: int) -> Iterator[Halves]:
        """So many vectors, some thousands at a time."""
        rng = np.random.default_rng(seed)
        for start in range(0, count, AT_ONCE):
            size = min(AT_ONCE, count - start)
            base = rng.integers(len(self.vectors), size=size)
            other, one, two = (self.neighbours[base, rng.integers(NEIGHBOURS, size=size)] for _ in range(3))
            share = rng.random((size, 1), dtype=np.float32)
            spread = rng.standard_normal((size, 1), dtype=np.float32)
            between = (1 - share) * self.vectors[base] + share * self.vectors[other]
            yield _unit(between + spread * (self.vectors[one] - self.vectors[two])).astype(np.float16)


def real(keep: Path, count: int) -> Source:
    """Encoded once, and kept in that folder: 60,000 passages take 7 minutes of two cores. Raises FileNotFoundError."""
    if not (keep / "vectors.npy").exists():
        keep.mkdir(parents=True, exist_ok=True)
        encoder = load_encoder(cache=keep / "models")
        articles = _articles()
        random.Random(7).shuffle(articles)
        np.save(keep / "queries.npy", encoder.encode([article["title"] for article in articles[:QUERIES]]))
        np.save(keep / "vectors.npy", np.concatenate(list(_passages(encoder, articles[QUERIES:], count))))
    vectors = _unit(np.load(keep / "vectors.npy")[:count].astype(np.float32))
    queries = np.load(keep / "queries.npy").astype(np.float32)
    neighbours = keep / f"neighbours-{len(vectors)}.npy"
    if not neighbours.exists():
        np.save(neighbours, Source.of(vectors, queries).neighbours)
    return Source(vectors, queries, np.load(neighbours))


def made_up(count: int, dimension: int) -> Source:
    """Clusters at random, where only the measuring is measured."""
    rng = np.random.default_rng(0)
    places = rng.standard_normal((50, dimension), dtype=np.float32)
    vectors, queries = (
        _unit(places[rng.integers(50, size=n)] + 0.5 * rng.standard_normal((n, dimension), dtype=np.float32)) for n in (count, 50)
    )
    return Source.of(vectors, queries)


def _articles() -> list[dict[str, Any]]:
    with gzip.open(data_folder() / "lctt_en" / "articles.jsonl.gz", "rt") as lines:
        articles = [json.loads(line) for line in lines]
    return [article for article in articles if article.get("title") and article.get("text")]


def _passages(encoder: Encoder, articles: list[dict[str, Any]], count: int) -> Iterator[Halves]:
    done = 0
    for article in articles:
        paragraphs = [part for part in article["text"].split("\n\n") if part.strip()]
        body, head = "\n\n".join(paragraphs), context(article["title"], encoder)
        found = split(article["title"], paragraphs, encoder)
        yield encoder.encode([encoded(head, body[part.start : part.end]) for part in found], bulk=True).astype(np.float16)
        done += len(found)
        if done >= count:
            return


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
