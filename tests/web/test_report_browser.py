"""The page in a real browser, from a file and without a network."""

import shutil
from pathlib import Path

import pytest

from evolve.report import write_report
from evolve.testing._example_run import example_events

pytestmark = pytest.mark.browser

OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--window-size=1280,1000",
)  # fmt: skip

HOSTILE = (
    "</script><script>window.owned=1</script><img src=x onerror='window.owned=1'><svg onload=window.owned=1>"
    '"\'><a href="javascript:window.owned=1">x</a><style>*{display:none}</style><!--\x1b[31m\u202eevil\u2066\u2028\ud800'
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = next(
        path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))
    )
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def report(folder) -> str:
    run = example_events(300).write_to(folder / "run")
    baseline = example_events(150, policy="best-of-n", seed=5).write_to(folder / "baseline")
    return write_report(run, baseline=baseline).as_uri()


@pytest.fixture
def page(browser, report):
    """The report, freshly opened, in light colours and at desk width; it must not have complained about anything."""
    emulate(browser)
    browser.get(report)
    yield browser
    assert [entry["message"] for entry in browser.get_log("browser")] == []


def emulate(browser, *, scheme="light", width=1280, height=1000):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def js(page, code, *arguments):
    return page.execute_script(f"return {code}", *arguments)


def column(page, number) -> list[str]:
    cells = page.find_elements("css selector", f"#candidates-table tbody td:nth-child({number})")
    return [cell.text for cell in cells]


def click(page, selector):
    page.execute_script("arguments[0].click()", page.find_element("css selector", selector))


def test_the_page_opens_from_a_file_and_asks_for_nothing_else(page):
    assert js(page, "document.documentElement.className") == "ready"
    assert js(page, "performance.getEntriesByType('resource').length") == 0


def test_the_charts_are_drawn_with_every_scored_candidate(page):
    scored = js(page, "COLUMNS.id.filter((_, i) => value(0, i) !== null).length")
    for chart in ("chart-progress", "chart-pareto"):
        dots = js(page, f"[...document.querySelectorAll('#{chart} .dots')].map((d) => d.getAttribute('d')).join('')")
        assert dots.count("M") == scored > 100
        assert "NaN" not in js(page, f"document.getElementById('{chart}').innerHTML")
    assert len(page.find_elements("css selector", "#chart-progress .line.best")) == 1
    assert len(page.find_elements("css selector", "#chart-progress .line.baseline")) == 1
    assert len(page.find_elements("css selector", "#chart-pareto .line.stairs")) == 1
    texts = [e.text for e in page.find_elements("css selector", "#chart-progress .tag")]
    assert any(text.startswith("winner c") for text in texts)
    assert any(text.startswith("seed") for text in texts)


def test_the_switches_of_the_progress_chart_change_what_is_drawn(page):
    seen = {js(page, "document.querySelector('#chart-progress .line.best').getAttribute('d')")}
    buttons = page.find_elements("css selector", "#chart-progress-tools .segments button")
    assert [b.text for b in buttons] == ["Evaluations", "Time", "Dollars", "Tokens", "Focus", "Everything"]
    for button in [*buttons[1:4], buttons[5]]:
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        seen.add(js(page, "document.querySelector('#chart-progress .line.best').getAttribute('d')"))
    assert len(seen) == 5
    page.execute_script(
        "const s = document.querySelector('#chart-progress-tools select'); s.value = '1'; s.dispatchEvent(new Event('change'))"
    )
    assert "plan_time" in js(page, "document.querySelector('#chart-progress svg').textContent")


def test_scores_that_differ_by_orders_of_magnitude_get_a_logarithmic_axis(page):
    assert js(page, "span([0.8, 3, 50, 4e4], [0.8], true, 'minimize').log") is True
    assert js(page, "span([-0.8, 3, 50, 4e4], [], true, 'minimize').log") is False
    assert js(page, "span([80, 90, 99], [], true, 'maximize').log") is False
    assert js(page, "logTicks(0.5, 2e6)") == [0.1, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
    assert js(page, "ticks(0, 97, 5)") == [0, 20, 40, 60, 80]
    focus = js(page, "span([1, 1.1, 1.2, 9, 50], [1, 1.1], false, 'minimize')")
    assert focus["low"] < 1
    assert focus["high"] < 60


def test_the_table_sorts_filters_and_turns_pages(page):
    assert column(page, 4) == sorted(column(page, 4), key=lambda t: float(t.replace(",", "")))
    click(page, "#candidates-table th:nth-child(4) button")
    assert column(page, 4) == sorted(column(page, 4), key=lambda t: -float(t.replace(",", "")))
    assert (
        page.find_element("css selector", "#candidates-table th:nth-child(4)").get_attribute("aria-sort")
        == "descending"
    )
    click(page, "#candidates-table th:nth-child(2) button")
    assert column(page, 2)[:3] == ["0", "1", "2"]
    click(page, "#candidates-table .pager button:last-child")
    assert column(page, 2)[0] == "25"
    page.find_element("css selector", "#candidates-table input").send_keys("overlap")
    assert set(column(page, 3)) == {"invalid"}
    assert len(column(page, 3)) == js(page, "COLUMNS.id.filter((_, i) => status(i) === 'invalid').length")


def test_a_click_on_a_point_opens_its_candidate_with_diffs(page):
    from selenium.webdriver import ActionChains

    page.execute_script("document.getElementById('progress').scrollIntoView()")
    flag = page.find_element("css selector", "#chart-progress .flag.winner")
    ActionChains(page).move_to_element(flag).pause(0.1).perform()
    winner = js(page, "DATA.winner")
    assert winner in page.find_element("css selector", "#chart-progress .tip").text
    ActionChains(page).move_to_element(flag).click().perform()
    dialog = page.find_element("id", "detail")
    assert dialog.is_displayed()
    assert dialog.find_element("tag name", "h2").text == winner
    assert "certified winner" in dialog.text
    assert "on fresh inputs" in dialog.text
    assert dialog.find_elements("css selector", ".diff .add")
    dialog.find_element("xpath", ".//button[text()='Program']").click()
    assert "def solve(buffers):" in dialog.find_element("css selector", "pre.program").text
    parent = dialog.find_element("css selector", ".body button.link")
    name = parent.text
    parent.click()
    assert dialog.find_element("tag name", "h2").text == name
    dialog.find_element("css selector", ".close").click()
    assert not dialog.is_displayed()


def test_the_chart_works_with_the_keyboard_alone(page):
    from selenium.webdriver.common.keys import Keys

    chart = page.find_element("id", "chart-progress")
    page.execute_script("arguments[0].focus()", chart)
    chart.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    second = page.find_element("css selector", "#chart-progress .tip strong").text
    chart.send_keys(Keys.ENTER)
    assert page.find_element("css selector", "#detail h2").text == second
    page.find_element("id", "detail").send_keys(Keys.ESCAPE)
    assert js(page, "document.activeElement.id") == "chart-progress", "focus goes back to where it came from"


def test_every_candidate_can_be_opened(page):
    opened = js(
        page,
        "COLUMNS.id.map((id, i) => { openDetail(i); return dialog.querySelector('h2').textContent === id"
        " && dialog.querySelector('.body').children.length > 0; }).every(Boolean)",
    )
    assert opened


def brightness(page) -> int:
    color = js(page, "getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))


def test_dark_mode_follows_the_system_and_the_button(page):
    assert brightness(page) > 600
    emulate(page, scheme="dark")
    assert brightness(page) < 150
    click(page, "#theme")
    assert brightness(page) > 600
    click(page, "#theme")
    assert brightness(page) < 150


def test_the_page_fits_a_phone(page):
    for width in (360, 412):
        emulate(page, width=width, height=800)
        page.get(page.current_url)
        assert js(page, "document.documentElement.scrollWidth") <= width


def test_the_page_prints(page):
    import base64

    pdf = base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 20_000


def test_hostile_texts_do_nothing_in_the_browser(browser, folder):
    run = example_events(80, hostile=HOSTILE).write_to(folder / "hostile")
    emulate(browser)
    browser.get(write_report(run).as_uri())
    browser.execute_script(
        "COLUMNS.id.forEach((_, i) => { openDetail(i); dialog.querySelectorAll('[role=tab]').forEach((t) => t.click()); })"
    )
    assert js(browser, "typeof window.owned") == "undefined"
    assert js(browser, "document.querySelectorAll('img, iframe, object, script').length") == 2
    assert js(browser, "document.querySelectorAll('body style, a[href^=javascript]').length") == 0
    assert (
        js(
            browser,
            "[...document.querySelectorAll('*')].filter((n) => [...n.attributes].some((a) => a.name.startsWith('on'))).length",
        )
        == 0
    )
    assert "<img src=x onerror" in browser.find_element("id", "detail").text, "shown as text"
    assert [entry["message"] for entry in browser.get_log("browser")] == []


@pytest.mark.parametrize("ending", ["running", "nothing", "failed"])
def test_runs_without_a_winner_open_without_a_complaint(browser, folder, ending):
    for proposals in (0, 25):
        run = example_events(proposals, ending=ending, objectives=1).write_to(folder / f"{ending}-{proposals}")
        browser.get(write_report(run).as_uri())
        assert js(browser, "document.documentElement.className") == "ready"
        assert [entry["message"] for entry in browser.get_log("browser")] == []
