"""Work that may come later gives way to questions, and comes to its end all the same."""

import threading
from collections.abc import Callable

import pytest

from archive import courtesy
from archive.archive import Archive
from archive.courtesy import Courtesy
from archive.requests import RelatedRequest, SearchRequest, Seed
from db.records import Draft, ParagraphDraft


def test_nothing_is_done_while_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courtesy, "PATIENCE_S", 60)
    questions, done = Courtesy(), []
    with questions, questions:
        working = threading.Thread(target=lambda: done.extend(questions.between("ab")))
        working.start()
        working.join(0.2)
        assert done == []
    working.join(30)
    assert done == ["a", "b"]


def test_however_much_is_asked_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courtesy, "PATIENCE_S", 0.01)
    questions = Courtesy()
    with questions:
        assert list(questions.between("abc")) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda archive: archive.search(SearchRequest(q="ferry")),
        lambda archive: archive.related(RelatedRequest(seeds=[Seed(ref="ext::a")])),
    ],
)
def test_stories_and_sketches_give_way(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Archive], object]
) -> None:
    archive.add(Draft(external_id="a", title="A ferry", paragraphs=(ParagraphDraft("It sank off the mole."),)))
    archive.indexer.catch_up()
    waited: list[bool] = []
    monkeypatch.setattr(archive.courtesy, "_give_way", lambda: waited.append(archive.courtesy._asked_lately()))
    monkeypatch.setattr(courtesy, "LULL_S", 3600)
    archive.courtesy._last = -3600.0
    archive.story_follower.catch_up()
    archive.add(Draft(external_id="b", title="Another ferry", paragraphs=(ParagraphDraft("It did not sink."),)))
    archive.indexer.catch_up()
    ask(archive)
    archive.sketch()
    archive.story_follower.catch_up()
    assert waited[0] is False
    assert waited[1:]
    assert all(waited[1:])
