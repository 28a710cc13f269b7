import pytest

from evolve.calls import SandboxSetup
from evolve.testing._sandbox import SandboxTestCase
from sandboxes.bubblewrap import BubblewrapSandbox

FOUND = BubblewrapSandbox.probe()


@pytest.mark.skipif(not FOUND.is_available, reason=f"{FOUND.detail}; {FOUND.fix}")
class TestBubblewrapSandbox(SandboxTestCase):
    def create(self, setup: SandboxSetup) -> BubblewrapSandbox:
        return BubblewrapSandbox(setup)
