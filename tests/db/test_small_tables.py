"""Keys, answers to repeated requests, and facts by name."""

import pytest

from db import idempotency, keys, meta
from db.idempotency import StoredAnswer
from db.records import Moment

MINUTE = 60_000_000
ANSWER = StoredAnswer(201, {"Location": "/v1/articles/a_1", "X": "ü"}, b"\x00{}")


def later(now: Moment, micros: int) -> Moment:
    return Moment.at(now.micros + micros)


def test_keys_are_found_by_their_secret_and_end_when_revoked(database, now):
    with database.write() as conn:
        first = keys.create(conn, "editor", ("read", "write"), "s1", "bf_1", None, now)
        second = keys.create(conn, "script", ("read",), "s2", "bf_2", later(now, 5), later(now, 1))
        assert (first.name, first.scopes, first.prefix, first.created_at) == ("editor", ("read", "write"), "bf_1", now)
    with database.read() as conn:
        assert keys.find(conn, "s1") == first
        assert keys.find(conn, "s3") is None
        assert keys.all(conn) == [first, second]
    with database.write() as conn:
        assert keys.revoke(conn, first.id, later(now, 9))
        assert not keys.revoke(conn, first.id, later(now, 10))
        assert not keys.revoke(conn, "k_none", now)
        assert keys.find(conn, "s1").revoked_at == later(now, 9)
        assert keys.find(conn, "s2").revoked_at is None
        with pytest.raises(Exception, match=r"(?i)unique"):
            keys.create(conn, "copy", (), "s1", "bf_1", None, now)


def test_the_first_request_works_and_the_others_get_its_answer(database, now):
    with database.write() as conn:
        assert idempotency.claim(conn, "owner", "k", "f", now) == "claimed"
    with database.write() as conn:
        assert idempotency.claim(conn, "owner", "k", "f", later(now, 1)) == "in_progress"
        assert idempotency.claim(conn, "owner", "k", "other", later(now, 1)) == "mismatch"
        assert idempotency.claim(conn, "somebody", "k", "other", now) == "claimed"
        idempotency.complete(conn, "owner", "k", ANSWER)
    with database.write() as conn:
        assert idempotency.claim(conn, "owner", "k", "f", later(now, 2 * MINUTE)) == ANSWER
        assert idempotency.claim(conn, "owner", "k", "other", now) == "mismatch"
        idempotency.release(conn, "owner", "k")
        assert idempotency.claim(conn, "owner", "k", "f", now) == ANSWER


def test_a_claim_that_was_given_up_or_whose_holder_died_is_free(database, now):
    with database.write() as conn:
        idempotency.claim(conn, "owner", "k", "f", now)
        idempotency.release(conn, "owner", "k")
        assert idempotency.claim(conn, "owner", "k", "other", now) == "claimed"
        assert idempotency.claim(conn, "owner", "k", "other", later(now, MINUTE - 1)) == "in_progress"
        assert idempotency.claim(conn, "owner", "k", "other", later(now, MINUTE)) == "claimed"
        assert idempotency.claim(conn, "owner", "k", "other", later(now, MINUTE + 1)) == "in_progress"


def test_old_answers_are_forgotten(database, now):
    with database.write() as conn:
        for number in range(3):
            idempotency.claim(conn, "owner", str(number), "f", later(now, number))
        assert idempotency.prune(conn, later(now, 2)) == 2
        assert idempotency.claim(conn, "owner", "0", "f", now) == "claimed"
        assert idempotency.claim(conn, "owner", "2", "f", later(now, 2)) == "in_progress"


def test_facts_by_name(database):
    with database.write() as conn:
        assert meta.get(conn, "model") is None
        meta.set(conn, "model", "a")
        meta.set(conn, "model", "ü")
        assert meta.get(conn, "model") == "ü"
