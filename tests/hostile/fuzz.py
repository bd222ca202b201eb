"""Feeds the properties of the borders what reaches most of the code: `make fuzz ARGS=60`.

Atheris mutates bytes towards new branches, Hypothesis turns them into examples. Atheris is made for
few versions of Python, so nothing else depends on it. https://github.com/google/atheris
https://hypothesis.readthedocs.io/en/latest/reference/integrations.html#use-with-external-fuzzers
"""

from __future__ import annotations

import importlib
import inspect
import sys
import tempfile
from collections.abc import Callable
from typing import Any

Property = Callable[[bytes], object]

MODULES = (
    "tests.hostile.test_text_borders",
    "tests.hostile.test_watches_border",
    "tests.hostile.test_rows",
    "tests.functions.domain.test_notification",
    "tests.functions.domain.test_token",
    "tests.functions.domain.test_keyring",
    "tests.functions.domain.test_job",
    "tests.functions.domain.test_refusal",
    "tests.functions.domain.test_duration",
    "tests.functions.declared.test_declaration",
    "tests.test_envelope",
    "tests.test_cloudevent",
)
WATCHED = ["functions", "infra"]  # whose branches count


def properties(modules: tuple[str, ...] = MODULES) -> dict[str, Property]:
    """Find all tests whose arguments Hypothesis draws."""
    found: dict[str, Property] = {}
    for name in modules:
        for attribute, value in vars(importlib.import_module(name)).items():
            handle = getattr(value, "hypothesis", None)
            drawn = getattr(handle, "inner_test", None)
            if attribute.startswith("test_") and drawn is not None and _draws_all(value):
                found[f"{name}.{attribute}"] = handle.fuzz_one_input  # type: ignore[union-attr]
    return found


def _draws_all(test: Callable[..., object]) -> bool:
    """Whether no fixture or parameter is left for pytest to give."""
    return not inspect.signature(test).parameters


def main(seconds: int) -> None:
    """Fuzz for so long; ends with a status other than 0 at the first property that fails."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=WATCHED):
        every = list(properties().values())

    def one_input(data: bytes) -> None:
        if data:
            every[data[0] % len(every)](data[1:])

    folder = tempfile.mkdtemp(prefix="watchkeeper-fuzz-")
    words = [f"-max_total_time={seconds}", f"-artifact_prefix={folder}/", "-len_control=0"]
    atheris.Setup([sys.argv[0], *words, "-max_len=4096"], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
