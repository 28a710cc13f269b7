"""Sessions in containers of a Docker engine: a fresh, locked-down container for each."""

import contextlib
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolve.calls import Availability, SandboxSetup
from evolve.errors import InfrastructureError, SandboxUnavailable
from evolve.program import Program
from evolve.types import Trust
from sandboxes import _owners
from sandboxes._environment import guest_environment
from sandboxes._packages import GUEST_FOLDER
from sandboxes._session import GuestSession, GuestSetup, OpenSessions
from sandboxes._streams import AttachLink

if TYPE_CHECKING:
    import docker
    from docker.api import APIClient

__all__ = ["DockerSandbox", "build_image"]

MIB = 1 << 20
API_TIMEOUT_S = 20.0
PROBE_TIMEOUT_S = 3.0
BUILD_FIX = "evolve doctor --build-image"
ENGINE_FIX = "install Docker and start it, or use --sandbox bubblewrap"
USER = "65534:65534"
# The guest's two files come in as arguments: nothing of the host is mounted.
BOOTSTRAP = (
    "import sys\n"
    "for name, text in (('wire', sys.argv[1]), ('runner', sys.argv[2])):\n"
    "    sys.modules[name] = module = type(sys)(name)\n"
    "    exec(compile(text, '<' + name + '>', 'exec'), module.__dict__)\n"
    "del sys.argv[1:]\n"
    "module.main()\n"
)


class DockerSandbox:
    """Candidates run in a fresh container each: no network, read-only root, no capabilities, bounded by a cgroup.

    Args:
        setup: Image, label and limits of every session.

    Raises:
        SandboxUnavailable: No engine answers, or the image is missing.
    """

    name = "docker"
    trust = Trust.ISOLATED

    def __init__(self, setup: SandboxSetup) -> None:
        self._setup = setup
        self._client = _connect(API_TIMEOUT_S)
        self._sessions = OpenSessions()
        self._guest = tuple((GUEST_FOLDER / name).read_text() for name in ("wire.py", "runner.py"))
        try:
            with _as_unavailable(setup.image):
                self._client.api.inspect_image(setup.image)
            remove_orphans(self._client)
        except BaseException:
            self._client.close()
            raise

    @classmethod
    def probe(cls) -> Availability:
        """See `evolve.protocols.Sandbox.probe`; looks for the default image."""
        return probe_image(SandboxSetup().image)

    def open(self, program: Program, entry: str) -> GuestSession:
        """See `evolve.protocols.Sandbox.open`."""
        nonce = secrets.token_hex(16)
        limits = self._setup.limits
        setup = GuestSetup(
            root="/scratch/program",
            entry=entry,
            scratch="/scratch",
            packages=(),
            guest="",
            files=dict(program.files),
            rlimits={"data": limits.memory_mb * MIB, "core": 0},
        )
        with _as_unavailable(self._setup.image):
            link = self._start(nonce)
        return self._sessions.add(GuestSession(link, setup, limits, nonce))

    def close(self) -> None:
        """See `evolve.protocols.Sandbox.close`."""
        self._sessions.close()
        self._client.close()

    def _start(self, nonce: str) -> AttachLink:
        """Create, attach, start: in this order, so that no byte of the stream is lost."""
        api = self._client.api
        environment = guest_environment("/scratch", nonce, self._setup.limits.cpus)
        del environment["PATH"]  # the image's own leads to the interpreter that has numpy
        # Without site-packages the interpreter starts faster; with preloaded packages it needs them.
        options = ["-s"] if self._setup.preload else ["-s", "-S"]
        identifier = str(
            api.create_container(
                self._setup.image,
                command=["python3", *options, "-c", BOOTSTRAP, *self._guest],
                user=USER,
                environment=environment,
                working_dir="/",
                hostname="sandbox",
                stdin_open=True,
                tty=False,
                labels={"evolve.run": self._setup.label, "evolve.owner": _owners.this_process()},
                host_config=api.create_host_config(**self._host_options()),
            )["Id"]
        )
        try:
            stream = _raw_socket(
                api.attach_socket(identifier, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
            )
            api.start(identifier)
        except BaseException:
            _remove(api, identifier)
            raise
        return AttachLink(stream, lambda: _remove(api, identifier))

    def _host_options(self) -> dict[str, Any]:
        import docker

        limits = self._setup.limits
        scratch = f"rw,nosuid,nodev,noexec,size={limits.scratch_mb * MIB},nr_inodes=4096,mode=1777"
        return {
            "network_mode": "none",
            "read_only": True,
            "ipc_mode": "none",
            "tmpfs": {"/scratch": scratch, "/dev/mqueue": "ro,size=4k,mode=0700"},
            "mem_limit": limits.memory_mb * MIB,
            "memswap_limit": limits.memory_mb * MIB,
            "pids_limit": limits.processes + 3,  # init, supervisor, worker
            "nano_cpus": int(limits.cpus * 1e9),
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "log_config": docker.types.LogConfig(type="none"),
            "init": True,
            "auto_remove": True,
            "ulimits": [
                docker.types.Ulimit(name="core", soft=0, hard=0),
                docker.types.Ulimit(name="nofile", soft=256, hard=256),
                docker.types.Ulimit(name="fsize", soft=limits.scratch_mb * MIB, hard=limits.scratch_mb * MIB),
            ],
        }


def probe_image(image: str) -> Availability:
    """Whether an engine answers and has ``image``; never raises."""
    try:
        with _as_unavailable(image):
            client = _connect(PROBE_TIMEOUT_S)
            try:
                version = client.version().get("Version", "unknown")
                client.api.inspect_image(image)
            finally:
                client.close()
    except SandboxUnavailable as error:
        return Availability(False, error.message, error.fix)
    return Availability(True, f"Docker Engine {version}, image {image}")


def build_image(
    base: str,
    tag: str = "evolve-cpu",
    *,
    dockerfile: Path | None = None,
    network: str | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
) -> str:
    """Build the image of candidates; the id of the result.

    Args:
        base: Image to build from: Debian-based, with or without Python and numpy.
        tag: Name of the result.
        dockerfile: Another recipe than the project's own, which a wheel carries beside this module.
        network: Network of the build; ``host`` where the engine has no bridge.
        on_line: Told each line of the build's output.

    Raises:
        SandboxUnavailable: No engine answers, or the build fails.
    """
    here = Path(__file__).parent
    recipe = dockerfile or next((p for p in (here / "Dockerfile", here.parent / "Dockerfile") if p.is_file()), None)
    if recipe is None:
        raise SandboxUnavailable("expected the recipe of the image, found none", fix="reinstall adrs-evolve")
    with _as_unavailable(tag):
        client = _connect(600.0)
        try:
            with recipe.open("rb") as file:
                events = client.api.build(
                    fileobj=file, tag=tag, buildargs={"BASE": base}, network_mode=network, rm=True, decode=True
                )
                for line in _build_lines(events):
                    on_line(line)
            return str(client.api.inspect_image(tag)["Id"])
        finally:
            client.close()


def _build_lines(events: Iterator[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        if "error" in event:
            raise SandboxUnavailable(f"the image could not be built: {event['error']}", fix="see the lines above")
        if text := str(event.get("stream", event.get("status", ""))).rstrip():
            yield text


def remove_orphans(client: "docker.DockerClient") -> list[str]:
    """Remove containers whose owner on this machine has ended; their identifiers."""
    removed = []
    for item in client.api.containers(all=True, filters={"label": "evolve.owner"}):
        if _owners.is_gone(item["Labels"].get("evolve.owner", "")):
            _remove(client.api, item["Id"])
            removed.append(item["Id"])
    return removed


def _connect(timeout_s: float) -> "docker.DockerClient":
    import docker

    return docker.from_env(version="auto", timeout=timeout_s)


def _raw_socket(stream: Any) -> socket.socket:
    """The socket under what the SDK returns; nothing has been read from it, because the container has not started."""
    raw = getattr(stream, "_sock", stream)
    return socket.socket(fileno=socket.dup(raw.fileno()))


def _remove(api: "APIClient", identifier: str) -> None:
    """Kill and remove a container, and wait until it is gone."""
    import docker

    for _ in range(50):
        try:
            api.remove_container(identifier, force=True, v=True)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            if error.status_code != 409:  # the engine removes it already, because it has ended
                raise InfrastructureError(
                    f"expected container {identifier[:12]} to be removed, got: {error}"
                ) from error
            time.sleep(0.02)
        else:
            return
    raise InfrastructureError(
        f"expected container {identifier[:12]} to be removed within 1 s, it is still there",
        fix=f"docker rm -f {identifier}",
    )


@contextlib.contextmanager
def _as_unavailable(image: str) -> Iterator[None]:
    """Turn every way in which an engine can fail into `SandboxUnavailable` with the next step."""
    try:
        import docker
        import requests
    except ImportError as error:
        raise SandboxUnavailable(f"expected the docker package, got: {error}", fix="pip install docker") from error
    try:
        yield
    except docker.errors.ImageNotFound as error:
        raise SandboxUnavailable(f"expected the image {image}, the engine has none", fix=BUILD_FIX) from error
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        if "PermissionError" in reason or "Permission denied" in reason:
            raise SandboxUnavailable(
                "no permission to use the Docker engine's socket",
                fix="add the user to the group docker, or use --sandbox bubblewrap",
            ) from error
        raise SandboxUnavailable(f"expected a Docker engine to answer, got: {reason}", fix=ENGINE_FIX) from error
