from evals import languages
from evals.languages import Tally, Text


def test_our_own_texts(capsys) -> None:
    assert languages.main(["--quick"]) == 0
    assert "our headlines with two sentences: 32 texts" in capsys.readouterr().out


def test_a_wrong_answer_counts() -> None:
    tally = Tally()
    tally.add(Text("", "fr", "The ferry sailed again on Monday morning, three weeks after it had touched a rock."))
    tally.add(Text("", None, "Oslo"))
    assert (tally.texts, tally.answers, [answer for answer, _ in tally.wrong]) == (2, 1, ["en"])
    assert languages._report({"": tally}, listed=True) == 1
