"""Candidates that try to outlive, to reach or to wedge the host; each test says what would have been gained."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evolve.calls import SandboxSetup
from evolve.errors import SandboxUnavailable
from evolve.program import Program
from evolve.testing._sandbox_base import NAME_PROCESS, settles
from evolve.types import Limits, Status
from sandboxes.bubblewrap import BubblewrapSandbox
from sandboxes.docker import DockerSandbox
from sandboxes.process import ProcessSandbox

FOUND = BubblewrapSandbox.probe()
needs_bubblewrap = pytest.mark.skipif(not FOUND.is_available, reason=f"{FOUND.detail}; {FOUND.fix}")
PROVIDERS = [
    pytest.param(ProcessSandbox, id="process"),
    pytest.param(BubblewrapSandbox, id="bubblewrap", marks=needs_bubblewrap),
    pytest.param(DockerSandbox, id="docker", marks=pytest.mark.docker),
]

ORPHAN = (
    NAME_PROCESS
    + """
import os, time
def main(token):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            name_process(token)
            while True: time.sleep(1)
        os._exit(0)
    os.wait()
    os.kill(os.getppid(), 9)
    time.sleep(9)
"""
)
BUSY = NAME_PROCESS + "def main(token):\n    name_process(token)\n    while True: pass\n"
HOST = """
import sys
from evolve.calls import SandboxSetup
from evolve.program import Program
from sandboxes import BubblewrapSandbox, DockerSandbox, ProcessSandbox
sandbox = {cls.name: cls for cls in (BubblewrapSandbox, DockerSandbox, ProcessSandbox)}[sys.argv[1]](SandboxSetup())
sandbox.open(Program.single(sys.argv[3]), "program.py").call("main", sys.argv[2], timeout_s=60)
"""


@pytest.fixture
def token():
    return f"t{os.urandom(6).hex()}"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_daemon_whose_supervisor_was_killed_dies_with_the_session(provider, token):
    """Gain: a process that lives on and disturbs the timing of later candidates."""
    sandbox = provider(SandboxSetup())
    with sandbox.open(Program.single(ORPHAN), "program.py") as session:
        assert session.call("main", token).status is Status.CRASHED
    assert settles(token, running=False)
    sandbox.close()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_busy_candidate_dies_when_its_host_is_killed(provider, token):
    """Gain: as above, after a crash of the search; and a container that nobody removes."""
    host = subprocess.Popen([sys.executable, "-c", HOST, provider.name, token, BUSY])
    try:
        assert settles(token, running=True, limit_s=20)
        host.send_signal(signal.SIGKILL)
        host.wait()
        assert settles(token, running=False, limit_s=10)
    finally:
        host.kill()
        host.wait()


def test_the_folder_of_a_killed_host_is_removed_by_the_next_one_and_that_of_a_live_one_is_left(monkeypatch, tmp_path):
    """Gain: a disk that fills up over many searches."""
    code = (
        "import os\nfrom sandboxes import ProcessSandbox\nfrom evolve.calls import SandboxSetup\n"
        "sandbox = ProcessSandbox(SandboxSetup())\nos.kill(os.getpid(), 9)\n"
    )
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    subprocess.run([sys.executable, "-c", code], check=False)
    (left,) = tmp_path.iterdir()
    alive = ProcessSandbox(SandboxSetup())
    other = ProcessSandbox(SandboxSetup())
    assert len(list(tmp_path.iterdir())) == 2
    assert not left.exists()
    alive.close()
    other.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_candidate_finds_nothing_of_the_verifier_in_its_process(provider):
    """Gain: hidden inputs or answers from the stack, from loaded modules or from open files."""
    source = (
        "import sys, gc, os\ndef main():\n    frame, names = sys._getframe(), []\n"
        "    while frame: names.append(frame.f_code.co_filename); frame = frame.f_back\n"
        "    files = []\n    for n in range(3, 64):\n        try: files.append(os.readlink(f'/proc/self/fd/{n}'))\n"
        "        except OSError: pass\n"
        "    return [names, sorted(sys.modules), files, [str(o) for o in gc.get_objects() if 'canary' in str(o)][:0]]\n"
    )
    sandbox = provider(SandboxSetup())
    with sandbox.open(Program.single(source), "program.py") as session:
        names, modules, files, _ = session.call("main").value
    sandbox.close()
    assert not [name for name in names if "verify" in name or "evaluators" in name]
    assert not [name for name in modules if name.partition(".")[0] in {"evolve", "evaluators", "sandboxes", "problems"}]
    assert all(name.startswith("pipe:") for name in files)


@needs_bubblewrap
def test_bubblewrap_leaves_no_capability_and_no_further_namespace():
    """Gain: a nested user namespace, the usual first step of kernel exploits."""
    source = (
        "import ctypes, os\ndef main():\n    status = open('/proc/self/status').read()\n"
        "    caps = [line.split()[1] for line in status.splitlines() if line.startswith('CapEff')]\n"
        "    return [caps, ctypes.CDLL(None).unshare(0x10000000), os.getuid(), os.listdir('/proc/self/task') != []]\n"
    )
    sandbox = BubblewrapSandbox(SandboxSetup())
    with sandbox.open(Program.single(source), "program.py") as session:
        assert session.call("main").value == [["0000000000000000"], -1, 65534, True]
    sandbox.close()


@needs_bubblewrap
def test_bubblewrap_shows_no_home_no_repository_and_no_installed_packages():
    """Gain: reference solutions, verifiers and keys that lie on the disk."""
    source = "import os\ndef main(paths):\n    return [p for p in paths if os.path.isfile(p) or (os.path.isdir(p) and os.listdir(p))]\n"
    here = Path(__file__).resolve()
    hidden = [here, here.parents[2] / "problems", here.parents[2] / "pyproject.toml", Path.home() / ".ssh"]
    hidden += [
        Path(pytest.__file__),
        Path("/etc/passwd"),
        Path("/home"),
        Path("/var"),
        Path("/run"),
        Path("/usr/bin/env"),
    ]
    sandbox = BubblewrapSandbox(SandboxSetup(preload=("numpy",)))
    with sandbox.open(Program.single(source), "program.py") as session:
        assert session.call("main", [str(path) for path in hidden]).value == []
    sandbox.close()


@needs_bubblewrap
def test_a_missing_preload_is_said_before_anything_runs():
    with pytest.raises(SandboxUnavailable, match="no_such_package") as caught:
        BubblewrapSandbox(SandboxSetup(preload=("no_such_package",)))
    assert "pip install no_such_package" in caught.value.fix


def test_a_scratch_folder_full_of_traps_is_removed(tmp_path):
    """Gain: a disk that fills up over a search."""
    source = (
        "import os\ndef main():\n    for _ in range(1500):\n        os.mkdir('d')\n        os.chdir('d')\n"
        "    open('f', 'w').close()\n    os.chmod('.', 0)\n    os.mkfifo(os.environ['TMPDIR'] + '/pipe')\n"
        "    os.symlink('/', os.environ['TMPDIR'] + '/link')\n    return os.environ['TMPDIR']\n"
    )
    sandbox = ProcessSandbox(SandboxSetup(limits=Limits(timeout_s=20)))
    with sandbox.open(Program.single(source), "program.py") as session:
        scratch = Path(str(session.call("main").value))
        assert scratch.exists()
    assert not scratch.exists()
    assert not scratch.parent.exists()
    sandbox.close()
