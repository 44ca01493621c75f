"""What a word is: the one definition that indexing, searching and highlighting share.

Letters, digits and marks make words, an apostrophe inside them included; scripts written without spaces count by character.
Words are folded (compatibility forms, case, accents) and stemmed as English; no word is left out for being common, because
quoted phrases need them and BM25 gives them next to no weight.
"""

import re
import unicodedata
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from lexical.index import Words

_LONGEST_WORD = 100
"""Bytes. What is longer is no word that anybody looks for: data, keys, a page without spaces."""

_SPACELESS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTERS = rf"[[\p{{L}}\p{{N}}\p{{M}}]--[{_SPACELESS}]]+"
_WORD = rf"[{_SPACELESS}]|{_LETTERS}(?:'{_LETTERS})*"

_EUROPEAN = "0-9A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u024f"
_EUROPEAN_WORD = re.compile(rf"[{_EUROPEAN}]+(?:'[{_EUROPEAN}]+)*")
_EUROPEAN_WHOLE = re.compile(rf"(?<![{_EUROPEAN}])(?<![{_EUROPEAN}]'){_EUROPEAN_WORD.pattern}")
_EUROPEAN_TEXT = re.compile(rf"[\x00-\x7f{_EUROPEAN}\xa1-\xa9\xab-\xb1\xb6\xb7\xbb\xbf\xd7\xf7\u2010-\u2027\u20ac]*")
"""Where all characters are plainly letters or plainly none, Python finds the very words that the analyzer finds, and stems each
distinct one once: the words of 30 paragraphs are marked in 0.4 ms instead of 5.7."""

_LOWERED = bytes(ord(chr(code).lower()) if chr(code).isalnum() else ord(" ") for code in range(128)) + bytes(128)

_REPLACED: dict[int, str | None] = {
    **dict.fromkeys(map(ord, "’ʼ＇"), "'"),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff")),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
"""Apostrophes become the one the stemmer knows; invisible break and join marks go; half a character is none."""

_TO_REPLACE = re.compile(f"[{re.escape(''.join(map(chr, _REPLACED)))}]")

Span: TypeAlias = tuple[int, int]
"""Character offsets [start, end)."""


Phrase: TypeAlias = Sequence[tuple[int, str]]
"""Its words, each with its distance from the first."""


class Word(NamedTuple):
    """An analysed word: where it stands among the words, and in the text."""

    text: str
    position: int
    span: Span


@cache
def analyzer() -> TextAnalyzer:
    """For texts that are `normalised`."""
    builder = TextAnalyzerBuilder(Tokenizer.regex(_WORD))
    for step in (Filter.remove_long(_LONGEST_WORD), Filter.lowercase(), Filter.ascii_fold(), Filter.stemmer("english")):
        builder = builder.filter(step)
    return builder.build()


def analyze(text: str) -> list[str]:
    """The words of the text, in order."""
    return analyzer().analyze(normalised(text))


@lru_cache(maxsize=32)
def distinct_words(text: str) -> tuple[str, ...]:
    """The words of the text, each once. A search asks for those of its query several times."""
    return tuple(dict.fromkeys(analyze(text)))


def words_of(text: str) -> list[Word]:
    """The words of the text with their places in it, as it was given."""
    plain, starts, ends = _traced(text)
    return [Word(word, position, (starts[begin], ends[end - 1])) for word, position, begin, end in _found(plain)]


def _found(plain: str) -> Iterator[tuple[str, int, int, int]]:
    """Of a normalised text the words, each with its position and its place: (word, position, start, end)."""
    if _is_european(plain):
        for position, match in enumerate(_EUROPEAN_WORD.finditer(plain)):
            if word := stemmed(match[0]):
                yield word, position, *match.span()
    else:
        for token in analyzer().pre_tokenize(plain).tokens:
            yield token.text, token.position, token.char_offset_from, token.char_offset_to


def _is_european(plain: str) -> bool:
    return plain.isascii() or _EUROPEAN_TEXT.fullmatch(plain) is not None


@lru_cache(maxsize=16_384)
def stemmed(word: str) -> str:
    """A single word as it is indexed; empty if it is too long to be."""
    return "".join(analyzer().analyze(word))


def normalised(text: str) -> str:
    """The text in compatibility form (NFKC), as the analyzer wants it."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text)
    return plain.translate(_REPLACED) if _TO_REPLACE.search(plain) else plain


def highlight(texts: Sequence[str], words: Words) -> list[list[Span]]:
    """For each text where the words of `words.text` stand, and its phrases, each only where it is whole; ascending, never
    overlapping."""
    traced = [_traced(text) for text in texts]
    places = _places([plain for plain, _, _ in traced], frozenset(distinct_words(words.text)))
    spans = [
        [(starts[begin], ends[end - 1]) for begin, end in found] for found, (_, starts, ends) in zip(places, traced, strict=True)
    ]
    for phrase in map(placed, words.phrases):
        for text, marked in zip(texts, spans, strict=True):
            marked += _occurrences(words_of(text), phrase)
    return [_merged(sorted(marked)) for marked in spans]


def _places(plains: Sequence[str], wanted: frozenset[str]) -> list[list[Span]]:
    """For each normalised text where any of the wanted words stand."""
    places: list[list[Span]] = [[] for _ in plains]
    kinds = [_is_european(plain) + plain.isascii() for plain in plains]
    for kind in (1, 2):  # those in ASCII by themselves, because they are faster
        alike = [number for number, other in enumerate(kinds) if other == kind]
        starts = list(accumulate((len(plains[number]) + 1 for number in alike), initial=0))
        for begin, end in _standing("\n".join(plains[number] for number in alike), wanted):
            text = bisect(starts, begin) - 1
            places[alike[text]].append((begin - starts[text], end - starts[text]))
    for number, kind in enumerate(kinds):
        if not kind:
            places[number] = [(begin, end) for word, _, begin, end in _found(plains[number]) if word in wanted]
    return places


def _standing(plain: str, wanted: frozenset[str]) -> Iterator[Span]:
    """Where the wanted words stand in a European text; some of them twice."""
    for at in _candidates(plain, wanted):
        whole = _EUROPEAN_WHOLE.match(plain, at)
        if whole and stemmed(whole[0]) in wanted:
            yield whole.span()


def _candidates(plain: str, wanted: frozenset[str]) -> Iterator[int]:
    """Where something stands that begins as one of the wanted words does."""
    if plain.isascii():
        lowered, needles = _spaced(plain), {_spaced(_common(word)) for word in wanted if word.isascii()}
    else:
        lowered, needles = plain, {form for form in set(_EUROPEAN_WORD.findall(plain)) if stemmed(form) in wanted}
    for needle in needles:
        at = lowered.find(needle)
        while at >= 0:
            yield at
            at = lowered.find(needle, at + 1)


def _spaced(plain: str) -> str:
    """An ASCII text in small letters, with spaces before it and for all that is neither letter nor digit."""
    return " " + plain.encode().translate(_LOWERED).decode()


def _common(stem: str) -> str:
    """What all words with that stem begin with: English stemming changes a last letter, and makes `die` of `dying`."""
    return stem[: max(1, len(stem) - (2 if stem.endswith("ie") else 1))]


def contains_phrases(text: str, phrases: Iterable[str]) -> bool:
    """Whether each phrase stands whole in the text; one without any word does."""
    found = words_of(text)
    wanted = [phrase for phrase in map(placed, phrases) if phrase]
    return all(any(_occurrences(found, phrase)) for phrase in wanted)


@lru_cache(maxsize=4096)
def placed(phrase: str) -> Phrase:
    """The words of a phrase with their distance from its first; a word too long to be kept leaves its place empty."""
    tokens = analyzer().pre_tokenize(normalised(phrase)).tokens
    return tuple((token.position - tokens[0].position, token.text) for token in tokens)


def _occurrences(found: Sequence[Word], phrase: Phrase) -> Iterator[Span]:
    beginnings = [word for word in found if phrase and word.text == phrase[0][1]]
    at = {word.position: word for word in found} if beginnings else {}
    for first in beginnings:
        words = [at.get(first.position + distance) for distance, _ in phrase]
        if all(word and word.text == text for word, (_, text) in zip(words, phrase, strict=True)):
            yield first.span[0], (words[-1] or first).span[1]


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _traced(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """The normalised text, and where in the text each of its characters came from: start and end."""
    plain = normalised(text)
    if len(plain) == len(text) and unicodedata.is_normalized("NFKC", text):
        return plain, range(len(text)), range(1, len(text) + 1)
    clusters = [place for place, character in enumerate(text) if not (place and _continues(character))]
    starts: list[int] = []
    ends: list[int] = []
    for start, end in pairwise([*clusters, len(text)]):
        count = len(normalised(text[start:end]))
        starts += [start] * count
        ends += [end] * count
    return plain, starts, ends


@lru_cache(maxsize=4096)
def _continues(character: str) -> bool:
    """Whether normalising may join the character to the one before it: marks, and the inner letters of Hangul syllables."""
    first = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.category(first).startswith("M") or "\u1160" <= first <= "\u11ff"
