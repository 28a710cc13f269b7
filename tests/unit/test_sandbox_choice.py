import os
from types import SimpleNamespace

import pytest

from evolve import plugins
from evolve.calls import Availability
from evolve.errors import ExitCode, SandboxUnavailable, UsageError
from evolve.sandboxing import choose_sandbox
from evolve.types import Trust
from sandboxes.bubblewrap import BubblewrapSandbox, _explain, _probe
from sandboxes.docker import DockerSandbox

TRUST = {"docker": Trust.ISOLATED, "bubblewrap": Trust.ISOLATED_NS, "process": Trust.UNSAFE}


@pytest.fixture
def machine(monkeypatch):
    """Makes a machine on which just the named sandboxes work."""

    def make(*names):
        def load(group, name):
            works = name in names
            found = Availability(works, f"{name} found" if works else f"{name} missing", "" if works else f"get {name}")
            return SimpleNamespace(trust=TRUST[name], probe=lambda: found)

        monkeypatch.setattr(plugins, "load", load)

    return make


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        (("docker", "bubblewrap", "process"), "docker"),
        (("bubblewrap", "process"), "bubblewrap"),
        (("docker", "process"), "docker"),
    ],
)
@pytest.mark.parametrize("is_trusted", [True, False])
def test_auto_takes_the_strongest_that_works(machine, there, chosen, is_trusted):
    machine(*there)
    choice = choose_sandbox("auto", is_trusted_proposer=is_trusted)
    assert (choice.name, choice.trust, choice.detail) == (chosen, TRUST[chosen], f"{chosen} found")
    assert choice.warnings == ()


def test_auto_falls_back_to_process_for_a_trusted_proposer_and_says_so(machine):
    machine("process")
    choice = choose_sandbox("auto", is_trusted_proposer=True)
    assert (choice.name, choice.trust) == ("process", Trust.UNSAFE)
    assert "docker missing" in choice.warnings[0]
    assert "bubblewrap missing" in choice.warnings[0]
    assert "unsafe" in choice.warnings[1]


def test_auto_refuses_untrusted_candidates_where_nothing_isolates(machine):
    machine("process")
    with pytest.raises(SandboxUnavailable, match="bubblewrap missing") as caught:
        choose_sandbox("auto", is_trusted_proposer=False)
    assert caught.value.exit_code is ExitCode.INFRASTRUCTURE
    for step in ("apt-get install bubblewrap", "--build-image", "--sandbox process"):
        assert step in caught.value.fix


@pytest.mark.parametrize("is_trusted", [True, False])
def test_process_by_name_is_allowed_and_labelled_unsafe(machine, is_trusted):
    machine("docker", "bubblewrap", "process")
    choice = choose_sandbox("process", is_trusted_proposer=is_trusted)
    assert choice.trust is Trust.UNSAFE
    assert "does not isolate" in choice.warnings[0]


@pytest.mark.parametrize("name", ["docker", "bubblewrap"])
def test_a_named_sandbox_that_does_not_work_is_never_replaced(machine, name):
    machine("process")
    with pytest.raises(SandboxUnavailable, match=f"{name} missing") as caught:
        choose_sandbox(name, is_trusted_proposer=True)
    assert caught.value.fix == f"get {name}"


def test_an_unknown_sandbox_is_a_usage_error_with_a_suggestion():
    with pytest.raises(UsageError, match="did you mean 'bubblewrap'"):
        choose_sandbox("bublewrap", is_trusted_proposer=True)


@pytest.mark.parametrize("host", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:1", "nonsense://x", "unix:///"])
def test_probing_docker_without_an_engine_gives_a_reason_and_raises_nothing(monkeypatch, host):
    monkeypatch.setenv("DOCKER_HOST", host)
    found = DockerSandbox.probe()
    assert not found.is_available
    assert found.detail
    assert found.fix


def test_probing_bubblewrap_without_the_program_says_how_to_get_it(monkeypatch, tmp_path):
    _probe.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    try:
        found = BubblewrapSandbox.probe()
    finally:
        _probe.cache_clear()
    assert not found.is_available
    assert "apt-get install bubblewrap" in found.fix


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("bwrap: setting up uid map: Permission denied", "user namespaces"),
        ("bwrap: Unknown option --disable-userns", "0.8 or newer"),
        ("", "bwrap"),
    ],
)
def test_probing_bubblewrap_that_cannot_start_explains_why(monkeypatch, tmp_path, says, expected):
    _probe.cache_clear()
    fake = tmp_path / "bwrap"
    fake.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + "/usr/bin:/bin")
    try:
        found = BubblewrapSandbox.probe()
    finally:
        _probe.cache_clear()
    assert not found.is_available
    assert expected in found.fix + found.detail
    assert _explain(says)
