"""How an article becomes passages: what is encoded, and never more of it than the model reads."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from db.records import PassageDraft
from embeddings import Encoder, Span

SHORT = 48
"""Tokens. A paragraph shorter than this joins its neighbours: alone it says too little to be found by."""

_SENTENCE_END = re.compile(r"""[.!?…。！？]["'”’»)\]]*\s+""")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the body: all or part of one paragraph."""

    paragraph: int
    start: int
    end: int
    tokens: int


def context(title: str, encoder: Encoder) -> str:
    """What of the title stands before each passage: all of it, or as much as leaves half of the window to the text."""
    spans = encoder.spans([title])[0]
    half = encoder.window // 2
    return title if len(spans) <= half else title[: spans[half - 1][1]]


def encoded(context: str, text: str) -> str:
    """The very characters that are encoded for a passage."""
    return f"{context}\n{text}" if context and text else context or text


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def split(title: str, paragraphs: Sequence[str], encoder: Encoder) -> list[PassageDraft]:
    """Passages that together cover every paragraph and the title, each within the model's window.

    Paragraphs keep whole where they fit; longer ones are cut between sentences, sentences longer than the window between
    tokens; short ones join their neighbours. An article without paragraphs is one passage, its title.
    """
    head = context(title, encoder)
    before = len(encoder.spans([head])[0])
    room = encoder.window - before
    body = "\n\n".join(paragraphs)
    while True:
        pieces = list(_pieces(paragraphs, encoder, room))
        groups = list(_join(pieces, room)) or [[_Piece(0, 0, 0, 0)]]
        texts = [encoded(head, body[group[0].start : group[-1].end]) for group in groups]
        if encoder.tokens_add_up and len(pieces) == len(paragraphs):  # to count them again would take half as long as all else
            counts = [before + sum(piece.tokens for piece in group) for group in groups]
        else:
            counts = [len(spans) for spans in encoder.spans(texts)]
        if max(counts) <= encoder.window:
            break
        room = room * 3 // 4  # a tokeniser that sees more tokens in the whole than in its parts
    return [_passage(n, group, counts[n], texts[n]) for n, group in enumerate(groups)]


def split_text(text: str, encoder: Encoder) -> list[str]:
    """A text that is not in the archive, as the strings to encode."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    body = "\n\n".join(paragraphs)
    return [body[passage.start : passage.end] for passage in split("", paragraphs, encoder)]


def _passage(ordinal: int, group: Sequence[_Piece], tokens: int, text: str) -> PassageDraft:
    main = max(group, key=lambda piece: piece.tokens)
    return PassageDraft(
        ordinal=ordinal,
        paragraph=main.paragraph,
        first=group[0].paragraph,
        last=group[-1].paragraph,
        start=group[0].start,
        end=group[-1].end,
        tokens=tokens,
        digest=digest(text),
    )


def _pieces(paragraphs: Sequence[str], encoder: Encoder, room: int) -> Iterator[_Piece]:
    offset = 0
    for ordinal, (text, spans) in enumerate(zip(paragraphs, encoder.spans(list(paragraphs)), strict=True)):
        for start, end, tokens in _windows(text, spans, room):
            yield _Piece(ordinal, offset + start, offset + end, tokens)
        offset += len(text) + 2


def _windows(text: str, spans: Sequence[Span], room: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, tokens) of the windows of one paragraph, of about equal length and at most `room` tokens each."""
    if len(spans) <= room:
        yield 0, len(text), len(spans)
        return
    boundaries = _sentence_starts(text, spans)
    wanted = -(-len(spans) // room)
    first = 0
    while first < len(spans):
        left = len(spans) - first
        goal = first + min(room, -(-left // max(1, wanted)))
        last = first + room
        fitting = [at for at in boundaries if first < at <= last] if last < len(spans) else [len(spans)]
        cut = min(fitting, key=lambda at: abs(at - goal)) if fitting else last
        end = len(text) if cut >= len(spans) else spans[cut][0]
        yield (0 if first == 0 else spans[first][0]), end, cut - first
        first, wanted = cut, wanted - 1


def _sentence_starts(text: str, spans: Sequence[Span]) -> list[int]:
    """Indexes of the tokens that begin a sentence."""
    starts = sorted(match.end() for match in _SENTENCE_END.finditer(text))
    found, at = [], 0
    for index, (start, _) in enumerate(spans):
        if at < len(starts) and start >= starts[at]:
            found.append(index)
            while at < len(starts) and starts[at] <= start:
                at += 1
    return found


def _join(pieces: Sequence[_Piece], room: int) -> Iterator[list[_Piece]]:
    """Neighbours together until they are no longer short, and never more than fits."""
    group: list[_Piece] = []
    for piece in pieces:
        total = sum(p.tokens for p in group)
        if group and (total >= SHORT or total + piece.tokens > room):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group
