from contextlib import ExitStack

import numpy as np
import pytest

from archive.errors import TooManyQueries
from archive.passages import split_text
from archive.queries import AHEAD, REMEMBERED, QueryEncoder
from embeddings import EncoderBusy, HashingEncoder

LONG = "one two three four five six seven " * 10


class Counting(HashingEncoder):
    """Of a small window; keeps what it was asked for."""

    def __init__(self) -> None:
        super().__init__(dimension=32, window=16)
        self.asked = []

    def encode(self, texts, *, bulk=False):
        vectors = super().encode(texts, bulk=bulk)
        self.asked.append(list(texts))
        return vectors


class Full(HashingEncoder):
    def encode(self, texts, *, bulk=False):
        raise EncoderBusy(4.5)


@pytest.mark.parametrize("text", ["a question", "  two   spaces ", LONG, "one\n\ntwo " + LONG, "", " \n\n ", "line\nline"])
def test_what_is_encoded_is_the_passages_of_the_text(text):
    encoder = Counting()
    vectors = QueryEncoder(encoder).begin(text)()
    np.testing.assert_array_equal(vectors, HashingEncoder(32, 16).encode(split_text(text, encoder)))


def test_a_repeated_query_is_not_encoded_again_until_it_is_long_ago():
    encoder = Counting()
    queries = QueryEncoder(encoder)
    for text in ("first", "second", "first"):
        queries.begin(text)()
    assert encoder.asked == [["first"], ["second"]]
    for number in range(REMEMBERED):
        queries.begin(str(number))()
    queries.begin("first")()
    assert encoder.asked[-1] == ["first"]


def test_what_is_begun_ahead_is_not_begun_again():
    encoder = Counting()
    queries = QueryEncoder(encoder)
    with queries.ahead("first"), queries.ahead("second\nline"), queries.ahead("first"):
        assert encoder.asked == [["first"], ["second\nline"]]
        found = queries.begin("first")()
        queries.begin("second\nline")()
        with queries.ahead("first"):
            pass
    assert len(encoder.asked) == 2
    np.testing.assert_array_equal(found, HashingEncoder(32, 16).encode(["first"]))


def test_what_is_begun_ahead_and_not_asked_for_is_forgotten():
    encoder = Counting()
    queries = QueryEncoder(encoder)
    for _ in range(2):
        with queries.ahead("first"):
            pass
    assert encoder.asked == [["first"], ["first"]]


def test_only_some_and_only_short_texts_are_begun_ahead():
    encoder = Counting()
    queries = QueryEncoder(encoder)
    with ExitStack() as stack:
        for number in range(AHEAD + 3):
            stack.enter_context(queries.ahead(str(number)))
    with queries.ahead(LONG):
        assert encoder.asked == [[str(number)] for number in range(AHEAD)]


def test_what_cannot_be_begun_ahead_is_told_to_who_asks_for_it():
    queries = QueryEncoder(Full())
    with queries.ahead("a question"), pytest.raises(TooManyQueries):
        queries.begin("a question")()


def test_a_full_encoder_is_the_callers_to_try_again():
    with pytest.raises(TooManyQueries) as error:
        QueryEncoder(Full()).begin("a question")()
    assert error.value.retry_after_s == 4.5
