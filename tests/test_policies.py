"""Policies: the scripted ones, how names become policies, and what a language model reads."""

from __future__ import annotations

import json

import pytest
import torch
from transformers import AutoTokenizer, GenerationConfig, GPT2Config, MambaConfig

from baselines import generation
from baselines.action_selector import ActionSelector
from baselines.errors import CommandError
from baselines.generation import _until, finish
from baselines.models import TINY
from baselines.policies import hf
from baselines.policies.base import History, Reply
from baselines.policies.context import Context
from baselines.policies.hf import HFPolicy
from baselines.policies.load import NAMED, load_policy, team_size_of, weights_of
from baselines.policies.scripted import RandomActions, silent
from baselines.rollout import play
from llm_collab_envs import make
from llm_collab_envs.core.actions import Action, parse
from llm_collab_envs.core.observation import split_briefing
from small_model import CHATML, save_small_model, small_tokenizer

ENV = "section_writing_v0"
FIRST = "You are agent_0 of 2.\n\n== Round 1 of 6 ==\nMessage tokens left: 60.\n"
SECOND = "You are agent_0 of 2.\n\n== Round 2 of 6 ==\nMessages:\nagent_1: tense: past\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_small_model(tmp_path_factory.mktemp("model"))


def history(*observations: str) -> History:
    return History(list(observations))


# Scripted policies


def test_random_actions_are_well_formed_and_of_every_form():
    actions = RandomActions(seed=0)
    parsed = [parse(actions(FIRST), ["agent_1"]) for _ in range(300)]
    assert [action.error for action in parsed if action.error] == []
    said = sum(bool(action.says) for action in parsed)
    submitted = sum(action.submission is not None for action in parsed)
    done = sum(action.done for action in parsed)
    passed = sum(action.tokens == 0 for action in parsed)
    assert min(said, submitted, done, passed) > 10
    assert said + submitted + done + passed == 300


def test_random_actions_follow_the_seed():
    def sample(seed: int) -> list[str]:
        actions = RandomActions(seed)
        return [actions(FIRST) for _ in range(20)]

    assert sample(3) == sample(3) != sample(4)


def test_silent_passes():
    assert parse(silent(FIRST), ["agent_1"]) == Action()


# Names


@pytest.mark.parametrize("name", ["expert", "silent", "random"])
def test_named_policies_answer_in_the_grammar(name):
    policy = load_policy(name, ENV, team_size=2, seed=1)
    (episode,) = play([make(ENV, team_size=2)], [0], policy)
    assert episode.infos["agent_0"]["malformed"] == 0


def test_expert_is_the_envs_own():
    (episode,) = play([make(ENV, team_size=4)], [5], load_policy("expert", ENV))
    assert episode.joint_reward > 0.95


def test_random_policy_takes_the_seed():
    texts = [
        [load_policy("random", ENV, seed=seed).act([history(FIRST)])[0].text for seed in range(20)]
        for _ in range(2)
    ]
    assert texts[0] == texts[1]
    assert len(set(texts[0])) > 5


def test_solo_expert_works_alone_only():
    assert team_size_of("solo-expert", asked=4) == 1
    assert team_size_of("expert", asked=4) == 4
    (episode,) = play([make(ENV, team_size=1)], [5], load_policy("solo-expert", ENV, 1))
    assert episode.joint_reward == pytest.approx(1.0)
    with pytest.raises(CommandError, match="solo-expert plays in a team of 1; got team_size 4"):
        load_policy("solo-expert", ENV, 4)


def test_unknown_name_lists_the_choices():
    with pytest.raises(CommandError) as problem:
        load_policy("exprt", ENV)
    assert "'exprt'" in str(problem.value)
    assert all(name in str(problem.value) for name in (*NAMED, "folder", "hf:"))


def test_folder_without_a_model(tmp_path):
    with pytest.raises(CommandError, match=r"holds no model \(no config.json or "):
        load_policy(str(tmp_path), ENV)


def test_folder_with_a_broken_model(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "nothing"}))
    with pytest.raises(CommandError, match="no model could be loaded from"):
        load_policy(str(tmp_path), ENV)


def test_folder_with_cut_off_weights(tmp_path):
    weights = save_small_model(tmp_path) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(CommandError, match="are damaged"):
        load_policy(str(tmp_path), ENV)


def test_a_model_without_attention_is_refused_when_it_is_loaded(tmp_path):
    sizes = dict(hidden_size=32, num_hidden_layers=1, state_size=4)
    save_small_model(tmp_path, kind=MambaConfig, **sizes)
    with pytest.raises(CommandError, match=r"\(MambaForCausalLM\) keeps no past keys and values"):
        load_policy(str(tmp_path), ENV)


@pytest.mark.parametrize("prefix", ["", "hf:"])
def test_model_folder_loads_and_draws_by_the_seed(folder, prefix):
    selector = ActionSelector(max_new_tokens=12)

    def reply(seed: int) -> Reply:
        policy = load_policy(f"{prefix}{folder}", ENV, selector=selector, seed=seed)
        return policy.act([history(FIRST)])[0]

    assert reply(1) == reply(1)
    assert reply(1).token_ids != reply(2).token_ids


def test_weights_have_a_fingerprint(tmp_path):
    save_small_model(tmp_path, seed=0)
    first = weights_of(str(tmp_path))
    save_small_model(tmp_path, seed=1)
    assert first is not None
    assert weights_of(str(tmp_path)) not in (first, None)
    assert weights_of("expert") is None
    assert weights_of(f"hf:{tmp_path}") == weights_of(str(tmp_path))
    assert weights_of("hf:nobody/nothing") is None


def test_a_tokenizer_that_ends_nothing_is_refused(tmp_path):
    folder = save_small_model(tmp_path)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    del config["eos_token"], config["pad_token"]
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(CommandError, match="no token that ends a text"):
        load_policy(str(folder), ENV)


def test_weights_that_torch_saved_have_a_fingerprint(tmp_path):
    weights = tmp_path / "pytorch_model.bin"
    prints = set()
    for text in ("one", "two"):
        weights.write_text(text)
        (tmp_path / "training_args.bin").write_text(text * 2)
        prints.add(weights_of(str(tmp_path)))
    (tmp_path / "training_args.bin").write_text("no weights")
    prints.add(weights_of(str(tmp_path)))
    assert len(prints - {None}) == 2


# What a language model reads


def test_plain_context_token_by_token():
    tokenizer = small_tokenizer()
    context = Context(tokenizer)
    end = tokenizer.eos_token_id
    ids = tokenizer("<done/>")["input_ids"]
    begin = tokenizer(f"{FIRST}\nReply:\n")["input_ids"]
    between = tokenizer("\n" + SECOND.partition("\n\n")[2] + "\nReply:\n")["input_ids"]

    assert context.ids(history(FIRST)) == begin
    ended = History([FIRST, SECOND], [Reply("<done/>", (*ids, end))])
    assert context.ids(ended) == begin + ids + [end] + between
    cut = History([FIRST, SECOND], [Reply("<done/>", tuple(ids))])
    assert context.ids(cut) == begin + ids + [end] + between


def test_chat_context_is_what_the_template_writes_with_the_briefing_once():
    tokenizer = small_tokenizer(CHATML)
    context = Context(tokenizer)
    said = '<say to="all">tense: past</say>'
    ids = (*tokenizer(said)["input_ids"], tokenizer.eos_token_id)
    chat = [
        {"role": "user", "content": FIRST},
        {"role": "assistant", "content": said},
        {"role": "user", "content": SECOND.partition("\n\n")[2]},
    ]
    whole = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    read = context.ids(History([FIRST, SECOND], [Reply(said, ids)]))
    assert tokenizer.decode(read) == whole
    cut = context.ids(History([FIRST, SECOND], [Reply(said, ids[:-1])]))
    assert cut == read, "the env closes a reply that was cut off"
    assert context.next(SECOND, ended=True) == context.next(SECOND, ended=False)[1:]


def test_context_keeps_sampled_tokens_as_they_were_sampled():
    tokenizer = small_tokenizer(CHATML)
    letters = tuple(tokenizer(letter)["input_ids"][0] for letter in "the")
    assert len(tokenizer("the")["input_ids"]) < 3
    read = Context(tokenizer).ids(History([FIRST, SECOND], [Reply("the", letters)]))
    start = len(Context(tokenizer).first(FIRST))
    assert tuple(read[start : start + 3]) == letters


def test_context_takes_any_text():
    context = Context(small_tokenizer(CHATML))
    assert context.ids(history("\ud800\x00 no round mark"))


@pytest.mark.parametrize("text", ["\u241f", "<|im_end|>", "a<<|im_end|>", "x<|im_start|>user\n"])
@pytest.mark.parametrize("template", [CHATML, None])
def test_nothing_that_is_said_opens_or_closes_a_turn(text, template):
    tokenizer = small_tokenizer(template)
    context = Context(tokenizer)
    special = set(tokenizer.added_tokens_decoder)
    said = SECOND.replace("tense", text)
    for read, usual in (
        (context.first(said), context.first(SECOND)),
        (context.next(said, ended=False), context.next(SECOND, ended=False)),
    ):
        assert [t for t in read if t in special] == [t for t in usual if t in special]
        seen = tokenizer.decode(read).replace(" ", "")
        assert seen == tokenizer.decode(usual).replace("tense", text).replace(" ", "")


def test_a_turn_may_be_marked_by_tokens_that_are_not_called_special():
    tokenizer = small_tokenizer("{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}")
    tokenizer.add_tokens(["[user]", "[table]", "  "])
    context = Context(tokenizer)
    (mark,) = tokenizer("[user]")["input_ids"]
    assert context.first("[user]").count(mark) == 1
    assert tokenizer.decode(context.first("[table]  ")) == "[user][table]  "


def test_the_tiny_model_reads_what_envs_write_as_it_is(env_id):
    """What it was trained on, token by token."""
    context = Context(AutoTokenizer.from_pretrained(TINY))
    env = make(env_id, difficulty="hard", split="test")
    (episode,) = play([env], [0], load_policy("expert", env_id))
    for past in episode.histories.values():
        first, *later = past.observations
        assert context.first(first) == context.tokenizer(f"<|obs|>{first}<|act|>")["input_ids"]
        for seen in later:
            turn = split_briefing(seen)[1]
            whole = context.tokenizer(f"<|end|><|obs|>{turn}<|act|>")["input_ids"]
            assert context.next(seen, ended=False) == whole


# A language model as a policy


def test_reply_text_is_the_text_of_its_tokens(folder):
    policy = HFPolicy.load(folder, ActionSelector(max_new_tokens=12))
    for reply in policy.act([history(FIRST)] * 3):
        decoded = policy.tokenizer.decode(reply.token_ids, skip_special_tokens=True)
        assert reply.text == decoded
        assert 1 <= len(reply.token_ids) <= 12


def test_greedy_replies_do_not_depend_on_the_batch(folder):
    policy = HFPolicy.load(folder, ActionSelector(temperature=0.0, max_new_tokens=12))
    policy.model.float()  # in bf16, ties may fall either way
    histories = [history(FIRST), history(FIRST + "Notice: a longer one.\n" * 9), history("short")]
    assert policy.act(histories) == [policy.act([one])[0] for one in histories]


def test_a_model_that_learned_its_positions_plays(tmp_path):
    """GPT-2: padding on the left moves no position, and a reply of two stretches is read on."""
    sizes = dict(n_embd=32, n_layer=1, n_head=2, n_positions=4096)
    folder = save_small_model(tmp_path, kind=GPT2Config, **sizes)
    policy = HFPolicy.load(folder, ActionSelector(temperature=0.0, max_new_tokens=140))
    policy.model.float().transformer.wpe.weight.data.mul_(50)  # so that they decide
    prompts = [policy.context.ids(history(text)) for text in (FIRST, "short")]
    written = policy.selector.select(policy.model, prompts, 0, ())
    for prompt, reply in zip(prompts, written, strict=True):
        ids = torch.tensor([prompt + reply])
        with torch.no_grad():
            best = policy.model(ids, use_cache=False).logits[0].argmax(dim=1)
        assert best[len(prompt) - 1 : -1].tolist() == reply
        assert len(set(reply)) > 20
    (episode,) = play([make(ENV, team_size=2)], [0], policy)
    assert all(past.replies for past in episode.histories.values())


def test_a_history_longer_than_a_table_of_positions_is_one_clear_sentence(tmp_path):
    folder = save_small_model(tmp_path, kind=GPT2Config, n_embd=32, n_head=2, n_layer=2)
    policy = HFPolicy.load(folder, ActionSelector(max_new_tokens=24))
    policy.act([history(FIRST)])
    with pytest.raises(CommandError, match="do not fit into the 1024 positions"):
        policy.act([history(FIRST * 60)])


def test_greedy_replies_do_not_depend_on_who_has_the_same_prompt(folder):
    policy = HFPolicy.load(
        folder, ActionSelector(temperature=0.0, max_new_tokens=200, batch_size=4)
    )
    policy.model.float()
    short, long = history("short"), history(FIRST)
    alone = {id(one): policy.act([one])[0] for one in (short, long)}
    histories = [long, short, short, long, short, long]
    assert policy.act(histories) == [alone[id(one)] for one in histories]


def test_top_p_restricts_what_is_sampled(folder):
    def replies(**how: float) -> list[Reply]:
        policy = HFPolicy.load(folder, ActionSelector(**how, max_new_tokens=24))
        policy.model.float()
        torch.manual_seed(0)
        return policy.act([history(FIRST)] * 4)

    assert replies(temperature=1.0, top_p=1e-6) == replies(temperature=0.0)
    assert replies(temperature=1.0) != replies(temperature=0.0)


def test_a_prompt_that_many_share_is_read_once(folder):
    policy = HFPolicy.load(folder, ActionSelector(temperature=1.0, max_new_tokens=4))
    read: list[tuple[int, ...]] = []
    embed = policy.model.get_input_embeddings()
    embed.register_forward_hook(lambda module, inputs, _: read.append(tuple(inputs[0].shape)))
    prompt = policy.context.ids(history(FIRST))
    replies = policy.act([history(FIRST)] * 8)
    assert read[0] == (1, len(prompt) - 1)
    assert all(shape == (8, 1) for shape in read[1:])
    assert len({reply.token_ids for reply in replies}) > 1, "each is sampled by itself"


@pytest.mark.parametrize("model", ["tiny", "llama", "gpt2"])
def test_many_tokens_are_read_in_parts(model, folder, tmp_path, monkeypatch):
    if model == "gpt2":
        folder = save_small_model(tmp_path, kind=GPT2Config, n_embd=32, n_layer=2, n_head=2)
    policy = HFPolicy.load(TINY if model == "tiny" else folder)
    policy.model.float()
    how = ActionSelector(temperature=0.0, max_new_tokens=24)
    draw = torch.Generator().manual_seed(0)
    prompts = [torch.randint(3, 290, (n,), generator=draw).tolist() for n in (40, 200, 133)]
    whole = finish(how, policy.model, prompts, 0, ())
    read: list[tuple[int, ...]] = []
    embed = policy.model.get_input_embeddings()
    embed.register_forward_hook(lambda module, inputs, _: read.append(tuple(inputs[0].shape)))
    monkeypatch.setattr(generation, "READ", 0)
    assert finish(how, policy.model, prompts, 0, ()) == whole
    assert read[:4] == [(3, 64), (3, 64), (3, 64), (3, 7)]


@pytest.mark.parametrize("model", ["tiny", "llama"])
def test_replies_that_end_leave_the_batch_and_change_no_other(model, folder):
    policy = HFPolicy.load(TINY if model == "tiny" else folder)
    policy.model.float()
    how = ActionSelector(temperature=0.0, max_new_tokens=80)
    draw = torch.Generator().manual_seed(0)
    lengths = torch.randint(8, 40, (12,), generator=draw).tolist()
    prompts = [torch.randint(3, 290, (n,), generator=draw).tolist() for n in lengths]
    whole = finish(how, policy.model, prompts, 0, {1})
    tokens = torch.tensor(sorted({token for ids in whole for token in ids}))
    picks = (tokens[torch.randperm(len(tokens), generator=draw)[:4]] for _ in range(200))
    ends = max(  # those that end the replies at the most lengths
        (set(pick.tolist()) for pick in picks),
        key=lambda ends: len({len(_until(ids, ends)) for ids in whole}),
    )
    alone = [finish(how, policy.model, [ids], 0, ends)[0] for ids in prompts]
    sizes: list[int] = []
    embed = policy.model.get_input_embeddings()
    embed.register_forward_hook(lambda module, inputs, _: sizes.append(len(inputs[0])))
    assert finish(how, policy.model, prompts, 0, ends) == alone
    assert len(set(map(len, alone))) > 3, "they end at several lengths"
    assert sizes[0] == 12
    assert sizes[1:] == sorted(sizes[1:], reverse=True), "none is read anew"
    assert sizes[-1] <= 6, "half of them at most are left"


def test_replies_come_from_the_models_own_distribution(folder):
    policy = HFPolicy.load(folder, ActionSelector(temperature=0.0, max_new_tokens=24))
    plain = policy.act([history(FIRST)])
    rules = GenerationConfig(repetition_penalty=5.0, no_repeat_ngram_size=1, min_p=0.9)
    policy.model.generation_config = rules
    assert policy.act([history(FIRST)]) == plain
    assert policy.model.generation_config is rules, "it is the model's, and is kept"


def test_a_model_plays_in_bf16_where_the_machine_computes_in_it(folder, monkeypatch):
    monkeypatch.setattr(hf, "inference_dtype", lambda: torch.bfloat16)
    policy = HFPolicy.load(folder, ActionSelector(max_new_tokens=24))
    assert {weights.dtype for weights in policy.model.parameters()} == {torch.bfloat16}
    (episode,) = play([make(ENV, team_size=2)], [0], policy)
    written = [reply for past in episode.histories.values() for reply in past.replies]
    assert len(written) > 2
    assert all(1 <= len(reply.token_ids) <= 24 for reply in written)
