"""Texts of many kinds and lengths, to measure the ranges of a model's numbers on."""

from itertools import islice, product

_SUBJECTS = (
    "the city council", "a retired engineer", "the national bank", "our correspondent in Lisbon", "the home team",
    "a team of biologists", "the prime minister", "an unknown painter", "the orchestra", "a small software company",
    "the railway", "the court of appeal", "her grandmother", "the expedition", "the editor of this paper",
)  # fmt: skip
_ACTIONS = (
    "announced that 1,250 jobs would go by the end of the year", "won the final by three goals to one",
    "published a study of cells that resist the virus", "refused to sign the treaty", "opened a museum of clocks",
    "found that prices had risen by 4.5 %", "lost the appeal and must pay $2m in damages", "sailed north through the ice",
    "released an update that closes two holes in the kernel", "sang the part of the queen for the last time",
    "planted forty apple trees along the river", "was accused of hiding the letters", "measured the speed of sound in helium",
)  # fmt: skip
_CIRCUMSTANCES = (
    "on Tuesday",
    "in spite of heavy rain", "according to a report seen by this newspaper", "after months of talks with the unions",
    "for the first time since 1968", "because nobody had asked", "without saying why", "at the age of 83",
    "“and that is all there is to it”", "in front of 60,000 people", "while the harvest was being brought in",
)  # fmt: skip
_QUESTIONS = ("why did {} fail", "who owns {}", "history of {}", "{}", "what happened to {} in 1912?", "pictures of {} at night")
_LENGTHS = (1, 2, 3, 5, 8)


def sentences(count: int = 300) -> list[str]:
    """Questions, sentences and paragraphs in turns; always the same ones."""
    said = [f"{subject[0].upper()}{subject[1:]} {action} {circumstance}." for subject, action, circumstance in _mixed()]
    asked = [question.format(subject) for question, subject in product(_QUESTIONS, _SUBJECTS)]
    joined = [" ".join(said[at : at + _LENGTHS[at % len(_LENGTHS)]]) for at in range(count)]
    return list(islice((text for pair in zip(joined, asked * count, strict=False) for text in pair), count))


def _mixed() -> list[tuple[str, str, str]]:
    """All combinations, in an order in which neighbours have nothing in common: 7 shares no factor with their number, 2,145."""
    every = list(product(_SUBJECTS, _ACTIONS, _CIRCUMSTANCES))
    return [every[at * 7 * 23 % len(every)] for at in range(len(every))]
