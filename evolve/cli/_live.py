"""What one sees while a run goes on: a panel on a terminal, plain lines elsewhere; always on stderr."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from evolve.cli._output import say
from evolve.cli._progress import Figures
from evolve.cli._text import clean, duration_text, money_text, score_text
from evolve.events import EvaluationFinished, Event, RunResumed, RunStarted, RunStopped
from evolve.recorder import Listener
from evolve.state import RunState

if TYPE_CHECKING:
    from rich.panel import Panel

__all__ = ["LivePanel", "PlainProgress", "progress"]

_EVERY_S = 30.0
_FRAMES_PER_S = 4


@contextmanager
def progress(stream: TextIO | None = None) -> Iterator[Listener]:
    """The listener that suits where stderr goes: a panel on a terminal that can draw, else plain lines."""
    stream = stream or sys.stderr
    if stream.isatty() and os.environ.get("TERM", "") != "dumb":
        panel = LivePanel()
        with panel.shown():
            yield panel
    else:
        yield PlainProgress(say)


class PlainProgress:
    """Lines for logs: the start, each new best, progress every tenth or half minute, the stop.

    Args:
        write: Gets each line.
        clock: Monotonic seconds.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self.figures = Figures()
        self._out = write
        self._clock = clock
        self._last_s = clock()
        self._last_tenth = 0
        self._last_best = ""

    def on_event(self, event: Event, state: RunState) -> None:
        """Write a line where the event is worth one."""
        figures = self.figures
        is_better = figures.take(event, state)
        if isinstance(event, RunStarted | RunResumed):
            word = "started" if isinstance(event, RunStarted) else f"resumed at {figures.evaluations} evaluations"
            self._write(f"run {figures.run} {word}: {figures.problem}, sandbox {figures.sandbox} ({figures.trust})")
        elif is_better:
            self._maybe_best()
        elif isinstance(event, EvaluationFinished):
            self._maybe_progress()
        elif isinstance(event, RunStopped):
            self._write(f"{figures.stopped} after {counted(figures)}")

    def on_message(self, text: str) -> None:
        """Write the line."""
        self._write(text)

    def _write(self, line: str) -> None:
        self._out(clean(line, 600))

    def _maybe_best(self) -> None:
        # A gain that six digits do not show is no line.
        if _best(self.figures).split(" by ")[0] != self._last_best:
            self._last_best = _best(self.figures).split(" by ")[0]
            self._write(_best_line(self.figures))

    def _maybe_progress(self) -> None:
        figures = self.figures
        now = self._clock()
        tenth = figures.evaluations * 10 // figures.max_evals if figures.max_evals else 0
        if tenth > self._last_tenth or now - self._last_s >= _EVERY_S:
            self._last_tenth, self._last_s = tenth, now
            self._write(f"{counted(figures)}, best {_best(figures)}, {_spent(figures)}")


class LivePanel:
    """A panel that is redrawn at most four times a second by a thread of its own; events only change its figures."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.figures = Figures()
        self._clock = clock
        self._started_s = clock()
        self._message = ""

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draw until the block ends, then take the panel away: the card follows."""
        from rich.console import Console
        from rich.live import Live

        live = Live(
            get_renderable=self.draw,
            console=Console(stderr=True, highlight=False, markup=False, emoji=False),
            refresh_per_second=_FRAMES_PER_S,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        with live:
            yield

    def on_event(self, event: Event, state: RunState) -> None:
        """Note the figures; the thread draws them."""
        self.figures.take(event, state)

    def on_message(self, text: str) -> None:
        """Show the line until the next one."""
        self._message = clean(text)

    def draw(self) -> "Panel":
        """The panel of this moment."""
        from rich.panel import Panel
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True, min_width=12)
        grid.add_column(overflow="ellipsis", no_wrap=True)
        for label, value in panel_rows(self.figures, self._clock() - self._started_s):
            # Text, never markup: failures and names may be written by candidates.
            grid.add_row(Text(label), Text(clean(value, 600)))
        if self._message:
            grid.add_row(Text(""), Text(self._message, style="yellow"))
        title = Text(clean(f"{self.figures.problem or 'starting'} · {self.figures.run}"))
        return Panel(grid, title=title, title_align="left", border_style="cyan")


def panel_rows(figures: Figures, elapsed_s: float) -> list[tuple[str, str]]:
    """The rows of the panel as plain text."""
    done = figures.evaluations - figures.evaluations_at_start
    rate = f"{60 * done / elapsed_s:.0f} per minute" if elapsed_s > 1 and done else "–"
    seed = score_text(figures.seed, figures.objective.unit) if figures.seed and figures.objective else "–"
    doing = "verifying the winner on fresh inputs" if figures.certifying else "searching"
    state = figures.stopped or doing
    return [
        ("best so far", f"{_best(figures)} · not verified yet" if figures.best else "–"),
        ("seed", seed),
        ("frontier", f"{figures.frontier} candidates"),
        ("evaluations", f"{counted(figures)} · {rate} · {figures.failed} failed · {figures.rejected} not evaluated"),
        ("spend", _spent(figures)),
        ("in flight", f"{figures.proposals_in_flight} proposals, {figures.evaluations_in_flight} evaluations"),
        ("last failure", clean(figures.last_failure, 100) or "–"),
        ("sandbox", f"{figures.sandbox} (trust: {figures.trust})" if figures.sandbox else "–"),
        ("elapsed", f"{duration_text(elapsed_s)} · {clean(state, 100)}"),
    ]


def counted(figures: Figures) -> str:
    """``12/200 evaluations``."""
    limit = f"/{figures.max_evals}" if figures.max_evals else ""
    return f"{figures.evaluations}{limit} evaluations"


def _best(figures: Figures) -> str:
    if figures.best is None or figures.objective is None:
        return "none yet"
    return f"{figures.objective.name} {score_text(figures.best, figures.objective.unit)} by {figures.best_candidate}"


def _best_line(figures: Figures) -> str:
    seed = f", seed {score_text(figures.seed)}" if figures.seed else ""
    return f"new best {_best(figures)} at {counted(figures)}{seed}; not verified yet"


def _spent(figures: Figures) -> str:
    if not figures.tokens and not figures.max_usd and not figures.cost_usd:
        return "no model calls"
    limit = f" of ${figures.max_usd:g}" if figures.max_usd else ""
    return f"{money_text(figures.cost_usd)}{limit}, {figures.tokens} tokens"
