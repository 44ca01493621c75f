"""Counts of tokens that are added up rather than made again."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import Metaspace

from embeddings import HashingEncoder
from embeddings.models import DEFAULT_MODEL, find_model
from embeddings.tokens import TextTokens

ODD = [
    "[SEP]",
    "[MASK]",
    "##ing",
    "e\u0301",
    "\u0301",
    "\u4e16\u754c",
    "\u200b",
    "\x85",
    "\ufffd",
    "a" * 120,
    "don't",
    "3.5%",
    "#",
    " ",
]
TEXTS = st.lists(st.one_of(st.text(max_size=30), st.lists(st.sampled_from(ODD)).map("".join)), min_size=1, max_size=5)


@cache
def of_the_model() -> TextTokens:
    return find_model(DEFAULT_MODEL).tokens


@pytest.mark.parametrize("name", ["model", "hashing"])
@settings(max_examples=300, deadline=None)
@given(texts=TEXTS, between=st.sampled_from(["\n", "\n\n", " "]))
def test_texts_with_space_between_have_the_tokens_of_each(name: str, texts: list[str], between: str) -> None:
    tokens = of_the_model() if name == "model" else HashingEncoder()
    assert tokens.add_up if isinstance(tokens, TextTokens) else tokens.tokens_add_up
    (together,), apart = tokens.spans([between.join(texts)]), tokens.spans(texts)
    assert len(together) == sum(map(len, apart))


def test_of_a_tokeniser_that_reads_over_spaces_they_are_not_added_up(tmp_path: Path) -> None:
    """As those of models made with SentencePiece, in which a token may begin with the space before a word, or hold one."""
    tokenizer = Tokenizer(BPE({"a": 0, "\u2581": 1, "a\u2581": 2, "a\u2581a": 3}, [("a", "\u2581"), ("a\u2581", "a")]))
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="never", split=False)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    tokens = TextTokens(tmp_path, longest=16)
    assert [len(spans) for spans in tokens.spans(["a a", "a"])] == [1, 1]
    assert not tokens.add_up
