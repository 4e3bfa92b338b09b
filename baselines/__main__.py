"""The entry point of `llm-collab`, which is there without the packages that it needs, too."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line, or say what it lacks; envs of one's own are found where it runs."""
    sys.path.append(os.getcwd())
    try:
        from baselines.cli import app
    except ModuleNotFoundError as missing:
        raise SystemExit(
            f"llm-collab needs the package {missing.name}. Install what it runs on: "
            "pip install 'llm-collab-envs[baselines]'"
        ) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    app()


if __name__ == "__main__":
    main()
