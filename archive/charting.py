"""The archive as a map of meaning: where each article lies on a plane, and what its regions are called.

Near articles lie near each other (t-SNE; van der Maaten and Hinton, 2008). Of a large archive, some articles are laid out so, and
the others are put beside those that they are most like. It is made in a process of its own, which may be killed at any time
(`python -m archive.charting INPUT OUTPUT`); the measurements are in docs/decisions/0019-map.md.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
"""float32 (n, 2)."""

LANDMARKS: Final = 4_000
"""Laid out by t-SNE, which takes 11 s for so many on one core; the others are put beside them."""
FEWEST: Final = 12
"""With fewer articles there are no neighbourhoods to keep: the two directions in which they differ most are the plane."""
ONE_THREAD: Final = 1
"""Several threads of a process that gives way to all others wait for each other most of the time."""
COMPONENTS: Final = 50
BESIDE: Final = 5
AT_ONCE: Final = 2_048
MOST_REGIONS: Final = 16
OF_A_REGION: Final = 25
"""Articles, at the least, on average."""
WORDS: Final = 2


def layout(vectors: NDArray[np.float32], before: Points | None = None) -> Points:
    """Where articles lie, each coordinate in -1 to 1. `vectors`: float32 (n, dimension), unit length; `before`: where they lay,
    NaN where that is not known: a map that is made anew looks like the one before."""
    count = len(vectors)
    if count < FEWEST:
        return _scaled(_plane(vectors))
    chosen = np.arange(count)
    if count > LANDMARKS:
        chosen = np.sort(np.random.default_rng(0).choice(count, LANDMARKS, replace=False))
    laid = _laid_out(vectors[chosen], None if before is None else before[chosen])
    return _scaled(laid if len(chosen) == count else _beside(vectors, vectors[chosen], laid))


def _plane(vectors: NDArray[np.float32]) -> Points:
    from sklearn.decomposition import PCA

    found = np.zeros((len(vectors), 2), np.float32)
    components = min(2, *vectors.shape)
    if len(vectors) > 1:
        found[:, :components] = PCA(components, random_state=0).fit_transform(vectors)
    return found


def _laid_out(vectors: NDArray[np.float32], before: Points | None) -> Points:
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    with threadpool_limits(ONE_THREAD):
        reduced = PCA(min(COMPONENTS, *vectors.shape), random_state=0).fit_transform(vectors)
    first = reduced[:, :2] / max(float(np.std(reduced[:, 0])), 1e-9)
    known = np.zeros(len(vectors), np.bool_) if before is None else np.isfinite(before[:, 0])
    if before is not None and known.mean() > 0.5:
        first = np.where(known[:, None], before, np.nanmean(before, axis=0))
    perplexity = min(30.0, (len(vectors) - 1) / 3)
    init = (first / max(float(np.std(first[:, 0])), 1e-9) * 1e-4).astype(np.float32)
    with threadpool_limits(ONE_THREAD):
        found: Points = TSNE(2, perplexity=perplexity, init=init, random_state=0, n_jobs=1).fit_transform(reduced)
    return found


def _beside(vectors: NDArray[np.float32], landmarks: NDArray[np.float32], laid: Points) -> Points:
    """Each in the middle of the landmarks it is most like, the nearest counting most."""
    found = np.empty((len(vectors), 2), np.float32)
    for start in range(0, len(vectors), AT_ONCE):
        alike = vectors[start : start + AT_ONCE] @ landmarks.T
        nearest = np.argpartition(-alike, BESIDE, axis=1)[:, :BESIDE]
        weights = np.exp(20 * (np.take_along_axis(alike, nearest, axis=1) - 1))
        weights /= weights.sum(axis=1, keepdims=True)
        found[start : start + AT_ONCE] = np.einsum("nk,nkd->nd", weights, laid[nearest])
    return found


def _scaled(points: Points) -> Points:
    if not len(points):
        return points
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    reach = float(np.abs(points - middle).max()) or 1.0
    scaled: Points = ((points - middle) / reach).astype(np.float32)
    return scaled


def regions(points: Points, titles: Sequence[str]) -> list[dict[str, Any]]:
    """Parts of the map with their names: the words that their titles have and others have not (TF-IDF, a region being a
    document). Each has its middle, and the places of its articles that lie nearest to it."""
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import TfidfTransformer
    from threadpoolctl import threadpool_limits

    wanted = min(MOST_REGIONS, len(points) // OF_A_REGION)
    if wanted < 2:
        return []
    with threadpool_limits(ONE_THREAD):
        of = KMeans(wanted, n_init=4, random_state=0).fit_predict(points)
    counts, words = _words(titles, of, wanted)
    telling = TfidfTransformer(sublinear_tf=True).fit_transform(counts).toarray() if words else np.zeros((wanted, 0))
    found = []
    for region in range(wanted):
        members = np.flatnonzero(of == region)
        middle = np.median(points[members], axis=0)
        near = members[np.argsort(np.linalg.norm(points[members] - middle, axis=1))[:BESIDE]]
        named = [words[at] for at in np.argsort(-telling[region])[:WORDS] if telling[region, at] > 0]
        found.append({"text": ", ".join(named), "x": float(middle[0]), "y": float(middle[1]), "central": near.tolist()})
    return [region for region in found if region["text"]]


def _words(titles: Sequence[str], of: NDArray[np.int32], count: int) -> tuple[Any, list[str]]:
    """How many titles of each region have each word. A word that one title has tells nothing of a region."""
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import CountVectorizer

    try:
        vectorizer = CountVectorizer(stop_words="english", min_df=2, binary=True, token_pattern=r"(?u)\b[^\W\d_]{3,}\b")
        found = vectorizer.fit_transform(titles)
    except ValueError:  # no word is left
        return None, []
    belongs = csr_matrix((np.ones(len(of)), (of, np.arange(len(of)))), (count, len(of)))
    return belongs @ found, vectorizer.get_feature_names_out().tolist()


def draw(given: Path, wanted: Path) -> None:
    with np.load(given) as arrays:
        vectors, before = arrays["vectors"], arrays["before"]
        titles: list[str] = json.loads(arrays["titles"].tobytes())
    points = layout(vectors, before if len(before) else None)
    names = np.frombuffer(json.dumps(regions(points, titles)).encode(), np.uint8)
    with wanted.open("wb") as file:
        np.savez(file, points=points, regions=names)
        file.flush()
        os.fsync(file.fileno())


if __name__ == "__main__":
    if sys.platform != "win32":
        os.nice(15)
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
