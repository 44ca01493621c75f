"""How far apart a model puts texts that have nothing to do with each other, and how near a question and its answer.

Cosines are not comparable between models: some give 0.75 to what has nothing in common, others 0.05. These pairs are what every
model is measured on, once; a similarity is then told as a place between the two means.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from embeddings import Encoder

LEAST_APART: Final = 0.2
"""Between the two means: a model that does not tell answers from strangers gets no steeper a scale for that."""

Number = TypeVar("Number", float, NDArray[np.float64])
"""One, or many at once."""

_ANSWERED: Final = (
    ("why did the ferry sink", "Water came in through a bow door that was left open; the ship listed and went down in minutes."),
    ("how to prune an apple tree", "Cut out crossing branches in late winter, and leave the buds that point outwards."),
    ("who won the women's marathon", "She broke away at the thirtieth kilometre and crossed the finish line two minutes ahead."),
    ("interest rates and mortgages", "When the central bank lends at a higher rate, home loans become dearer within months."),
    ("vaccine against malaria", "In the trial, three doses protected seven children in ten from the parasite for a year."),
    ("history of the printing press", "Movable type let a workshop set a page in hours that a scribe had copied in days."),
    ("police officers charged with bribery", "Four constables took money from drivers and are to stand before a judge in May."),
    ("symptoms of lead poisoning", "Tiredness, stomach pain and pale gums are signs that the metal has built up in the blood."),
    ("best way to store potatoes", "Keep the tubers dark, dry and cool, but not in the refrigerator, where they turn sweet."),
    ("election results in the north", "The party lost eleven seats in the northern districts, where turnout fell to half."),
    ("black holes and gravity waves", "Two collapsed stars spiralled into one another and shook space, as the detectors showed."),
    ("school meals for poor families", "Pupils whose parents earn little will get a free lunch every day from autumn."),
    ("password security advice", "Use a long phrase, a different one for each account, and let a program remember them."),
    ("violin concerto review", "The soloist rushed the slow movement, yet the orchestra carried the finale with fire."),
    ("coral reef bleaching", "The sea was two degrees too warm, and the polyps pushed out the algae that feed them."),
    ("railway strike this week", "Train drivers stop work on Thursday because talks about pay have broken down."),
    ("medieval castle excavation", "Archaeologists uncovered the foundations of a tower and a kitchen full of animal bones."),
    ("how do bees find flowers", "A forager dances on the comb, and the angle tells her sisters where the nectar is."),
    ("factory closes, jobs lost", "The plant will shut down next year, and nine hundred workers are to be dismissed."),
    ("novel about a lighthouse keeper", "In her second book an old man tends the lamp on a rock and writes letters to no one."),
    ("earthquake in the mountains", "The tremor brought down houses in the high valleys and blocked the road with boulders."),
    ("customer satisfaction survey", "Visitors were asked how easily they found what they needed; most rated the service good."),
    ("insulin and blood sugar", "The hormone lets cells take up glucose, and without it the level in the veins rises."),
    ("chess world champion", "He defended his title with a draw in the last game after a long rook ending."),
    ("drought and wheat harvest", "It has not rained since March, and farmers expect half of the usual grain."),
    ("court ruling on privacy", "The judges held that the newspaper had no right to print the private letters."),
    ("airline safety inspection", "Inspectors found cracks in the wings of six jets and grounded them at once."),
    ("making a website accessible", "Give every picture a description and let people reach each link with the keyboard."),
    ("smoking and lung cancer", "People with forty cigarettes a day had tumours in the chest twenty times as often."),
    ("refugees cross the border", "Families who fled the fighting walked for days to reach the camps on the other side."),
    ("painting stolen from museum", "Thieves cut the canvas from its frame at night; the gallery offers a reward."),
    ("turbulent flow over a wing", "Behind the leading edge the smooth layer of air breaks up and the drag grows."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Mean cosines: of texts that have nothing to do with each other, and of questions with their answers."""

    strangers: float
    answers: float

    def place(self, similarity: Number) -> Number:
        """0 where strangers are, 1 where answers are, and on beyond."""
        return (similarity - self.strangers) / max(self.answers - self.strangers, LEAST_APART)

    @classmethod
    def of(cls, encoder: Encoder) -> "Yardstick":
        questions = encoder.encode([question for question, _ in _ANSWERED], bulk=True)
        texts = encoder.encode([text for _, text in _ANSWERED], bulk=True)
        cosines = questions @ texts.T
        apart = ~np.eye(len(cosines), dtype=bool)
        return cls(float(cosines[apart].mean()), float(cosines.diagonal().mean()))


UNMEASURED: Final = Yardstick(0.0, 1.0)
"""Where nothing is measured by it, because meaning is not searched."""
