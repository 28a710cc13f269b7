"""Where candidates run: providers of isolated sessions.

The engine finds them through the entry-point group ``evolve.sandboxes``; nothing is imported before it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandboxes.bubblewrap import BubblewrapSandbox
    from sandboxes.docker import DockerSandbox, build_image
    from sandboxes.frames import ProtocolError
    from sandboxes.process import ProcessSandbox

__all__ = ["BubblewrapSandbox", "DockerSandbox", "ProcessSandbox", "ProtocolError", "build_image"]

_HOMES = {
    "BubblewrapSandbox": "sandboxes.bubblewrap",
    "DockerSandbox": "sandboxes.docker",
    "ProcessSandbox": "sandboxes.process",
    "ProtocolError": "sandboxes.frames",
    "build_image": "sandboxes.docker",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'sandboxes' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
