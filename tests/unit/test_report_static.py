"""The page's own files: what is third-party is declared, and nothing breaks out of its element."""

import hashlib
import tomllib
from pathlib import Path

import evolve.report

STATIC = Path(evolve.report.__file__).parent / "static"
MANIFEST = tomllib.loads((STATIC / "VENDORED.toml").read_text(encoding="utf-8"))


def test_every_static_file_is_our_own_or_declared_as_third_party():
    declared = {entry["path"] for entry in MANIFEST["file"]} | set(MANIFEST["own"]) | {"VENDORED.toml"}
    assert {path.name for path in STATIC.iterdir()} == declared


def test_declared_third_party_files_are_what_the_manifest_says():
    for entry in MANIFEST["file"]:
        assert set(entry) >= {"path", "version", "licence", "source", "sha256"}
        assert hashlib.sha256((STATIC / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]


def test_scripts_and_style_cannot_end_their_element_and_set_no_markup():
    for path in STATIC.glob("*.[jc]s*"):
        text = path.read_text(encoding="utf-8")
        assert "</" not in text, path.name
        assert "<!--" not in text, path.name
        for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert sink not in text, f"{sink} in {path.name}: texts of candidates may only become textContent"
