"""Submissions of bug repair: whole files or unified diffs, and what becomes of the files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from itertools import pairwise, takewhile

from llm_collab_envs.coding.coding_env import fences
from llm_collab_envs.coding.joining import joined
from llm_collab_envs.coding.parsing import parsed

MAX_CHARS = 12_000  # of a submission, and of a file
_MARKER = re.compile(r"# ([\w.]{1,80})")
_NAME = re.compile(r"\w+\.py\b")
_FOLDER = re.compile(r"^(?:a|b|\.)/")  # what git and others put before a file's name
_HUNK = re.compile(r"@@ -(\d{1,4})(,\d+)? \+(\d{1,4})(,\d+)? @@")
_LINE = re.compile(r"[-+ \t\\]|$")  # of a hunk; an empty one has lost the space that it began with
_OLD = re.compile(r"^(?!\+)[- ]?(.*)$", re.MULTILINE)
_CHANGED = re.compile(r"^[-+]", re.MULTILINE)
_KEPT = re.compile(r"^(?![-+]) ?(.*)$", re.MULTILINE)
_AT_HUNK = re.compile(r"^(?=@@)", re.MULTILINE)
_GIT = re.compile(r"^diff .*\n(?:.*\n){0,3}?(?=--- )", re.MULTILINE)  # what git puts above a diff
_CODE = re.compile(r"^[^#\s]", re.MULTILINE)

Hunks = tuple[str, ...]


@dataclass
class Patched:
    """What an agent's submission comes to.

    Attributes:
        files: The files that it changes, {name: source}.
        problems: What was wrong with it, a sentence each; that part of it does nothing.
        unapplied_diffs: Diffs that do not apply.
        syntax_errors: Files that are no Python any more, or do not run by themselves.
        foreign: Files of teammates that it tries to change.
    """

    files: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    unapplied_diffs: int = 0
    syntax_errors: int = 0
    foreign: set[str] = field(default_factory=set)

    def without(self, broken: Mapping[str, str]) -> Patched:
        """Return the same, but that files which do not run stay as they were.

        Args:
            broken: Why they do not, {source: what is wrong with it}.
        """
        refused = {name: broken[text] for name, text in self.files.items() if text in broken}
        problems = [
            f"{name} stays as it was, as yours does not run by itself: {why}"
            for name, why in refused.items()
        ]
        return replace(
            self,
            files={name: text for name, text in self.files.items() if name not in refused},
            problems=self.problems + problems,
            syntax_errors=self.syntax_errors + len(refused),
        )


def patch(text: str, own: Mapping[str, str], names: Sequence[str]) -> Patched:
    """Read a submission.

    Args:
        text: What was submitted.
        own: The agent's files as it got them, {name: source}.
        names: The names of all files of the program.
    """
    result = Patched()
    text = _unfenced(text.replace("\r\n", "\n"), names)
    if len(text) > MAX_CHARS:
        result.problems.append(f"your submission is longer than {MAX_CHARS} characters")
    elif not own:
        result.problems.append("you have no file, so your submission does nothing")
        result.foreign.add("")
    elif any(line.startswith("@@") for line in text.split("\n")):
        _take_diffs(result, text, own, names)
    else:
        _take_files(result, text, own, names)
    return result


def _unfenced(text: str, names: Sequence[str]) -> str:
    """Return what is in the fences of a text, if it has any; what has its name above begins so."""
    blocks = []
    for above, block in fences(text):
        named = {*_NAME.findall(above)}.intersection(names)
        starts = _MARKER.fullmatch(block.lstrip().partition("\n")[0].rstrip())
        blocks.append(f"# {named.pop()}\n{block}" if len(named) == 1 and not starts else block)
    return joined(*blocks) if blocks else text.strip()


def _take_diffs(result: Patched, text: str, own: Mapping[str, str], names: Sequence[str]) -> None:
    """Take whole files, then the diffs of each file together."""
    files: dict[str, str] = {}
    diffs: dict[str, list[Hunks]] = {}
    for named, piece in _pieces(_GIT.sub("", text), names):
        hunks = tuple(hunk.strip("\n") for hunk in _AT_HUNK.split(piece)[1:])
        if not hunks and not piece.startswith("--- "):
            if named and _CODE.search(piece):
                files[named] = piece
            continue
        name = named or (next(iter(own)) if len(own) == 1 else "")
        if name not in own:
            result.unapplied_diffs += 1
            _refuse(result, name, own, names, "put '--- name' and '+++ name' above its hunks")
        else:
            diffs.setdefault(name, []).append(hunks)
    for name, piece in files.items():
        if (name in own and name not in diffs) or parsed(piece) is not None:
            _take_file(result, name, piece, own, names)
    for name, found in diffs.items():
        try:
            source = _all_applied(result.files.get(name, own[name]), found)
        except ValueError as problem:
            result.unapplied_diffs += 1
            result.problems.append(f"your diff of {name} does not apply: {problem}")
        else:
            _take(result, name, source)


def _take_files(result: Patched, text: str, own: Mapping[str, str], names: Sequence[str]) -> None:
    found = dict(_pieces(text, names))
    unnamed = found.pop("", "").strip()
    if unnamed and not found and len(own) == 1:
        found[next(iter(own))] = unnamed
    elif unnamed:
        _refuse(result, "", own, names, "start each file with its name, like '# name.py'")
    for name, piece in found.items():
        _take_file(result, name, piece, own, names)


def _take_file(
    result: Patched, name: str, piece: str, own: Mapping[str, str], names: Sequence[str]
) -> None:
    if name in own:
        _take(result, name, piece.strip() + "\n")
    else:
        _refuse(result, name, own, names, "")


def _take(result: Patched, name: str, source: str) -> None:
    """Take a file unless it is too long, when it stays as it was; whether it runs is seen later."""
    if len(source) > MAX_CHARS:
        result.problems.append(
            f"{name} stays as it was, as yours is longer than {MAX_CHARS} characters"
        )
    else:
        result.files[name] = source


def _refuse(
    result: Patched, name: str, own: Mapping[str, str], names: Sequence[str], remedy: str
) -> None:
    """Say why nothing is changed by the text for a file that is not the agent's."""
    if name in names:
        result.foreign.add(name)
        result.problems.append(f"{name} is not your file")
    else:
        result.problems.append(f"it is not clear which file you mean: {remedy}")


def _pieces(text: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (file name, text) of whole files and diffs; what is above all names has the name ""."""
    lines = text.split("\n")
    heads = [(0, "")]
    for n, (line, after) in enumerate(pairwise([*lines, ""])):
        marker = _MARKER.fullmatch(line.rstrip())
        if marker and marker[1] in names:
            heads.append((n, marker[1]))
        elif line.startswith("--- ") and after.startswith("+++ "):
            said = "".join(after.removeprefix("+++").split()[:1])
            heads.append((n, _FOLDER.sub("", said)[:80]))
    for (start, name), (end, _) in pairwise([*heads, (len(lines), "")]):
        yield name, "\n".join(lines[start:end])


def _all_applied(source: str, diffs: Iterable[Hunks]) -> str:
    """Apply the diffs of one file; raises ValueError where they do not fit.

    All count the lines of the file as it was, so they are applied as one, in the order of these.
    Where that does not fit, each is applied to what the one before has made.
    """
    import unipatch

    apart = tuple(dict.fromkeys(part for hunks in diffs for part in _placed(source, hunks)))
    as_one = tuple(hunk for hunks in sorted(apart, key=_first_line) for hunk in hunks)
    for exact in (True, False):
        for way in dict.fromkeys([(as_one,), apart]):
            try:
                return reduce(partial(_applied, exact=exact), way, source)
            except unipatch.HunkApplyError as problem:
                why = problem
    raise why


def _placed(source: str, hunks: Hunks) -> Iterator[Hunks]:
    """Yield a diff as it is; or its hunks one by one, where some of them have no line numbers."""
    if all(map(_HUNK.match, hunks)):
        yield from [hunks] if hunks else []
    else:
        yield from ((_with_numbers(source, hunk),) for hunk in hunks)


def _with_numbers(source: str, hunk: str) -> str:
    """Return a hunk with a line number; raises ValueError where its lines do not stand once."""
    header, *rest = hunk.split("\n")
    if _HUNK.match(header):
        return hunk
    old, lines = _OLD.findall(_body(rest)), source.split("\n")
    places = [n for n in range(len(lines)) if lines[n : n + len(old)] == old]
    if len(places) == 1:
        return "\n".join([f"@@ -{places[0] + 1} +{places[0] + 1} @@", *rest])
    where = f"in {len(places)} places" if places else "nowhere in the file"
    raise ValueError(
        f"{header[:40]!r} has no line numbers like '@@ -4 +4 @@', and its old lines stand {where}; "
        "write the numbers, or more of the lines around them"
    )


def _first_line(hunks: Hunks) -> int:
    return int(_HUNK.findall(hunks[0])[0][0])


def _applied(source: str, hunks: Hunks, exact: bool) -> str:
    """Apply the hunks of one diff; raises ValueError where they do not fit."""
    import unipatch

    source = source.removesuffix("\n") + "\n"
    return unipatch.apply_patch(source, "".join(_counted(hunk, exact) for hunk in hunks))


def _counted(hunk: str, exact: bool) -> str:
    """Return a hunk with the counts of its own lines, whatever its header says.

    Args:
        hunk: Its header, its lines and what is written after them.
        exact: Whether lines that stay have to be found as lines that go are. GNU patch lets some of
            them differ, but looks only at the end of a file for a hunk that has few at its end.
    """
    header, *rest = hunk.split("\n")
    where = _HUNK.match(header)
    assert where is not None
    text = _body(rest)
    if exact and _CHANGED.search(text):
        text = _KEPT.sub(r"-\1\n+\1", text)
    old = len(re.findall(r"^(?!\+)", text, re.MULTILINE))
    new = len(re.findall(r"^(?!-)", text, re.MULTILINE))
    if not old and where[2] != ",0":
        raise ValueError(f"{where[0]!r} only adds lines: put the line above before them")
    return f"@@ -{where[1]},{old} +{where[3]},{new} @@\n{text}\n"


def _body(lines: Iterable[str]) -> str:
    """Return the lines of a hunk, without what is written after them."""
    own = takewhile(_LINE.match, lines)
    return "\n".join(line for line in own if not line.startswith("\\")).rstrip("\n")
