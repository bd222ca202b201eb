"""The shape of what the simulated API takes and gives."""

from typing import Any

Json = dict[str, Any]
