"""Whether the encoder was made for the languages of the articles."""

from collections.abc import Mapping

from db import Connection, languages, totals
from embeddings import Encoder

_SAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "yue": "zh", "wuu": "zh", "cmn": "zh"}
"""Codes that cards and articles have for what is one language to a model."""
_FEW_IN = 100
_MANY = 1000
"""A hundredth of the articles is worth a warning, and so are this many."""
_NAMED = 3


class LanguageWarnings:
    """Counted anew only when the archive has changed."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._last: tuple[int, list[str]] = (-1, [])

    def at(self, conn: Connection, seq: int) -> list[str]:
        """What to know of the archive as it is at this place of its change log; usually nothing."""
        last, found = self._last
        if last != seq:
            found = warnings(languages.counts(conn), totals.read(conn).articles, self._encoder.name, self._encoder.languages)
            self._last = seq, found
        return list(found)


def warnings(counts: Mapping[str, int], articles: int, model: str, made_for: frozenset[str] | None) -> list[str]:
    """`counts`: how many of the articles are in which language. Nothing is said of a model that does not list its languages."""
    if made_for is None:
        return []
    known = {_SAME.get(code, code) for code in made_for}
    foreign = {code: count for code, count in counts.items() if _SAME.get(code, code) not in known}
    number = sum(foreign.values())
    if number == 0 or number < min(articles / _FEW_IN, _MANY):
        return []
    are = "is" if number == 1 else "are"
    return [
        f"{number:,} of {articles:,} articles {are} in {_listed(foreign)}, which {model} was not made for: words find them, "
        "meaning hardly. To find them by meaning, import into a new archive with a model that lists them (BACKFILE_MODEL)."
    ]


def _listed(foreign: Mapping[str, int]) -> str:
    """`de, fr or it`, most first; the rest is counted."""
    codes = sorted(foreign, key=lambda code: (-foreign[code], code))
    more = len(codes) - _NAMED
    named = codes if more <= 1 else [*codes[:_NAMED], f"{more} more languages"]
    return " or ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
