"""Groups from links: a function of the links alone, with a resistance against chains; and which story a group is."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.relations import Signals
from archive.story_groups import JOINING, grouped, named
from archive.story_pairs import LINKED, strength

LINKS = st.dictionaries(
    st.tuples(st.integers(1, 9), st.integers(10, 18)), st.floats(LINKED, 1.5).map(lambda value: round(value, 6)), max_size=40
)


def sets(links):
    return sorted(sorted(group) for group in grouped(links))


def everyone(articles, strength=0.8):
    return {(one, other): strength for one in articles for other in articles if one < other}


def test_two_that_are_linked_are_a_group() -> None:
    assert grouped({(1, 2): LINKED}) == [{1: LINKED, 2: LINKED}]
    assert grouped({}) == []


@given(LINKS, st.randoms())
@settings(max_examples=60)
def test_the_order_of_the_links_does_not_matter(links: dict[tuple[int, int], float], chance: random.Random) -> None:
    shuffled = list(links.items())
    chance.shuffle(shuffled)
    assert sets(dict(shuffled)) == sets(links)


@given(LINKS)
@settings(max_examples=60)
def test_every_article_is_in_one_group_at_most_and_groups_are_held_by_links(links: dict[tuple[int, int], float]) -> None:
    found = grouped(links)
    articles = [article for group in found for article in group]
    assert len(articles) == len(set(articles))
    for group in found:
        assert len(group) > 1
        assert all(any({article, other} == set(pair) for pair in links for other in group) for article in group)


def test_a_chain_is_not_one_story() -> None:
    chain = {(n, n + 1): 0.6 for n in range(40)}
    assert max(map(len, grouped(chain))) <= 3


def test_a_link_between_two_stories_does_not_make_them_one() -> None:
    links = everyone(range(5)) | everyone(range(5, 10)) | {(4, 5): 0.7}
    assert sets(links) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def test_a_story_of_many_more_than_are_compared_stays_whole() -> None:
    """Each is compared with 32 others of a hundred."""
    chance = random.Random(5)
    links = {
        (min(one, other), max(one, other)): 0.8
        for one in range(100)
        for other in chance.sample([n for n in range(100) if n != one], 32)
    }
    assert [len(group) for group in grouped(links)] == [100]


def test_two_large_stories_with_some_links_between_them_stay_two() -> None:
    chance = random.Random(6)
    links = everyone(range(50)) | everyone(range(50, 100))
    links |= {(chance.randrange(50), chance.randrange(50, 100)): 0.6 for _ in range(100)}
    assert sorted(len(group) for group in grouped(links)) == [50, 50]


def test_the_weight_of_an_article_is_what_links_it_with_the_others() -> None:
    [weights] = grouped({(1, 2): 0.9, (2, 3): 0.8, (1, 3): 0.5})
    assert weights == {1: 1.4, 2: 1.7, 3: 1.3}


@pytest.mark.parametrize(
    ("groups", "before", "expected", "ended"),
    [
        ([{1: 1.0, 2: 1.0}], {}, [(None, [])], []),
        ([{1: 1.0, 2: 1.0, 3: 1.0}], {1: 7, 2: 7}, [(7, [])], []),
        ([{1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0, 5: 1.0}], {1: 7, 2: 7, 3: 8, 4: 8, 5: 8}, [(8, [7])], []),
        ([{1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0}], {1: 7, 2: 7, 3: 8, 4: 8}, [(7, [8])], []),
        ([{1: 1.0, 2: 1.0}, {3: 1.0, 4: 1.0, 5: 1.0}], {1: 7, 2: 7, 3: 7, 4: 7, 5: 7}, [(None, []), (7, [])], []),
        ([], {1: 7}, [], [7]),
        ([{1: 1.0, 2: 1.0}], {1: 7, 2: 7, 3: 8}, [(7, [])], [8]),
    ],
    ids=["new", "grown", "the larger takes in", "the older of equals", "fallen apart", "nothing left", "a part of it ended"],
)
def test_which_story_a_group_is(groups, before, expected, ended) -> None:
    found, gone = named(groups, before)
    assert [(group.story, list(group.takes_in)) for group in found] == expected
    assert [group.weights for group in found] == groups
    assert gone == ended


def test_strength_fades_with_time_and_forms_do_not_count() -> None:
    near, later = (strength(Signals(alike=0.7, named=0.4, days=days)) for days in (0.0, 9.0))
    assert JOINING < later < near
    assert strength(Signals(alike=0.7, named=0.4)) == near, "nothing speaks against the same day"
    assert strength(Signals(alike=0.9, named=0.9, days=30.0)) < LINKED
    assert strength(Signals(alike=0.9, named=0.9, days=8.0, resemblance=0.5)) == 0
    assert strength(Signals(alike=0.9, named=0.9, days=8.0, numbered_apart=True)) == 0
    assert strength(Signals(alike=1.0, named=0.9, resemblance=1.0, containment=1.0, titled=1.0)) > 1
