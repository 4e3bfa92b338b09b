"""The trainer: advantages by hand, masks, resumption, interruption, errors."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, TrainerControl
from trl import GRPOTrainer

import baselines.train as trainer_module
from baselines.action_selector import ActionSelector
from baselines.advantages import group_relative
from baselines.config import TrainConfig
from baselines.errors import CommandError
from baselines.grpo import (
    JointRollout,
    base_model,
    build_trainer,
    copy_weights,
    dataset,
    pack_by_prompt,
    seats_of,
    share,
    team_reward,
)
from baselines.models import TINY
from baselines.policies.base import History
from baselines.policies.hf import training_dtype
from baselines.policies.load import load_policy
from baselines.run_folder import only_run_in, prepare_folder
from baselines.train import METRICS, StopOnSignal, train
from baselines.version import version_of_envs
from own_tasks import save_tasks
from small_model import save_small_model

ENV = "section_writing_v0"
SMALL = dict(teams=(2,), num_generations=2, steps=2, micro_batch=2, max_new_tokens=24, save_every=1)


def small(out: Path, **changes) -> TrainConfig:
    return TrainConfig(ENV, out, **{**SMALL, **changes})


def metrics(out: Path) -> list[dict[str, float]]:
    """Everything that is logged but for the time it took."""
    lines = [json.loads(line) for line in (out / METRICS).read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "step_time"} for line in lines]


def test_group_relative_by_hand():
    # mean 0.5, sample std of (0.2, 0.4, 0.6, 0.8) is 0.2582
    got = group_relative(np.array([[0.2, 0.4, 0.6, 0.8], [0.3, 0.3, 0.3, 0.3]]))
    assert got[0] == pytest.approx([-1.1614, -0.3871, 0.3871, 1.1614], abs=1e-3)
    assert got[1] == pytest.approx([0, 0, 0, 0])


@pytest.fixture(scope="module")
def played():
    """What was played, once for all: rows by the prompts that asked for them."""
    return {}


@pytest.fixture(scope="module", params=[0.0, 0.5])
def batch(request, tmp_path_factory, played):
    """One generation batch: what TRL made of it, what was played, and the difference weight."""
    tokenizer = AutoTokenizer.from_pretrained(TINY)
    model = AutoModelForCausalLM.from_pretrained(TINY, dtype=torch.float32)
    config = small(
        tmp_path_factory.mktemp("batch"),
        teams=(2, 2),
        num_generations=3,
        micro_batch=4,
        max_new_tokens=160,
        difference_weight=request.param,
    )
    torch.manual_seed(1)
    trainer = build_trainer(config, model, tokenizer, [])
    inputs = [dict(row) for row in trainer.train_dataset.to_list()[:4] for _ in range(3)]
    rollout = trainer.rollout_func

    def play_once(prompts, trainer):
        if tuple(prompts) not in played:
            played[tuple(prompts)] = rollout(prompts, trainer)
        return dict(played[tuple(prompts)])

    trainer.rollout_func = play_once
    trainer.model.train()
    made = trainer._generate_and_score_completions(inputs)
    (rows,) = played.values()
    return made, rows, request.param


def test_teams_are_trained_under_wrappers_and_who_is_alone_under_none(tmp_path):
    config = small(tmp_path, teams=(2, 1), wrappers=["AgentDropout(at_round=2)"])
    names = [[d["name"] for d in config.make_env(n).conditions.to_dicts()] for n in config.teams]
    assert names == [["AgentDropout"], []]
    tokenizer = AutoTokenizer.from_pretrained(TINY)
    model = AutoModelForCausalLM.from_pretrained(TINY, dtype=torch.float32)
    trainer = build_trainer(config, model, tokenizer, [])
    trainer.train()
    logged = [line for line in trainer.state.log_history if "reward" in line]
    assert len(logged) == config.steps
    assert {line["env/agent_dropout"] for line in logged} == {1.0}


def test_advantage_is_group_relative_in_joint_and_difference_reward(batch):
    made, rows, weight = batch
    joint = np.array(rows["joint"]).reshape(-1, 3)
    difference = np.array(rows["difference"]).reshape(-1, 3)
    assert joint.std() > 0
    assert joint[0] == pytest.approx(joint[1]), "both agents of an episode share one reward"
    expected = group_relative((1 - weight) * joint + weight * difference)
    assert made["advantages"].numpy().reshape(-1, 3) == pytest.approx(expected, abs=1e-3)


def test_logged_terms_are_means_over_episodes(tmp_path):
    config = small(tmp_path, teams=(2, 1))
    tokenizer = AutoTokenizer.from_pretrained(TINY)
    model = AutoModelForCausalLM.from_pretrained(TINY, dtype=torch.float32)
    rollout = JointRollout(config, tokenizer)
    prompts = [row["prompt"] for row in dataset(config)][:3]
    fields = rollout(prompts, SimpleNamespace(model=model))
    logged = {}
    fields["terms"] = [{"quality": 0.2}, {"quality": 0.2}, {"quality": 0.8}]
    paid = team_reward(**fields, log_metric=logged.__setitem__)
    assert paid == fields["joint"]
    assert logged == {"env/quality": pytest.approx(0.5)}


def test_logged_terms_are_means_over_the_episodes_of_all_processes(tmp_path):
    """Three episodes: 0.2 by a team of 2, and 0.9 by an agent alone, twice."""
    script = tmp_path / "script.py"
    script.write_text(
        "import json, sys\n"
        "from pathlib import Path\n"
        "from accelerate import PartialState\n"
        "from baselines.grpo import team_reward\n"
        "own = PartialState(cpu=True).process_index\n"
        "rows = [([0.2, 0.2], [0.5, 0.5]), ([0.9, 0.9], [1.0, 1.0])][own]\n"
        "terms = [{'quality': value, 'done': True} for value in rows[0]]\n"
        "logged = {}\n"
        "paid = team_reward(rows[0], terms, rows[1], logged.__setitem__)\n"
        "Path(sys.argv[1], str(own)).write_text(json.dumps([paid, logged]))\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node=2", str(script)]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for own, paid in ((0, [0.2, 0.2]), (1, [0.9, 0.9])):
        logged = {"env/quality": pytest.approx((0.2 + 0.9 + 0.9) / 3)}
        assert json.loads((tmp_path / str(own)).read_text()) == [paid, logged]


def test_only_what_the_policy_wrote_is_in_the_loss(batch):
    made, rows, _ = batch
    mask = made["completion_mask"] * made["tool_mask"]
    assert mask.sum(1).tolist() == [sum(row) for row in rows["env_mask"]]
    for n, (ids, own) in enumerate(zip(rows["completion_ids"], rows["env_mask"], strict=True)):
        assert made["completion_ids"][n, : len(ids)].tolist() == ids
        assert mask[n, : len(ids)].tolist() == own
        assert mask[n, len(ids) :].sum() == 0, "padding is not trained"


def test_packing_keeps_every_row_and_puts_shared_prompts_together(batch):
    made, rows, _ = batch
    parts = [
        {k: v[n : n + 4] if isinstance(v, torch.Tensor) and v.dim() else v for k, v in made.items()}
        for n in range(0, 12, 4)
    ]
    packed = pack_by_prompt(parts)
    assert len(packed) == 3
    seen = []
    for part in packed:
        assert set(part) == set(made)
        assert part["num_items_in_batch"] == made["num_items_in_batch"]
        for side in ("prompt", "completion"):
            assert part[f"{side}_mask"].sum(1).max() == part[f"{side}_ids"].shape[1]
        for n in range(4):
            row = [
                part[f"{side}_ids"][n][part[f"{side}_mask"][n].bool()].tolist()
                for side in ("prompt", "completion")
            ]
            seen.append((*row, part["advantages"][n].item()))
    expected = zip(
        rows["prompt_ids"], rows["completion_ids"], made["advantages"].tolist(), strict=True
    )
    assert sorted(seen) == sorted((list(p), list(c), a) for p, c, a in expected)
    prompts = [prompt for prompt, _, _ in seen]
    assert len({tuple(prompt) for prompt in prompts}) == 4
    assert [len(list(same)) for _, same in groupby(prompts)] == [3, 3, 3, 3]


LEARNED_POSITIONS = dict(kind=GPT2Config, n_embd=32, n_layer=1, n_head=2, n_positions=64)
MODELS = {"llama": {}, "gpt2": LEARNED_POSITIONS}


def shake(model):
    """Give adapters something to do: as they begin, they change nothing."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.3)


@pytest.fixture
def scorer(request, tmp_path, monkeypatch):
    """A trainer in fp32, and rows of three prompts of different lengths, two of them shared."""
    monkeypatch.setattr("baselines.grpo.training_dtype", lambda: torch.float32)
    kind, _, adapted = request.param.partition(", ")
    folder = TINY if kind == "tiny" else save_small_model(tmp_path / "model", **MODELS[kind])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    config = small(tmp_path / "run", lora_rank=4 if adapted else 0)
    trainer = build_trainer(config, model, tokenizer, [])
    if adapted:
        shake(trainer.model)
    random = torch.Generator().manual_seed(0)
    texts = [
        torch.randint(5, len(tokenizer), (n,), generator=random).tolist()
        for n in (9, 14, 4, 3, 7, 6, 1, 5, 2)
    ]
    prompts, replies = texts[:3], texts[3:]
    rows = list(zip([prompts[n] for n in (0, 1, 0, 2, 1, 0)], replies, strict=True))
    ids, mask = torch.zeros(6, 21, dtype=torch.long), torch.zeros(6, 21, dtype=torch.long)
    for n, (prompt, reply) in enumerate(rows):
        for at, part in ((14 - len(prompt), prompt), (14, reply)):
            ids[n, at : at + len(part)] = torch.tensor(part)
            mask[n, at : at + len(part)] = 1
    return trainer, ids, mask


@pytest.mark.parametrize(("gpu", "bf16"), [(False, False), (True, True)])
def test_trains_in_bf16_on_a_gpu_only(gpu, bf16, monkeypatch):
    monkeypatch.setattr("baselines.policies.hf.inference_dtype", lambda: torch.bfloat16)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    assert (training_dtype() == torch.bfloat16) == bf16


@pytest.mark.parametrize("scorer", ["tiny", "llama"], indirect=True)
@pytest.mark.parametrize("batch_size", [None, 4])
def test_a_shared_prompt_changes_neither_loss_nor_gradient(scorer, batch_size):
    trainer, ids, mask = scorer
    found = []
    for kind in (GRPOTrainer, type(trainer)):
        trainer.model.zero_grad()
        logps, entropies, _ = kind._get_per_token_logps_and_entropies(
            trainer, trainer.model, ids, mask, 7, batch_size=batch_size, compute_entropy=True
        )
        weight = mask[:, -7:] * torch.arange(1, 43).reshape(6, 7)
        (logps * weight).sum().backward()
        gradients = {n: p.grad.clone() for n, p in trainer.model.named_parameters()}
        found.append((logps * mask[:, -7:], entropies * mask[:, -7:], gradients))
    (logps, entropies, gradients), (shared_logps, shared_entropies, shared_gradients) = found
    assert torch.allclose(logps, shared_logps, atol=1e-4)
    assert torch.allclose(entropies, shared_entropies, atol=1e-4)
    for name, gradient in gradients.items():
        scale = gradient.abs().max()
        assert torch.allclose(gradient, shared_gradients[name], atol=1e-4 * scale), name


@pytest.mark.parametrize(
    "scorer", ["tiny", "llama", "gpt2", "llama, adapted", "gpt2, adapted"], indirect=True
)
def test_rows_are_scored_as_they_were_sampled(scorer):
    """Padding on the left moves no position, in models that have learned a vector for each too."""
    trainer, ids, mask = scorer
    model = trainer.model.eval()
    with torch.no_grad():
        scored, _, _ = trainer._get_per_token_logps_and_entropies(model, ids, mask, 7)
        for row, seen, logps in zip(ids, mask.bool(), scored, strict=True):
            alone = torch.log_softmax(model(row[seen][None]).logits[0], -1)
            length = int(seen[-7:].sum())
            written = row[seen][-length:]
            expected = alone[-length - 1 : -1].gather(1, written[:, None])[:, 0]
            assert torch.allclose(logps[:length], expected, atol=1e-4)


@pytest.mark.parametrize("scorer", ["tiny", "llama, adapted", "gpt2, adapted"], indirect=True)
def test_episodes_are_played_by_what_is_trained(scorer):
    trainer, ids, _ = scorer
    model = trainer.model.eval()
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    plain = AutoModelForCausalLM.from_config(model.config, dtype=torch.float32).eval()
    own = plain(ids).logits
    for _ in range(2):  # as in two steps
        copy_weights(base_model(model), plain)
        assert torch.allclose(plain(ids).logits, model(ids).logits, atol=1e-4)
    assert not torch.allclose(plain(ids).logits, own, atol=1e-2)
    assert all(torch.equal(weights, before[name]) for name, weights in model.state_dict().items())


def test_adapters_are_trained_in_place_of_the_weights(tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    options = dict(lora_rank=4, kl=0.05, learning_rate=0.01, warmup=0)
    train(small(whole, **options))
    shutil.copytree(whole, broken)
    (broken / "model.safetensors").unlink()
    shutil.rmtree(broken / "checkpoints" / "checkpoint-2")
    train(small(broken, **options), resume=True)
    assert metrics(broken) == metrics(whole)
    assert metrics(whole)[0]["kl"] == pytest.approx(0, abs=1e-4) != metrics(whole)[1]["kl"]
    models = [AutoModelForCausalLM.from_pretrained(f).float() for f in (TINY, whole, broken)]
    start, one, two = (model.state_dict() for model in models)
    assert all(torch.equal(one[name], two[name]) for name in one)
    linear = {n for n, m in models[0].model.named_modules() if isinstance(m, torch.nn.Linear)}
    trained = {name for name in one if not torch.equal(one[name], start[name])}
    assert trained == {f"model.{name}.weight" for name in linear}
    kept = sum(f.stat().st_size for f in (whole / "checkpoints").rglob("*.safetensors"))
    assert kept < (whole / "model.safetensors").stat().st_size / 4
    checkpoint = str(whole / "checkpoints" / "checkpoint-2")
    policies = [
        load_policy(folder, ENV, 2, ActionSelector(temperature=0, max_new_tokens=9))
        for folder in (checkpoint, str(whole))
    ]
    said = [policy.act([History(["a"])])[0].token_ids for policy in policies]
    assert said[0] == said[1]


def test_resumed_run_equals_unbroken_run(tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(small(whole))
    # As if the run had been killed in step 2, in the middle of two files.
    shutil.copytree(whole, broken)
    (broken / "model.safetensors").unlink()
    (broken / "checkpoints" / "checkpoint-2" / "trainer_state.json").unlink()
    (broken / METRICS).write_bytes((broken / METRICS).read_bytes()[:-9])
    train(small(broken), resume=True)
    assert metrics(broken) == metrics(whole)
    assert [line["step"] for line in metrics(broken)] == [1, 2]
    assert list(broken.rglob("events.out.tfevents*")), "metrics are there for TensorBoard too"
    start, one, two = (
        AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).state_dict()
        for folder in (whole / "checkpoints" / "checkpoint-1", whole, broken)
    )
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], start[name]) for name in one), "step 2 is a step"
    policy = load_policy(
        str(whole / "checkpoints" / "checkpoint-1"), ENV, 2, ActionSelector(max_new_tokens=4)
    )
    played = policy.model.state_dict()
    assert all(torch.equal(played[name], start[name].to(played[name].dtype)) for name in start)
    assert policy.act([History(["a"])])[0].token_ids


@pytest.mark.parametrize("change", [{"micro_batch": 1, "save_every": 5}, {"rollout_batch": 1}])
def test_a_resumed_run_may_do_less_at_once(change, tmp_path):
    """It goes on with the same tasks; with the same rollout_batch also with the same replies."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    config = small(whole, model=str(save_small_model(tmp_path / "model")), micro_batch=4)
    train(config)
    shutil.copytree(whole, broken)
    (broken / "model.safetensors").unlink()
    shutil.rmtree(broken / "checkpoints" / "checkpoint-2")
    train(replace(config, out=broken, **change), resume=True)
    assert [line["step"] for line in metrics(broken)] == [1, 2]
    assert metrics(broken)[0] == metrics(whole)[0]
    first, second = (
        {k: v for k, v in metrics(out)[1].items() if k.startswith(("env/", "num_tokens"))}
        for out in (whole, broken)
    )
    assert set(first) == set(second)
    assert first == second or "rollout_batch" in change


def interrupted(command: list[str], at: str) -> tuple[list[str], int]:
    """Run a command, press Ctrl-C at a line that starts like this; return what it printed."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith(at):
            process.send_signal(signal.SIGINT)
    return said, process.wait(timeout=120)


@pytest.mark.slow
def test_ctrl_c_saves_and_says_where_and_resume_goes_on(tmp_path):
    out, steps = tmp_path / "run", 8
    command = [sys.executable, "-u", "-m", "baselines.cli", "train", ENV, "--out", str(out)]
    command += ["--model", str(save_small_model(tmp_path / "model")), "--steps", str(steps)]
    command += "--team-size 2 --tasks-per-step 1 --solo-tasks 0 --generations 2".split()
    command += "--max-new-tokens 8".split()
    said, code = interrupted(command, at="step 1")
    assert code == 130, said
    (checkpoint,) = (out / "checkpoints").glob("checkpoint-*")
    step = int(checkpoint.name.partition("-")[2])
    assert step < steps
    assert said[-1] == (
        f"stopped after step {step}; the state is saved in {out}. Go on with --resume --out {out}\n"
    )
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"step {step + 1}: ")
    assert [line["step"] for line in metrics(out)] == [*range(1, steps + 1)]
    assert (out / "model.safetensors").exists()


@pytest.mark.parametrize("name", ["file", "run.json", "run.txt", "run.part"])
def test_existing_folder(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(CommandError, match="exists and is not empty"):
        train(small(tmp_path, model="/nowhere"))
    assert (tmp_path / name).read_text() == "mine"


def test_of_two_runs_at_the_same_time_one_has_the_folder(tmp_path, monkeypatch):
    """The other may have looked before anything was in it."""
    prepare_folder(small(tmp_path), resume=False, processes=1)
    before = (tmp_path / "run.json").read_bytes()
    monkeypatch.setattr(Path, "iterdir", lambda self: iter(()))
    with pytest.raises(CommandError, match="exists and is not empty"):
        prepare_folder(small(tmp_path, steps=9), resume=False, processes=1)
    assert (tmp_path / "run.json").read_bytes() == before


def test_wrong_model_name(tmp_path):
    with pytest.raises(CommandError, match=r"no model could be loaded from '/nowhere'"):
        train(small(tmp_path / "run", model="/nowhere"))
    assert not list((tmp_path / "run").iterdir())


def test_a_run_that_fails_before_its_first_checkpoint_leaves_the_folder_free(tmp_path):
    few = dict(LEARNED_POSITIONS, n_positions=300)
    config = small(tmp_path / "run", model=str(save_small_model(tmp_path / "model", **few)))
    with pytest.raises(CommandError, match="do not fit into the 300 positions"):
        train(config)
    assert not list((tmp_path / "run").iterdir())
    with pytest.raises(CommandError, match="do not fit into the 300 positions"):
        train(replace(config, seed=1))


def test_a_later_failure_keeps_what_there_is(tmp_path, monkeypatch):
    out = tmp_path / "run"
    config = small(out, model=str(save_small_model(tmp_path / "model")), steps=1)
    monkeypatch.setattr(trainer_module, "_save", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(config)
    monkeypatch.undo()
    (out / ".saving").mkdir()
    (out / ".saving" / "model.safetensors").write_text("of a run that was killed while it saved")
    train(config, resume=True)
    assert (out / "model.safetensors").stat().st_size > 1_000
    assert not (out / ".saving").exists()


def test_a_resumption_that_fails_takes_nothing_away(tmp_path, monkeypatch):
    """Not from a finished run either, whose checkpoints somebody has deleted."""
    prepare_folder(small(tmp_path), resume=False, processes=1)
    (tmp_path / METRICS).write_text("{}\n")
    monkeypatch.setattr(trainer_module, "_run", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(small(tmp_path), resume=True)
    assert {path.name for path in tmp_path.iterdir()} == {METRICS, "run.json"}


@pytest.mark.parametrize("text", ["", "[]", '{"env'])
def test_a_run_that_cannot_be_read_is_not_resumed(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(
        CommandError, match=r"run\.json does not say what the run is.* another --out"
    ):
        train(small(tmp_path), resume=True)


def test_nothing_to_resume(tmp_path):
    with pytest.raises(CommandError, match="no run to resume"):
        train(small(tmp_path / "run"), resume=True)


def test_a_run_that_goes_on_elsewhere_is_not_resumed(tmp_path):
    config = small(tmp_path / "run", model=str(TINY))
    prepare_folder(config, resume=False, processes=1)
    before = {path: path.read_bytes() for path in config.out.rglob("*") if path.is_file()}
    with only_run_in(config.out), pytest.raises(CommandError, match="another process is training"):
        train(config, resume=True)
    assert before == {path: path.read_bytes() for path in config.out.rglob("*") if path.is_file()}
    with only_run_in(config.out):
        pass  # it is free again


def test_resume_with_other_options(tmp_path):
    config = small(tmp_path / "run", model="/nowhere")
    prepare_folder(config, resume=False, processes=1)
    with pytest.raises(CommandError, match="learning_rate"):
        train(replace(config, learning_rate=1.0), resume=True)
    with pytest.raises(CommandError, match=r"processes=1, not 2"):
        prepare_folder(config, resume=True, processes=2)


def test_every_task_of_a_file_is_trained_on(tmp_path):
    config = small(tmp_path, steps=20, tasks=save_tasks(tmp_path / "own.jsonl", 3))
    assert {json.loads(row["prompt"])["task"] for row in dataset(config)} == {0, 1, 2}


def test_training_on_a_file_of_one_task_which_a_step_then_has_several_times(tmp_path):
    """Its episodes are those of the file, in as many groups as the step has teams."""
    own = save_tasks(tmp_path / "own.jsonl", 1)
    own.write_text(own.read_text().replace('"max_cycles": 6', '"max_cycles": 1'))
    model = str(save_small_model(tmp_path / "model"))
    config = small(tmp_path / "run", model=model, teams=(2, 2, 1), steps=1, tasks=own)
    prompts = [row["prompt"] for row in dataset(config) for _ in range(config.num_generations)]
    episodes = {key for key, _ in seats_of(prompts)}
    assert episodes == {(2, 0, 0), (2, 0, 1), (2, 0, 2), (2, 0, 3), (1, 0, 0), (1, 0, 1)}
    train(config)
    replies = metrics(config.out)[0]["completions/mean_length"]
    assert 0 < replies <= 24, "one round of 24 tokens, and no more rounds"


def test_a_run_goes_on_with_the_tasks_that_it_began_with(tmp_path):
    own = save_tasks(tmp_path / "own.jsonl", 3)
    config = small(tmp_path / "run", model="/nowhere", tasks=own)
    prepare_folder(config, resume=False, processes=1)
    moved = own.rename(tmp_path / "moved.jsonl")
    prepare_folder(replace(config, tasks=moved), resume=True, processes=1)
    for tasks in (None, save_tasks(tmp_path / "own.jsonl", 2)):
        with pytest.raises(CommandError, match=r"started with tasks_content='\w+', not "):
            train(replace(config, tasks=tasks), resume=True)


def test_resume_with_other_envs(tmp_path):
    config = small(tmp_path / "run", model="/nowhere")
    prepare_folder(config, resume=False, processes=1)
    path = config.out / "run.json"
    path.write_text(path.read_text().replace(version_of_envs(), "0.1.0+older"))
    with pytest.raises(CommandError, match=r"llm_collab_envs='0\.1\.0\+older'.* another --out"):
        train(config, resume=True)


def test_all_processes_stop_in_the_same_step(monkeypatch):
    stop, control = StopOnSignal(), TrainerControl()
    stop.on_step_end(None, None, control)
    assert not control.should_training_stop
    monkeypatch.setattr(trainer_module, "gather_object", lambda own: [*own, True])
    stop.on_step_end(None, None, control)
    assert stop.asked
    assert control.should_save
    assert control.should_training_stop


def test_kl_to_the_policy_that_training_started_from(tmp_path):
    model = str(save_small_model(tmp_path / "model"))
    train(small(tmp_path / "run", model=model, kl=0.1, learning_rate=0.01, warmup=0))
    kls = [line["kl"] for line in metrics(tmp_path / "run")]
    assert kls[0] == pytest.approx(0, abs=1e-6)
    assert kls[1] > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_generations": 1}, "num_generations"),
        ({"teams": ()}, "teams"),
        ({"max_new_tokens": 0}, "max_new_tokens"),
        ({"rollout_batch": 0}, "rollout_batch"),
        ({"micro_batch": 0}, "micro_batch"),
        ({"steps": 0}, "steps"),
        ({"save_every": 0}, "save_every"),
        ({"learning_rate": -1e-4}, "learning_rate"),
        ({"kl": float("nan")}, "kl"),
        ({"difference_weight": 1.5}, "difference_weight"),
        ({"entropy_quantile": 0.0}, "entropy_quantile"),
        ({"temperature": 0.0}, "temperature"),
        ({"top_p": 0.0}, "top_p"),
        ({"wrappers": ["Straggler"], "teams": (1,)}, "wrappers are for teams"),
        ({"wrappers": ["Straggler("]}, "settings by name"),
    ],
)
def test_config_errors_name_the_argument(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        replace(small(tmp_path), **change)


def test_padding_changes_no_log_probability(batch):
    made, rows, _ = batch
    model = AutoModelForCausalLM.from_pretrained(TINY, dtype=torch.float32).eval()
    some = slice(0, None, 3)
    ids = torch.cat([made["prompt_ids"], made["completion_ids"]], 1)[some]
    mask = torch.cat([made["prompt_mask"], made["completion_mask"]], 1)[some]
    alone = [p + c for p, c in zip(rows["prompt_ids"], rows["completion_ids"], strict=True)][some]
    with torch.no_grad():
        padded = model(ids, attention_mask=mask).logits
        for n, row in enumerate(alone):
            bare = model(torch.tensor([row])).logits[0]
            assert torch.allclose(padded[n][mask[n].bool()], bare, atol=1e-3)


@pytest.mark.parametrize(
    ("processes", "most", "expected"), [(1, 8, (8, 13)), (2, 8, (4, 13)), (1, 7, (4, 26))]
)
def test_rows_are_shared_out_evenly(tmp_path, processes, most, expected):
    config = TrainConfig(ENV, tmp_path, teams=(4, 4, 4, 1), num_generations=8, micro_batch=most)
    assert config.micro_batches(processes) == expected


def test_rows_that_cannot_be_shared_out(tmp_path):
    with pytest.raises(CommandError, match=r"the 6 rows of a step .* over 4 processes"):
        small(tmp_path, teams=(2, 1)).micro_batches(4)


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
def test_every_episode_is_played_whole_by_one_process(tmp_path, processes):
    config = small(tmp_path, teams=(2, 3, 1), num_generations=4, steps=1)
    prompts = [prompt for prompt in dataset(config)["prompt"] for _ in range(4)]
    seats = seats_of(prompts)
    assert len(set(seats)) == len(prompts) == 24, "each row is a seat of its own"
    episodes = list(dict.fromkeys(key for key, _ in seats))
    assert len(episodes) == 3 * 4
    states = [SimpleNamespace(process_index=n, num_processes=processes) for n in range(processes)]
    shares = [share(episodes, state) for state in states]
    assert sorted(key for own in shares for key in own) == sorted(episodes)
    counts = [Counter(size for size, _, _ in own) for own in shares]
    for size in (2, 3, 1):
        played = [count[size] for count in counts]
        assert max(played) - min(played) <= 1, "of every group as many as the others"


@pytest.mark.slow
def test_two_processes_share_every_step(tmp_path):
    """By `torchrun`, on the CPU: each prompt is used once, and one process writes and saves."""
    out = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node=2", "-m"]
    command += ["baselines.cli", "train", ENV, "--out", str(out), "--team-size", "2"]
    command += "--tasks-per-step 1 --generations 2 --steps 2 --max-new-tokens 24".split()
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert [(line["step"], line["epoch"]) for line in metrics(out)] == [(1, 0.5), (2, 1.0)]
    before = AutoModelForCausalLM.from_pretrained(TINY, dtype=torch.float32).state_dict()
    after = AutoModelForCausalLM.from_pretrained(out).state_dict()
    assert not all(torch.equal(after[name], value) for name, value in before.items())


@pytest.mark.slow
def test_ctrl_c_stops_two_processes_in_one_step_and_saves(tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node=2", "-m"]
    command += ["baselines.cli", "train", ENV, "--out", str(out), "--team-size", "2"]
    command += ["--model", str(save_small_model(tmp_path / "model"))]
    command += "--tasks-per-step 1 --generations 2 --steps 200 --max-new-tokens 24".split()
    said, _ = interrupted(command, at="step 2")
    stopped = {line.split(";")[0] for line in said if line.startswith("stopped after step")}
    assert len(stopped) == 1, said
    (checkpoint,) = (out / "checkpoints").glob("checkpoint-*")
    assert {f"rng_state_{n}.pth" for n in (0, 1)} <= {file.name for file in checkpoint.iterdir()}
    (step,) = stopped
    assert step.endswith(f" {checkpoint.name.partition('-')[2]}")
