"""One self-contained page of a run: no network, no server, no third-party code; opens from a file."""

import base64
import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evolve._version import __version__
from evolve.errors import StoreUnavailable, UsageError
from evolve.report import _text
from evolve.report._headline import headline
from evolve.report._payload import as_script_data, payload
from evolve.report._reading import ReadBlob, RunRecord, open_run, values_of
from evolve.report.figures import diff_lines, draw
from evolve.types import Evaluation

__all__ = ["render", "write_report"]

_HERE = Path(__file__).parent
_SCRIPTS = ("marks.js", "charts.js", "detail.js", "table.js", "page.js")
_TABLE_ROWS = 40  # rows that stand in the page itself, for readers without the script and for print
_SHOWN_STEPS = 60


def write_report(run_dir: Path, out: Path | None = None, *, baseline: Path | None = None) -> Path:
    """Write the page of a run and give its path.

    Args:
        run_dir: The run's folder; the run may be unfinished, failed or empty.
        out: Where to write; ``report.html`` in the run's folder if not given. Written whole or not at all.
        baseline: Folder of another run of the same problem to show beside it.

    Raises:
        RunError: A folder holds no run, or one of a newer version.
        UsageError: The baseline is a run of another problem.
        StoreUnavailable: The page cannot be written.
    """
    out = run_dir / "report.html" if out is None else out
    store, record = open_run(run_dir)
    with store:
        other = _baseline(record, baseline) if baseline is not None else None
        page = render(record, store.get_blob, other=other)
    _write(out, page)
    return out


def _baseline(record: RunRecord, folder: Path) -> RunRecord:
    store, other = open_run(folder)
    store.close()
    ours, theirs = record.summary.problem, other.summary.problem
    if ours != theirs:
        raise UsageError(
            f"expected a baseline run of {ours or 'the same problem'}, {folder} is a run of {theirs or 'no problem'}",
            fix=f"evolve launch {ours} --policy best-of-n",
        )
    return other


def render(record: RunRecord, read_blob: ReadBlob, *, other: RunRecord | None = None) -> str:
    """The page as text; ``other`` is a baseline run of the same problem."""
    figures = draw(record, read_blob, other=other)
    data = payload(record, figures, read_blob)
    style, script = _static("report.css"), "\n".join(_static(name) for name in _SCRIPTS)
    steps = figures.lineage.steps
    page: str = (
        _environment()
        .get_template("report.html")
        .render(
            record=record,
            state=record.state,
            summary=record.summary,
            figures=figures,
            head=headline(record, figures),
            rows=_rows(record),
            steps=steps if len(steps) <= _SHOWN_STEPS else (*steps[:1], *steps[-_SHOWN_STEPS + 1 :]),
            steps_left_out=max(0, len(steps) - _SHOWN_STEPS),
            detailed=data.detailed,
            version=__version__,
            began=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(record.began)) if record.began else "",
            settings=_texts(record.state.config),
            environment=_texts(record.state.started.environment) if record.state.started else [],
            policy=f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
            "img-src data:; base-uri 'none'; form-action 'none'",
            style=_markup(style),
            script=_markup(script),
            data=_markup(as_script_data(data.data)),
        )
    )
    return page


def _texts(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Keys and values as text, those without a value left out."""
    return [(str(key), str(value)) for key, value in values.items() if value not in (None, "", [], {}, ())]


def _rows(record: RunRecord) -> list[Evaluation]:
    """The best ok evaluations by headline, for the table that needs no script."""
    scored = [(values, m.evaluation) for m in record.moments if (values := values_of(m.evaluation, record.objectives))]
    scored.sort(key=lambda pair: record.objectives[0].as_cost(pair[0][0]))
    return [evaluation for _, evaluation in scored[:_TABLE_ROWS]]


def _static(name: str) -> str:
    return (_HERE / "static" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 -- our own files, and JSON with its brackets escaped


def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    helpers: tuple[Callable[..., object], ...] = (
        _text.clip, _text.duration, _text.number, _text.one_line, _text.percent_change, _text.score_text,
        _text.titled, _text.usd, diff_lines,
    )  # fmt: skip
    environment.filters.update({helper.__name__: helper for helper in helpers})
    return environment


def _finalize(value: object) -> object:
    # Every text that a template prints goes through here, so none can hide or reorder what is around it.
    return _text.visible(value) if type(value) is str else value


def _write(out: Path, page: str) -> None:
    """Write whole or not at all, so that a reader never sees half a page."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=out.parent, prefix=f".{out.name}.", suffix=".part", delete=False, newline="\n"
        ) as file:
            part = Path(file.name)
            try:
                file.write(page)
                file.flush()
                part.chmod(0o644)
                os.replace(part, out)  # noqa: PTH105 -- the name says that it is atomic
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StoreUnavailable(
            f"expected to write the report to {out}, got: {error.strerror or error}",
            fix="evolve runs export RUN --html -o FILE, with a FILE that you may write",
        ) from error
