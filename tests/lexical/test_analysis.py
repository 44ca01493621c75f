from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lexical import Words, analyze, contains_phrases, highlight
from lexical.analysis import _found, _traced, analyzer, normalised, words_of

mixed = st.text(st.one_of(st.characters(), st.sampled_from("aé’'ｶﾞ\u0301\u00ad\u200b각ｱ…½ 日본é")), max_size=30)


def marked(text: str, words: Words) -> list[str]:
    return [text[start:end] for start, end in highlight([text], words)[0]]


def test_words_are_folded_and_stemmed():
    assert analyze("Iran’s Generals KILLED a café-owner; naïve ﬁnancing") == [
        "iran",
        "general",
        "kill",
        "a",
        "cafe",
        "owner",
        "naiv",
        "financ",
    ]
    assert analyze("cafe\u0301 co\u00adoperate") == analyze("café cooperate")
    assert analyze("don't") == analyze("don’t")


def test_scripts_without_spaces_count_by_character():
    assert analyze("東京の塔 2020") == ["東", "京", "の", "塔", "2020"]
    assert analyze("हिन्दी भाषा") == ["हिन्दी", "भाषा"]


def test_a_word_without_end_is_none():
    assert analyze("a" * 1_000_000) == []
    assert analyze("before " + "x" * 200 + " after") == ["befor", "after"]


@given(mixed)
def test_tracing_changes_nothing(text):
    plain, starts, ends = _traced(text)
    assert len(plain) == len(starts) == len(ends)
    for character, start, end in zip(plain, starts, ends, strict=True):
        assert character in normalised(text[start:end])
    assert [word.text for word in words_of(text)] == analyze(text)


@given(st.text(st.one_of(st.characters(max_codepoint=0x24F), st.sampled_from("aé'’ –“£·²")), max_size=40) | mixed)
def test_words_found_the_quick_way_are_the_analyzers(text):
    plain = normalised(text)
    tokens = analyzer().pre_tokenize(plain).tokens
    assert list(_found(plain)) == [(t.text, t.position, t.char_offset_from, t.char_offset_to) for t in tokens]


@given(mixed, mixed)
def test_highlights_are_places_of_the_words(text, query):
    spans = highlight([text], Words(query, (query,)))[0]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    wanted = {word.span for word in words_of(text) if word.text in analyze(query)}
    assert all(any(start <= word[0] and word[1] <= end for start, end in spans) for word in wanted)
    assert bool(spans) == bool(wanted)


def test_highlighting_in_the_text_as_it_was_given():
    text = "“Iran’s” cafe\u0301s… the side feature, a Side story 😀 war"
    assert marked(text, Words("iran café", ("side feature",))) == ["Iran’s", "cafe\u0301s", "side feature"]
    assert marked(text, Words("wars side")) == ["side", "Side", "war"]
    assert marked(text, Words("", ("feature side", "a side stories"))) == ["a Side story"]
    assert marked(text, Words("the feature", ("side feature",))) == ["the", "side feature"]
    assert marked(text, Words("?!", ("…",))) == []


def test_phrases_stand_whole_or_not_at_all():
    text = "The general of the army, and the general " + "x" * 200 + " staff"
    assert contains_phrases(text, ["general of the armies", "ARMY, and"])
    assert contains_phrases(text, [])
    assert contains_phrases(text, ["…"])
    assert not contains_phrases(text, ["the general", "army general"])
    assert not contains_phrases(text, ["general staff"])


words_of_letters = st.text(st.sampled_from("abeiyÿæ'"), min_size=1, max_size=6)
ODD = (
    "dying",
    "die",
    "Lying",
    "ties",
    "Æther",
    "aether",
    "École",
    "ecole",
    "skies",
    "sky",
    "I'm",
    "i",
    "rock'n'roll",
    "rolls",
    "ß",
    "Ýr",
)


@given(
    words=st.lists(st.sampled_from(ODD) | words_of_letters, max_size=12),
    asked=st.sampled_from(ODD) | words_of_letters,
    between=st.sampled_from(" ,'"),
)
def test_marked_is_what_the_analyzer_takes_for_the_words(words: list[str], asked: str, between: str) -> None:
    text = between.join(words)
    wanted = set(analyze(asked))
    assert highlight([text], Words(asked))[0] == [word.span for word in words_of(text) if word.text in wanted]
