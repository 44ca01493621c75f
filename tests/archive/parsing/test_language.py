import json
import random
import subprocess
import sys

import pytest

from archive.language_model import LanguageModel
from archive.parsing.language import BEGINNINGS, detect, with_language
from archive.settings import Settings
from db.records import Draft, ParagraphDraft
from evals.inputs_languages import NONE, OWN

SAME = {"no": "nb"}
"""ISO 639 has a name for Norwegian, and one for how nearly all of it is written."""

LIKE_OTHERS = {"hr"}
"""Two sentences of it may as well be Bosnian, or Serbian in Latin letters."""


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel(Settings().cache_folder())


def draft(title: str, *paragraphs: str) -> Draft:
    return Draft(title=title, paragraphs=tuple(map(ParagraphDraft, paragraphs)))


@pytest.mark.parametrize("language", OWN)
def test_a_headline_and_two_sentences_are_enough(language: str, model: LanguageModel) -> None:
    title, text = OWN[language]
    found = detect(draft(title, text), model)
    assert SAME.get(str(found), found) in ({language, None} if language in LIKE_OTHERS else {language})


def test_headlines_are_detected_or_left_alone(model: LanguageModel) -> None:
    found = {language: detect(draft(title), model) for language, (title, _) in OWN.items()}
    wrong = {language: answer for language, answer in found.items() if answer and SAME.get(answer, answer) != language}
    assert wrong == {}
    assert sum(answer is not None for answer in found.values()) >= 26


@pytest.mark.parametrize("text", NONE[:-1])
def test_what_is_in_no_language_has_none(text: str, model: LanguageModel) -> None:
    assert detect(draft(text), model) is None
    assert detect(draft("", text), model) is None


def test_only_the_beginning_counts_and_no_code(model: LanguageModel) -> None:
    english, german = OWN["en"][1], OWN["de"][1]
    assert detect(draft("", english * 3, german * 100), model) == "en"
    assert len(english * 3) >= BEGINNINGS[0]
    assert detect(draft("3.1 / 4.2 / 5.3 " * 12, german * 4), model) == "de", "where the first characters do not tell"
    code = ParagraphDraft("for each in found: yield from (each.strip() for each in open(each))\n" * 10, "code")
    assert detect(Draft(title="", paragraphs=(code, ParagraphDraft(german))), model) == "de"


def test_what_a_source_states_stays(model: LanguageModel) -> None:
    title, text = OWN["de"]
    assert with_language(draft(title, text), model) == Draft(
        title=title, paragraphs=(ParagraphDraft(text),), language="de", language_detected=True
    )
    stated = Draft(title=title, paragraphs=(ParagraphDraft(text),), language="fr")
    assert with_language(stated, model) is stated
    assert with_language(draft("Oslo"), model) == draft("Oslo")


def test_importing_it_loads_no_detector() -> None:
    check = "import sys, archive.parsing.language, archive.language_model; assert 'py3langid' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_english_articles_are_english(data, model: LanguageModel) -> None:
    lines = (data / "digitalgov" / "articles.jsonl").read_text("utf-8").splitlines()
    found = []
    for line in random.Random(1).sample(lines, 300):
        article = json.loads(line)
        found.append(detect(draft(article.get("title", ""), *article.get("text", "").split("\n\n")), model))
    assert set(found) <= {"en", None}
    assert found.count("en") >= 295
