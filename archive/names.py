"""The names and numbers that a text uses: who, where, when and how many, which tell events of one kind apart."""

import re

_CANDIDATE = re.compile(r" (?<=[\w,)] )([^a-z\W_][^\W_]+)")
"""A word that no sentence begins with. The space comes first because that is what the engine looks for without trying."""
_ITEM = ("- ", "* ", "• ")
_LONGER = re.compile(r"[^\W\d_]{4,}")


def names(text: str) -> set[str]:
    """Words written large within a sentence, and numbers; none in scripts that know no large letters.

    A line in which every longer word is large, as in headlines and headings, does not tell which of them are names; and what
    lists enumerate, links above all, is not what a text tells of."""
    found: set[str] = set()
    for line in text.splitlines():
        if not line.startswith(_ITEM) and not all(word[0][0].isupper() for word in _LONGER.finditer(line)):
            found.update(word for word in _CANDIDATE.findall(line) if word[0].isupper() or word[0].isdigit())
    return found
