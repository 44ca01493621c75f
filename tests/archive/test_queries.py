import numpy as np
import pytest

from archive.errors import TooManyQueries
from archive.passages import split_text
from archive.queries import REMEMBERED, QueryEncoder
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


def test_a_full_encoder_is_the_callers_to_try_again():
    with pytest.raises(TooManyQueries) as error:
        QueryEncoder(Full()).begin("a question")()
    assert error.value.retry_after_s == 4.5
