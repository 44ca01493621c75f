"""What turns texts into vectors."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
"""(n, dimension), unit length."""

Span: TypeAlias = tuple[int, int]
"""Character offsets [start, end) of one token."""


class EncoderUnavailable(Exception):
    """The model cannot be loaded or run; the message names the cause and the cure."""


class EncoderBusy(Exception):
    """More texts are waiting than there should be; in `retry_after_s` seconds they will have been encoded."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"The encoder has too much to do; try again in {retry_after_s:.0f} s.")
        self.retry_after_s = retry_after_s


class TextTooLong(ValueError):
    """A text has more tokens than the model reads; it would have been cut."""


class Encoder(Protocol):
    """A sentence encoder. Tokenising never loads the model's weights; encoding does, at the first call or at `load`."""

    name: str
    digest: str
    """Identity of what makes the vectors (weights, pooling, window): vectors of different digests never meet."""
    dimension: int
    window: int
    """How many tokens of a text the model reads, special tokens not counted."""
    tokens_add_up: bool
    """Whether texts with white space between them have as many tokens together as by themselves."""
    backend: str
    """What runs it, for people: `sentence-transformers/cpu`, `hashing`."""

    @property
    def languages(self) -> frozenset[str] | None:
        """The languages it was made for (`en`), as its card lists them; None where that is not known."""

    def load(self) -> None:
        """Make ready to encode. Raises EncoderUnavailable."""

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """The tokens of each text, never truncated, special tokens left out."""

    def encode(self, texts: Sequence[str], *, bulk: bool = False) -> Vectors:
        """float32 (n, dimension), unit length, in the order given. `bulk`: nobody waits for it, so it lets the others go first.

        Raises TextTooLong, EncoderUnavailable, and unless `bulk` EncoderBusy."""

    def begin(self, texts: Sequence[str]) -> Callable[[], Vectors]:
        """As `encode`, for a caller who has something else to do until the vectors are there: what is returned waits for them.
        Raises TextTooLong, EncoderUnavailable and EncoderBusy."""
