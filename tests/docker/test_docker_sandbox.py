import subprocess
import sys
import time

import docker
import pytest

from evolve.calls import SandboxSetup
from evolve.errors import SandboxUnavailable
from evolve.program import Program
from evolve.types import Limits, Status
from sandboxes import _owners
from sandboxes.docker import DockerSandbox, build_image, probe_image

pytestmark = pytest.mark.docker

ECHO = Program.single("def main(x=1): return x\n")


@pytest.fixture
def engine():
    client = docker.from_env(version="auto", timeout=20)
    yield client
    client.close()


@pytest.fixture
def label():
    return f"test-{time.monotonic_ns()}"


def containers(engine, label):
    return engine.containers.list(all=True, filters={"label": f"evolve.run={label}"})


def test_a_container_is_locked_down_as_the_documentation_says(engine, label):
    sandbox = DockerSandbox(SandboxSetup(label=label, limits=Limits(memory_mb=100, processes=10, cpus=0.5)))
    with sandbox.open(ECHO, "program.py"):
        (container,) = containers(engine, label)
        config, host = container.attrs["Config"], container.attrs["HostConfig"]
        assert config["User"] == "65534:65534"
        assert config["Labels"]["evolve.owner"] == _owners.this_process()
        assert not config["Tty"]
        assert host["NetworkMode"] == "none"
        assert host["ReadonlyRootfs"] is True
        assert host["IpcMode"] == "none"
        assert host["CapDrop"] == ["ALL"]
        assert not host["CapAdd"]
        assert host["SecurityOpt"] == ["no-new-privileges"]
        assert not host["Privileged"]
        assert not host["Binds"]
        assert not host.get("Mounts")
        assert not host["Devices"]
        assert not container.attrs["Mounts"]
        assert host["PidMode"] == ""
        assert host["Memory"] == host["MemorySwap"] == 100 << 20
        assert host["PidsLimit"] == 13
        assert host["NanoCpus"] == 500_000_000
        assert host["LogConfig"]["Type"] == "none"
        assert host["AutoRemove"] is True
        assert "noexec" in host["Tmpfs"]["/scratch"]
        assert "nr_inodes" in host["Tmpfs"]["/scratch"]
    sandbox.close()


def test_a_candidate_has_no_privileges_and_no_shared_memory(label):
    source = (
        "import os\ndef main():\n    lines = open('/proc/self/status').read().splitlines()\n"
        "    found = dict(line.split(':\\t', 1) for line in lines if ':\\t' in line)\n"
        "    return [os.getuid(), found['CapEff'], found['NoNewPrivs'], found['Seccomp'], os.path.exists('/dev/shm')]\n"
    )
    sandbox = DockerSandbox(SandboxSetup(label=label))
    with sandbox.open(Program.single(source), "program.py") as session:
        assert session.call("main").value == [65534, "0000000000000000", "1", "2", False]
    sandbox.close()


def test_no_container_is_left_after_close_timeout_or_death(engine, label):
    sandbox = DockerSandbox(SandboxSetup(label=label))
    with sandbox.open(ECHO, "program.py") as session:
        assert session.call("main").is_ok
        assert len(containers(engine, label)) == 1
    assert not containers(engine, label)
    with sandbox.open(Program.single("def main():\n    while True: pass\n"), "program.py") as session:
        assert session.call("main", timeout_s=0.2).status is Status.TIMEOUT
        assert not containers(engine, label)
    with sandbox.open(Program.single("import os\ndef main(): os._exit(1)\n"), "program.py") as session:
        assert session.call("main").status is Status.CRASHED
        assert not containers(engine, label)
    sandbox.open(ECHO, "program.py")
    sandbox.close()
    assert not containers(engine, label)


def test_a_flood_of_text_that_nobody_reads_does_not_wedge_the_engine(engine, label):
    source = (
        "import os, threading\ndef flood():\n    while True: os.write(1, b'x' * 65536)\n"
        "def main():\n    threading.Thread(target=flood, daemon=True).start()\n    return 1\n"
    )
    sandbox = DockerSandbox(SandboxSetup(label=label))
    session = sandbox.open(Program.single(source), "program.py")
    assert session.call("main").value == 1
    time.sleep(0.5)  # between calls the host reads nothing, so that the stream fills up
    session.close()
    assert not containers(engine, label)
    assert engine.ping()
    sandbox.close()


def test_containers_of_a_dead_owner_are_removed_and_others_are_left(engine, label):
    dead = subprocess.run(
        [sys.executable, "-c", "from sandboxes import _owners; print(_owners.this_process())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    owners = {"dead": dead, "alive": _owners.this_process(), "unreadable": "x"}
    made = {
        name: engine.containers.create(
            "evolve-cpu", ["true"], labels={"evolve.owner": owner, "evolve.run": label}, network_mode="none"
        )
        for name, owner in owners.items()
    }
    try:
        DockerSandbox(SandboxSetup(label=label)).close()
        assert {c.id for c in containers(engine, label)} == {made["alive"].id, made["unreadable"].id}
    finally:
        for container in containers(engine, label):
            container.remove(force=True)


def test_a_missing_image_is_said_with_the_way_to_build_it():
    with pytest.raises(SandboxUnavailable, match="no-such-image") as caught:
        DockerSandbox(SandboxSetup(image="no-such-image"))
    assert "--build-image" in caught.value.fix
    found = probe_image("no-such-image")
    assert not found.is_available
    assert "--build-image" in found.fix


def test_the_image_is_built_from_a_given_base_and_its_lines_are_told(engine):
    base = "evolve-base:bookworm"
    if not engine.images.list(base):
        pytest.skip(f"needs the image {base}: .ci/docker-engine.sh makes it")
    lines = []
    identifier = build_image(base, "evolve-cpu-test", network="host", on_line=lines.append)
    try:
        assert identifier == engine.images.get("evolve-cpu-test").id
        assert any("FROM" in line for line in lines)
    finally:
        engine.images.remove("evolve-cpu-test")


def test_a_base_that_does_not_exist_is_unavailable():
    with pytest.raises(SandboxUnavailable):
        build_image("no-such-base:nowhere", "evolve-cpu-test")
