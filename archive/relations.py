"""What an article is to another: a rule for each relation, read from signals that do not depend on a list of results.

The measured precision of each, and where the thresholds come from: docs/decisions/0014-relations.md. Where no rule holds, nothing
is said.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

Relation: TypeAlias = Literal["duplicate", "update", "same_story", "follow_up", "background", "same_topic"]
RELATIONS: Final[tuple[Relation, ...]] = get_args(Relation)
"""The closest first."""

SAME_TEXT: Final = 0.8
"""Share of the word sequences of both from which on two texts are one, give or take a correction."""
VERY_TEXT: Final = 0.95
"""From here on also under another title."""
SAME_TITLE: Final = 0.5
"""Share of the words of both titles from which on they name the same piece."""
RETOLD: Final = 0.6
"""Share of the shorter one's word sequences that the other has too, from which on it is a version of the same text."""
AT_ONCE: Final = 1 / 24
"""Days. What is published later, and is not word for word the same, is a later version."""
VERSION_DAYS: Final = 7
"""Versions of one text follow each other within days; what says the same again later is a form, filled in anew."""
FORM: Final = 0.15
"""Share of the word sequences of both from which on articles of different days are one form with other contents."""

ALIKE: Final = 0.68
LED: Final = 0.38
NAMED: Final = 0.85
"""What reports of one event have at least: passages that meet, the names of the leads, and both kinds of names together. With a
cosine alone, events of one kind look the same: they are told in the same words."""
STORY_DAYS: Final = 3
"""Reports of one event appear within days; what comes later follows it up."""
FOLLOW_UP_DAYS: Final = 30

SAME_TOPIC: Final = 0.45
"""Cosine of passages that meet, from which on two articles have the same subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Of an article (the item) and the one it is set beside (the seed)."""

    alike: float
    """Mean cosine of the passages that meet best, both ways."""
    named: float = 0.0
    """0 to 1: share of the rare names and numbers that both have."""
    led: float = 0.0
    """0 to 1: share of the names in the beginning of each that the other has anywhere."""
    resemblance: float = 0.0
    """0 to 1: share of the word sequences of both that both have."""
    containment: float = 0.0
    """0 to 1: share of the word sequences of the shorter one that the other has."""
    titled: float = 0.0
    """0 to 1: share of the words of both titles that both have."""
    numbered_apart: bool = False
    """The titles are the same but for numbers or dates: the parts of one series."""
    same_address: bool = False
    """Both were published at one web address."""
    days: float | None = None
    """From the seed to the item; negative when the item is older; None where one has no date."""
    cites: bool = False
    """The seed cites the item."""
    cited_by: bool = False


def relation(signals: Signals) -> Relation | None:
    """What the item is to the seed; the closest that can be said."""
    if _is_duplicate(signals):
        return "duplicate"
    if _is_update(signals):
        return "update"
    if same_story(signals):
        return "same_story"
    if _later(signals) and (signals.cited_by or _continues(signals)):
        return "follow_up"
    if _earlier(signals) and (signals.cites or _continues(signals)):
        return "background"
    return "same_topic" if signals.alike >= SAME_TOPIC else None


def same_story(signals: Signals) -> bool:
    """Whether both report the same event, or one of them the other's text."""
    if _is_duplicate(signals) or _is_update(signals):
        return True
    return _same_event(signals) and _apart(signals) <= STORY_DAYS


def sameness(signals: Signals) -> float:
    """How near two articles are to reporting one event: that they name the same, and, for half as much, say the like."""
    return signals.named + signals.alike / 2


def _is_duplicate(signals: Signals) -> bool:
    if signals.resemblance >= VERY_TEXT:
        return True
    named_alike = signals.titled >= SAME_TITLE and not signals.numbered_apart
    return signals.resemblance >= SAME_TEXT and named_alike and _apart(signals) < AT_ONCE


def _is_update(signals: Signals) -> bool:
    if signals.numbered_apart or signals.containment < RETOLD:
        return False
    return signals.same_address or (signals.titled >= SAME_TITLE and _apart(signals) <= VERSION_DAYS)


def _same_event(signals: Signals) -> bool:
    told_alike = signals.alike >= ALIKE and not signals.numbered_apart
    return told_alike and signals.led >= LED and signals.named + signals.led >= NAMED


def _continues(signals: Signals) -> bool:
    return _same_event(signals) and signals.resemblance < FORM and _apart(signals) <= FOLLOW_UP_DAYS


def _apart(signals: Signals) -> float:
    """In days; without dates, nothing speaks against the same day."""
    return abs(signals.days or 0.0)


def _later(signals: Signals) -> bool:
    return signals.days is not None and signals.days > 0


def _earlier(signals: Signals) -> bool:
    return signals.days is None or signals.days < 0
