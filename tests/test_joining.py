"""Sources are joined into one module: imports from `__future__` go to the top, lines stay."""

from __future__ import annotations

import time
import warnings

import pytest

from llm_collab_envs.coding.joining import joined
from llm_collab_envs.coding.parsing import parsed
from llm_collab_envs.sandbox import Call, Sandbox

FUTURE = "from __future__ import annotations"
FIRST = '"""Doc."""\n\ndef f(x):\n    return x + 1'
LAZY = f"{FUTURE}\n\ndef g(x: Missing) -> Missing:\n    return 2 * x"


def test_sources_are_in_order_and_empty_ones_are_left_out() -> None:
    assert joined("x = 1", "", "y = 2\n", "z = 3") == "x = 1\n\ny = 2\n\n\nz = 3"
    assert joined("", "x = 1") == "x = 1"
    assert joined() == joined("", "") == ""


def test_imports_go_to_the_top_once() -> None:
    assert joined("x = 1", f"{FUTURE}\ny = 2", f"{FUTURE}, division as d\nz = 3") == (
        "from __future__ import annotations, division as d\n\nx = 1\n\npass\ny = 2\n\npass\nz = 3"
    )


def test_imports_of_the_first_source_stay_where_they_are() -> None:
    assert joined(LAZY, FIRST) == f"{LAZY}\n\n{FIRST}"
    assert joined("", LAZY) == LAZY


@pytest.mark.parametrize("backend", ["auto", "monty", "bwrap"])
@pytest.mark.filterwarnings("ignore")
def test_a_joined_module_runs(backend: str) -> None:
    for sources in ([FIRST, LAZY], [LAZY, FIRST], [LAZY, FIRST, LAZY]):
        outcome = Sandbox(backend).run(joined(*sources), [Call("f", (1,)), Call("g", (3,))])
        assert [answer.value for answer in outcome.answers] == [2, 6]


@pytest.mark.parametrize(
    "above",
    [
        FUTURE,
        f"# é\n\n'''é\n'''\n{FUTURE}  # why",
        f"'é'; {FUTURE}; x = 'é'",
        f"'é'; {FUTURE}; x = 'é'".replace("; ", " ; "),
        f"{FUTURE}\n# between\n\n{FUTURE} as a; {FUTURE}, division",
        "from __future__ import (\n    annotations,\n    division as é,\n); y = 1",
        "from __future__ import \\\n    annotations\\\n\n",
        f"'''one\rtwo\r\n'''\r{FUTURE}\r\nx = 1",
        f"\x0c'''\u2028\x0b'''\n\x0c{FUTURE}",
    ],
)
def test_all_other_statements_keep_their_lines(above: str) -> None:
    source = f"{above}\n\ndef g(x: Missing):\n    return x"
    module = joined(FIRST, source)
    compile(module, "module", "exec", dont_inherit=True)
    before, after = parsed(source), parsed(module)
    assert before
    assert after
    shift = module.count("\n") - source.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    assert after.body[-1].lineno == before.body[-1].lineno + shift
    assert not any(line.startswith("from") for line in module.split("\n")[1:])


@pytest.mark.parametrize(
    "source",
    [
        f"x = 1\n{FUTURE}",
        f"'one'\n'two'\n{FUTURE}",
        f"{FUTURE}\ndef f(:",
        f"{FUTURE}\n\0",
        f"{FUTURE}\nx = '\ud800'",
        f"{FUTURE}\nx = {'(' * 5_000}",
        "from __future__ import braces",
        "from __future__ import *",
        f"from __future__ import braces\n{FUTURE}",
        "from .__future__ import annotations",
        f"'''\n{FUTURE}\n'''",
        f"# {FUTURE}",
    ],
)
def test_what_is_no_valid_import_by_itself_stays_as_it_is(source: str) -> None:
    assert joined(FIRST, source) == f"{FIRST}\n\n{source}"


@pytest.mark.parametrize(
    "source",
    [
        f"{FUTURE};" * 1_400,
        f"{FUTURE}\n" * 1_400,
        f"{FUTURE} as a, " + ", ".join(f"division as a{n}" for n in range(3_000)),
        f"{FUTURE}\n" + "\n" * 50_000,
        "'__future__';" * 4_000,
    ],
)
def test_hostile_sources_take_little_time(source: str) -> None:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        joined(FIRST, source, f"{source} ")
    assert time.perf_counter() - start < 1
