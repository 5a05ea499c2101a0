"""The page of episodes: its data, and in a real browser what it shows of them."""

import base64
import gzip
import html
import json
import math
import re
import shutil
import subprocess

import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.evals.results import Results
from onelayer.evals.suite import Suite
from onelayer.evals.viewer import page

SUITE = Suite("s", "any/Env-v0", metrics=("success",))
EVIL = "</script><script>document.title='broken'</script><b>bold</b> \u2028 \ud800"


def episode(task, success, kind="heat", error=None, text="see", steps=2, **step):
    made = tuple(Step(f"{text} {i}", "go", 0.5, anchor=None, **step) for i in range(steps))
    return Episode(task, made, success, error=error, kind=kind)


def results(*episodes):
    return Results(SUITE, episodes, {"model": "m"})


def data_of(text):
    """Return the index and every chunk of a page, unpacked as a browser does."""
    scripts = re.findall(r'<script type="[^"]*"[^>]* id="([^"]+)">(.*?)</script>', text, re.DOTALL)
    found = dict(scripts)
    index = json.loads(found.pop("index"))
    chunks = {
        name: json.loads(gzip.decompress(base64.b64decode(packed)).decode("utf-8", "surrogatepass"))
        for name, packed in found.items()
    }
    return index, chunks


def test_every_episode_is_in_the_page_with_its_steps():
    one = results(*(episode(f"t{i}", i % 2 == 0, steps=i) for i in range(5)))
    other = results(*(episode(f"t{i}", False) for i in range(5)))
    index, chunks = data_of(page({"trained": one, "base": other}))
    assert index["agents"] == ["trained", "base"]
    assert len(index["episodes"]) == 10
    for agent, _, task, _, _, success, _, _, steps, _, chunk, place in index["episodes"]:
        saved = {e.task: e for e in (one, other)[agent].episodes}[task]
        assert (bool(success), steps) == (saved.success, len(saved.steps))
        assert len(chunks[f"chunk-{chunk}"][place]) == steps


def test_the_same_task_of_two_agents_stands_together():
    index, _ = data_of(
        page({n: results(*(episode(f"t{i}", True) for i in range(3))) for n in ("a", "b")})
    )
    assert [(e[2], e[0]) for e in index["episodes"]] == [
        (f"t{i}", agent) for i in range(3) for agent in (0, 1)
    ]


def test_text_cannot_break_out_of_the_data():
    text = page({EVIL: results(episode(EVIL, True, kind=EVIL, text=EVIL, reply=EVIL))})
    assert "document.title='broken'</script>" not in text.replace(html.escape(EVIL), "")
    index, chunks = data_of(text)
    assert index["episodes"][0][2] == EVIL
    assert chunks["chunk-0"][0][0]["reply"] == EVIL


def test_numbers_that_json_has_not_are_none():
    nan = Episode("t", (Step("o", "a", math.nan, anchor=None),), False)
    index, chunks = data_of(page({"a": results(nan)}))
    assert index["episodes"][0][7] is None
    assert chunks["chunk-0"][0][0]["reward"] is None


def test_much_text_is_in_several_chunks():
    many = results(*(episode(f"t{i}", True, text="x" * 50_000) for i in range(20)))
    index, chunks = data_of(page({"a": many}))
    assert len(chunks) > 2
    assert {e[10] for e in index["episodes"]} == set(range(len(chunks)))


BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.mark.skipif(BROWSER is None, reason="no chromium to open the page in")
@pytest.mark.slow
def test_in_a_browser_the_page_filters_steps_and_compares(tmp_path):
    trained = results(
        *(episode(f"solved-{i}", True, kind="cool") for i in range(700)),
        *(episode(f"lost-{i}", False, text=EVIL[:-1]) for i in range(400)),
        *(episode(f"broken-{i}", False, error="OSError: disk") for i in range(100)),
    )
    base = results(*(episode(e.task, False, kind=e.kind) for e in trained.episodes))
    told = tmp_path / "told.html"
    script = """<script>setTimeout(async () => {
      const set = (id, value) => { const e = document.getElementById(id); e.value = value; e.onchange(); };
      const count = () => document.getElementById('count').textContent;
      const wait = () => new Promise(r => setTimeout(r, 200));
      const press = (key) => document.onkeydown({key, target: document.body, preventDefault() {}});
      const out = {opened: performance.now(), rows: document.querySelectorAll('.row').length};
      out.all = count();
      set('outcome', 'error'); out.errors = count();
      set('outcome', ''); set('kind', 'cool'); out.cool = count(); set('kind', '');
      const differ = document.getElementById('differ');
      differ.click(); out.differ = count(); differ.click();
      set('outcome', 'lost'); press('j'); await wait();
      out.columns = document.querySelectorAll('.column').length;
      out.text = document.querySelector('.observation').textContent;
      press('n'); out.now = document.querySelector('.tools span').textContent;
      out.title = document.title;
      document.body.dataset.told = JSON.stringify(out);
    }, 400);</script>"""
    told.write_text(page({"trained": trained, "base": base}).replace("</body>", script + "</body>"))
    done = subprocess.run(
        [
            *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=6000"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", told.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    out = json.loads(html.unescape(re.search(r'data-told="([^"]*)"', done.stdout)[1]))
    assert out["all"] == "1200 of 2400 episodes, 700 solved, 100 with an error"
    assert out["errors"].startswith("100 of 2400")
    assert out["cool"].startswith("700 of 2400")
    assert out["differ"].startswith("800 of 2400")
    assert out["rows"] < 60  # only what is in sight is drawn
    assert (out["columns"], out["now"]) == (2, "step 2 of 2")
    assert out["text"].startswith(EVIL[:20])
    assert out["title"].startswith("s: trained")
