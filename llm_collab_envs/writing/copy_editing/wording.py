"""The words of generated drafts, and the sentences that are made of them.

No word of one list is in another, so that an option of the style sheet stands only where it is
meant, and every sentence names one object of its section.
"""

from __future__ import annotations

import numpy as np

from llm_collab_envs.core.tasks import invent_name

TITLES = (
    "Origins Trade Crafts Faith Leisure Travel Winter Summer Learning Medicine Music Food "
    "Fishing Farming Mining Justice Customs Harvest Sport Industry"
).split()
OBJECTS = (
    "tower gate garden bridge mill hall library chapel tunnel barn stable statue fountain orchard "
    "lantern bell clock quarry inn temple kiln granary lighthouse dovecote cellar pier aviary forge"
).split()
QUANTITIES = "cost rent yield height length depth width weight value debt income tax".split()
HEADINGS = ("# Title", "Title:", "== Title ==", "[Title]")
TENSE = "tense"
TENSES = ("was", "is", "will be", "has been")
PEOPLE = {  # words that four authors use for the same people, or things
    "guard": ("warden", "sentry", "watchman", "sentinel"),
    "leader": ("guide", "escort", "usher", "steward"),
    "learner": ("pupil", "student", "scholar", "novice"),
    "caller": ("guest", "visitor", "traveller", "stranger"),
    "helper": ("servant", "assistant", "attendant", "porter"),
}
THINGS = {
    "way": ("path", "trail", "track", "lane"),
    "store": ("shop", "stall", "booth", "kiosk"),
    "vessel": ("boat", "barge", "raft", "canoe"),
    "picture": ("painting", "mural", "fresco", "portrait"),
    "paper": ("record", "deed", "charter", "ledger"),
    "border": ("wall", "hedge", "railing", "palisade"),
    "vehicle": ("cart", "wagon", "coach", "carriage"),
}

_GIVEN_NAMES = (
    "Anna Boris Clara David Emma Felix Greta Hugo Irene Jonas Karin Louis Maria Nils Olga Peter"
).split()
_SEES = "owns shows watches sketches rents admires describes cleans".split()
_BESIDE = "behind near beside below above before".split()
_PARTS = "roof door floor stair window chimney beam ceiling".split()
_DONE = "mended painted polished measured oiled varnished inspected rebuilt".split()
_TAILS = (
    "on quiet mornings",
    "after the first snow",
    "in the dry months",
    "when the river runs high",
    "until late at night",
    "for a small reward",
    "through the autumn rains",
    "at the end of every week",
    "as the old custom demands",
    "with great care",
    "in all kinds of weather",
    "without much noise",
)
_PLACES = 12
_SURNAMES = 16


class Scribe:
    """Writes the sentences of one draft; each names somebody that no other does.

    Args:
        rng: Draws the words.
        split: Whose names to use.

    Attributes:
        subject: The place that the draft is about.
    """

    def __init__(self, rng: np.random.Generator, split: str) -> None:
        """Name the places and the families."""
        self._rng = rng
        self._split = split
        self._taken: set[str] = set()
        self.subject = self._name()
        self._places = [self._name() for _ in range(_PLACES)]
        surnames = [self._name() for _ in range(_SURNAMES)]
        people = [f"{given} {surname}" for given in _GIVEN_NAMES for surname in surnames]
        self._people = iter([people[i] for i in rng.permutation(len(people))])

    def wording(self, points: tuple[str, ...], about: str) -> str:
        """Return a sentence on an object, with a point's name in braces where its word goes."""
        people = [f"the {{{point}}} {self._person()}" for point in points if point in PEOPLE]
        things = [f"the {{{point}}}" for point in points if point in THINGS]
        who = " with ".join(people) or self._person()
        what = " and ".join(things) or f"the {self._draw(_PARTS)}"
        what += f" {self._draw(_BESIDE)} the {about}"
        if TENSE in points:
            sentence = f"{what} {{{TENSE}}} {self._draw(_DONE)} by {who}"
        else:
            sentence = f"{who} {self._draw(_SEES)} {what}"
        return f"{sentence[0].upper()}{sentence[1:]} {self._draw(_TAILS)}."

    def figures(self, quantity: str) -> tuple[str, str]:
        """Return two sentences that give a quantity, with {} for the figure."""
        return (
            f"By the town book the {quantity} comes to {{}}, and {self._person()} agrees.",
            f"In a letter {self._person()} puts the {quantity} at {{}} {self._draw(_TAILS)}.",
        )

    def plain(self, about: str) -> str:
        """Return a sentence with which nothing is wrong."""
        return f"From the {about} {self._person()} sees the hills and the sea {self._draw(_TAILS)}."

    def _person(self) -> str:
        return f"{next(self._people)} of {self._draw(self._places)}"

    def _name(self) -> str:
        return invent_name(self._rng, self._split, self._taken)

    def _draw(self, words: tuple[str, ...] | list[str]) -> str:
        return words[self._rng.integers(len(words))]
