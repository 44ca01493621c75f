"""What a model reads of a text, counted without loading the model."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from embeddings.encoder import EncoderUnavailable, Span, TextTooLong

_AT_ONCE = 16


class TextTokens:
    """The model's own tokeniser, with its cutting and filling switched off."""

    def __init__(self, folder: Path, longest: int | None) -> None:
        """`longest`: how many tokens the model reads, special ones counted; None: as many as it has positions for."""
        self._tokenizer = _open(folder)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.special = len(self._tokenizer.encode("").ids)
        self.window = (longest or _positions(folder)) - self.special
        self.add_up = isinstance(self._tokenizer.pre_tokenizer, BertPreTokenizer)
        """Whether no token reaches over white space, nor depends on what is beyond it."""
        self.padding = int(_json(folder / "config.json").get("pad_token_id") or 0)
        self.digest = hashlib.sha256(self._tokenizer.to_str().encode()).hexdigest()

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """The tokens of each text, special ones left out."""
        encode = partial(self._tokenizer.encode_batch, add_special_tokens=False)
        return [[(start, end) for start, end in encoding.offsets] for encoding in _few_at_once(encode, texts)]

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """What goes into the model, special tokens included. Raises TextTooLong."""
        ids = [encoding.ids for encoding in _few_at_once(self._tokenizer.encode_batch_fast, texts)]
        longest = max(map(len, ids), default=0) - self.special
        if longest > self.window:
            raise TextTooLong(f"A text has {longest} tokens, the model reads {self.window}.")
        return ids


def _few_at_once(encode: Callable[[list[str]], list[Encoding]], texts: Sequence[str]) -> Iterator[Encoding]:
    """What the tokeniser tells of a text takes many times the memory of the text."""
    for start in range(0, len(texts), _AT_ONCE):
        yield from encode(list(texts[start : start + _AT_ONCE]))


def _open(folder: Path) -> Tokenizer:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a pool of threads, for 0.14 ms a paragraph, is in others' way
    path = folder / "tokenizer.json"
    try:
        return Tokenizer.from_file(str(path)) if path.exists() else _converted(folder)
    except EncoderUnavailable:
        raise
    except Exception as error:  # tokenizers raises nothing narrower
        raise EncoderUnavailable(f"The tokeniser in {folder} cannot be read: {error}") from error


def _converted(folder: Path) -> Tokenizer:
    """For models with a vocabulary only; transformers makes a tokeniser of the same kind from it."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    if not tokenizer.is_fast:
        raise EncoderUnavailable(f"The tokeniser in {folder} cannot tell where in the text its tokens are.")
    return tokenizer.backend_tokenizer


def _positions(folder: Path) -> int:
    """As many as there are positions; models of RoBERTa's family give the first ones to padding."""
    config = _json(folder / "config.json")
    positions = int(config.get("max_position_embeddings", 512))
    reserved = (config.get("pad_token_id") or 0) + 1 if "roberta" in config.get("model_type", "") else 0
    stated = _json(folder / "tokenizer_config.json").get("model_max_length") or positions
    return int(min(positions - reserved, stated))


def _json(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return values
