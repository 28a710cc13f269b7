"""What models cost, out of the price list that litellm ships; litellm itself is not imported."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from evolve.completions import Price

__all__ = ["find_price"]

_LIST = "model_prices_and_context_window_backup.json"


def find_price(name: str) -> Price | None:
    """Price of ``provider/model`` or ``model``; ``None`` where the list does not know it, which never means 0.

    Discounts for cached tokens and batches are left out, so a cost is an upper limit.
    """
    prices = _read_list()
    provider, _, model = name.partition("/")
    entry = prices.get(name)
    if entry is None and model:
        entry = prices.get(model)
        if entry is not None and entry.get("litellm_provider") != provider:
            entry = None
    if entry is None:
        return None
    per_input, per_output = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    if not isinstance(per_input, int | float) or not isinstance(per_output, int | float):
        return None
    # Prices per token are written as 2.5e-07; a price per million has few digits again.
    return Price(round(per_input * 1e6, 9), round(per_output * 1e6, 9), "litellm")


@cache
def _read_list() -> dict[str, dict[str, object]]:
    spec = find_spec("litellm")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(folders[0]) / _LIST if folders else None
    if path is None or not path.is_file():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}
