"""Whose turn it is."""

import asyncio
import threading

import pytest
from starlette.responses import Response

from api import asking
from api.asking import Turns


class Questions:
    """Each answered when it may be."""

    def __init__(self, count):
        self.may_end = [threading.Event() for _ in range(count)]
        self.begun = []
        self.at_once = self.most_at_once = 0

    def answer(self, number):
        self.begun.append(number)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.may_end[number].wait(10)
        self.at_once -= 1
        return Response(str(number))


async def until(happened):
    for _ in range(1000):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


def asked(turns, questions):
    return [asyncio.ensure_future(turns(lambda number=n: questions.answer(number))) for n in range(len(questions.may_end))]


def test_questions_are_answered_one_at_a_time_in_order(monkeypatch):
    monkeypatch.setattr(asking, "LONG_S", 60)

    async def run():
        questions = Questions(5)
        answers = asked(Turns(4), questions)
        for number, event in enumerate(questions.may_end):
            await until(lambda number=number: questions.begun == list(range(number + 1)))
            event.set()
        assert [(await answer).body for answer in answers] == [b"0", b"1", b"2", b"3", b"4"]
        assert questions.most_at_once == 1

    asyncio.run(run())


@pytest.mark.parametrize("most", [1, 2, 3])
def test_beside_those_that_take_long_others_begin_up_to_so_many(monkeypatch, most):
    monkeypatch.setattr(asking, "LONG_S", 0.01)

    async def run():
        questions = Questions(5)
        answers = asked(Turns(most), questions)
        await until(lambda: len(questions.begun) == most)
        await asyncio.sleep(0.1)
        assert questions.begun == list(range(most))
        for event in questions.may_end:
            event.set()
        await asyncio.gather(*answers)
        assert sorted(questions.begun) == list(range(5))

    asyncio.run(run())


def test_after_one_that_took_long_it_is_one_at_a_time_again(monkeypatch):
    monkeypatch.setattr(asking, "LONG_S", 0.01)

    async def run():
        turns, first = Turns(4), Questions(2)
        answers = asked(turns, first)
        await until(lambda: len(first.begun) == 2)
        for event in first.may_end:
            event.set()
        await asyncio.gather(*answers)
        monkeypatch.setattr(asking, "LONG_S", 60)
        second = Questions(3)
        answers = asked(turns, second)
        await until(lambda: second.begun)
        await asyncio.sleep(0.1)
        assert second.begun == [0]
        for event in second.may_end:
            event.set()
        await asyncio.gather(*answers)

    asyncio.run(run())


def test_a_failure_gives_the_turn_to_the_next():
    async def run():
        turns = Turns(2)

        def fails():
            raise ValueError("no answer")

        with pytest.raises(ValueError, match="no answer"):
            await turns(fails)
        assert (await turns(lambda: Response("next"))).body == b"next"

    asyncio.run(run())
