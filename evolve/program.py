"""A program: the artifact that a search improves, and the hash that names it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NewType

from evolve.errors import ProblemError

__all__ = ["MAX_PROGRAM_BYTES", "BlobHash", "Program"]

BlobHash = NewType("BlobHash", str)  # "sha256:<hex>"

MAX_PROGRAM_BYTES = 4 * 1024 * 1024
"""Upper limit of one program, all files together; far above the largest program in any peer's examples."""


@dataclass(frozen=True)
class Program:
    """A small tree of text files: what a proposer writes and a sandbox runs.

    Attributes:
        files: Relative POSIX path -> text. Treat as immutable.

    Raises:
        ProblemError: A path is absolute, leaves the tree or has an odd character; or the tree is empty or too large.
    """

    files: Mapping[str, str]

    def __post_init__(self) -> None:
        if not self.files:
            raise ProblemError("expected a program with at least one file, got none")
        size = 0
        for path, text in self.files.items():
            parts = PurePosixPath(path).parts
            if not parts or path.startswith("/") or ".." in parts or any(c in path for c in "\\\0\n\r"):
                raise ProblemError(f"expected a relative path inside the program, got {path!r}")
            size += len(text)
        if size > MAX_PROGRAM_BYTES:
            raise ProblemError(f"expected a program of at most {MAX_PROGRAM_BYTES} characters, got {size}")

    @classmethod
    def single(cls, text: str, path: str = "program.py") -> "Program":
        """A program of one file."""
        return cls({path: text})

    @classmethod
    def from_folder(cls, folder: Path) -> "Program":
        """The program that a folder holds (or that one file is), hidden files and caches left out.

        Raises:
            ProblemError: The folder is missing or empty, or a file is not UTF-8 text.
        """
        if folder.is_file():
            return cls({folder.name: _read_text(folder)})
        if not folder.is_dir():
            raise ProblemError(f"expected a program at {folder}, found nothing")
        paths = sorted(p for p in folder.rglob("*") if p.is_file())
        kept = [
            p for p in paths if not any(s.startswith(".") or s == "__pycache__" for s in p.relative_to(folder).parts)
        ]
        return cls({p.relative_to(folder).as_posix(): _read_text(p) for p in kept})

    def write_to(self, folder: Path) -> None:
        """Write every file under ``folder``, which is made where it is missing."""
        for path, text in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())

    def replace(self, path: str, text: str) -> "Program":
        """The same program with one file changed or added."""
        return Program({**self.files, path: text})

    @cached_property
    def content_hash(self) -> BlobHash:
        """Hash of paths and texts; equal programs have equal hashes."""
        digest = hashlib.sha256()
        for path in sorted(self.files):
            for part in (path.encode(), self.files[path].encode()):
                digest.update(len(part).to_bytes(8, "big"))
                digest.update(part)
        return BlobHash(f"sha256:{digest.hexdigest()}")

    @property
    def size_chars(self) -> int:
        """Characters of all files together."""
        return sum(len(text) for text in self.files.values())

    def __hash__(self) -> int:
        return hash(self.content_hash)


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ProblemError(f"expected UTF-8 text in {path}, found byte {error.start} that is not") from error
