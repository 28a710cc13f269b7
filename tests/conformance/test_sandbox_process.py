from evolve.calls import SandboxSetup
from evolve.testing._sandbox import SandboxTestCase
from sandboxes.process import ProcessSandbox


class TestProcessSandbox(SandboxTestCase):
    isolates_files = False
    isolates_network = False
    bounds_scratch = False

    def create(self, setup: SandboxSetup) -> ProcessSandbox:
        return ProcessSandbox(setup)
