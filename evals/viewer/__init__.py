"""A page to look at every episode of an evaluation: filter, step through, two agents side by side.

One HTML file that needs no server and no network. The browser reads the list of episodes at once. The texts
are compressed (gzip) in chunks, each of which is unpacked when one of its episodes is opened, so a page of
thousands of episodes opens quickly.
"""

import base64
import gzip
import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from onelayer.agents.episodes import Episode, as_record
from onelayer.evals.result_rows import Results
from onelayer.json_files import finite

_CHUNK_CHARACTERS = 400_000
"""characters of JSON in one chunk, which a browser unpacks in some milliseconds"""


def page(by_agent: Mapping[str, Results]) -> str:
    """Return the whole HTML page of the results of a suite's agents."""
    suite = next(iter(by_agent.values())).suite
    title = f"{suite.name}: {', '.join(by_agent)}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_asset("page.css")}</style>
</head>
<body>
{viewer(by_agent)}
</body>
</html>
"""


def viewer(by_agent: Mapping[str, Results]) -> str:
    """Return the page's body: the data, then the script that shows them."""
    suite = next(iter(by_agent.values())).suite
    listed, packed = _packed(by_agent)
    index = {
        "suite": suite.name,
        "description": suite.description or suite.env,
        "version": suite.version,
        "agents": list(by_agent),
        "settings": {name: dict(results.settings) for name, results in by_agent.items()},
        "rows": {name: _rows(results) for name, results in by_agent.items()},
        "episodes": listed,
    }
    chunks = "".join(
        f'<script type="text/plain" class="chunk" id="chunk-{number}">{text}</script>\n'
        for number, text in enumerate(packed)
    )
    return (
        f'<script type="application/json" id="index">{_json(index)}</script>\n{chunks}'
        f"{_asset('body.html')}<script>{_asset('page.js')}</script>"
    )


def _packed(by_agent: Mapping[str, Results]) -> tuple[list[list[Any]], list[str]]:
    """Return an entry for each episode, with its chunk and its place there, and the chunks.

    Episodes are ordered by task, then agent, so that episodes to compare are in the same chunk.
    """
    episodes = [
        (agent, episode)
        for agent, results in enumerate(by_agent.values())
        for episode in results.episodes
    ]
    order = {(e.part, e.task): i for i, (_, e) in reversed(list(enumerate(episodes)))}
    episodes.sort(key=lambda pair: (order[pair[1].part, pair[1].task], pair[1].attempt, pair[0]))
    listed: list[list[Any]] = []
    chunks: list[list[str]] = [[]]
    size = 0
    for agent, episode in episodes:
        text = _json(as_record(episode)["steps"])
        if size > _CHUNK_CHARACTERS:
            chunks.append([])
            size = 0
        listed.append(_entry(agent, episode, len(chunks) - 1, len(chunks[-1])))
        chunks[-1].append(text)
        size += len(text)
    return listed, [_pack(f"[{','.join(texts)}]") for texts in chunks]


def _entry(agent: int, episode: Episode, chunk: int, place: int) -> list[Any]:
    """Return the values of an episode in the list; ``FIELDS`` in the script names their positions."""
    total = episode.total_reward
    return [
        agent,
        episode.part,
        episode.task,
        episode.attempt,
        f"{episode.part}: {episode.kind}" if episode.part else episode.kind,
        int(episode.success),
        episode.error or "",
        round(total, 4) if math.isfinite(total) else None,
        len(episode.steps),
        int(episode.truncated),
        chunk,
        place,
    ]


def _rows(results: Results) -> list[list[Any]]:
    """Return kind, counted episodes, errors and success with its interval, for the table on top."""
    rows = []
    for row in results.rows:
        found: Sequence[float] = row.metrics.get("success") or (math.nan, math.nan, math.nan)
        figures = [round(value, 4) if math.isfinite(value) else None for value in found]
        rows.append([row.kind, row.counted, row.errors, *figures])
    return rows


def _pack(text: str) -> str:
    packed = gzip.compress(text.encode("utf-8", "surrogatepass"), 6, mtime=0)
    return base64.b64encode(packed).decode("ascii")


def _json(value: Any) -> str:
    """Return JSON that is safe inside a script element."""
    text = json.dumps(finite(value), separators=(",", ":"), allow_nan=False, default=str)
    return text.replace("<", "\\u003c")


def _asset(name: str) -> str:
    return files("onelayer.evals.viewer").joinpath(name).read_text(encoding="utf-8")
