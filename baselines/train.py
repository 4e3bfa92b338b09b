"""Train a policy: checks, progress, metrics, interruption and resumption around the trainer."""

from __future__ import annotations

import errno
import json
import logging
import re
import shutil
import signal
import time
import warnings
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import gather_object
from peft import PeftModel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors import SafetensorError
from transformers import TrainerCallback, set_seed
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import get_last_checkpoint
from transformers.utils import logging as transformers_logging

from baselines.config import TrainConfig
from baselines.errors import CommandError
from baselines.models import TINY
from baselines.policies.hf import load_model, training_dtype
from baselines.run_folder import CONFIG, only_run_in, prepare_folder

METRICS = "metrics.jsonl"
CHECKPOINTS = "checkpoints"
SAVING = ".saving"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def train(config: TrainConfig, resume: bool = False) -> Path:
    """Train and return the folder of the trained policy, which is `config.out`.

    Args:
        config: What to train, and how.
        resume: Go on from the last checkpoint in `config.out`, with the same result as an unbroken
            run. Only `rollout_batch`, `micro_batch` and `save_every` may be others than before: the
            first decides which replies are drawn, the second which tokens are those of the highest
            entropy, so that the result is another one of the same kind.

    Started by `torchrun` or `accelerate launch`, the processes share the episodes and the rows of
    every step.

    Raises:
        CommandError: Where the model cannot be loaded, the folder is in use or cannot be written,
            there is nothing to resume, the rows of a step cannot be shared out evenly, or the disk
            or the device's memory is full.
        KeyboardInterrupt: After Ctrl-C; the state is saved.
    """
    state = PartialState(cpu=not torch.cuda.is_available())
    config.micro_batches(state.num_processes)
    if state.is_main_process:
        prepare_folder(config, resume, state.num_processes)
    with only_run_in(config.out) if state.is_main_process else nullcontext():
        if state.is_main_process and resume:
            _drop_cut_checkpoints(config.out)
        state.wait_for_everyone()
        try:
            _run(config, resume, state)
        except BaseException as problem:
            if _is_no_room(problem):
                raise CommandError(
                    f"the disk that holds {config.out} is full. Free some space and go on with "
                    "--resume."
                ) from problem
            if isinstance(problem, torch.OutOfMemoryError):
                raise CommandError(
                    f"the device's memory is full, with rollout_batch={config.rollout_batch} and "
                    f"micro_batch={config.micro_batch}. Lower --rollout-batch or --micro-batch, "
                    "and go on with --resume."
                ) from problem
            if state.is_main_process and not resume and not _last_checkpoint(config.out):
                _give_back(config.out)
            raise
    return config.out


def _run(config: TrainConfig, resume: bool, state: PartialState) -> None:
    """Train in a folder that is this run's alone."""
    _quiet()
    set_seed(config.seed)
    # Mixed precision trains weights in fp32; those under adapters stay as they are.
    model, tokenizer = _load(config.model, training_dtype() if config.lora_rank else torch.float32)
    # TRL is imported here, so that a wrong folder or model name is answered at once.
    from baselines.grpo import build_trainer

    checkpoint = _last_checkpoint(config.out) if resume else None
    progress = StepProgress(config, shown=state.is_main_process)
    stop = StopOnSignal()
    metrics = MetricsFile(config.out / METRICS)
    inner = replace(config, out=config.out / CHECKPOINTS)
    trainer = build_trainer(inner, model, tokenizer, [metrics, progress, stop])
    with stop, progress:
        trainer.train(resume_from_checkpoint=checkpoint)
    if stop.asked:
        raise KeyboardInterrupt(
            f"stopped after step {trainer.state.global_step}; the state is saved in {config.out}."
        )
    if state.is_main_process:
        _save(trainer, tokenizer, config.out)
    state.wait_for_everyone()


class MetricsFile(TrainerCallback):
    """Writes every step's metrics as one JSON line.

    Args:
        path: The file; on resumption, lines past the checkpoint are dropped.
    """

    def __init__(self, path: Path) -> None:
        """Keep the path."""
        self._path = path

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Keep the lines up to the step that training starts from."""
        if not state.is_world_process_zero:
            return
        text = self._path.read_text() if self._path.exists() else ""
        lines = text.split("\n")[:-1]  # what is after the last newline was cut off by a kill
        kept = [line for line in lines if json.loads(line)["step"] <= state.global_step]
        self._path.write_text("".join(line + "\n" for line in kept))

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:
        """Append one step."""
        if "reward" in logs and state.is_world_process_zero:
            with self._path.open("a") as file:
                file.write(json.dumps({"step": state.global_step, **logs}) + "\n")


class StepProgress(TrainerCallback):
    """A progress bar with the reward, its parts and tokens a second.

    Args:
        config: Says how many steps there are.
        shown: False in all but one of several processes.
    """

    def __init__(self, config: TrainConfig, shown: bool = True) -> None:
        """Build the bar."""
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[terms]}"),
            disable=not shown,
        )
        self._task = self._bar.add_task("steps", total=config.steps, terms="first episodes ...")
        self._tokens = 0.0
        self._at = time.perf_counter()

    def __enter__(self) -> StepProgress:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the bar as it stands."""
        self._bar.stop()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start where training starts."""
        self._tokens = state.num_input_tokens_seen
        self._at = time.perf_counter()
        self._bar.update(self._task, completed=state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:
        """Show the step."""
        if "reward" not in logs:
            return
        now = time.perf_counter()
        pace = (logs["num_tokens"] - self._tokens) / (now - self._at)
        self._tokens, self._at = logs["num_tokens"], now
        parts = {
            "reward": logs["env/joint_reward"],
            **{n: logs[f"env/{n}"] for n in ("quality", "speed", "coordination_cost")},
        }
        shown = " ".join(f"{name} {value:.3f}" for name, value in parts.items())
        self._bar.update(
            self._task, completed=state.global_step, terms=f"{shown} {pace:,.0f} tokens/s"
        )
        if not (self._bar.disable or self._bar.console.is_terminal):
            self._bar.console.print(
                f"step {state.global_step}: {shown} {pace:,.0f} tokens/s", soft_wrap=True
            )


class StopOnSignal(TrainerCallback):
    """Turns the first Ctrl-C into a checkpoint and a clean stop; a second one stops at once."""

    def __init__(self) -> None:
        """Nothing has been asked yet."""
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> StopOnSignal:
        """Take over Ctrl-C."""
        self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        """Give Ctrl-C back."""
        signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt("stopped at once, without saving.")
        self.asked = True
        print("\nstopping after this step, to save the state; press Ctrl-C again to stop at once")

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save and stop if asked, in the same step as all other processes."""
        self.asked = any(gather_object([self.asked]))
        if self.asked:
            control.should_save = True
            control.should_training_stop = True


def _last_checkpoint(out: Path) -> str | None:
    folder = out / CHECKPOINTS
    return get_last_checkpoint(str(folder)) if folder.is_dir() else None


def _give_back(out: Path) -> None:
    """Leave the folder of a run as it was found: nothing has begun that could go on."""
    shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
    for name in (METRICS, CONFIG):
        (out / name).unlink(missing_ok=True)


def _drop_cut_checkpoints(out: Path) -> None:
    """Throw away what was being saved at a kill, so that the last checkpoint is whole."""
    while last := _last_checkpoint(out):
        try:
            json.loads((Path(last) / TRAINER_STATE_NAME).read_text())  # it is saved last of all
        except (FileNotFoundError, ValueError):
            shutil.rmtree(last)
        else:
            return


def _is_no_room(problem: BaseException) -> bool:
    """Whether a file could not be written whole; torch and safetensors have errors of their own."""
    if isinstance(problem, OSError):
        return problem.errno in _NO_ROOM
    said = str(problem)
    if isinstance(problem, SafetensorError):
        return any(f"(os error {code})" in said for code in _NO_ROOM)
    cut_off = r"inline_container\.cc.*(unexpected pos|PytorchStreamWriter)"
    return isinstance(problem, RuntimeError) and re.search(cut_off, said) is not None


def _save(trainer: Any, tokenizer: Any, out: Path) -> None:
    """Save the policy beside its place and move it there, weights last: all of it or nothing."""
    folder = out / SAVING
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed here
    model = trainer.accelerator.unwrap_model(trainer.model)
    if isinstance(model, PeftModel):  # saved whole, as every other policy
        model.merge_and_unload().save_pretrained(folder)
    else:
        trainer.save_model(str(folder))
    tokenizer.save_pretrained(folder)
    for path in sorted(folder.iterdir(), key=lambda p: p.suffix == ".safetensors"):
        path.replace(out / path.name)
    folder.rmdir()


def _load(name: str, dtype: torch.dtype) -> tuple[Any, Any]:
    """Load weights and the tokenizer."""
    source = str(TINY) if name == "tiny" else name.removeprefix("hf:")
    try:
        return load_model(source, dtype)
    except ValueError as problem:
        raise CommandError(str(problem)) from problem


def _quiet() -> None:
    """Silence notices of the libraries that say nothing to the user of this one."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("trl").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=".*rollout_func.*")
    warnings.filterwarnings("ignore", message=".*gradient_checkpointing.*")
    warnings.filterwarnings("ignore", message="fan_in_fan_out.*")
