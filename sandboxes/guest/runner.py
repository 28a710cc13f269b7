# ruff: noqa: BLE001, D102, PTH103, PTH118, PTH120, PTH123, S102, S110, SIM105
# mypy: disable-error-code="type-arg,no-any-return"
# Candidates raise anything, so that this file catches anything and turns it into a typed reply; `pathlib`,
# `contextlib` and newer syntax are left out for the sake of start-up time and of Python 3.9.
"""The guest: runs one candidate and answers calls. Standard library only, Python 3.9 or newer.

It is started as ``python -c "import runner; runner.main()"`` (or as the text of an argument where no file can be shown
to the sandbox), with the frames of `sandboxes.frames` on standard input and output. Two processes: a *supervisor* that
never runs candidate code, ends everything when the host goes away and says how the worker ended; and a *worker* that
imports the candidate. Nothing here is believed by the host: the candidate owns the worker from its first line on.

Start-up time is paid once per candidate: `json`, `typing`, `signal` and `traceback` pull in `re` or `enum`
(about 15 ms), so they stay out of the usual way.
"""

from __future__ import annotations

import os
import resource
import select
import sys

from wire import Fault, frame, read_frame, restore, write  # type: ignore[import-not-found]

MAX_MESSAGE_CHARS = 4096
EXIT_BY_SIGNAL = 128  # as shells do it
NONCE = os.environ.get("EVOLVE_SESSION", "")


# ------------------------------------------------------------------------------------------- start, supervisor


def main() -> None:
    """Serve the host on standard input and output until it goes away; never returns."""
    sys.modules.pop("runner", None)  # a candidate may have files of these names
    sys.modules.pop("wire", None)
    control_in, control_out = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)  # whatever the candidate prints leaves through the text stream
    os.close(null)
    if "--subreaper" in sys.argv:
        _prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans come to the supervisor and die with it
    worker = os.fork()
    if worker:
        os.close(control_out)
        _supervise(worker, control_in)
    try:
        if "--subreaper" in sys.argv:
            _prctl(1, 9)  # PR_SET_PDEATHSIG: the worker dies with its supervisor
        _serve(control_in, control_out)
    except BaseException as error:
        os.write(2, f"guest runner: {type(error).__name__}: {error}\n".encode(errors="replace"))
        os._exit(70)
    os._exit(0)


def _prctl(option: int, value: int) -> None:
    import ctypes

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _supervise(worker: int, control_in: int) -> None:
    """Wait until the worker ends or the host hangs up, then end every process that is left."""
    poll = select.poll()
    poll.register(control_in, 0)  # POLLHUP only: the frames belong to the worker
    try:
        poll.register(os.pidfd_open(worker), select.POLLIN)
        pause_ms = 500
    except (AttributeError, OSError):  # Python or kernel without pidfd: look more often
        pause_ms = 20
    ended = None
    while ended is None:
        events = poll.poll(pause_ms)
        ended = _reap(worker)
        if ended is None and any(number == control_in for number, _ in events):
            os.kill(worker, 9)
            ended = 9
    code = os.WTERMSIG(ended) + EXIT_BY_SIGNAL if os.WIFSIGNALED(ended) else os.WEXITSTATUS(ended)
    try:
        os.set_blocking(2, False)  # a host that reads nothing must not keep the supervisor
        os.write(2, f"\0evolve:{NONCE}:exit:{code}:{_memory_kills()}\n".encode())
    except OSError:
        pass
    _end_descendants()
    os._exit(code)


def _reap(worker: int) -> int | None:
    """Collect ended children; the wait status of the worker if it is among them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return 9
        if pid == worker:
            return status
        if pid == 0:
            return None


def _memory_kills() -> int:
    """How often the kernel killed for memory in this control group; 0 where that cannot be seen."""
    for path in ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events"):
        try:
            with open(path, encoding="ascii") as lines:
                for line in lines:
                    name, _, count = line.partition(" ")
                    if name == "oom_kill":
                        return int(count)
        except (OSError, ValueError):
            continue
    return 0


def _end_descendants() -> None:
    """Kill children until there are none; as a subreaper this process inherits every orphan."""
    while children := _children():
        for pid in children:
            try:
                os.kill(pid, 9)
            except OSError:
                pass
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                select.select([], [], [], 0.001)
        except ChildProcessError:
            return


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:  # a kernel without this file: the host's own sweep must do
        return []


# ------------------------------------------------------------------------------------------- worker


def _serve(control_in: int, control_out: int) -> None:
    opened = read_frame(control_in)
    if opened is None:
        return
    candidate = Candidate(opened)
    _apply_limits(opened["limits"])
    write(control_out, frame({"kind": "hello", "nonce": NONCE, "python": sys.version.split()[0]}, 1 << 20, 1 << 20))
    while True:
        request = read_frame(control_in)
        if request is None:
            return
        reply = _answer(candidate, request)
        _flush_text(request["id"])
        write(control_out, reply)


def _apply_limits(limits: dict) -> None:
    for name, value in limits.items():
        number = getattr(resource, "RLIMIT_" + name.upper())
        hard = resource.getrlimit(number)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (bound, bound))


def _answer(candidate: Candidate, request: dict) -> bytes:
    head = {"kind": "value", "nonce": NONCE, "id": request["id"]}
    try:
        value = candidate.call(request["function"], restore(request["args"], request["arrays"]))
        return frame({**head, "value": value}, candidate.header_bytes, candidate.payload_bytes)
    except Fault as fault:
        failure = fault
    except MemoryError:
        failure = Fault("out_of_memory", "the candidate asked for more memory than its limit")
    except BaseException as error:
        failure = Fault("crashed", candidate.describe(error), is_final=False)
    message = failure.message.encode(errors="replace").decode()[:MAX_MESSAGE_CHARS]
    told = {"kind": "failure", "status": failure.status, "message": message, "is_final": failure.is_final}
    return frame({**head, **told}, 1 << 20, 1 << 20)


def _flush_text(number: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # the candidate may have put anything there
            pass
    try:
        write(2, f"\0evolve:{NONCE}:end:{number}\n".encode())
    except OSError:
        pass


class Candidate:
    """The candidate's module, imported by the first call."""

    def __init__(self, opened: dict) -> None:
        self.root = opened["root"]
        self.entry = opened["entry"]
        self.header_bytes = opened["header_bytes"]
        self.payload_bytes = opened["payload_bytes"]
        self.module: object = None
        for path, text in opened["files"].items():
            target = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        folder = os.path.dirname(os.path.join(self.root, self.entry))
        hidden = ("", opened["guest"])
        found = [path for path in sys.path if path not in hidden]
        sys.path[:] = [*dict.fromkeys((folder, self.root)), *found, *opened["packages"]]
        sys.argv[:] = [os.path.join(self.root, self.entry)]
        sys.dont_write_bytecode = True
        os.chdir(opened["scratch"])

    def call(self, name: str, args: object) -> object:
        if self.module is None:
            self._load()
        function = getattr(self.module, name, None)
        if not callable(function):
            raise Fault("invalid", f"expected a function {name} in {self.entry}, found none")
        return function(*args)  # type: ignore[misc]

    def _load(self) -> None:
        """Import the entry; a failure is final, because half an import leaves half a state."""
        path = sys.argv[0]
        name = self.entry[:-3].replace("/", ".") if self.entry.endswith(".py") else self.entry.replace("/", ".")
        if name in sys.modules:  # a candidate named like a loaded module must not replace it
            name = "candidate_" + name
        module = type(sys)(name)
        module.__file__ = path
        module.__package__ = name.rpartition(".")[0]
        try:
            with open(path, "rb") as file:
                code = compile(file.read(), path, "exec", dont_inherit=True)
            sys.modules[name] = module
            exec(code, module.__dict__)
        except MemoryError:
            raise
        except FileNotFoundError as error:
            if error.filename == path:
                raise Fault("invalid", f"expected the entry {self.entry} in the program, found none") from None
            raise Fault("crashed", self.describe(error)) from None
        except BaseException as error:
            raise Fault("crashed", self.describe(error)) from None
        self.module = module

    def describe(self, error: BaseException) -> str:
        """The error and the candidate's own frames; nothing of the runner or of libraries."""
        try:
            text = str(error)
        except BaseException:
            text = "(its text cannot be made)"
        lines = [f"{type(error).__name__}: {text[:1000]}" if text else type(error).__name__]
        if isinstance(error, SyntaxError) and error.text:
            lines.append(f"  line {error.lineno}: {error.text.strip()[:200]}")
        frames = []
        trace = error.__traceback__
        while trace is not None:
            frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno, trace.tb_frame.f_code.co_name))
            trace = trace.tb_next
        own = [frame for frame in frames if frame[0].startswith(self.root + "/")]
        for path, line, function in own[-8:]:
            lines.append(f"  {path[len(self.root) + 1 :]}:{line} in {function}: {_source_line(path, line)}")
        return "\n".join(lines)[:MAX_MESSAGE_CHARS]


def _source_line(path: str, line: int) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, text in enumerate(file, 1):
                if number == line:
                    return text.strip()[:200]
    except OSError:
        pass
    return ""
