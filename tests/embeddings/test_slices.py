from hypothesis import given
from hypothesis import strategies as st

from embeddings.slices import padded, slices


@given(st.lists(st.integers(1, 300), max_size=80), st.integers(1, 2_000), st.integers(1, 40))
def test_every_text_is_in_one_slice_and_no_slice_is_too_large(lengths, tokens, texts):
    cut = list(slices(lengths, tokens=tokens, texts=texts))
    assert sorted(position for positions in cut for position in positions) == list(range(len(lengths)))
    for positions in cut:
        filled = len(positions) * max(lengths[position] for position in positions)
        assert positions
        assert len(positions) <= texts
        assert filled <= tokens or len(positions) == 1


def test_padding():
    filled, mask = padded([[5, 6, 7], [8]], padding=9)
    assert filled.tolist() == [[5, 6, 7], [8, 9, 9]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
