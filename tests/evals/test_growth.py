"""That the cost of adding to a growing archive is measured at all; the figures are made by hand."""

import pytest

from evals import growth


def test_growth_is_measured_at_each_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert growth.main(["--quick"]) == 0
    rows = [line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    sizes = [int(row[0].replace(",", "")) for row in rows[2:]]
    assert len(sizes) == 2
    assert sizes[0] < sizes[1]
    assert all(float(cell) > 0 for row in rows[2:] for cell in row[2:])
