from hypothesis import given
from hypothesis import strategies as st

from embeddings.slices import filled_to, padded, slices


@given(st.lists(st.integers(1, 300), max_size=80), st.integers(1, 2_000), st.integers(1, 40))
def test_every_text_is_in_one_slice_and_no_slice_is_too_large(lengths, tokens, texts):
    cut = list(slices(lengths, tokens=tokens, texts=texts))
    assert sorted(position for positions in cut for position in positions) == list(range(len(lengths)))
    for positions in cut:
        filled = len(positions) * max(filled_to(lengths[position]) for position in positions)
        assert positions
        assert len(positions) <= texts
        assert filled <= tokens or len(positions) == 1


def test_texts_are_filled_up_to_few_lengths_and_never_beyond_what_the_model_reads():
    filled, mask = padded([[5, 6, 7], [8]], padding=9, most=256)
    assert filled.shape == mask.shape == (2, 16)
    assert filled[:, :4].tolist() == [[5, 6, 7, 9], [8, 9, 9, 9]]
    assert mask[:, :4].tolist() == [[1, 1, 1, 0], [1, 0, 0, 0]]
    assert padded([[5] * 17], padding=0, most=20)[0].shape == (1, 20)
    assert [filled_to(length) for length in (1, 16, 17)] == [16, 16, 32]
