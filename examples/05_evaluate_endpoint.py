"""Measure a served model: any server with OpenAI's chat completions.

    pip install '.[baselines,serve]'
    transformers serve Qwen/Qwen3-0.6B --port 8000
    python examples/05_evaluate_endpoint.py http://localhost:8000/v1 Qwen/Qwen3-0.6B

vLLM, SGLang, llama.cpp, Ollama and hosted APIs are asked in the same way; a key is taken from
OPENAI_API_KEY. `transformers serve` decodes greedily, whatever temperature it is asked for, unless
the model's generation config says `do_sample`.
"""

import sys
from pathlib import Path

from rich.console import Console

from baselines.errors import CommandError
from baselines.evaluate import EvalConfig, evaluate
from baselines.policies.chat_server import Requests
from baselines.summary import summarise, table

ENV = "section_writing_v0"


def main(url: str, model: str, episodes: int = 16, out: Path = Path("runs/endpoint.jsonl")) -> int:
    console = Console()
    config = EvalConfig(
        ENV,
        policy=f"endpoint:{url}#{model}",
        team_size=4,
        episodes=episodes,
        split="test",
        temperature=0.7,
        max_new_tokens=1024,
        # As many requests as the server answers at once; more would wait in its queue, on the
        # clock. Rate limits and failures that pass are tried again, after growing pauses.
        requests=Requests(concurrency=16, timeout=300.0),
        out=out,
    )
    try:
        records = evaluate(config, console)
    except CommandError as problem:
        # A server that fails for good is one sentence. The batches that were finished are in `out`,
        # and the same call plays the rest.
        console.print(str(problem), style="red", markup=False, soft_wrap=True)
        return 2

    # The scripted expert on the same tasks says how far there is to go.
    expert = evaluate(EvalConfig(ENV, "expert", team_size=4, episodes=episodes))
    summaries = {model: summarise(records), "expert": summarise(expert)}
    console.print(table(summaries, f"{ENV}, {episodes} test tasks, team of 4"))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) == 3 else __doc__)
