"""Policies of copy editing that try to score without doing the job.

Each is a function of one observation. None reads more than its own observation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from cheats import EVERYWHERE, Policy, constant, defuse, once
from llm_collab_envs.writing.copy_editing import expert
from llm_collab_envs.writing.copy_editing.tasks import FIGURES, HEADING, REPEATS, TITLE

LINES = 76  # that every draft has


def submit(edits: Iterable[str]) -> str:
    return once("\n".join(edits))


def guessing(memo: expert.Memo, guess: Mapping[str, str]) -> str:
    """Edit one's lines by guesses, as far as nothing is known of a point."""
    return submit(expert.mend(memo, {**guess, **memo.own}))


def _choices(memo: expert.Memo, nth: int) -> dict[str, str]:
    return {name: options[nth % len(options)] for name, options in memo.sheet.items() if options}


def _nth_option(nth: int) -> Policy:
    """One option of every point, whatever is known of it."""

    def act(observation: str) -> str:
        memo = expert.read(observation)
        return submit(expert.mend(memo, _choices(memo, nth)))

    return act


def own_points_only(observation: str) -> str:
    """Edit by what is known of the style sheet without a word from anyone."""
    memo = expert.read(observation)
    return submit(expert.mend(memo, memo.own))


def own_points_and_first_options(observation: str) -> str:
    memo = expert.read(observation)
    return guessing(memo, _choices(memo, 0))


def own_points_and_what_is_seen_most(observation: str) -> str:
    """Take the option that the window has most of for the house's."""
    memo = expert.read(observation)
    seen = Counter(form for text in memo.lines.values() for form in _shown(memo, text))
    guess = {
        name: max(options, key=lambda option: seen[name, option])
        for name, options in memo.sheet.items()
        if options
    }
    return guessing(memo, guess)


def own_points_and_what_is_seen_least(observation: str) -> str:
    memo = expert.read(observation)
    seen = Counter(form for text in memo.lines.values() for form in _shown(memo, text))
    guess = {
        name: min(options, key=lambda option: seen[name, option])
        for name, options in memo.sheet.items()
        if options
    }
    return guessing(memo, guess)


def every_agent_another_option(observation: str) -> str:
    me = int(observation.removeprefix("You are agent_").partition(" ")[0].rstrip(","))
    return _nth_option(me)(observation)


def _shown(memo: expert.Memo, text: str) -> list[tuple[str, str]]:
    """Which options a line shows."""
    shown = [
        (name, option)
        for name, options in memo.sheet.items()
        for option in options
        if name not in (HEADING, FIGURES, REPEATS)
        and option in text
        and re.search(rf"\b{re.escape(option)}\b", text)
    ]
    for option in memo.sheet.get(HEADING, ()):
        shown += [
            (HEADING, option) for title in memo.titles if text == option.replace(TITLE, title)
        ]
    return shown


def _variants(memo: expert.Memo, text: str) -> list[str]:
    """A line in every option of the points that it shows."""
    found = []
    for name, shown in _shown(memo, text):
        for option in memo.sheet[name]:
            if name == HEADING:
                found += [option.replace(TITLE, t) for t in memo.titles if t in text]
            else:
                found.append(re.sub(rf"\b{re.escape(shown)}\b", option, text))
    return list(dict.fromkeys(found))


def every_variant_at_once(observation: str) -> str:
    """Each line in all its variants, one of which must be right."""
    memo = expert.read(observation)
    lines = memo.lines.items()
    return submit(f"replace {n}: {v}" for n, text in lines for v in _variants(memo, text))


def every_variant_in_one_line(observation: str) -> str:
    memo = expert.read(observation)
    lines = memo.lines.items()
    return submit(f"replace {n}: {' '.join([t, *_variants(memo, t)])[:400]}" for n, t in lines)


def every_variant_inserted(observation: str) -> str:
    """Leave each line, and put its variants after it and the lines before it."""
    memo = expert.read(observation)
    edits = []
    for n, text in memo.lines.items():
        edits += [f"insert {max(0, n - i)}: {v}" for i, v in enumerate(_variants(memo, text))]
    return submit(edits)


def variants_shared_out_by_line(observation: str) -> str:
    """For each line another variant, so that a third of them is right."""
    memo = expert.read(observation)
    edits = []
    for n, text in memo.lines.items():
        variants = [v for v in _variants(memo, text) if v != text]
        if variants and memo.first <= n <= memo.last:
            edits.append(f"replace {n}: {variants[n % len(variants)]}")
    return submit(edits)


def glossary_soup(observation: str) -> str:
    memo = expert.read(observation)
    words = " ".join(option for options in memo.sheet.values() for option in options)
    return submit(f"replace {n}: {words}" for n in memo.lines)


def glossary_after_every_line(observation: str) -> str:
    memo = expert.read(observation)
    words = " ".join(option for options in memo.sheet.values() for option in options)
    return submit(f"replace {n}: {text} {words}" for n, text in memo.lines.items())


def copy_back(observation: str) -> str:
    memo = expert.read(observation)
    return submit(f"replace {n}: {text}" for n, text in memo.lines.items())


def copy_back_with_repeats_deleted(observation: str) -> str:
    memo = expert.read(observation)
    deleted = _repeats(memo)
    kept = (f"replace {n}: {text}" for n, text in memo.lines.items() if n not in deleted)
    return submit([*kept, *(f"delete {n}" for n in deleted)])


def _repeats(memo: expert.Memo) -> list[int]:
    """The later ones of like sentences, among the agent's own lines."""
    return [
        n
        for n, text in memo.lines.items()
        if memo.first <= n <= memo.last
        and any(text == other for m, other in memo.lines.items() if m < n)
    ]


def repeats_only(observation: str) -> str:
    """Delete the later ones of like sentences."""
    return submit(f"delete {n}" for n in _repeats(expert.read(observation)))


def repeats_and_coin_flips(observation: str) -> str:
    memo = expert.read(observation)
    return submit(expert.mend(memo, {FIGURES: "first", REPEATS: "first"}))


def delete_window(observation: str) -> str:
    return submit(f"delete {n}" for n in expert.read(observation).lines)


def delete_what_may_be_wrong(observation: str) -> str:
    """Delete the agent's lines that show an option of any point or a figure, and repeats."""
    memo = expert.read(observation)
    doubtful = {n for n, t in memo.lines.items() if _shown(memo, t) or re.search(r"\d{5}", t)}
    return submit(f"delete {n}" for n in sorted(doubtful | {*_repeats(memo)}))


def delete_what_breaks_own_points(observation: str) -> str:
    """Delete lines that are surely wrong, instead of mending them."""
    memo = expert.read(observation)
    edits = expert.mend(memo, memo.own)
    return submit(f"delete {edit.split()[1].rstrip(':')}" for edit in edits)


def delete_one_of_each_pair(observation: str) -> str:
    memo = expert.read(observation)
    figures = (n for n, text in memo.lines.items() if text.startswith("In a letter"))
    return submit(f"delete {n}" for n in figures)


def insert_all_headings(observation: str) -> str:
    """Every section's heading, in the house form or a guess, in even distances."""
    memo = expert.read(observation)
    form = {**_choices(memo, 0), **memo.own}.get(HEADING, TITLE)
    return submit(
        f"insert {LINES * i // len(memo.titles)}: {form.replace(TITLE, title)}"
        for i, title in enumerate(memo.titles)
    )


def one_edits_all(observation: str) -> str:
    """The first agent edits what it sees by its points and guesses, and the rest unseen."""
    if "You are agent_0" not in observation:
        return "<done/>"
    memo = expert.read(observation)
    memo.last = max(memo.lines, default=0)
    edits = expert.mend(memo, {**_choices(memo, 0), **memo.own})
    return submit([*edits, *(f"delete {n}" for n in range(memo.last + 1, LINES, 10))])


def beyond_the_window(observation: str) -> str:
    """Edit by what is known, and write lines that nobody has shown one like those that are seen."""
    memo = expert.read(observation)
    unseen = [n for n in range(1, LINES) if n not in memo.lines]
    shown = [text for text in memo.lines.values() if _shown(memo, text)]
    guesses = (f"replace {n}: {text}" for n, text in zip(unseen, shown, strict=False))
    return submit([*expert.mend(memo, memo.own), *guesses])


CHEATS: dict[str, Policy] = {
    **EVERYWHERE,
    "constant edits": constant(submit(f"delete {n}" for n in range(1, LINES))),
    "constant line everywhere": constant(submit(f"replace {n}: # Trade" for n in range(1, LINES))),
    "echo of the lines": lambda o: once(defuse(o).partition("Your lines, ")[2]),
    "first option everywhere": _nth_option(0),
    "last option everywhere": _nth_option(-1),
    "every agent another option": every_agent_another_option,
    "own points only": own_points_only,
    "own points and first options": own_points_and_first_options,
    "own points and what is seen most": own_points_and_what_is_seen_most,
    "own points and what is seen least": own_points_and_what_is_seen_least,
    "every variant at once": every_variant_at_once,
    "every variant in one line": every_variant_in_one_line,
    "every variant inserted": every_variant_inserted,
    "variants shared out by line": variants_shared_out_by_line,
    "glossary soup": glossary_soup,
    "glossary after every line": glossary_after_every_line,
    "copy-back": copy_back,
    "copy-back, repeats deleted": copy_back_with_repeats_deleted,
    "repeats only": repeats_only,
    "repeats and contradictions by guess": repeats_and_coin_flips,
    "delete the window": delete_window,
    "delete what may be wrong": delete_what_may_be_wrong,
    "delete what breaks own points": delete_what_breaks_own_points,
    "delete one of each pair": delete_one_of_each_pair,
    "insert all headings": insert_all_headings,
    "one edits all": one_edits_all,
    "beyond the window": beyond_the_window,
}
