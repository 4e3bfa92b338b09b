"""UnicodeText admits what models write, and samples the same in every process."""

from __future__ import annotations

import subprocess
import sys

from llm_collab_envs.core.spaces import UnicodeText, sanitise


def test_admits_any_text_up_to_its_bound() -> None:
    space = UnicodeText(5)
    for text in ("", " \n", "\u6f22\U0001f600", "\ud800\x00", "12345"):
        assert text in space
    for other in ("123456", b"bytes", None, 3, ["a"]):
        assert other not in space


def test_samples_are_seeded_and_within_the_bound() -> None:
    code = (
        "from llm_collab_envs.core.spaces import UnicodeText as U\n"
        "s = U(20, seed=1)\nprint([s.sample() for _ in range(50)])"
    )
    printed = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        for _ in range(2)
    ]
    assert printed[0] == printed[1]
    space = UnicodeText(20, seed=1)
    samples = [space.sample() for _ in range(50)]
    assert repr(samples) == printed[0].decode().strip()
    assert all(sample in space for sample in samples)
    assert len(set(samples)) > 20


def test_equality_goes_by_the_bound() -> None:
    assert UnicodeText(5) == UnicodeText(5)
    assert hash(UnicodeText(5)) == hash(UnicodeText(5))
    assert UnicodeText(5) != UnicodeText(6)
    assert repr(UnicodeText(5)) == "UnicodeText(5)"


def test_sanitise() -> None:
    assert sanitise("a\x00b\udfffc\u00e9") == "a\ufffdb\ufffdc\u00e9"
