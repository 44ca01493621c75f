"""The evaluation of stories: its arithmetic, and its floors on a few news events."""

import pytest

from evals import stories
from evals.collections import data_folder


def test_b_cubed_is_as_defined() -> None:
    gold = {"a": 1, "b": 1, "c": 2, "d": 2}
    assert stories.b_cubed(gold, gold) == (1, 1)
    assert stories.b_cubed(dict.fromkeys(gold, 0), gold) == (0.5, 1)
    assert stories.b_cubed({article: article for article in gold}, gold) == (1, 0.5)
    scores = stories.b_cubed({"a": 1, "b": 1, "c": 1, "d": 2}, gold)
    assert scores == (pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4), pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4))
    assert scores.f1 == pytest.approx(2 * scores.precision * scores.recall / sum(scores))


def test_events_of_the_news_are_found() -> None:
    try:
        data_folder()
    except FileNotFoundError as absent:
        pytest.skip(str(absent))
    assert stories.main(["--quick"]) == 0
