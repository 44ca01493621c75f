"""One clock; in the log each article once, at its latest place."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import articles, changes
from db.records import Draft, Moment

STEPS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", "b", None])), max_size=15)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, cursor=st.integers(0, 16), limit=st.integers(1, 5))
def test_the_log_has_each_article_at_its_latest_change(scratch, save, steps, cursor, limit):
    with scratch() as conn:
        start, keys, titles, log = changes.seq(conn), {}, {}, {}
        for number, title in steps:
            if title is None and number in keys:
                seq = articles.delete(conn, keys[number], Moment.at(5))
                log[keys.pop(number)] = (seq, True)
                assert seq == changes.seq(conn)
            elif title is not None:
                saved = save(conn, Draft(title=title, tags=(str(number),)), key=keys.get(number))
                assert (saved.state == "unchanged") == (number in keys and titles[number] == title)
                keys[number], titles[number] = saved.key, title
                log[saved.key] = (saved.seq, False)
        expected = sorted((seq, key, deleted) for key, (seq, deleted) in log.items())
        found = changes.after(conn, 0, 100)
        assert [(change.seq, change.article, change.deleted) for change in found] == expected
        assert changes.after(conn, start + cursor, limit) == [change for change in found if change.seq > start + cursor][:limit]
        assert changes.seq(conn) == max([start, *(change.seq for change in found)])
        assert {key: article.seq for key, article in articles.many(conn, list(keys.values())).items()} == {
            key: seq for key, (seq, deleted) in log.items() if not deleted
        }
