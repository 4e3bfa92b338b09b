"""How long the shipped model takes to load, offline, in a process that has just started.

`python -m benchmarks.load_time` prints the seconds of `HFPolicy.load`, and of the imports before.
"""

from __future__ import annotations

import time


def main() -> None:
    started = time.perf_counter()
    from baselines.models import TINY
    from baselines.policies.hf import HFPolicy

    imported = time.perf_counter()
    HFPolicy.load(TINY)
    loaded = time.perf_counter()
    print(f"imports {imported - started:.2f} s, tiny loaded in {loaded - imported:.2f} s")


if __name__ == "__main__":
    main()
