from pathlib import Path

from evolve.store import RunStore
from evolve.testing._store import StoreTestCase


class TestRunStore(StoreTestCase):
    def create(self, folder: Path) -> RunStore:
        return RunStore.create(folder)

    def open(self, folder: Path, *, read_only: bool) -> RunStore:
        return RunStore.open(folder, read_only=read_only)
