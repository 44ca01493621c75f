from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.passages import context, digest, encoded, split, split_text
from embeddings import HashingEncoder

ENCODER = HashingEncoder()
WORDS = st.text(st.sampled_from("ab.! ?”\n\u00e9"), min_size=1, max_size=1500)
LONG = st.integers(1, 1200).map(lambda n: " ".join(f"word{i}{'.' if i % 17 == 0 else ''}" for i in range(n)))
PARAGRAPHS = st.lists(st.one_of(WORDS, LONG).map(str.strip).filter(bool), max_size=8)
TITLES = st.one_of(st.just(""), st.text(st.sampled_from("abc "), max_size=60), LONG)


@settings(deadline=None, max_examples=80)
@given(title=TITLES, paragraphs=PARAGRAPHS)
def test_passages_cover_all_and_never_exceed_the_window(title: str, paragraphs: list[str]) -> None:
    body = "\n\n".join(paragraphs)
    passages = split(title, paragraphs, ENCODER)
    head = context(title, ENCODER)
    texts = [encoded(head, body[p.start : p.end]) for p in passages]

    assert [p.ordinal for p in passages] == list(range(len(passages)))
    assert [len(spans) for spans in ENCODER.spans(texts)] == [p.tokens for p in passages]
    assert max(p.tokens for p in passages) <= ENCODER.window
    assert [digest(text) for text in texts] == [p.digest for p in passages]

    covered = "".join(body[p.start : p.end] for p in passages)
    assert "".join(covered.split()) == "".join(body.split())
    assert all(p.first <= p.paragraph <= p.last for p in passages)
    assert all(one.end <= other.start for one, other in pairwise(passages))


def test_offsets_lie_in_the_paragraphs_they_name() -> None:
    paragraphs = ["A heading", "First paragraph of some words. " * 30, "Short.", "Another long one here. " * 40]
    body = "\n\n".join(paragraphs)
    for passage in split("Title", paragraphs, ENCODER):
        start = body.index(paragraphs[passage.first])
        end = body.index(paragraphs[passage.last]) + len(paragraphs[passage.last])
        assert start <= passage.start < passage.end <= end


def test_a_heading_joins_what_it_heads() -> None:
    passages = split("", ["Heading", "Body of the section. " * 12, "Tail " * 60], ENCODER)
    assert (passages[0].first, passages[0].last, passages[0].paragraph) == (0, 1, 1)


def test_long_paragraphs_are_cut_between_sentences() -> None:
    sentence = "The ferry left the harbour at seven in the morning. "
    paragraphs = [(sentence * 60).strip()]
    body = paragraphs[0]
    for passage in split("Title", paragraphs, ENCODER):
        assert body[passage.start :].startswith("The ferry")
        assert body[passage.start : passage.end].rstrip().endswith("morning.")


def test_an_article_without_paragraphs_is_its_title() -> None:
    (passage,) = split("Only a title", [], ENCODER)
    assert passage.digest == digest("Only a title")


def test_a_word_of_a_million_characters_is_no_obstacle() -> None:
    passages = split("Title", ["x" * 1_000_000, "and more"], ENCODER)
    assert passages[-1].end == 1_000_000 + 2 + len("and more")


def test_a_text_from_outside_is_split_like_an_article() -> None:
    text = "One paragraph. " * 100 + "\n\n" + "Another. " * 100
    parts = split_text(text, ENCODER)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert split_text("", ENCODER) == [""]
