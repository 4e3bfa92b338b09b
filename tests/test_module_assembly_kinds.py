"""The kinds of modules: what each function does, in every structure, worked out by hand."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from llm_collab_envs.coding.module_assembly.kinds import KINDS
from llm_collab_envs.coding.module_assembly.kinds.kind import Kind
from llm_collab_envs.coding.module_assembly.layout import (
    FORMS,
    Layout,
    Place,
    read_place,
    write_place,
)
from llm_collab_envs.coding.module_assembly.rules import RULES, another_value, read_rule, rules_of
from llm_collab_envs.coding.module_assembly.source import Part, solution
from llm_collab_envs.sandbox import Call, Ref, Sandbox, same

K = 2
UNKNOWN = -9
BOOK = {"letters": "2", "limit": "50", "unknown": str(UNKNOWN)}

# By kind: what the box is made of, and calls with what the specifications make them return. Every
# function's number is 2, and of its choices it has the last one.
HISTORIES: dict[str, tuple[list[tuple[str, int]], list[tuple[str, tuple[Any, ...], Any]]]] = {
    "inventory": (
        [("abc", 60), ("bo", 20), ("abx", 5)],
        [
            ("put", ("bo", 70), 70),
            ("take", ("ab", 10), 10),
            ("count", ("ab",), 45 + 2 * 12),
            ("low", (50,), ["ab", "bo"]),
            ("move", ("ab", "cy", 50), 50),
            ("recent", (50, 2), ["bo", "cy"]),
            ("drop", ("bo",), 70 + 16),
            ("take", ("bo", 1), UNKNOWN),
        ],
    ),
    "ledger": (
        [("ab", 60), ("bo", 20)],
        [
            ("deposit", ("abx", 10), 58),
            ("pay", ("bo", "ab", 60), -30),
            ("charge", ("ab",), 108 - 2 * 2),
            ("rich", (40,), ["ab"]),
            ("total", (50,), 104 + 2 * 4 + 8),
            ("close", ("bo",), -30),
            ("payers", (50, 3), ["ab"]),
            ("deposit", ("bo", 1), UNKNOWN),
        ],
    ),
    "queue": (
        [("ab", 30), ("bo", 60), ("cy", 10)],
        [
            ("join", ("dy", 20), 2 * 3 + 20),
            ("serve", (), 10),
            ("lift", ("ab", 60), 30 + 50 + 2),
            ("ahead", ("bo",), ["ab", "bo"]),
            ("swap", ("ab", "bo"), 50 + 2 * 2),
            ("front", (50, 2), ["bo"]),
            ("leave", ("bo",), 82 + 2 * 2 + 3),
            ("lift", ("bo", 1), UNKNOWN),
        ],
    ),
    "index": (
        [("ab", 10), ("bo", 60), ("ab", 20)],
        [
            ("note", ("cy", 60), 2 * 1),
            ("find", ("bo",), 52 + 2 * 1 + 50),
            ("near", ("ab", 20), 50 + 2 * 1),
            ("erase", ("ab",), 12 + 22 + 2 * 2 + 50),
            ("merge", ("bo", "cy"), 52 + 50),
            ("on", (50,), ["bo"]),
            ("often", (40, 1), ["bo"]),
            ("merge", ("bo", "bo"), UNKNOWN),
        ],
    ),
    "events": (
        [("ab", 10), ("bo", 60)],
        [
            ("record", ("abx", 5), 62 + 5 + 2),
            ("ago", ("ab",), 0 + 2),
            ("between", ("ab", "bo"), ["ab", "bo"]),
            ("recent", (10,), ["ab", "bo"]),
            ("forget", ("ab",), 69),
            ("rename", ("ab", "cy"), 73 + 0),
            ("wait", ("bo", 60), 73 + 50 + 2 * 1),
            ("ago", ("ab",), UNKNOWN),
        ],
    ),
    "matrix": (
        [("ab", 60), ("bo", 10)],
        [
            ("set", ("ab", 7, 2), 50 + 7 + 2 + 50),
            ("add", ("bo", "ab"), 60 + 7 + 4 + 60 + 2),
            ("shift", ("ab", 60), 50),
            ("like", ("bo",), ["bo"]),
            ("top", (50, 1), ["ab", "bo"]),
            ("swap", ("ab", "bo"), 50 + 1),
            ("remove", ("bo",), 60 + 8),
            ("set", ("bo", 1, 1), UNKNOWN),
        ],
    ),
    "router": (
        [("ab", 60), ("bo", 10)],
        [
            ("bind", ("cy", 60), 52 + 1),
            ("ask", ("bo",), 10 + 2),
            ("ask", ("dy",), UNKNOWN),
            ("alias", ("bo", "ab"), 10 + 2),
            ("busy", (11, 2), ["ab"]),
            ("load", (12,), 3 * 2 + 4),
            ("unbind", ("bo",), 4 + 2 * 2),
            ("peers", ("ab",), ["ab"]),
            ("unbind", ("bo",), UNKNOWN),
        ],
    ),
    "cache": (
        [("ab", 60), ("bo", 10)],
        [
            ("put", ("cy", 20), 20 + 4),
            ("get", ("ab",), UNKNOWN),
            ("get", ("bo",), 10),
            ("raise", ("ab", 60), 100),
            ("delay", ("cy", 3), 20 + 1 - 2),
            ("fresh", (50, 1), ["ab"]),
            ("raise", ("bo", 0), 10),
            ("tick", (1,), ["bo"]),
            ("evict", ("bo",), 10 + 7),
            ("evict", ("bo",), UNKNOWN),
        ],
    ),
    "graph": (
        [("ab", 60), ("bo", 10)],
        [
            ("add", ("cy", 5), 5 + 4),
            ("link", ("cy", "ab"), 50 + 6),
            ("reach", ("bo",), ["ab", "bo"]),
            ("heavy", ("cy", 60), ["ab"]),
            ("into", ("ab",), 50 + 2 * 3 + 6),
            ("cut", ("cy", "ab"), 8 + 1),
            ("grow", ("bo", 60), 10 + 50 + 2 * 2),
            ("cut", ("cy", "ab"), UNKNOWN),
        ],
    ),
    "scheduler": (
        [("ab", 60), ("bo", 10)],
        [
            ("plan", ("cy", 5), 2 + 5),
            ("until", ("bo",), ["ab", "bo"]),
            ("run", (), 2 + 7 + 2),
            ("hurry", ("ab", 20), 22),
            ("long", (30, 2), ["ab"]),
            ("delay", ("bo",), 11 + 10),
            ("cancel", ("ab",), 22 + 2 * 1 + 11),
            ("cancel", ("ab",), UNKNOWN),
        ],
    ),
    "histogram": (
        [("ab", 60), ("bo", 10), ("ab", 5)],
        [
            ("add", ("bo", 20), 12 + 20),
            ("mean", ("ab",), 29 + 2 * 2 + 20),
            ("weigh", ("ab", 60), 59 + 50 + 2 * 2),
            ("above", (40,), ["ab"]),
            ("many", (2,), ["ab"]),
            ("merge", ("ab", "bo"), 113 + 32),
            ("clear", ("ab",), 145 + 4 + 22),
            ("mean", ("bo",), UNKNOWN),
        ],
    ),
    "undo": (
        [("ab", 60), ("bo", 10)],
        [
            ("set", ("ab", 20), 20 + 50),
            ("raise", ("bo", 60), 60),
            ("undo", (), 10 + 3),
            ("steps", ("ab",), 20 + 2 * 2 + 54),
            ("recent", (20, 2), ["ab"]),
            ("peak", ("ab",), 2 + 2),
            ("above", (10,), ["ab", "bo"]),
            ("raise", ("cy", 1), UNKNOWN),
        ],
    ),
}
UNEVEN = [("ab", 60), ("bo", 10), ("bo", 5), ("cy", 7)]  # no sequence reads the same backwards
KIND = pytest.mark.parametrize("name", KINDS)


def parts_of(kind: Kind) -> list[Part]:
    return [Part(f.verb, f"{f.verb}_it", K, next(reversed(f.picks), "")) for f in kind.functions]


def structures(kind: Kind) -> list[Layout]:
    """Every combination of forms, at words and at numbers."""
    combined = itertools.product(*(FORMS[field.shape] for field in kind.fields))
    return [
        tuple(
            Place(field.name, n if numbered else field.name, form)
            for n, (field, form) in enumerate(zip(kind.fields, forms, strict=True))
        )
        for forms in combined
        for numbered in (False, True)
    ]


def source_of(kind: Kind, layout: Layout, rules: dict[str, str]) -> str:
    return "\n".join(solution(kind, part, layout, rules) for part in parts_of(kind))


@KIND
def test_functions_do_what_they_say_in_every_structure(name: str) -> None:
    kind = KINDS[name]
    entries, history = HISTORIES[name]
    calls = [Call("new_it", (entries,), report=False)]
    calls += [Call(f"{verb}_it", (Ref(0), *args)) for verb, args, _ in history]
    sandbox = Sandbox()
    for layout in structures(kind):
        outcome = sandbox.run(source_of(kind, layout, BOOK), calls)
        answers = [(answer.value, answer.detail) for answer in outcome.answers[1:]]
        assert answers == [(want, "") for _, _, want in history]


def test_every_function_is_worked_out_by_hand() -> None:
    assert len(KINDS) >= 12
    for name, kind in KINDS.items():
        assert {verb for verb, _, _ in HISTORIES[name][1]} == {
            function.verb for function in kind.functions[1:]
        }
        assert len(kind.functions) == 8
        assert kind.maker.params == "entries"


@KIND
def test_what_is_returned_follows_mark_order_and_factor(name: str) -> None:
    kind = KINDS[name]
    entries, history = HISTORIES[name]
    rules = {**BOOK, "mark": "/", "factor": "3", "order": "Z to A"}
    calls = [Call("new_it", (entries,), report=False)]
    calls += [Call(f"{verb}_it", (Ref(0), *args)) for verb, args, _ in history]
    outcome = Sandbox().run(source_of(kind, structures(kind)[0], rules), calls)
    for answer, (_, _, plain) in zip(outcome.answers[1:], history, strict=True):
        listed = "/".join(sorted(plain, reverse=True)) if isinstance(plain, list) else plain * 3
        assert same(answer.value, UNKNOWN if plain == UNKNOWN else listed)


@KIND
def test_a_form_is_kept_as_the_code_keeps_it_and_is_taken_for_no_other(name: str) -> None:
    kind = KINDS[name]
    plain = {field.name: next(iter(FORMS[field.shape])) for field in kind.fields}
    for field in kind.fields:
        kept = {}
        for form in FORMS[field.shape]:
            layout = [
                Place(f.name, f.name, form if f is field else plain[f.name]) for f in kind.fields
            ]
            source = solution(kind, parts_of(kind)[0], layout, BOOK)
            box = Sandbox().run(source, [Call("new_it", (UNEVEN,))]).answers[0].value
            kept[form] = box[field.name]
        right = kept[plain[field.name]]
        for form, made in FORMS[field.shape].items():
            assert same(made.keep(right), kept[form])
            for other, value in kept.items():
                assert same(made.take(value), right) == (other == form)


@KIND
def test_specifications_name_what_the_code_uses(name: str) -> None:
    kind = KINDS[name]
    for function in kind.functions:
        words = set(re.findall(r"\w+", function.code))
        assert ("{k}" in function.spec) == ("K" in words), function.verb
        assert ("{pick}" in function.spec) == ("PICK" in words) == bool(function.picks)
        assert ("unknown" in function.spec) == ("UNKNOWN" in words), function.verb
        assert set(function.fields.split()) <= words | {"box"}, function.verb
        assert set(function.writes.split()) <= set(function.fields.split())
        for param in function.params.split():
            assert param in words, (function.verb, param)
        assert len(function.spec) <= 220
        assert "." in function.spec[-1:]


def test_every_rule_binds_two_functions_at_least() -> None:
    for kind in KINDS.values():
        for rule in RULES:
            assert sum(rule in rules_of(function) for function in kind.functions) >= 2


def test_verbs_and_specifications_are_told_apart() -> None:
    for kind in KINDS.values():
        assert len({function.verb for function in kind.functions}) == 8
        assert len({function.spec for function in kind.functions}) == 8
    assert len({kind.title for kind in KINDS.values()}) == len(KINDS)


@KIND
def test_places_are_read_back_as_they_were_written(name: str) -> None:
    kind = KINDS[name]
    for layout in structures(kind):
        for place in layout:
            assert read_place(kind, write_place(kind, place)) == place


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "hello",
        "stock",
        "stock: box",
        'stock: box["a"]',
        'stock: box["a"] = number',
        'stock: box["a] = {name: amount}',
        "stock: box[a] = {name: amount}",
        "stock: box[-1] = {name: amount}",
        "stock: box[\u0663] = {name: amount}",
        'rank: box["a"] = {name: amount}',
        'stock: box["a"] = {name: number}',
    ],
)
def test_what_is_no_place(entry: str) -> None:
    assert read_place(KINDS["inventory"], entry) is None


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        ("limit: 47", ("limit", "47")),
        ("letters: 3", ("letters", "3")),
        ("order: Z to A", ("order", "Z to A")),
        ("mark: /", ("mark", "/")),
        ("limit: 047", None),
        ("limit: many", None),
        ("unknown: 5", None),
        ("letters: 7", None),
        ("mark: //", None),
        ('mark: "', None),
        ("colour: red", None),
        ("limit", None),
    ],
)
def test_rules_are_read_strictly(entry: str, rule: tuple[str, str] | None) -> None:
    assert read_rule(entry) == rule


def test_another_value_of_a_rule_is_one_that_can_be() -> None:
    for rule, value in {**BOOK, "mark": "!", "factor": "2", "order": "A to Z"}.items():
        other = another_value(rule, value)
        assert other != value
        assert read_rule(f"{rule}: {other}") == (rule, other)


@KIND
def test_a_rule_binds_exactly_the_functions_whose_code_it_changes(name: str) -> None:
    kind = KINDS[name]
    layout = structures(kind)[0]
    rules = {**BOOK, "mark": "/", "factor": "3", "order": "Z to A"}
    for function, part in zip(kind.functions, parts_of(kind), strict=True):
        code = solution(kind, part, layout, rules)
        for rule in RULES:
            changed = {**rules, rule: another_value(rule, rules[rule])}
            differs = solution(kind, part, layout, changed) != code
            assert differs == (rule in rules_of(function)), (function.verb, rule)
