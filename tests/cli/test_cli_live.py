"""The live view and the card: right figures at a constant cost, and nothing untrusted reaches the terminal raw."""

import io
from pathlib import Path

import pytest
from conftest import NASTY, evaluation

from evolve.cli._card import card, launch_command
from evolve.cli._live import LivePanel, PlainProgress, panel_rows, progress
from evolve.cli._progress import Figures
from evolve.cli._runs import read_run
from evolve.cli._text import clean, duration_text, gain_text, score_text, sparkline, table_text
from evolve.codec import to_json
from evolve.config import RunConfig
from evolve.config_layers import Layers, resolve
from evolve.events import EvaluationFinished, EvaluationStarted, RunResumed
from evolve.state import RunState
from evolve.store import RunStore
from evolve.types import CandidateId, EvaluationId, Objective, Purpose, Score, Split


class Watch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def replay(folder: Path, listener) -> RunState:
    """Feed a listener with a run as the engine would."""
    state = RunState()
    with RunStore.open(folder, read_only=True) as store:
        for stored in store.events():
            state.apply(stored.event, stored.time)
            listener.on_event(stored.event, state)
    return state


def test_plain_lines_tell_start_bests_and_stop(finished_run: Path) -> None:
    lines: list[str] = []
    replay(finished_run, PlainProgress(lines.append, Watch()))
    assert lines == [
        "run toy-20260101-000000-aaaa started: toy, sandbox process (unsafe)",
        (
            "new best score 1.5 points [1.5, 1.52] (n = 3) by c0001 at 1/10 evaluations, seed 1 [1, 1.02] (n = 3); "
            "not verified yet"
        ),
        "2/10 evaluations, best score 1.5 points [1.5, 1.52] (n = 3) by c0001, no model calls",
        (
            "new best score 2 points [2, 2.02] (n = 3) by c0003 at 3/10 evaluations, seed 1 [1, 1.02] (n = 3); "
            "not verified yet"
        ),
        "3/10 evaluations, best score 2 points [2, 2.02] (n = 3) by c0003, no model calls",
        "finished: --max-evals 10 reached after 3/10 evaluations",
    ]


def test_plain_lines_come_every_tenth_or_half_minute(write_run) -> None:
    writer = write_run()
    writer.candidate(0, 1.0)
    writer.store.close()
    lines: list[str] = []
    watch = Watch()
    plain = PlainProgress(lines.append, watch)
    state = replay(writer.folder, plain)
    state.config["max_evals"] = plain.figures.max_evals = 1000
    lines.clear()
    event = EvaluationFinished(1, evaluation("c0000", None))
    for step, expected in ((29.0, 0), (1.0, 1), (29.0, 1), (2.0, 2)):
        watch.now += step
        state.apply(event, 0.0)
        plain.on_event(event, state)
        assert len(lines) == expected


def test_messages_are_cleaned() -> None:
    lines: list[str] = []
    PlainProgress(lines.append).on_message(NASTY)
    assert lines == ["red [bold]loud[/bold] evil second line"]


def test_figures_count_what_is_in_flight_and_failures(finished_run: Path) -> None:
    panel = LivePanel(Watch())
    state = replay(finished_run, panel)
    figures = panel.figures
    assert (figures.evaluations, figures.failed, figures.proposals_in_flight, figures.evaluations_in_flight) == (
        3,
        1,
        0,
        0,
    )
    started = EvaluationStarted(4, EvaluationId("c9.search.1"), CandidateId("c9"), Split.TRAIN, 0, Purpose.SEARCH)
    panel.on_event(started, state)
    assert figures.evaluations_in_flight == 1


def test_a_resumed_run_starts_with_the_figures_of_its_record(finished_run: Path) -> None:
    state = replay(finished_run, PlainProgress(lambda _: None))
    figures = Figures()
    event = RunResumed({"max_evals": 20})
    state.apply(event, 0.0)
    figures.take(event, state)
    assert (figures.best.value, figures.seed.value) == (2.0, 1.0)
    assert (figures.evaluations_at_start, figures.max_evals, figures.failed) == (3, 20, 1)


def test_the_panel_draws_untrusted_text_as_text(finished_run: Path) -> None:
    from rich.console import Console

    panel = LivePanel(Watch())
    replay(finished_run, panel)
    panel.on_message(NASTY)
    out = io.StringIO()
    Console(file=out, width=120, force_terminal=False).print(panel.draw())
    drawn = out.getvalue()
    assert "crashed: red [bold]loud[/bold] evil second line" in drawn
    assert not any(character in drawn for character in "\x1b\x07\u202e")
    for label in ("best so far", "seed", "frontier", "evaluations", "spend", "in flight", "last failure", "sandbox"):
        assert label in drawn
    assert "process (trust: unsafe)" in drawn


def test_a_panel_before_the_first_event_can_be_drawn() -> None:
    rows = dict(panel_rows(Figures(), 0.0))
    assert rows["best so far"] == "–"


def test_the_panel_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with progress(io.StringIO()) as listener:
        assert isinstance(listener, PlainProgress)
    monkeypatch.setenv("TERM", "dumb")
    with progress(Terminal()) as listener:
        assert isinstance(listener, PlainProgress)
    monkeypatch.setenv("TERM", "xterm")
    with progress(Terminal()) as listener:
        assert isinstance(listener, LivePanel)
    assert capsys.readouterr().out == ""


def test_no_color_draws_without_colours(monkeypatch: pytest.MonkeyPatch, finished_run: Path) -> None:
    from rich.console import Console

    monkeypatch.setenv("NO_COLOR", "1")
    panel = LivePanel(Watch())
    replay(finished_run, panel)
    out = io.StringIO()
    Console(file=out, width=100, force_terminal=True).print(panel.draw())
    assert "\x1b[3" not in out.getvalue()


def test_the_card_of_a_finished_run(finished_run: Path) -> None:
    run = read_run(finished_run)
    rows = dict(line.strip().split("  ", 1) for line in card(run.summary, run.objectives, run.config).splitlines())
    rows = {label: text.strip() for label, text in rows.items()}
    gain = run.summary.gain["score"]
    assert rows["best"] == "c0003: score 2 points [2, 2.02] (n = 3)"
    assert rows["verified"] == "yes, on fresh inputs"
    assert rows["gain score"] == (
        f"{gain.value:.4g} × the seed, 95 % interval [{gain.low:.4g}, {gain.high:.4g}], n = 3, higher is better; "
        "same fresh inputs for both"
    )
    assert rows["winner"] == str(finished_run / "best")


def test_the_reproducing_command_line_gives_the_same_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    config = RunConfig(
        problem="a folder/it's",
        proposer="llm",
        models=("openai/a", "openai/b c"),
        base_url="http://127.0.0.1:1/v1",
        price_in=0.25,
        price_out=1234567.5,
        max_output_tokens=99,
        max_evals=7,
        max_usd=0.5,
        max_time_s=90.5,
        seed=3,
        order="arrival",
        certify=2,
        model_retries=1,
        proposer_options={"style": 'say "hi" $HOME', "n": 2, "on": True, "tags": ["x", "y"]},
        policy_options={"explore": 0.3},
    )
    import shlex

    words = shlex.split(launch_command(to_json(config)))
    assert words[:2] == ["evolve", "launch"]
    seen: list[RunConfig] = []

    class Stop(Exception):
        pass

    def capture(problem, flags, *, config_file, assignments):
        seen.append(resolve(Layers({}, flags=flags, assignments=assignments)).config)
        raise Stop

    monkeypatch.setattr("evolve.cli.launch.configure", capture)
    monkeypatch.setattr("evolve.problems.load_problem", lambda reference: None)
    from evolve.cli.app import app

    with pytest.raises(Stop):
        app(args=words[1:], standalone_mode=False)
    assert seen == [config]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        (NASTY, "red [bold]loud[/bold] evil second line"),
        ("a\x00b\x9bc\ud800d\u2028e", "abcde"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("x" * 200, "x" * 159 + "…"),
        ("  many\t\n spaces  ", "many spaces"),
    ],
)
def test_clean_leaves_only_what_a_terminal_may_see(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_clean_may_keep_lines() -> None:
    assert clean("a\r\n\tb\x1b[1mc", one_line=False) == "a\n\tbc"


def test_a_score_and_a_gain_are_never_without_their_n() -> None:
    assert score_text(Score(1.0, 1.0, 1.0, 1), "s") == "1 s (n = 1)"
    assert score_text(Score(1.0, 0.5, 1.5, 4)) == "1 [0.5, 1.5] (n = 4)"
    assert "one deterministic instance (n = 1, no interval)" in gain_text(Score(1.2, 1.2, 1.2, 1))
    assert gain_text(Score(1.2, 1.1, 1.3, 5), Objective("x")) == (
        "1.2 × the seed, 95 % interval [1.1, 1.3], n = 5, higher is better"
    )


def test_small_texts() -> None:
    assert sparkline([]) == ""
    assert sparkline([1, 1, 1]) == "▁▁▁"
    assert sparkline(list(range(100)), 4) == "▁▃▆█"
    assert [duration_text(s) for s in (4.9, 65, 3720)] == ["4s", "1m05s", "1h02m"]
    assert table_text(("a", "b"), [("long", "x")]) == "a     b\nlong  x"
