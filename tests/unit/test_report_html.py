"""The page: complete in itself, harmless whatever candidates write, and clear for runs of every state."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evolve.errors import RunError, StoreUnavailable, UsageError
from evolve.events import RunStarted
from evolve.report import write_report
from evolve.report._headline import launch_command
from evolve.report._payload import as_script_data
from evolve.report.figures import read_record
from evolve.report.html import render
from evolve.store import RunStore
from evolve.testing._example_run import ExampleRun, example_events

HOSTILE = (
    '</script><script>window.owned=1</script><img src=x onerror=window.owned=1><a href="javascript:window.owned=1">'
    "'\"{{7*7}}{% raw %}<!--<script>\x1b[31m\u202eevil\u2066\u2028\u2029\ud800\x00]]>&lt;"
)


def page_of(run: ExampleRun, **other) -> str:
    return render(read_record(run.events, Path("runs/example")), run.read_blob, **other)


def data_of(page: str):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL).group(1))


@pytest.fixture(scope="module")
def page():
    return page_of(example_events(120))


def test_the_page_names_no_address_on_any_network(page):
    assert re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", page.replace("http://www.w3.org/2000/svg", "")) == []
    assert not re.search(r"<(?:link|script|img|iframe)[^>]+(?:src|href)=\"(?!data:,)", page)
    assert "@import" not in page
    assert "url(" not in page


def test_the_content_policy_allows_exactly_the_script_and_style_of_the_page(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1).replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for name, tag in (("script-src", "script"), ("style-src", "style")):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}';" in policy
    assert not re.search(r"<[^>]+\s(?:style|on[a-z]+)=", page.split("<script>")[0]), (
        "inline handlers and styles would be refused"
    )


def test_the_answer_is_at_the_top(page):
    answer = page.split('<section id="answer"')[1].split("</section>")[0]
    assert re.search(r"<h1>peak_memory [\d.]+ % lower than the seed</h1>", answer)
    assert "95 % interval" in answer
    assert "isolated-ns" in answer
    assert "certified" in answer
    assert "evolve launch tensor_memory" in answer
    assert "runs/example/best" in answer


def test_hostile_texts_are_inert_and_the_data_still_says_what_they_said():
    page = page_of(example_events(60, hostile=HOSTILE))
    assert page.count("<script") == 2, "ours and the data"
    assert page.count("</script>") == 2
    assert "<img" not in page
    assert not re.search(r"href=\"?javascript", page)
    assert "49{%" not in page
    for bad in "\x1b\u202e\u2066\u2028\x00":
        assert bad not in page
    page.encode()
    assert any("</script><script>window.owned=1" in text for text in data_of(page)["columns"]["strings"])


def test_script_data_has_nothing_that_html_could_read():
    text = as_script_data({"a": "</script><!-- & \u2028\u2029\ud800", "b": [1.5, None]})
    assert not set(text) & set("<>&\u2028\u2029")
    assert text.isascii()
    assert json.loads(text) == {"a": "</script><!-- & \u2028\u2029\ud800", "b": [1.5, None]}


def test_a_line_of_a_million_characters_does_not_fill_the_page():
    assert len(page_of(example_events(40, hostile="A" * 1_000_000))) < 4_000_000


@pytest.mark.parametrize(
    ("ending", "title"),
    [
        ("running", "Best peak_memory so far"), ("interrupted", "Best peak_memory so far"),
        ("failed", "Best peak_memory so far"), ("nothing", "Nothing beat the seed"),
    ],
)  # fmt: skip
def test_a_run_of_every_state_has_a_clear_title(ending, title):
    page = page_of(example_events(60, ending=ending))
    assert title in re.search(r"<h1>(.*?)</h1>", page).group(1)
    assert "not certified" in page
    if ending in {"running", "interrupted", "failed"}:
        assert "evolve resume" in page


def test_an_empty_run_and_one_that_has_only_begun_have_text_instead_of_charts():
    run = example_events(0, ending="running")
    for events in ([], run.events[:1], run.events[:3]):
        page = render(read_record(events, Path("run")), run.read_blob)
        assert 'id="chart-progress"' not in page
        assert re.search(r"<h1>(This run has recorded no candidate yet|No candidate has a score yet)\.</h1>", page)
    assert "Only the seed has a score so far" in page_of(run)


def test_a_run_of_a_problem_with_one_objective_says_why_there_is_no_trade_off():
    assert "nothing to trade it for" in page_of(example_events(20, objectives=1))


def test_the_report_is_written_whole_into_the_runs_folder(tmp_path):
    folder = example_events(30).write_to(tmp_path / "run")
    out = write_report(folder)
    assert out == folder / "report.html"
    assert out.read_text(encoding="utf-8").endswith("</html>")
    assert [p.name for p in folder.glob(".report*")] == []
    before = out.read_text(encoding="utf-8")
    assert write_report(folder, tmp_path / "deep" / "other.html").read_text(encoding="utf-8") == before


def test_a_run_that_is_being_written_can_be_reported(tmp_path):
    run = example_events(20, ending="running")
    with RunStore.create(tmp_path / "run") as store:
        for data in run.blobs.values():
            store.put_blob(data)
        for _, event in run.events:
            store.append(event)
        assert "Best peak_memory so far" in write_report(tmp_path / "run").read_text(encoding="utf-8")


def test_a_folder_without_a_run_and_a_place_that_cannot_be_written_are_errors(tmp_path):
    with pytest.raises(RunError):
        write_report(tmp_path)
    folder = example_events(5).write_to(tmp_path / "run")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="expected to write the report"):
        write_report(folder, tmp_path / "file" / "report.html")


def test_a_baseline_is_drawn_beside_the_run_and_must_be_of_the_same_problem(tmp_path):
    folder = example_events(40).write_to(tmp_path / "run")
    other = example_events(40, policy="best-of-n", seed=9).write_to(tmp_path / "baseline")
    page = write_report(folder, baseline=other).read_text(encoding="utf-8")
    assert data_of(page)["baseline"]["name"] == "best-of-n"
    assert "best-of-n (baseline)" in page
    with RunStore.create(tmp_path / "foreign") as store:
        store.append(RunStarted("r", "another", "h", {}, 0, "process", "unsafe"))
    with pytest.raises(UsageError, match="a run of another"):
        write_report(folder, baseline=tmp_path / "foreign")


def test_all_candidates_are_in_the_data_and_only_the_interesting_ones_carry_texts():
    run = example_events(1200)
    record = read_record(run.events, Path("run"))
    data = data_of(render(record, run.read_blob))
    assert len(data["columns"]["id"]) == len(record.state.candidates)
    assert all(
        len(column) == len(record.state.candidates)
        for key, column in data["columns"].items()
        if key not in {"scores", "strings"}
    )
    assert set(data["lineage"]) | set(record.state.frontier) <= set(data["details"])
    assert len(data["details"]) <= 500 < len(record.state.candidates)
    assert all(detail["program"] in data["programs"] for detail in data["details"].values())


def test_the_command_to_run_again_leaves_defaults_out_and_quotes():
    assert launch_command({"problem": "p", "max_evals": 200}) == "evolve launch p"
    config = {
        "problem": "my problem", "proposer": "llm", "models": ["a/b", "c d"], "max_time_s": 600.0, "seed": 3,
        "proposer_options": {"temperature": 0.7}, "certify": 9, "runs_dir": "/somewhere",
    }  # fmt: skip
    assert launch_command(config) == (
        "evolve launch 'my problem' --proposer llm --seed 3 --max-time 600s --model a/b --model 'c d' "
        "-c proposer.temperature=0.7 -c certify=9"
    )


def test_importing_the_report_room_loads_no_template_engine():
    code = "import sys, evolve.report; print(sorted({'jinja2', 'markupsafe', 'numpy', 'pygments'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
