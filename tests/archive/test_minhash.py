import numpy as np
import pytest

from archive.minhash import least


def numbers(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 1 << 32, count, dtype=np.uint32)


def test_values_are_those_that_archives_have_stored():
    """Computed with datasketch 2.0.0, scheme affine32, seed 1."""
    assert least(np.arange(7, dtype=np.uint32), 4).tolist() == [491263, 131247162, 308645290, 1412089388]
    assert least(np.array([0xFFFFFFFF], np.uint32), 3).tolist() == [611209723, 3255967966, 3649357594]


@pytest.mark.parametrize("count", [2_048, 2_049, 5_000])
def test_the_least_of_many_numbers_is_the_least_of_their_parts(count):
    whole = numbers(0, count)
    parts = [least(whole[start : start + 1_000], 50) for start in range(0, count, 1_000)]
    np.testing.assert_array_equal(least(whole, 50), np.min(parts, axis=0))


@pytest.mark.parametrize("common", [0, 500, 900])
def test_sets_have_as_much_in_common_as_they_resemble_each_other(common):
    one, other = numbers(1, 1_000), numbers(2, 1_000)
    other[:common] = one[:common]
    alike = (least(one, 3_000) == least(other, 3_000)).mean()
    assert alike == pytest.approx(common / (2_000 - common), abs=0.04)
