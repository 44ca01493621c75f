"""Growth is measured: the quick mode, with made-up vectors; the figures are made by hand."""

import numpy as np
import pytest

from evals import mixing, scale


def test_growth_is_measured_in_both_structures(capsys: pytest.CaptureFixture[str]) -> None:
    assert scale.main(["--quick"]) == 0
    lines = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    rows = {line[0]: line[1:] for line in lines if len(line) == 3}
    assert rows["searched by"][0] == "faiss/flat"
    assert rows["searched by"][1].startswith("faiss/ivf")
    exact, listed = (float(share) for share in rows["recall@10"])
    assert exact == 1
    assert listed > 0.85


def test_mixed_vectors_are_unit_and_near_their_source() -> None:
    source = mixing.made_up(500, 16)
    mixed = np.concatenate(list(source.mixed(45_000, seed=4))).astype(np.float32)
    assert mixed.shape == (45_000, 16)
    assert np.linalg.norm(mixed, axis=1) == pytest.approx(1, abs=1e-2)
    assert np.median((mixed[:2000] @ source.vectors.T).max(axis=1)) > 0.85
