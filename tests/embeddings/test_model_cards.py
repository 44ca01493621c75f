import pytest

from embeddings import DEFAULT_MODEL
from embeddings.fallback import FallbackEncoder
from embeddings.hashing import HashingEncoder
from embeddings.models import Model, card_languages, find_model


@pytest.mark.parametrize(
    ("card", "languages"),
    [
        ("---\nlanguage: en\n---\n", {"en"}),
        ("---\r\nlicense: mit\r\nlanguage:\r\n- no\r\n- zh-CN\r\n- zh_TW\r\n- PT\r\n---\r\n# A model\r\n", {"no", "zh", "pt"}),
        ("\ufeff---\nlanguage:\n  - multilingual\n  - de\n---\nlanguage: fr\n---\n", {"de"}),
        ("---\nlanguage: [en, 7, {a: b}, null, 'x y']\n---\n", {"en"}),
        ("---\nlanguage: multilingual\n---\n", None),
        ("---\nlanguage: {}\n---\n", None),
        ("---\nlicense: mit\n---\nlanguage: en\n", None),
        ("---\n- language\n---\n", None),
        ("---\nlanguage: [en\n---\n", None),
        ("# language: en\n", None),
        ("---\nlanguage: en\n", None),
        ("", None),
    ],
)
def test_the_languages_of_a_card(card, languages):
    assert card_languages(card) == languages


def test_the_languages_of_encoders(tmp_path):
    assert find_model(DEFAULT_MODEL).languages == {"en"}
    assert Model("without a card", tmp_path).languages is None
    assert HashingEncoder().languages is None
    encoder = HashingEncoder()
    encoder.languages = frozenset({"de"})
    assert FallbackEncoder(encoder, HashingEncoder()).languages == {"de"}
