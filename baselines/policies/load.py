"""From the name of a policy, as the command line takes it, to a policy that can play."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from baselines.action_selector import ActionSelector
from baselines.errors import CommandError
from baselines.fingerprint import fingerprint
from baselines.models import TINY
from baselines.policies.base import Policy
from baselines.policies.chat_server import Requests
from baselines.policies.endpoint import ENDPOINT, EndpointPolicy, parse_endpoint
from baselines.policies.scripted import RandomActions, ScriptedPolicy, silent
from llm_collab_envs import make

TEAM_SIZE = 4
HUB = "hf:"
_MODEL_FILES = ("config.json", "adapter_config.json")  # one of them says what model a folder holds

Seeded = Callable[[int], Policy]


@dataclass(frozen=True)
class NamedPolicy:
    """An entry of `NAMED`.

    Attributes:
        about: One line for the help text.
        open: Makes, from (env id, team size, selector), a function from a seed to the policy; what
            is slow, such as loading weights, happens once, in `open`.
        team_size: The only team size that the policy plays, or None for any.
    """

    about: str
    open: Callable[[str, int, ActionSelector | None], Seeded]
    team_size: int | None = None


def load_policy(
    spec: str,
    env_id: str,
    team_size: int = TEAM_SIZE,
    selector: ActionSelector | None = None,
    seed: int = 0,
) -> Policy:
    """Return the policy that a name stands for.

    Args:
        spec: A key of `NAMED`, a folder that holds a model, "hf:" and a model id, or
            "endpoint:URL#MODEL".
        env_id: The env that it is to play; the experts belong to an env.
        team_size: The team size that it is to play.
        selector: How a language model's replies are chosen; scripted policies ignore it.
        seed: Of the chance in the replies. A language model draws from torch's global generator,
            which is seeded here.

    Raises:
        CommandError: For a name that stands for nothing, or a model that cannot be loaded.
    """
    return open_policy(spec, env_id, team_size, selector)(seed)


def open_policy(
    spec: str,
    env_id: str,
    team_size: int,
    selector: ActionSelector | None = None,
    requests: Requests | None = None,
) -> Seeded:
    """Do what is slow about `load_policy` once, and leave the seed open.

    Args:
        spec: As for `load_policy`.
        env_id: As for `load_policy`.
        team_size: As for `load_policy`.
        selector: As for `load_policy`.
        requests: How the server of an endpoint is asked; other policies ignore it.

    Returns:
        A function from a seed to the policy with its chance seeded.
    """
    if spec in NAMED:
        needed = team_size_of(spec, team_size)
        if team_size != needed:
            raise CommandError(f"{spec} plays in a team of {needed}; got team_size {team_size}.")
        return NAMED[spec].open(env_id, team_size, selector)
    if spec.startswith(ENDPOINT):
        return _open_endpoint(spec, selector, requests)
    return _open_model(_source(spec), selector)


def team_size_of(spec: str, asked: int) -> int:
    """Return the team size that a policy plays where `asked` is asked for."""
    named = NAMED.get(spec)
    return asked if named is None or named.team_size is None else named.team_size


def weights_of(spec: str) -> str | None:
    """Return a fingerprint of a model folder's weights; None for what is no folder.

    The name of a folder does not say which weights are in it: training goes on, folders are reused.
    """
    folder = TINY if spec == "tiny" else Path(spec.removeprefix(HUB))
    found = (folder.glob(form) for form in ("*.safetensors", "*model*.bin"))
    return fingerprint(*sorted([] if spec in _SCRIPTED else chain.from_iterable(found)))


def _source(spec: str) -> str:
    """Return what transformers is to load for a name that is not in `NAMED`."""
    if spec.startswith(HUB):
        return spec.removeprefix(HUB)
    if not Path(spec).is_dir():
        raise CommandError(
            f"the policy must be one of {', '.join(NAMED)}, a folder that holds a model, "
            f"{HUB} and a model id, or {ENDPOINT}URL#MODEL; got {spec!r}, which is none of these."
        )
    if not any((Path(spec) / name).exists() for name in _MODEL_FILES):
        raise CommandError(
            f"the folder {spec!r} holds no model (no {' or '.join(_MODEL_FILES)}). Give the folder "
            "that training wrote with --out, or one of its checkpoints."
        )
    return spec


def _open_endpoint(spec: str, selector: ActionSelector | None, requests: Requests | None) -> Seeded:
    policy = EndpointPolicy(*parse_endpoint(spec), selector, requests)

    def seeded(seed: int) -> Policy:
        policy.seed(seed)
        return policy

    return seeded


def _open_model(source: str, selector: ActionSelector | None) -> Seeded:
    # Imported here, so that what needs no language model does not wait seconds for torch.
    import torch
    from transformers.utils import logging

    from baselines.policies.hf import HFPolicy

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # its notices on kernels are of no use to who evaluates
    try:
        policy = HFPolicy.load(source, selector)
    except ValueError as problem:
        raise CommandError(str(problem)) from problem

    def seeded(seed: int) -> Policy:
        torch.manual_seed(seed)
        return policy

    return seeded


def _open_tiny(env_id: str, team_size: int, selector: ActionSelector | None) -> Seeded:
    if not (TINY / "config.json").exists():
        raise CommandError(
            f"the tiny model is not in this installation ({TINY}). Reinstall the package, or make "
            "it with `python -m baselines.models.pretrain`."
        )
    return _open_model(str(TINY), selector)


def _open_expert(env_id: str, team_size: int, selector: ActionSelector | None) -> Seeded:
    # It depends on an observation alone, so it plays in any team at any difficulty. It is made
    # alone, as the easy tasks admit no team as large as harder ones do.
    policy = ScriptedPolicy(make(env_id, team_size=1)._expert())
    return lambda seed: policy


def _open_silent(env_id: str, team_size: int, selector: ActionSelector | None) -> Seeded:
    return lambda seed: ScriptedPolicy(silent)


def _open_random(env_id: str, team_size: int, selector: ActionSelector | None) -> Seeded:
    return lambda seed: ScriptedPolicy(RandomActions(seed))


_SCRIPTED = {
    "expert": NamedPolicy("the env's scripted expert, the ceiling", _open_expert),
    "solo-expert": NamedPolicy("the scripted expert alone", _open_expert, team_size=1),
    "silent": NamedPolicy("passes every turn, the floor", _open_silent),
    "random": NamedPolicy("well-formed actions of random words", _open_random),
}
NAMED = {**_SCRIPTED, "tiny": NamedPolicy("the shipped language model", _open_tiny)}
