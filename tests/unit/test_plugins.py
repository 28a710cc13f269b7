"""Plug-ins are found by name, imported late, and a broken one says whose it is."""

from importlib.metadata import EntryPoint

import pytest

from evolve import plugins
from evolve.errors import UsageError
from evolve.protocols import Policy, PolicySetup
from evolve.types import Objective


def test_every_built_in_part_is_registered_and_importable() -> None:
    names = {group: [info.name for info in plugins.available(group)] for group in plugins.GROUPS}
    assert names == {
        "evolve.evaluators": ["native"],
        "evolve.policies": ["best-of-n", "pareto-queue"],
        "evolve.proposers": ["genetic", "llm", "scripted"],
        "evolve.sandboxes": ["bubblewrap", "docker", "process"],
    }
    for group, group_names in names.items():
        for name in group_names:
            assert plugins.load(group, name).__name__


def test_a_policy_fills_its_protocol() -> None:
    policy = plugins.load("evolve.policies", "pareto-queue")(PolicySetup((Objective("value"),), 0, ("mutate",)))
    assert isinstance(policy, Policy)


def test_an_unknown_name_is_answered_with_the_closest_known_one() -> None:
    with pytest.raises(
        UsageError, match=r"expected a proposer out of genetic, llm, scripted; got 'genetics'; did you mean 'genetic'"
    ):
        plugins.load("evolve.proposers", "genetics")


def test_a_broken_plug_in_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("broken", "evolve.no_such_module:Thing", "evolve.proposers")
    monkeypatch.setattr(plugins, "_entries", lambda _: {"broken": broken})
    with pytest.raises(UsageError, match="ModuleNotFoundError"):
        plugins.load("evolve.proposers", "broken")
