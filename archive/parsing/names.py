"""Which names a byline holds.

Semicolons always separate. "A B, C D and E F" is split when every part is a full personal name: two words or more, each
capitalised or a particle ("van der"), none the name of an office. So "Smith, John", "Robert L. Read, PhD", "Office of
Information Policy, DOJ" and "Structured and Open Content Models Working Group" stay whole.
"""

import html
import re

_SEPARATOR = re.compile(r"[;|]")
_LIST = re.compile(r"\s*,\s+(?:and\s+|&\s*)?|\s+(?:and|&)\s+")
_BY = re.compile(r"(?:(?:written|words|story|text|reported)\s+)?by\s*:?\s+", re.IGNORECASE)
_ROLE = re.compile(
    r"(?:,|\s[|·–—-])\s+(?:(?:[^\W\d_]|[’'&-])+\s+){0,4}(?:writer|correspondent|reporter|editor|columnist|contributor|producer"
    r"|analyst|associated press|reuters|afp|ap|bloomberg|bbc news)$",
    re.IGNORECASE,
)
"""What stands behind the names in a byline that begins with `By`."""
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[.’'‘-])*")
_PARTICLES = re.compile("af|al|bin|da|de|del|della|den|der|di|dos|du|e|el|ibn|la|le|ten|ter|van|von|y|zu")
_OFFICES = re.compile(
    "agency|agencies|analyst|association|board|bureau|cent(?:re|er)|columnist|committee|company|contributor|correspondent|council"
    "|department|desk|director|editor|fellow|foundation|government|group|institute|journalist|lab|magazine|manager|ministry"
    "|network|news|newspaper|office|officer|photographer|post|press|professor|project|reporter|review|school|services?|society"
    "|staff|team|times|university|writer"
)
_NO_NAMES = re.compile("an?|and|by|continue|end|from|happy|in|more|next|no|of|on|or|read|related|share|the|this|to|with|yours")


def authors_in(byline: str) -> list[str]:
    """The names in a byline, each as it is written."""
    # A name that went through a web page may still carry its entities: O&#39;Neil.
    line = " ".join(html.unescape(byline).replace("\n", ";").split())
    pieces = (piece.strip() for piece in _SEPARATOR.split(without_by(line)))
    return [name for piece in pieces if piece for name in _names(piece)]


def without_by(line: str) -> str:
    """The names alone; of a byline without `By` all, as its commas may be anything."""
    found = _BY.match(line)
    return _ROLE.sub("", line[found.end() :].strip()) if found else line


def is_byline(line: str) -> bool:
    """`By` and nothing but full personal names."""
    return _BY.match(line) is not None and all(is_name(name) for name in authors_in(line))


def is_name(text: str) -> bool:
    """It looks like the full name of one person."""
    words = text.split()
    return 2 <= len(words) <= 6 and len(text) <= 60 and all(map(_is_name_word, words)) and not words[-1].islower()


def _names(piece: str) -> list[str]:
    parts = [part for part in _LIST.split(piece) if part]
    return parts if len(parts) > 1 and all(map(is_name, parts)) else [piece]


def _is_name_word(word: str) -> bool:
    if not _WORD.fullmatch(word):
        return False
    plain = word.casefold()
    if _PARTICLES.fullmatch(plain):
        return True
    return not (word[0].islower() or _OFFICES.fullmatch(plain) or _NO_NAMES.fullmatch(plain))
