"""Policies of summary expansion that try to score without doing the job.

Each is a function of one observation. None reads more than its own observation.
"""

from __future__ import annotations

import re

from cheats import EVERYWHERE, Policy, constant, defuse, once
from llm_collab_envs.writing.sentences import split_sentences
from llm_collab_envs.writing.summary_expansion import expert

# Nearly full marks by CoMLRL's reward, whatever the article says.
CONCISE = (
    "The town saw many troubles this year, and its people met them with patience, hot soup and a "
    "good deal of good will."
)
ELABORATE = (
    "The town saw many troubles, and people met them with patience. Moreover, for example, a few "
    "lost a good deal; in fact, as a result, some moved away, although most stayed. Finally, "
    "certainly, in short, neighbours helped one another, just as before, even though winter came; "
    "if anything, they met afterwards in better spirits."
)
TEXTS = ("Headline:", "Summary:", "Account:")


def is_first(observation: str) -> bool:
    """Whether this agent is to write the short texts."""
    return "You are agent_0" in observation or "working alone" in observation


def under(*texts: str) -> str:
    """Submit a headline, a summary and an account."""
    pairs = zip(TEXTS, texts, strict=True)
    return once("\n".join(f"{name}\n{text}" for name, text in pairs if text))


def constant_pair(observation: str) -> str:
    return under(CONCISE, CONCISE, ELABORATE) if is_first(observation) else "<done/>"


def constant_pair_of_all(observation: str) -> str:
    return under(CONCISE, CONCISE, ELABORATE)


def _passages(observation: str) -> list[str]:
    return list(expert.read(observation).own.values())


def article_as_account(observation: str) -> str:
    return once("Account:\n" + defuse("\n".join(_passages(observation))))


def lead_copy(observation: str) -> str:
    """First sentences as headline and summary, the whole article as account."""
    passages = _passages(observation)
    leads = [split_sentences(passage)[0] for passage in passages]
    if not is_first(observation):
        return article_as_account(observation)
    return under("\n".join(leads[:1]), "\n".join(leads), "\n".join(passages))


def copied_facts(observation: str) -> str:
    """Of the article's sentences, those that have a name or figure; the short texts from leads."""
    passages = _passages(observation)
    kept = [
        sentence
        for passage in passages
        for sentence in split_sentences(passage)
        if re.search(r"[0-9]|caused| [A-Z]", sentence)
    ]
    short = [split_sentences(passage)[0] for passage in passages] if is_first(observation) else []
    return under("\n".join(short[:1]), "\n".join(short), "\n".join(kept))


def _values(observation: str) -> list[tuple[str, list[str]]]:
    """What the agent has read, as (event, values)."""
    memo = expert.read(observation)
    return [(event, [value for value, _ in memo.facts[event].values()]) for event in memo.own]


def keyword_soup(observation: str) -> str:
    soup = "\n".join(f"{event}: {', '.join(values)}" for event, values in _values(observation))
    return under(soup, soup, soup)


def one_sentence_soup(observation: str) -> str:
    """All values of an event in one grammatical-looking sentence, with all cues."""
    cues = (
        "was in a place on a day and cost crowns, led by the cause of helpers, lasted and reached"
    )
    lines = [f"The {event} {cues} {', '.join(v)}." for event, v in _values(observation)]
    return under(lines[0], "\n".join(lines), "\n".join(lines))


def _honest_account(observation: str) -> str:
    memo = expert.read(observation)
    memo.writes_short = False
    return expert.write(memo).removeprefix("Account:\n")


def _costs(observation: str) -> list[tuple[str, str]]:
    """What the agent has read of costs, as (event, cost)."""
    facts = expert.read(observation).facts
    return [(event, told["cost"][0]) for event, told in facts.items() if "cost" in told]


def every_figure_in_the_headline(observation: str) -> str:
    """Every figure that an agent has read goes into the headline; the account is honest."""
    headline = ", ".join(f"{event} costs {cost}" for event, cost in _costs(observation))
    return under(headline.capitalize(), "", _honest_account(observation))


def one_does_all(observation: str) -> str:
    """The first agent writes all texts: what it has read, and the rest from guesses."""
    if not is_first(observation):
        return "<done/>"
    memo = expert.read(observation)
    for event in memo.names:
        for name, value in GUESSES.items():
            memo.take(event, name, value, 0)
        memo.own.setdefault(event, "")
    return once(expert.write(memo))


GUESSES = {
    "place": "Bakovel", "day": "4 May 1900", "cost": "50000", "leader": "Anna Bakomen",
    "cause": "broken valve", "helpers": "500", "length": "50", "reach": "Tivekon",
}  # fmt: skip


def same_text_for_all(observation: str) -> str:
    account = _honest_account(observation)
    return under(account, account, account)


def same_short_text_for_all(observation: str) -> str:
    """What an agent has read of costs, as headline, summary and account."""
    summary = "\n".join(f"The {event} cost {cost} crowns." for event, cost in _costs(observation))
    return under(summary.partition("\n")[0], summary, summary)


def padded_summary(observation: str) -> str:
    """The team talks, and the summary is the account too, padded to its length."""
    reply = expert.Expert()(observation)
    if "<submit>" not in reply:
        return reply
    if not is_first(observation):
        return "<done/>"
    memo = expert.read(observation)
    memo.own.clear()
    headline, summary = expert.write(memo).removeprefix("Headline:\n").split("\nSummary:\n")
    return under(headline, summary, summary + "\nIt was a hard year for all of them." * 30)


def mute_expert(observation: str) -> str:
    """The expert at its work, but nobody says anything."""
    return once(expert.write(expert.read(observation)))


def _short_texts_too(observation: str, headline: bool = True) -> str:
    """What an agent has read of every text, whoever is to write it."""
    memo = expert.read(observation)
    memo.writes_short = True
    texts = expert.write(memo)
    return once(texts if headline else "Summary:" + texts.partition("\nSummary:")[2])


def all_texts_of_all(observation: str) -> str:
    """Every agent writes every text of what it has read, and the author the headline."""
    return _short_texts_too(observation, is_first(observation))


def all_texts_but_a_headline(observation: str) -> str:
    return _short_texts_too(observation, headline=False)


def headline_above_a_threshold(observation: str) -> str:
    """Whoever has read of a cost that is likely to be the highest writes the headline."""
    costs = [int(cost) for _, cost in _costs(observation)]
    return _short_texts_too(observation, max(costs, default=0) >= LIKELY_TOP)


LIKELY_TOP = 82_000


def report_as_headline(observation: str) -> str:
    """The account is honest; the author writes of a report on a cost, if it has read one."""
    costs, account = _costs(observation), _honest_account(observation)
    if not is_first(observation) or not costs:
        return account_only(observation)
    event, cost = max(costs, key=lambda told: int(told[1]))
    lines = [f"The {name} cost a great deal." for name in expert.read(observation).names]
    summary = "\n".join([*lines, f"The {event} cost {cost} crowns."])
    return under(f"{event.capitalize()} costs {cost} crowns", summary, account)


def impostor(observation: str) -> str:
    """The second agent, which has read most, hears the rest and writes the author's texts."""
    if is_first(observation):
        return account_only(observation)
    reply = expert.Expert()(observation)
    works = "<submit>" in reply and "You are agent_1 " in observation
    return _short_texts_too(observation) if works else reply


def everything_in_the_account(observation: str) -> str:
    """The short texts' facts go into the account, once more, by everyone."""
    memo = expert.read(observation)
    repeated = "\n".join(f"The {event} cost {cost} crowns." for event, cost in _costs(observation))
    memo.writes_short = False
    return once(f"{expert.write(memo)}\n{repeated}")


def account_only(observation: str) -> str:
    return once("Account:\n" + _honest_account(observation))


CHEATS: dict[str, Policy] = {
    **EVERYWHERE,
    "constant prose": constant(once(f"Summary:\n{CONCISE}\nAccount:\n{ELABORATE}")),
    "CoMLRL's constant pair": constant_pair,
    "CoMLRL's constant pair, of every agent": constant_pair_of_all,
    "article as account": article_as_account,
    "lead copy": lead_copy,
    "copied facts": copied_facts,
    "keyword soup": keyword_soup,
    "one-sentence soup": one_sentence_soup,
    "every figure in the headline": every_figure_in_the_headline,
    "one does all": one_does_all,
    "same text for all lengths": same_text_for_all,
    "same short text for all lengths": same_short_text_for_all,
    "padded summary as account": padded_summary,
    "account only": account_only,
    "mute expert": mute_expert,
    "all texts of all": all_texts_of_all,
    "all texts of all but a headline": all_texts_but_a_headline,
    "headline above a threshold": headline_above_a_threshold,
    "report as headline": report_as_headline,
    "impostor": impostor,
    "everything in the account": everything_in_the_account,
}
