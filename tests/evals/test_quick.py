"""The evaluations' quick modes: that they measure at all; the figures are made by hand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from archive.relations import RELATIONS
from embeddings.models import bundled_folder
from evals import backlog, contestants, crash, duplicates, measuring, pages, quality, relations, speed


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


def test_the_calibration_error_is_what_probabilities_are_off_by() -> None:
    assert quality.calibration_error([(0.25, True), (0.25, False), (0.25, False), (0.25, False)]) == 0
    assert quality.calibration_error([(0.95, False), (0.05, False)]) == pytest.approx(0.5)
    assert quality.calibration_error([(1.0, True), (0.0, False)]) == 0


def test_losers_come_before_winners_and_what_did_not_move_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    pinned = quality.Figures(queries={"s 1": 0.5, "s 2": 0.5, "s 3": 0.5})
    now = quality.Figures(queries={"s 1": 0.9, "s 2": 0.5, "s 3": 0.1})
    for count, expected in ((0, []), (2, ["-0.400  s 3: third", "+0.400  s 1: first"])):
        quality.moved(now, pinned, count, {"s 1": "first", "s 2": "second", "s 3": "third"})
        assert capsys.readouterr().out.splitlines() == expected


def test_quality_is_measured_through_a_server() -> None:
    assert quality.main(["--quick"]) == 0


def test_relations_of_what_is_put_in_are_told() -> None:
    assert relations.main(["--quick"]) == 0


def test_judgments_of_relations_cover_all_of_them() -> None:
    judged = relations.judgments()
    assert len(judged) == 100
    assert {each.relation for each in judged} == set(RELATIONS)
    found = relations.precisions((each.relation, each.verdict == "right") for each in judged)
    assert all(found[relation][0] >= floor for relation, floor in relations.FLOORS.items())


def test_copies_that_are_put_in_are_found() -> None:
    assert duplicates.main(["--quick"]) == 0


def test_speed_is_measured_beside_the_tutorial_way(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert speed.main(["--quick", "--json", str(tmp_path / "figures.json")]) == 0
    rows = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in capsys.readouterr().out.splitlines() if "|" in line}
    assert {measure.name for measure in measuring.MEASURES} < set(rows)
    assert all(float(cell) > 0 for measure in measuring.MEASURES for cell in rows[measure.name][1:])
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert {name: [len(each) for each in rounds] for name, rounds in figures.items()} == {
        "tutorial": [len(measuring.MEASURES)],
        "Backfile": [len(measuring.MEASURES)],
    }


def test_a_part_of_one_contestant_is_measured_again_on_what_is_kept(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    again = ["--quick", "--only", "tutorial", "--measures", "query", "--keep", str(tmp_path)]
    assert speed.main(again) == 0
    filled = capsys.readouterr().out
    assert speed.main(again) == 0
    assert measuring.INGEST.name in filled
    kept = capsys.readouterr().out
    assert measuring.P95.name in kept
    assert measuring.INGEST.name not in kept
    assert measuring.AT_ONCE.name not in kept


def test_ratios_are_of_the_same_round_and_of_the_better() -> None:
    tutorial = [{measuring.INGEST.name: 10.0, measuring.P50.name: 30.0}, {measuring.INGEST.name: 20.0, measuring.P50.name: 40.0}]
    ours = [
        {measuring.INGEST.name: 40.0, measuring.RELATED.name: 5.0},
        {measuring.INGEST.name: 40.0, measuring.RELATED.name: 4.0},
    ]
    rows = {line.split(" | ")[0]: line for line in speed.ratios({"tutorial": tutorial, "Backfile": ours})}
    assert rows[f"| {measuring.INGEST.name}"].endswith("| 3.0 (2.0–4.0) |")
    assert rows[f"| {measuring.RELATED.name}"].endswith("| 5 | 8.0 (6.0–10.0) |")
    assert f"| {measuring.P50.name}" not in rows


def test_who_is_not_installed_is_said_with_how_to(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(contestants, "PEERS", tmp_path)
    with pytest.raises(SystemExit):
        speed.main(["--quick", "--only", "txtai"])
    assert "`make peers` installs txtai and Chroma" in capsys.readouterr().err


def test_a_contestant_that_finds_nothing_is_not_measured(tmp_path: Path) -> None:
    task = replace(speed.made_up(), known=[("the harbour board", "an article that nobody has")])
    with pytest.raises(RuntimeError, match="tutorial finds only 0 of 1 known articles"):
        measuring.measured(contestants.Tutorial("hashing"), task, tmp_path / "data", ["query"])


def test_int8_is_measured_only_where_it_runs(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="it runs hashing, not int8"):
        measuring.measured(contestants.Backfile("hashing", "int8"), speed.made_up(), tmp_path / "data", [])


@pytest.mark.slow
@pytest.mark.parametrize("contestant", [contestants.Txtai, contestants.Chroma])
def test_peers_find_what_they_were_given(contestant: type[contestants.Tutorial], tmp_path: Path) -> None:
    if not contestants.peers_installed():
        pytest.skip("txtai and Chroma are not installed: `make peers` installs them")
    figures = measuring.measured(contestant(str(bundled_folder())), speed.made_up(), tmp_path / "data", ["query", "memory"])
    assert figures[measuring.KNOWN.name] == 1
    assert figures[measuring.MEMORY.name] > 100


def test_a_backlog_survives_kills(capsys: pytest.CaptureFixture[str]) -> None:
    assert backlog.main(["--quick"]) == 0
    assert "the end state is the same" in capsys.readouterr().out


def test_the_time_of_pages_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert pages.main(["--quick"]) == 0
    rows = [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert {"search", "article", "years", "state", "all"} <= set(rows)
