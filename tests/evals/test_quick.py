"""The evaluations' quick modes: that they measure at all; the figures are made by hand."""

import pytest

from evals import crash, quality, speed


def test_a_killed_server_loses_nothing() -> None:
    assert crash.rounds(2, articles=80, seed=1) == 0


@pytest.mark.parametrize(
    ("ranked", "grades", "expected"),
    [
        (["a", "b"], {"a": 1.0}, 1.0),
        (["b", "a"], {"a": 1.0}, 0.6309),
        (["x"], {"a": 1.0}, 0.0),
        (["b", "a"], {"a": 3.0, "b": 1.0}, 0.7967),
    ],
)
def test_ndcg_is_trec_evals(ranked: list[str], grades: dict[str, float], expected: float) -> None:
    assert quality.ndcg(ranked, grades) == pytest.approx(expected, abs=1e-3)


def test_quality_is_measured_through_a_server() -> None:
    assert quality.main(["--quick"]) == 0


def test_speed_is_measured_beside_the_tutorial_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert speed.main(["--quick"]) == 0
    rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(speed.MEASURES) + 1
    assert all(float(row[4].split()[0]) > 0 for row in rows[2:])
