"""Which language an article is in, where its source does not say.

The measurements that chose the library and the numbers below are in docs/decisions/0016-language.md.
"""

from dataclasses import replace
from typing import Protocol

from db.records import Draft

BEGINNINGS = (200, 1000)
"""Characters. The first are enough for nearly every article, in 0.2 ms; where they are not, more are read."""
SURE = 0.8
"""What the most likely language has to reach: below it a wrong answer comes up now and then, above it hardly ever."""
_NO_LANGUAGE = "zxx"


class Classifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]:
        """The most likely language, and how sure that is (archive/language_model.py)."""


def with_language(draft: Draft, model: Classifier) -> Draft:
    """The draft as it is where its source states a language; else with the one that is detected, and the note that it is."""
    if draft.language or not (language := detect(draft, model)):
        return draft
    return replace(draft, language=language, language_detected=True)


def detect(draft: Draft, model: Classifier) -> str | None:
    """The language that title and beginning are in (ISO 639, lower case). None where they are too short to tell, or in none."""
    beginning = _beginning(draft)
    if not any(map(str.isalpha, beginning)):
        return None
    for length in BEGINNINGS:
        language, confidence = model.classify(beginning[:length])
        if confidence >= SURE:
            return None if language == _NO_LANGUAGE else language
    return None


def _beginning(draft: Draft) -> str:
    """The title and the text, without code."""
    text, longest = draft.title[: BEGINNINGS[-1]], BEGINNINGS[-1]
    for paragraph in draft.paragraphs:
        if len(text) >= longest:
            break
        if paragraph.kind != "code":
            text += f"\n{paragraph.text[:longest]}"
    return text[:longest]
