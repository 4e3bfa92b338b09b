"""Bargaining's rules and scores, on a small task whose every figure can be checked by hand."""

from __future__ import annotations

import itertools
import math
from typing import Any, ClassVar

import numpy as np
import pytest

from llm_collab_envs.negotiation.bargaining.nash import (
    Bargain,
    Division,
    best,
    count_divisions,
    is_efficient,
)
from llm_collab_envs.negotiation.bargaining.reading import MAX_CHARS, Table, lay
from llm_collab_envs.negotiation.bargaining.scoring import BargainingScore, score
from llm_collab_envs.negotiation.bargaining.tasks import BargainingTask
from llm_collab_envs.negotiation.bargaining.writing import write_offer, write_signature

# Bako likes salt, Teva wool; each alone would be worth 20 and 14 to them.
TASK = BargainingTask(
    houses=("Bako", "Teva"),
    goods=("salt", "wool"),
    stock=(3, 2),
    values=((6, 1), (2, 4)),
    walk=(5, 4),
    talk=50,
    max_cycles=6,
)
OWNERS = {"agent_0": (0,), "agent_1": (1,)}
BEST: Division = ((3, 0), (0, 2))  # Bako 18 - 5, Teva 8 - 4: 13 * 4 = 52
FAIR: Division = ((2, 1), (0, 2))  # Bako 12 - 5, Teva 10 - 4: 7 * 6 = 42
POOR: Division = ((2, 1), (1, 1))  # Bako 13 - 5, Teva 6 - 4: 8 * 2 = 16
OFFER = "offer salt 3 0, wool 0 2\nBako takes 3 salt, 0 wool"
ONE_MOVE = "it must have one offer, one acceptance or one 'walk'"
ACCEPT = "accept agent_0\nTeva takes 0 salt, 2 wool"


def of(first: str, second: str, task: BargainingTask = TASK) -> BargainingScore:
    return score(task, {"agent_0": first, "agent_1": second}, OWNERS, {})


def table(first: str, second: str) -> Table:
    return lay(TASK, {"agent_0": first, "agent_1": second}, OWNERS, {})


def deal(division: Division, task: BargainingTask = TASK) -> tuple[str, str]:
    """Both submissions that strike a deal."""
    return (
        f"{write_offer(task, division)}\n{write_signature(task, 0, division)}",
        f"accept agent_0\n{write_signature(task, 1, division)}",
    )


class TestScore:
    def test_of_the_best_deal(self) -> None:
        assert deal(BEST) == (OFFER, ACCEPT)
        assert of(OFFER, ACCEPT) == BargainingScore(
            quality=1.0,
            agreement=True,
            walked=False,
            pareto=True,
            nash_ratio=1.0,
            fairness=pytest.approx((13 / 20 + 4 / 14) ** 2 / 2 / ((13 / 20) ** 2 + (4 / 14) ** 2)),
            conflicts=0.0,
            gains=(13, 4),
        )

    def test_of_another_deal_is_its_nash_ratio(self) -> None:
        fair = of(*deal(FAIR))
        assert fair.quality == fair.nash_ratio == pytest.approx(42 / 52)
        assert fair.pareto
        assert fair.gains == (7, 6)
        assert fair.fairness > of(OFFER, ACCEPT).fairness

    def test_of_a_deal_that_wastes(self) -> None:
        poor = of(*deal(POOR))
        assert poor.quality == pytest.approx(16 / 52)
        assert not poor.pareto  # the best deal gives both more

    def test_of_a_deal_by_which_a_house_does_not_gain(self) -> None:
        bad = of(*deal(((3, 0), (1, 1))))  # Teva gets 4, which walking away is worth
        assert (bad.quality, bad.agreement, bad.gains) == (0.0, True, (14, 0))
        worse = of(*deal(((3, 0), (2, 0))))
        assert (worse.quality, worse.gains, worse.fairness) == (0.0, (15, -4), 0.5)

    def test_of_nothing(self) -> None:
        nothing = BargainingScore(0.0, False, False, False, 0.0, 0.0, 0.0, (0, 0))
        assert score(TASK, {}, OWNERS, {}) == nothing
        assert of("", "") == nothing
        assert of(OFFER, "") == nothing
        assert score(TASK, {"agent_1": ACCEPT}, OWNERS, {}) == nothing

    def test_of_walking_where_a_deal_was_to_be_had(self) -> None:
        walked = of("walk", "walk")
        assert (walked.quality, walked.walked, walked.pareto) == (0.0, True, False)

    def test_of_walking_where_that_is_right(self) -> None:
        hopeless = _with_walk((16, 9))
        assert best(hopeless.bargain).division is None
        walked = of("walk", " walk\n", hopeless)
        assert (walked.quality, walked.walked, walked.pareto) == (1.0, True, True)
        assert walked.nash_ratio == walked.fairness == 0.0
        for parts in (("walk", ""), ("", ""), ("walk", ACCEPT), deal(BEST, hopeless)):
            assert of(*parts, hopeless).quality == 0.0

    def test_walking_is_not_efficient_where_a_deal_gives_one_more_and_none_less(self) -> None:
        hopeless = _with_walk((15, 8))  # Bako would have 18 of the best deal, and Teva 8
        assert best(hopeless.bargain).division is None
        walked = of("walk", "walk", hopeless)
        assert (walked.quality, walked.pareto) == (1.0, False)

    def test_of_rival_offers(self) -> None:
        rival = "offer salt 0 3, wool 2 0\nTeva takes 3 salt, 0 wool"
        assert of(OFFER, rival).conflicts == 0.5
        assert of(OFFER, rival).quality == 0.0

    def test_of_one_agent_for_all_houses(self) -> None:
        alone = {"agent_0": (0, 1)}
        text = f"{OFFER}\nTeva takes 0 salt, 2 wool"
        assert score(TASK, {"agent_0": text}, alone, {}).quality == 1.0
        assert score(TASK, {"agent_0": OFFER}, alone, {}).quality == 0.0
        assert score(_with_walk((15, 8)), {"agent_0": "walk"}, alone, {}).quality == 1.0


class TestSubmissions:
    def test_are_read_with_goods_in_any_order(self) -> None:
        swapped = "offer wool 0 2, salt 3 0\nBako takes 0 wool, 3 salt"
        assert table(swapped, ACCEPT).deal == BEST

    def test_are_read_with_white_space_around_lines(self) -> None:
        assert table(OFFER.replace("\n", " \r\n\n  "), ACCEPT + "\n\n").deal == BEST

    @pytest.mark.parametrize(
        ("offer", "accept"),
        [
            (OFFER.capitalize().replace("bako", "Bako"), ACCEPT.replace("accept", "Accept")),
            (OFFER.replace("offer", "offer:"), ACCEPT.replace("agent_0", "agent_0's offer.")),
            (f"```\n{OFFER}\n```", f"```text\n{ACCEPT}\n```"),
            (f"- {OFFER}".replace("\n", "\n- "), f"1. {ACCEPT}".replace("\n", "\n2) ")),
            (f"**{OFFER}**".replace("\n", "**\n**"), f"`{ACCEPT}`".replace("\n", "`\n`")),
            (OFFER.replace(" ", "  "), ACCEPT.replace(" ", "\u00a0")),
            (OFFER.replace("\n", ".\n") + ".", ACCEPT + "."),
            (OFFER.replace(", ", " and "), ACCEPT.replace(", ", ", and ")),
            (OFFER.replace(", ", ","), ACCEPT.replace(", ", ",")),
            (OFFER.replace("Bako takes", "Bako (agent_0) takes:"), ACCEPT),
            (OFFER.replace("Bako takes", "Bako: takes"), ACCEPT.replace("takes", "Takes")),
            (OFFER.replace(" takes", ":"), ACCEPT.replace(" takes", " (agent_1):")),
            (OFFER, ACCEPT.replace("0 salt, ", "")),
            (OFFER.replace(", 0 wool", ""), ACCEPT),
            (OFFER.replace("takes", "gets"), ACCEPT.replace("takes", "receives")),
            (OFFER.replace(", ", "; "), ACCEPT.replace("2 wool", "2 units of Wool")),
            (OFFER.replace("salt 3", "Salt: 3"), f"I {ACCEPT}"),
            (OFFER.replace("Bako", "**Bako**"), ACCEPT.replace("agent_0", "agent_0\u2019s offer")),
            (f"My offer:\n{OFFER}\n---\nThis is good for all.", f"{ACCEPT}\nThank you!"),
            (f"Our offer is fair: all 2 gain.\n{OFFER}\nI offer you 2 of them.", ACCEPT),
            (f"I {OFFER}".replace("\n", ", signed:\n"), ACCEPT.replace("agent_0", "agent_0:")),
            (
                OFFER.replace("3 salt, 0 wool", "salt 3, no wool"),
                ACCEPT.replace("accept", "We accept the offer of").replace("0 salt", "No salt"),
            ),
        ],
    )
    def test_are_read_as_models_write_them(self, offer: str, accept: str) -> None:
        assert table(offer, accept).problems == {}
        assert table(offer, accept).deal == BEST

    @pytest.mark.parametrize(
        "text",
        [
            "Walk",
            "walk.",
            "- walk",
            "**Walk**",
            "_walk._",
            "I walk away.",
            "```\nWALK\n```",
            "We walk!",
            "There is no deal for all.\nwalk",
        ],
    )
    def test_are_read_as_models_walk(self, text: str) -> None:
        assert table(text, "walk").walked

    @pytest.mark.parametrize(
        "left", ["1 salt", "0 salt", "1 salt, 2 wool", "2 wool, 2 wool", "2 wool, 0 tin", "nothing"]
    )
    def test_that_leave_goods_out_sign_for_none_of_them(self, left: str) -> None:
        assert table(OFFER, f"accept agent_0\nTeva takes {left}").deal is None

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", f"{ONE_MOVE}, and has none"),
            ("hello", f"{ONE_MOVE}, and has none"),
            ("Walk on", f"{ONE_MOVE}, and has none"),
            ("accept agent_one", f"{ONE_MOVE}, and has none"),
            ("walk\nBako takes 3 salt, 0 wool", "who walks signs for nothing"),
            ("walk\nwalk", f"{ONE_MOVE}, and has several"),
            ("offer all", f"{ONE_MOVE}, and has none"),
            ("offer salt 3 0 / wool 0 2", "its offer cannot be read"),
            ("offer salt 3 0, salt 3 0, wool 0 2", "its offer cannot be read"),
            ("offer salt 3 -0, wool 0 2", "its offer cannot be read"),
            ("offer tin 3 0, wool 0 2", f"{ONE_MOVE}, and has none"),
            ("offer salt 3 0", "it must offer every good of the stock once"),
            ("offer salt 3 0, wool 0 2, tin 1 0", "it must offer every good of the stock once"),
            ("offer salt 3 0 0, wool 0 2", "salt needs a number for each house"),
            ("offer salt 3, wool 0 2", "salt needs a number for each house"),
            ("offer salt 3 1, wool 0 2", "salt adds up to 4, the stock is 3"),
            ("offer salt 3 0, wool 0 1", "wool adds up to 1, the stock is 2"),
            ("offer salt 3 0, wool 0 2", "it is not signed for Bako"),
            (f"{OFFER}\nTeva takes 0 salt, 2 wool", "it is signed for a house that is not yours"),
            (f"{OFFER}\nBako takes 3 salt, 0 wool", "it is signed twice for Bako"),
            (f"{OFFER}\nwalk", f"{ONE_MOVE}, and has several"),
            (f"{OFFER}\nTeva likes it", "a line that names a house is no signature"),
            (f"{OFFER}\n{OFFER.splitlines()[0]}", f"{ONE_MOVE}, and has several"),
            (OFFER.replace("Bako", "Beko"), "it is not signed for Bako"),
            (OFFER.replace("3 salt, 0 wool", "all"), "the signature of Bako cannot be read"),
            (
                OFFER.replace("takes 3 salt", "takes 3 salt, 3 salt"),
                "the signature of Bako cannot be read",
            ),
            (
                OFFER.replace("takes 3 salt, 0", "takes 2 salt, 0"),
                "you sign for another share than you offer",
            ),
            ("accept agent_1\nBako takes 3 salt, 0 wool", "agent_1 offers nothing"),
            ("accept agent_0\nBako takes 3 salt, 0 wool", "agent_0 offers nothing"),
            (OFFER + " " * MAX_CHARS, f"it is longer than {MAX_CHARS} characters"),
        ],
    )
    def test_that_do_not_count_say_why(self, text: str, problem: str) -> None:
        seen = table(text, "walk")
        assert seen.problems == {"agent_0": problem}
        assert not seen.offers
        assert seen.walking == ["agent_1"]
        assert seen.deal is None

    def test_that_accept_a_changed_offer_do_not_count(self) -> None:
        changed = deal(FAIR)[0].replace("wool 0 2", "wool 1 1").replace("0 wool", "1 wool")
        seen = table(changed, ACCEPT)
        assert seen.deal is None
        assert seen.problems == {"agent_1": "you sign for another share than agent_0 offers"}

    def test_that_accept_before_the_offer_count_when_it_comes(self) -> None:
        assert lay(TASK, {"agent_1": ACCEPT}, OWNERS, {}).problems == {
            "agent_1": "agent_0 offers nothing"
        }
        assert table(OFFER, ACCEPT).problems == {}

    def test_of_a_larger_team_need_all_to_accept(self) -> None:
        task, owners, division = _three(), {f"agent_{n}": (n,) for n in range(3)}, ((1, 1, 1),)
        sign = [write_signature(task, house, division) for house in range(3)]
        parts = {
            "agent_0": f"accept agent_1\n{sign[0]}",
            "agent_1": f"{write_offer(task, division)}\n{sign[1]}",
        }
        assert lay(task, parts, owners, {}).signed == {"agent_1": [0, 1]}
        assert lay(task, parts, owners, {}).deal is None
        parts["agent_2"] = f"accept agent_1\n{sign[2]}"
        assert lay(task, parts, owners, {}).deal == division
        parts["agent_2"] = "walk"
        assert lay(task, parts, owners, {}).deal is None


class TestWhereAnAgentHasLeft:
    """agent_1 has left, and agent_0 has taken over its part."""

    inherited: ClassVar = {"agent_0": (1,)}
    both = f"{OFFER}\nTeva takes 0 salt, 2 wool"

    def test_its_heir_signs_for_its_house(self) -> None:
        assert lay(TASK, {"agent_0": self.both}, OWNERS, self.inherited).deal == BEST
        assert lay(TASK, {"agent_0": self.both}, OWNERS, {}).deal is None
        assert lay(TASK, {"agent_0": OFFER}, OWNERS, self.inherited).signed == {"agent_0": [0]}

    def test_what_it_signed_stays(self) -> None:
        parts = {"agent_0": OFFER, "agent_1": ACCEPT}
        assert lay(TASK, parts, OWNERS, self.inherited).deal == BEST

    def test_its_heir_may_accept_its_offer(self) -> None:
        offer = OFFER.replace("Bako takes 3 salt, 0 wool", "Teva takes 0 salt, 2 wool")
        accept = "accept agent_1\nBako takes 3 salt, 0 wool"
        parts = {"agent_0": accept, "agent_1": offer}
        assert lay(TASK, parts, OWNERS, self.inherited).deal == BEST

    def test_its_heir_signs_for_the_share_that_is_offered(self) -> None:
        wrong = self.both.replace("Teva takes 0 salt", "Teva takes 1 salt")
        seen = lay(TASK, {"agent_0": wrong}, OWNERS, self.inherited)
        assert seen.problems == {"agent_0": "you sign for another share than you offer"}

    def test_its_heir_walks_for_it(self) -> None:
        assert lay(TASK, {"agent_0": "walk"}, OWNERS, self.inherited).walked
        assert not lay(TASK, {"agent_0": "walk"}, OWNERS, {}).walked


class TestBest:
    @pytest.mark.parametrize("seed", range(12))
    def test_is_what_brute_force_finds(self, seed: int) -> None:
        bargain = _random_bargain(seed)
        every = [bargain.gains(d) for d in _divisions(bargain.stock, len(bargain.walk))]
        assert len(every) == count_divisions(bargain.stock, len(bargain.walk))
        products = [math.prod(max(0, gain) for gain in gains) for gains in every]
        found = best(bargain)
        assert found.product == max(products)
        assert found.least == max(min(gains) for gains in every)
        if found.division is None:
            assert found.product == 0
        else:
            assert math.prod(bargain.gains(found.division)) == found.product

    @pytest.mark.parametrize("seed", range(12))
    def test_front_is_what_brute_force_finds(self, seed: int) -> None:
        bargain = _random_bargain(seed)
        every = {bargain.gains(d) for d in _divisions(bargain.stock, len(bargain.walk))}

        def dominated(gains: tuple[int, ...]) -> bool:
            return any(
                other != gains and all(a >= b for a, b in zip(other, gains, strict=True))
                for other in every
            )

        efficient = {gains for gains in every if is_efficient(bargain, gains)}
        assert efficient == {gains for gains in every if not dominated(gains)}
        assert 0 < len(efficient) < len(every)

    def test_looks_at_more_divisions_than_fit_into_a_block(self) -> None:
        """The values make it best to deal the goods out in turn; the answer is in a late block."""
        houses = 4
        values = tuple(tuple(9 if g % houses == h else 1 for g in range(6)) for h in range(houses))
        bargain = Bargain((2,) * 6, values, (1,) * houses)
        assert count_divisions(bargain.stock, houses) == 1_000_000
        found = best(bargain)
        assert found.division is not None
        assert is_efficient(bargain, bargain.gains(found.division))
        gains = sorted(bargain.gains(found.division))
        assert found.product == math.prod(gains) >= 17 * 17 * 35 * 35

    def test_of_equal_ones_is_the_same_every_time(self) -> None:
        bargain = Bargain((2, 2), ((1, 1), (1, 1)), (0, 0))
        best.cache_clear()
        first = best(bargain)
        best.cache_clear()
        assert best(bargain) == first
        assert first.product == 4


def _divisions(stock: tuple[int, ...], houses: int) -> list[Division]:
    def splits(units: int) -> list[tuple[int, ...]]:
        every = itertools.product(range(units + 1), repeat=houses)
        return [split for split in every if sum(split) == units]

    return list(itertools.product(*(splits(units) for units in stock)))


def _random_bargain(seed: int) -> Bargain:
    rng = np.random.default_rng(seed)
    stock, houses = tuple(int(n) for n in rng.integers(1, 4, 3)), 2 + seed % 3
    values = tuple(tuple(row) for row in rng.integers(0, 8, (houses, 3)).tolist())
    return Bargain(stock, values, tuple(rng.integers(0, 7, houses).tolist()))


def _with_walk(walk: tuple[int, ...]) -> BargainingTask:
    return BargainingTask.from_dict({**TASK.to_dict(), "walk": list(walk)})


def _three() -> BargainingTask:
    data: dict[str, Any] = {
        "houses": ["Bako", "Teva", "Dimi"],
        "goods": ["salt"],
        "stock": [3],
        "values": [[5], [5], [5]],
        "walk": [1, 2, 3],
    }
    return BargainingTask.from_dict(data)
