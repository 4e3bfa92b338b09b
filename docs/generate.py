"""Write the pages of the documentation site from what is already said elsewhere.

    python docs/generate.py FOLDER

The front page is the README, an env's page is its docstring with an episode that its expert plays,
what all envs share and the concepts are the docstrings of the core, the adapters are those of
theirs, and the how-tos are the examples. Pages that are written by hand, such as measurements, are
the Markdown files beside this one.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from llm_collab_envs import ENV_MODULES, make, wrappers
from llm_collab_envs.core.env import CollabEnv
from llm_collab_envs.core.render import printable, transcript

ROOT = Path(__file__).parent.parent
CONCEPTS = {
    "actions": "Actions and tokens",
    "observation": "Observations",
    "channel": "Messages",
    "reward": "The joint reward",
    "tasks": "Tasks",
    "episode": "The record of an episode",
    "checks": "The contract",
}
OWN_PAGES = {"The demo, as measured": "demo/index.md", "The command line": "command-line.md"}
LEFT_OUT = ("The tree",)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields):$")


def main(folder: Path) -> None:
    """Write all pages into a folder, which is emptied first."""
    if folder.exists():
        shutil.rmtree(folder)
    pages = {
        **readme_pages(),
        "contributing.md": _moved((ROOT / "CONTRIBUTING.md").read_text(), "CONTRIBUTING.md"),
        "changes.md": _moved((ROOT / "CHANGELOG.md").read_text(), "CHANGELOG.md"),
        "every-env.md": every_env_page(),
        "concepts.md": concepts_page(),
        "wrappers.md": wrappers_page(),
        "adapters.md": adapters_page(),
        **{f"envs/{env_id}.md": env_page(env_id) for env_id in ENV_MODULES},
        **{f"how-to/{path.stem}.md": example_page(path) for path in _examples()},
    }
    for path in sorted((ROOT / "docs").rglob("*")):
        name = path.relative_to(ROOT / "docs").as_posix()
        if path.suffix == ".md":
            pages[name] = _moved(path.read_text(), f"docs/{name}")
        elif path.is_file() and path.suffix not in (".py", ".pyc"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / name)
    pages["index.md"] += _contents(pages)
    for name, text in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.rstrip() + "\n")


def readme_pages() -> dict[str, str]:
    """Return the README as the front page, but for sections that have pages of their own."""
    start, *sections = re.split(r"^## ", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    # There is no highlighter for mermaid's language, which reads well enough as it is.
    pages = {"index.md": start.replace("```mermaid", "```text")}
    for section in sections:
        title = section.partition("\n")[0]
        if title in OWN_PAGES:
            pages[OWN_PAGES[title]] = "# " + re.sub("^##(?=#+ )", "#", section, flags=re.MULTILINE)
        elif title not in LEFT_OUT:
            pages["index.md"] += f"## {section}".replace("```mermaid", "```text")
    return {name: _moved(text, "README.md", name) for name, text in pages.items()}


def env_page(env_id: str) -> str:
    """Return an env's docstring, and an episode of its expert, as agents and users see it."""
    largest = importlib.import_module(ENV_MODULES[env_id]).parallel_env.max_team_size
    env = make(env_id, split="test", team_size=min(4, largest))
    expert = env._expert()
    observations, _ = env.reset(options={"task": 0})
    first = observations["agent_0"]
    while env.agents:
        observations, *_ = env.step({agent: expert(observations[agent]) for agent in env.agents})
    package, _, name = ENV_MODULES[env_id].rpartition(".")
    return (
        f"# {env_id}\n\n"
        f"```python\nfrom {package} import {name}\n\nenv = {name}.parallel_env()\n```\n\n"
        f"{inspect.getdoc(type(env))}\n\n"
        "## As in every env\nArguments and methods: [every env](../every-env.md). What infos hold: "
        "[infos](../infos.md). A file for `tasks`: [your own tasks](../own-tasks.md).\n\n"
        f"## What an agent reads\nFirst of all, agent_0 in a team of {env.team_size} reads:\n\n"
        f"{_fenced(first)}\n\n"
        f"## An episode of the expert\n{_fenced(transcript(env.episode))}\n"
    )


def every_env_page() -> str:
    """Return what all envs share: the docstrings of their base class and of its public members."""
    parts = [
        "# Every env",
        "What `make` takes and returns, whichever env it is. What an agent's infos hold: "
        "[infos](infos.md). A file for `tasks`: [your own tasks](own-tasks.md).",
        f"## {_described(CollabEnv)}",
    ]
    for name, member in vars(CollabEnv).items():
        if name[0] != "_" and isinstance(member, property):
            parts.append(f"### {name}\n\n{markdown(inspect.getdoc(member))}")
        elif name[0] != "_" and inspect.isfunction(member):
            parts.append(f"### {_described(member)}")
    return "\n\n".join(parts)


def concepts_page() -> str:
    """Return what the core's docstrings say of the words that all envs share."""
    parts = ["# Concepts"]
    for name, title in CONCEPTS.items():
        module = importlib.import_module(f"llm_collab_envs.core.{name}")
        parts += [f"## {title}", markdown(inspect.getdoc(module))]
        parts += [f"### {_described(thing)}" for thing in _public(module)]
    return "\n\n".join(parts)


def wrappers_page() -> str:
    """Return the docstrings of the wrappers."""
    things = [getattr(wrappers, name) for name in wrappers.__all__]
    described = [f"## {_described(thing)}" for thing in things]
    return "\n\n".join(["# Wrappers", markdown(inspect.getdoc(wrappers)), *described])


def adapters_page() -> str:
    """Return the docstrings of the adapters, which are read, as their libraries are not here."""
    parts = ["# Adapters", "What was tried with them, and when: [other libraries](interop.md)."]
    for path in _adapters():
        module = ast.parse(path.read_text())
        parts += [f"## llm_collab_envs.interop.{path.stem}", markdown(ast.get_docstring(module))]
        for thing in module.body:
            if isinstance(thing, ast.ClassDef | ast.FunctionDef) and thing.name[0] != "_":
                parts += [f"### {thing.name}", markdown(ast.get_docstring(thing))]
    return "\n\n".join(parts)


def example_page(path: Path) -> str:
    """Return an example: what it says of itself, then its code."""
    source = path.read_text()
    _, docstring, code = source.split('"""', 2)
    title, _, text = docstring.partition("\n")
    return f"# {title.rstrip('.')}\n\n{text.strip()}\n\n{_fenced(code.strip(), 'python')}\n"


def markdown(docstring: str | None) -> str:
    """Return a Google-style docstring as Markdown."""
    lines: list[str] = []
    section = ""
    for line in (docstring or "").splitlines():
        if match := _SECTION.match(line):
            section = match[1]
            lines += ["", f"**{section}**", ""]
        elif not section or not line.startswith("    "):
            section = section if not line else ""
            lines.append(line)
        elif section in ("Returns", "Yields"):
            lines.append(line[4:])
        elif line.startswith("        "):
            lines[-1] += f" {line.strip()}"
        else:
            name, _, text = line.strip().partition(": ")
            lines.append(f"- `{name}`: {text}")
    return "\n".join(lines)


def _public(module: ModuleType) -> list[Any]:
    """Return the public classes and functions that a module defines, in their order there."""
    found = [
        thing
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(thing) or inspect.isfunction(thing))
        and thing.__module__ == module.__name__
    ]
    return sorted(found, key=lambda thing: inspect.getsourcelines(thing)[1])


def _described(thing: Any) -> str:
    # Annotations are kept as strings, but are not meant as strings.
    bare = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(thing)))
    where = thing.__module__
    if bare.startswith("(self"):  # a method
        where, bare = "env", re.sub(r"^\(self(, )?", "(", bare)
    signature = f"{where}.{thing.__name__}{bare.removesuffix(' -> None')}"
    return (
        f"{thing.__name__}\n\n{_fenced(signature, 'python')}\n\n{markdown(inspect.getdoc(thing))}"
    )


def _fenced(text: str, language: str = "text") -> str:
    ticks = max((len(run) for run in re.findall(r"`{3,}", text)), default=2) + 1
    return f"{'`' * ticks}{language}\n{printable(text).rstrip()}\n{'`' * ticks}"


def _moved(text: str, source: str, page: str | None = None) -> str:
    """Point a file's relative links to the site's pages; of a link to code, the text is left.

    Args:
        text: The file's text.
        source: Its path in the repository.
        page: The page that it becomes; by default, what `_page_of` says.
    """
    here = Path(page or _page_of(source)).parent

    def moved(link: re.Match[str]) -> str:
        image, label, target = link.groups()
        if re.match(r"[a-z]+:|#", target):
            return link[0]
        path = os.path.normpath(os.path.join(os.path.dirname(source), target.partition("#")[0]))
        to = _page_of(path)
        if to:
            return f"{image}[{label}]({os.path.relpath(to, here)})"
        return label if label.startswith("`") else f"`{label}`"

    return _LINK.sub(moved, text)


def _page_of(path: str) -> str:
    """Return the page, or the copied file, that a path of the repository becomes, or ""."""
    pages = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md"}
    pages["CHANGELOG.md"] = "changes.md"
    pages["llm_collab_envs/core/env.py"] = "every-env.md"
    pages |= {f"llm_collab_envs/core/{name}.py": "concepts.md" for name in CONCEPTS}
    for env_id in ENV_MODULES:
        env = importlib.import_module(ENV_MODULES[env_id]).parallel_env
        pages[env.__module__.replace(".", "/") + ".py"] = f"envs/{env_id}.md"
    pages |= {p.relative_to(ROOT).as_posix(): "adapters.md" for p in _adapters()}
    pages |= {f"examples/{p.name}": f"how-to/{p.stem}.md" for p in _examples()}
    if path.startswith("docs/") and (ROOT / path).is_file():
        return path.removeprefix("docs/")
    return pages.get(path, "")


def _examples() -> list[Path]:
    return sorted((ROOT / "examples").glob("*.py"))


def _adapters() -> list[Path]:
    return sorted((ROOT / "llm_collab_envs" / "interop").glob("[a-z]*.py"))


def _contents(pages: dict[str, str]) -> str:
    """Return the tables of contents: every page but the front page is in one of them."""
    groups: dict[str, list[str]] = {
        "Using it": ["concepts.md", "wrappers.md", "command-line.md"],
        "Environments": [
            *(name for name in pages if name.startswith("envs/")),
            "every-env.md",
            "infos.md",
            "own-tasks.md",
        ],
        "How to": [
            *(name for name in pages if name.startswith("how-to/")),
            "algorithms.md",
            "interop.md",
            "adapters.md",
        ],
    }
    last = ["contributing.md", "changes.md"]
    listed = {"index.md", *last, *(name for names in groups.values() for name in names)}
    groups["Measured"] = sorted(set(pages) - listed)
    groups["Project"] = last
    return "".join(
        f"\n```{{toctree}}\n:caption: {caption}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"
        for caption, names in groups.items()
        if names
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
