import pytest

from evolve.calls import SandboxSetup
from evolve.testing._sandbox import SandboxTestCase
from sandboxes.docker import DockerSandbox


@pytest.mark.docker
class TestDockerSandbox(SandboxTestCase):
    def create(self, setup: SandboxSetup) -> DockerSandbox:
        return DockerSandbox(setup)
