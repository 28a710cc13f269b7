"""Checks of a sandbox: every way in which a candidate can fail is a typed status, quickly, and ends the session."""

import time
from typing import Any

import pytest

from evolve.calls import SandboxSetup
from evolve.program import Program
from evolve.protocols import Sandbox
from evolve.testing._sandbox_base import LIMITS, NAME_PROCESS, SandboxSuite, run, settles
from evolve.types import Limits, Status

# Name -> (source, statuses of which one must come out).
FAULTS: dict[str, tuple[str, set[Status]]] = {
    "exit code 0": ("import os\ndef main(): os._exit(0)", {Status.CRASHED}),
    "exit code 3": ("import os\ndef main(): os._exit(3)", {Status.CRASHED}),
    "segmentation fault": ("import os\ndef main(): os.kill(os.getpid(), 11)", {Status.CRASHED}),
    "kills itself": ("import os\ndef main(): os.kill(os.getpid(), 9)", {Status.CRASHED}),
    "kills its parent": (
        "import os, time\ndef main():\n    os.kill(os.getppid(), 9)\n    time.sleep(9)",
        {Status.CRASHED},
    ),
    "stops itself": ("import os\ndef main(): os.kill(os.getpid(), 19)", {Status.TIMEOUT}),
    "endless loop": ("def main():\n    while True: pass", {Status.TIMEOUT}),
    "sleep": ("import time\ndef main(): time.sleep(60)", {Status.TIMEOUT}),
    "endless loop at import": ("while True: pass", {Status.TIMEOUT}),
    "ignores signals": (
        "import signal\ndef main():\n    for n in (1, 2, 3, 15): signal.signal(n, signal.SIG_IGN)\n    while True: pass",
        {Status.TIMEOUT},
    ),
    "no memory left": ("def main(): return len(bytearray(1 << 31))", {Status.OUT_OF_MEMORY}),
    "memory bomb": ("def main():\n    x = []\n    while True: x.append(bytearray(1 << 20))", {Status.OUT_OF_MEMORY}),
    "deep recursion": (
        "import sys\ndef main():\n    sys.setrecursionlimit(10**9)\n    f = lambda: f()\n    f()",
        {Status.CRASHED, Status.OUT_OF_MEMORY},
    ),
    "garbage on every descriptor": (
        "import os\ndef main():\n    for n in range(64):\n        try: os.write(n, b'garbage ' * 9)\n        except OSError: pass",
        {Status.PROTOCOL_VIOLATION, Status.CRASHED, Status.OUTPUT_LIMIT},
    ),
    "closes every descriptor": (
        "import os\ndef main():\n    os.closerange(0, 256)\n    return 1",
        {Status.CRASHED, Status.PROTOCOL_VIOLATION},
    ),
    "half a frame": (
        (
            "import os\ndef main():\n    for n in range(3, 64):\n        try: os.write(n, bytes([0, 0, 0, 200]) + bytes(8) + b'{')\n"
            "        except OSError: pass\n    os._exit(0)"
        ),
        {Status.PROTOCOL_VIOLATION, Status.CRASHED},
    ),
    "huge announced frame": (
        (
            "import os\ndef main():\n    for n in range(3, 64):\n        try: os.write(n, bytes([0, 0, 0, 9]) + b'\\x7f' * 8)\n"
            "        except OSError: pass\n    os._exit(0)"
        ),
        {Status.OUTPUT_LIMIT, Status.PROTOCOL_VIOLATION},
    ),
    "huge array": ("import numpy\ndef main(): return numpy.zeros(33 << 20, 'u1')", {Status.OUTPUT_LIMIT}),
    "huge text": ("def main(): return 'x' * (40 << 20)", {Status.OUTPUT_LIMIT}),
    "million of lists": ("def main(): return [[]] * 1000000", {Status.OUTPUT_LIMIT}),
    "does not parse": ("def main(:\n    pass", {Status.CRASHED}),
    "null bytes": ("def main(): return 1\n\0", {Status.CRASHED}),
    "fails at import": ("raise OSError('no')", {Status.CRASHED}),
    "exits at import": ("import sys\nsys.exit(0)", {Status.CRASHED}),
    "missing function": ("def other(): return 1", {Status.INVALID}),
    "no function": ("main = 3", {Status.INVALID}),
}

# Exceptions leave the candidate's state alone, so that the session goes on.
EXCEPTIONS = {
    "ValueError": "raise ValueError('bad ' * 3)",
    "SystemExit": "raise SystemExit(0)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "GeneratorExit": "raise GeneratorExit",
    "RecursionError": "return main()",
    "Nasty": "raise Nasty()",
    "TypeError": "return len(5)",
}

_EXCEPTIONS = """
class Nasty(BaseException):
    def __str__(self): raise SystemExit("in its text")
count = 0
def main(): %s
def after():
    global count
    count += 1
    return count
"""

_FORGE = """
import json, os, time
def send(message):
    header = json.dumps({"body": message, "buffers": []}).encode()
    for number in range(3, 64):
        try: os.write(number, len(header).to_bytes(4, "big") + bytes(8) + header)
        except OSError: pass
def main():
    nonce = os.environ.get("EVOLVE_SESSION", "") if %r else "0" * 32
    send({"kind": "value", "nonce": nonce, "id": 1, "value": "forged"})
    if %r: os.write(2, b"\\0evolve:%%s:end:1\\n" %% nonce.encode())
    time.sleep(0.3)  # the real reply comes when the host has taken the forged one
    return "real"
def second(): return "second"
"""

# Replies in which a field has a type that a message never has, each with the session's own nonce where that is needed.
_MISSHAPEN = {
    "no kind": '{"nonce": NONCE, "id": 1}',
    "a list for a nonce": '{"kind": "value", "nonce": [1, 2], "id": 1, "value": 1}',
    "a list for an id": '{"kind": "value", "nonce": NONCE, "id": [1, 2], "value": 1}',
    "a list for a kind": '{"kind": [1], "nonce": NONCE, "id": 1, "value": 1}',
    "a truth for an id": '{"kind": "value", "nonce": NONCE, "id": true, "value": 1}',
    "a list for a status": '{"kind": "failure", "nonce": NONCE, "id": 1, "status": [], "message": "", "is_final": true}',
    "an unknown status": '{"kind": "failure", "nonce": NONCE, "id": 1, "status": "ok", "message": "", "is_final": true}',
    "no map": "[1, 2]",
}
_MISSHAPE = """
import json, os, time
def main():
    nonce = json.dumps(os.environ.get("EVOLVE_SESSION", ""))
    header = ('{"body": ' + %r.replace("NONCE", nonce) + ', "buffers": []}').encode()
    for number in range(3, 64):
        try: os.write(number, len(header).to_bytes(4, "big") + bytes(8) + header)
        except OSError: pass
    time.sleep(5)
"""


class FaultChecks(SandboxSuite):
    """How candidates fail."""

    @pytest.mark.parametrize("kind", FAULTS)
    def test_a_fault_is_a_typed_status_and_ends_the_session(self, sandbox: Sandbox, kind: str) -> None:
        source, expected = FAULTS[kind]
        limit_s = 0.4 if expected == {Status.TIMEOUT} else None
        with sandbox.open(Program.single(source), "program.py") as session:
            first = session.call("main", timeout_s=limit_s)
            assert first.status in expected, first
            assert first.value is None
            assert first.message
            assert session.call("main") == first

    @pytest.mark.parametrize("kind", EXCEPTIONS)
    def test_an_exception_is_a_crash_that_the_session_survives(self, sandbox: Sandbox, kind: str) -> None:
        with sandbox.open(Program.single(_EXCEPTIONS % EXCEPTIONS[kind]), "program.py") as session:
            assert session.call("after").value == 1
            failed = session.call("main")
            assert failed.status is Status.CRASHED
            assert failed.message.startswith(kind)
            assert session.call("after").value == 2

    def test_a_message_shows_the_candidates_own_lines_and_nothing_else(self, sandbox: Sandbox) -> None:
        source = "import json\ndef helper(): return json.loads('{')\ndef main(): return helper()\n"
        message = run(sandbox, source).message
        assert "program.py:2 in helper: def helper(): return json.loads('{')" in message
        assert "program.py:3 in main" in message
        assert "decoder.py" not in message
        assert "runner" not in message

    def test_a_message_is_short_and_without_control_characters(self, sandbox: Sandbox) -> None:
        result = run(sandbox, "def main(): raise ValueError('\\x1b[2J\\x00' + 'x' * 100000)\n")
        assert result.status is Status.CRASHED
        assert len(result.message) <= 4096
        assert not [c for c in result.message if ord(c) < 32 and c not in "\t\n"]

    def test_a_missing_entry_is_invalid(self, sandbox: Sandbox) -> None:
        with sandbox.open(Program({"other.py": "x = 1\n"}), "program.py") as session:
            assert session.call("main").status is Status.INVALID

    def test_a_time_out_ends_near_its_limit(self, sandbox: Sandbox) -> None:
        result = run(sandbox, "def main():\n    while True: pass\n", timeout_s=0.5)
        assert result.status is Status.TIMEOUT
        assert 0.5 <= result.wall_s < 5.0

    def test_the_sessions_own_limit_bounds_a_longer_wish(self) -> None:
        sandbox = self.create(SandboxSetup(limits=Limits(timeout_s=0.4, memory_mb=256)))
        try:
            assert run(sandbox, "import time\ndef main(): time.sleep(60)\n", timeout_s=60.0).status is Status.TIMEOUT
        finally:
            sandbox.close()

    def test_a_late_reply_is_never_taken_for_the_next_one(self, sandbox: Sandbox) -> None:
        source = "import time\ndef main():\n    time.sleep(0.6)\n    return 'late'\ndef second(): return 'second'\n"
        with sandbox.open(Program.single(source), "program.py") as session:
            assert session.call("main", timeout_s=0.2).status is Status.TIMEOUT
            time.sleep(0.6)
            assert session.call("second").status is Status.TIMEOUT

    @pytest.mark.parametrize(("knows_nonce", "forges_mark"), [(False, False), (True, False), (True, True)])
    def test_a_forged_reply_is_never_taken_for_a_later_one(
        self, sandbox: Sandbox, knows_nonce: bool, forges_mark: bool
    ) -> None:
        with sandbox.open(Program.single(_FORGE % (knows_nonce, forges_mark)), "program.py") as session:
            first = session.call("main")
            time.sleep(0.5)
            second = session.call("second")
        assert first.status is Status.PROTOCOL_VIOLATION or knows_nonce
        assert second.value == "second" or second.status is Status.PROTOCOL_VIOLATION

    @pytest.mark.parametrize("shape", _MISSHAPEN)
    def test_a_reply_of_any_shape_is_a_result_of_the_call_and_no_error(self, sandbox: Sandbox, shape: str) -> None:
        with sandbox.open(Program.single(_MISSHAPE % _MISSHAPEN[shape]), "program.py") as session:
            assert session.call("main").status is Status.PROTOCOL_VIOLATION

    # ------------------------------------------------------------------------------------ printed text

    def test_printed_text_arrives_with_its_call(self, sandbox: Sandbox) -> None:
        source = "import sys, os\ndef main(n):\n    print('out', n)\n    print('err', n, file=sys.stderr)\n    os.write(1, b'raw\\n')\n"
        with sandbox.open(Program.single(source), "program.py") as session:
            for number in (1, 2):
                result = session.call("main", number)
                assert sorted(result.stdout.split("\n")) == ["", f"err {number}", f"out {number}", "raw"]
                assert result.dropped_bytes == 0

    def test_a_flood_of_text_is_cut_and_counted_and_no_failure(self, sandbox: Sandbox) -> None:
        source = "import sys\ndef main(name):\n    for _ in range(50): getattr(sys, name).write('x' * 1000000)\n    return 7\n"
        with sandbox.open(Program.single(source), "program.py") as session:
            for name in ("stdout", "stderr"):
                result = session.call("main", name)
                assert result.value == 7
                assert len(result.stdout) == LIMITS.output_kb * 1024
                assert result.dropped_bytes == 50_000_000 - LIMITS.output_kb * 1024

    def test_text_that_is_not_utf_8_is_replaced_and_control_characters_go(self, sandbox: Sandbox) -> None:
        result = run(sandbox, "import os\ndef main():\n    os.write(1, b'a\\xff\\xfe\\x00\\x1b[31mb')\n    return 1\n")
        assert result.value == 1
        assert result.stdout == "a\ufffd\ufffd[31mb"

    def test_text_before_a_death_is_kept(self, sandbox: Sandbox) -> None:
        result = run(sandbox, "import os\ndef main():\n    os.write(1, b'last words')\n    os._exit(3)\n")
        assert result.status is Status.CRASHED
        assert result.stdout == "last words"
        assert "3" in result.message

    def test_closed_standard_streams_do_not_hinder_an_answer(self, sandbox: Sandbox) -> None:
        result = run(sandbox, "import sys\ndef main():\n    sys.stdout.close()\n    sys.stderr = None\n    return 1\n")
        assert result.value == 1

    def test_standard_input_is_empty(self, sandbox: Sandbox) -> None:
        assert run(sandbox, "import sys\ndef main(): return sys.stdin.read()\n").value == ""

    # ------------------------------------------------------------------------------------ bombs

    @pytest.mark.parametrize("moment", ["close", "timeout", "exit"])
    def test_processes_that_were_started_die_with_the_session(self, sandbox: Sandbox, token: str, moment: str) -> None:
        with sandbox.open(Program.single(_GRANDCHILD), "program.py") as session:
            assert session.call("main", token).value == "started"
            if self.shares_kernel:
                assert settles(token, running=True)
            if moment == "timeout":
                assert session.call("wait", timeout_s=0.3).status is Status.TIMEOUT
            elif moment == "exit":
                assert session.call("leave").status is Status.CRASHED
        assert settles(token, running=False)

    @pytest.mark.parametrize("kind", ["fork", "thread"])
    def test_a_bomb_of_processes_or_threads_is_held_and_swept(self, sandbox: Sandbox, token: str, kind: str) -> None:
        result = run(sandbox, _BOMBS[kind], token)
        held = isinstance(result.value, int) and result.value <= LIMITS.processes + 8
        assert held or result.status in {Status.CRASHED, Status.OUT_OF_MEMORY}, result
        assert settles(token, running=False)

    def test_the_memory_of_all_processes_together_is_bounded(self, sandbox: Sandbox, token: str) -> None:
        result = run(sandbox, _HOGS, token)
        survivors: Any = result.value
        assert result.status is Status.OUT_OF_MEMORY or (result.is_ok and survivors < 6), result
        assert settles(token, running=False)


_GRANDCHILD = (
    NAME_PROCESS
    + """
import os, time
def main(token):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            name_process(token)
            for number in range(256):
                try: os.close(number)
                except OSError: pass
            while True: time.sleep(1)
        os._exit(0)
    os.wait()
    return "started"
def wait():
    while True: pass
def leave(): os._exit(1)
"""
)

_BOMBS = {
    "fork": NAME_PROCESS
    + """
import os, time
def main(token):
    name_process(token)
    made = 0
    try:
        while made < 200:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            made += 1
    except OSError:
        pass
    time.sleep(1)
    return made
""",
    "thread": NAME_PROCESS
    + """
import threading, time
def main(token):
    name_process(token)
    made = 0
    try:
        while made < 200:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            made += 1
    except (RuntimeError, MemoryError):
        pass
    time.sleep(1)
    return made
""",
}

_HOGS = (
    NAME_PROCESS
    + """
import os, time
def main(token):
    name_process(token)
    for _ in range(6):
        if os.fork() == 0:
            try:
                data = bytearray(b"x" * (60 << 20))
                time.sleep(1.5)
                os._exit(0)
            finally:
                os._exit(1)
    return sum(os.wait()[1] == 0 for _ in range(6))
"""
)
