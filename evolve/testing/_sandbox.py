"""What every sandbox must do; subclass `SandboxTestCase` to hold another one to it."""

import os
import socket
from pathlib import Path

import pytest

from evolve.calls import Availability, SandboxSetup
from evolve.program import Program
from evolve.protocols import Sandbox
from evolve.testing._sandbox_base import LIMITS, run
from evolve.testing._sandbox_faults import FaultChecks
from evolve.testing._sandbox_values import ValueChecks
from evolve.types import Status, Trust

__all__ = ["SandboxTestCase"]

_LOOK = """
import os
def main(path):
    try:
        with open(path) as file: return file.read()
    except OSError: return None
def find(names):
    found = []
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/sys")]
        found += [os.path.join(folder, name) for name in files if name in names]
    return found
def writable():
    own = os.path.realpath(os.environ["TMPDIR"])
    found = []
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/sys", own)]
        try:
            path = os.path.join(folder, "planted")
            open(path, "w").close()
            found.append(path)
        except OSError: pass
    return found
def connect(port):
    import socket
    try: socket.create_connection(("127.0.0.1", port), 2).close()
    except OSError as error: return str(error)
    return "connected"
def fill():
    written = 0
    for number in range(40):
        try:
            with open(os.path.join(os.environ["TMPDIR"], str(number)), "wb", 0) as file:
                for _ in range(16): written += file.write(bytes(1 << 16))
        except OSError: pass
    return written
"""

_TREE = {
    "my code/main.py": "import helper\nfrom parts.deep import number\nfrom shared import text\n"
    "def main(): return [helper.value, number, text(), __file__.endswith('my code/main.py')]\n",
    "my code/helper.py": "value = 'helper'\n",
    "my code/parts/__init__.py": "",
    "my code/parts/deep.py": "from .level import number\n",
    "my code/parts/level.py": "number = 42\n",
    "shared.py": "from pathlib import Path\ndef text(): return (Path(__file__).parent / 'a file.txt').read_text()\n",
    "a file.txt": "héllo\r\n",
}


class SandboxTestCase(ValueChecks, FaultChecks):
    """Tests of a sandbox; pytest collects them from a subclass whose name begins with ``Test``.

    The subclass gives ``create(setup)``; the attributes of `SandboxSuite` say what is promised.
    """

    # ------------------------------------------------------------------------------------ programs and state

    def test_probe_says_that_it_works_here_and_what_was_found(self, sandbox: Sandbox) -> None:
        found = type(sandbox).probe()
        assert isinstance(found, Availability)
        assert found.is_available
        assert found.detail

    def test_it_names_itself_and_the_trust_of_its_scores(self, sandbox: Sandbox) -> None:
        assert sandbox.name
        assert sandbox.trust in set(Trust)
        assert (sandbox.trust is Trust.UNSAFE) is not (self.isolates_files and self.isolates_network)

    def test_state_lives_from_call_to_call(self, sandbox: Sandbox) -> None:
        source = "seen = []\ndef main(x):\n    seen.append(x)\n    return seen\n"
        with sandbox.open(Program.single(source), "program.py") as session:
            assert session.call("main", 1).value == [1]
            assert session.call("main", 2).value == [1, 2]

    def test_files_in_sub_folders_with_spaces_and_packages_import_each_other(self, sandbox: Sandbox) -> None:
        with sandbox.open(Program(_TREE), "my code/main.py") as session:
            result = session.call("main")
        assert result.status is Status.OK, result.message
        assert result.value == ["helper", 42, "héllo\n", True]

    @pytest.mark.parametrize("name", ["json.py", "runner.py", "wire.py", "os.py"])
    def test_an_entry_may_have_the_name_of_a_module_that_is_loaded(self, sandbox: Sandbox, name: str) -> None:
        source = "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\ndef main(): return P(3).x\n"
        with sandbox.open(Program.single(source, name), name) as session:
            result = session.call("main")
        assert result.value == 3, result.message

    def test_the_module_is_imported_by_the_first_call_only(self, sandbox: Sandbox) -> None:
        with sandbox.open(Program.single("print('import')\ndef main(): return 1\n"), "program.py") as session:
            assert session.call("main").stdout == "import\n"
            assert session.call("main").stdout == ""

    def test_preloaded_packages_can_be_imported_and_others_cannot(self, sandbox: Sandbox) -> None:
        source = "import importlib\ndef main(name): return importlib.import_module(name).__name__\n"
        with sandbox.open(Program.single(source), "program.py") as session:
            assert session.call("main", "numpy").value == "numpy"
            for name in ("pytest", "evolve", "sandboxes", "docker"):
                result = session.call("main", name)
                assert result.status is Status.CRASHED
                assert result.message.startswith("ModuleNotFoundError")

    def test_equal_programs_see_equal_hashes_of_text(self, sandbox: Sandbox) -> None:
        source = "def main(): return [hash('text'), list({'a', 'b', 'c', 'd'})]\n"
        assert run(sandbox, source).value == run(sandbox, source).value

    # ------------------------------------------------------------------------------------ between sessions

    def test_two_sessions_at_once_do_not_see_each_other(self, sandbox: Sandbox) -> None:
        source = (
            "import os\nseen = []\ndef main(x):\n    seen.append(x)\n"
            "    open(os.path.join(os.environ['TMPDIR'], x), 'w').close()\n"
            "    return [seen, [n for n in os.listdir(os.environ['TMPDIR']) if n in ('one', 'two')]]\n"
        )
        program = Program.single(source)
        with sandbox.open(program, "program.py") as first, sandbox.open(program, "program.py") as second:
            assert first.call("main", "one").value == [["one"], ["one"]]
            assert second.call("main", "two").value == [["two"], ["two"]]

    def test_a_candidate_that_rewrites_its_file_changes_no_later_session(self, sandbox: Sandbox) -> None:
        source = (
            "def main():\n    try:\n        open(__file__, 'w').write('def main(): return 2')\n"
            "    except OSError: pass\n    return 1\n"
        )
        program = Program.single(source)
        for _ in range(2):
            with sandbox.open(program, "program.py") as session:
                assert session.call("main").value == 1

    def test_close_twice_and_call_after_close_raise_nothing(self, sandbox: Sandbox) -> None:
        session = sandbox.open(Program.single("def main(): return 1\n"), "program.py")
        assert session.call("main").value == 1
        session.close()
        session.close()
        assert not session.call("main").is_ok

    def test_a_session_that_was_never_called_closes(self, sandbox: Sandbox) -> None:
        sandbox.open(Program.single("def main(): return 1\n"), "program.py").close()

    def test_closing_the_sandbox_ends_its_sessions(self) -> None:
        sandbox = self.create(SandboxSetup(limits=LIMITS))
        session = sandbox.open(Program.single("def main(): return 1\n"), "program.py")
        sandbox.close()
        sandbox.close()
        assert not session.call("main").is_ok

    # ------------------------------------------------------------------------------------ isolation

    def test_no_variable_of_the_host_reaches_the_candidate(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("EVOLVE_CANARY_KEY", "canary-7f3a")
        source = "import os\ndef main(): return [dict(os.environ), open('/proc/self/environ').read()]\n"
        result = run(sandbox, source)
        assert "TMPDIR" in str(result.value)
        assert "canary" not in str(result.value).lower()
        assert os.environ["EVOLVE_CANARY_KEY"] == "canary-7f3a"

    def test_files_of_the_host_cannot_be_read(self, sandbox: Sandbox, tmp_path: Path) -> None:
        self._skip_unless(self.isolates_files, "files")
        secret = tmp_path / "secret.txt"
        secret.write_text("secret")
        with sandbox.open(Program.single(_LOOK), "program.py") as session:
            assert session.call("main", str(secret)).value is None
            assert session.call("main", str(Path(__file__).resolve())).value is None
            assert session.call("find", ["verify.py", "problem.toml", "run.sqlite", "docker.sock"]).value == []

    def test_nothing_outside_the_scratch_folder_can_be_written(self, sandbox: Sandbox) -> None:
        self._skip_unless(self.isolates_files, "files")
        assert run(sandbox, _LOOK, function="writable").value == []

    def test_the_network_cannot_be_reached(self, sandbox: Sandbox) -> None:
        self._skip_unless(self.isolates_network, "the network")
        with socket.create_server(("127.0.0.1", 0)) as server:
            answer = run(sandbox, _LOOK, server.getsockname()[1], function="connect").value
        assert isinstance(answer, str)
        assert answer != "connected"

    def test_the_scratch_folder_is_bounded(self, sandbox: Sandbox) -> None:
        self._skip_unless(self.bounds_scratch, "the size of the scratch folder")
        written = run(sandbox, _LOOK, function="fill").value
        assert isinstance(written, int)
        assert 1 << 20 <= written <= LIMITS.scratch_mb << 20

    @staticmethod
    def _skip_unless(is_promised: bool, what: str) -> None:
        if not is_promised:
            pytest.skip(f"this sandbox does not isolate or bound {what}")
