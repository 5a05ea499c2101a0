"use strict";
// Shows the episodes that stand in this page. The index lists them all; the texts of an episode are unpacked
// from their chunk when it is opened. Text of models and environments is only ever set as text, never as HTML.
(() => {
  const FIELDS = ["agent", "part", "task", "attempt", "kind", "success", "error", "reward", "steps",
    "truncated", "chunk", "place"];
  const ROW = 44, LONGEST = 20000;
  const byId = (id) => document.getElementById(id);
  const index = JSON.parse(byId("index").textContent);
  const episodes = index.episodes.map((values, number) => {
    const episode = { number };
    FIELDS.forEach((name, place) => { episode[name] = values[place]; });
    episode.outcome = episode.error ? "error" : episode.success ? "solved" : "lost";
    return episode;
  });
  const sameTask = new Map();
  const keyOf = (episode) => `${episode.part}\u0000${episode.task}\u0000${episode.attempt}`;
  for (const episode of episodes) {
    const key = keyOf(episode);
    if (!sameTask.has(key)) sameTask.set(key, []);
    sameTask.get(key)[episode.agent] = episode;
  }

  const make = (tag, className = "", text = "") => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== "") element.textContent = text;
    return element;
  };

  // Chunks.
  const unpacked = new Map();
  const stepsOf = async (episode) => {
    if (!unpacked.has(episode.chunk)) unpacked.set(episode.chunk, unpack(episode.chunk));
    return (await unpacked.get(episode.chunk))[episode.place];
  };
  const unpack = async (chunk) => {
    const packed = Uint8Array.from(atob(byId(`chunk-${chunk}`).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };

  // The head of the page.
  byId("title").textContent = `${index.suite}, version ${index.version}`;
  byId("about").textContent = `${index.description}; ${episodes.length} episodes of ${index.agents.join(", ")}`;
  const percent = (value) => (value === null ? "none" : `${(100 * value).toFixed(1)} %`);
  const figures = () => {
    const table = make("table"), head = table.insertRow();
    for (const name of ["task type", "n", ...index.agents]) head.append(make("th", "", name));
    const kinds = [...new Set(index.agents.flatMap((name) => index.rows[name].map((row) => row[0])))];
    for (const kind of kinds) {
      const line = table.insertRow();
      line.append(make("td", "", kind));
      const found = index.agents.map((name) => index.rows[name].find((row) => row[0] === kind));
      line.append(make("td", "number", String(found.find(Boolean)[1])));
      for (const row of found) {
        const share = row ? `${percent(row[3])}` : "";
        const bounds = row && row[3] !== null ? ` [${(100 * row[4]).toFixed(1)}, ${(100 * row[5]).toFixed(1)}]` : "";
        const errors = row && row[2] ? `, ${row[2]} errors` : "";
        line.append(make("td", "number", share + bounds + errors));
      }
    }
    return table;
  };
  byId("rows").append(figures());

  // Filters and the list.
  const fill = (select, options) => {
    for (const [value, text] of options) {
      const option = make("option", "", text);
      option.value = value;
      select.append(option);
    }
  };
  const agents = index.agents.map((name, number) => [String(number), name]);
  fill(byId("agent"), [["", "all"], ...agents]);
  fill(byId("beside"), [["", "nobody"], ...agents]);
  fill(byId("kind"), [["", "all"], ...[...new Set(episodes.map((e) => e.kind))].sort().map((k) => [k, k || "(none)"])]);
  if (agents.length > 1) {
    const first = ["trained", "model"].map((name) => index.agents.indexOf(name)).find((n) => n >= 0) ?? 0;
    byId("agent").value = String(first);
    byId("beside").value = String(first === 0 ? 1 : 0);
  }
  let shown = [], chosen = null;
  const passes = (episode) => {
    const outcome = byId("outcome").value, search = byId("search").value.toLowerCase();
    if (byId("agent").value !== "" && episode.agent !== Number(byId("agent").value)) return false;
    if (byId("kind").value !== "" && episode.kind !== byId("kind").value) return false;
    if (outcome === "limit" ? !episode.truncated || episode.error : outcome && episode.outcome !== outcome) return false;
    if (search && !episode.task.toLowerCase().includes(search)) return false;
    if (byId("differ").checked) {
      const other = otherOf(episode);
      if (!other || other.outcome === episode.outcome) return false;
    }
    return true;
  };
  const otherOf = (episode) => {
    const beside = byId("beside").value;
    if (beside === "" || Number(beside) === episode.agent) return null;
    return sameTask.get(keyOf(episode))[Number(beside)] || null;
  };
  const filter = () => {
    shown = episodes.filter(passes);
    const solved = shown.filter((e) => e.outcome === "solved").length;
    const errors = shown.filter((e) => e.outcome === "error").length;
    byId("count").textContent = `${shown.length} of ${episodes.length} episodes, ${solved} solved` +
      (errors ? `, ${errors} with an error` : "");
    byId("space").style.height = `${shown.length * ROW}px`;
    byId("list").scrollTop = Math.max(0, shown.indexOf(chosen) * ROW - 3 * ROW);
    draw();
  };
  const draw = () => {
    const list = byId("list"), first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5);
    const last = Math.min(shown.length, first + Math.ceil(list.clientHeight / ROW) + 10);
    byId("shown").style.top = `${first * ROW}px`;
    byId("shown").replaceChildren(...shown.slice(first, last).map(row));
  };
  const factsOf = (episode) => [
    agents.length > 1 ? index.agents[episode.agent] : "", episode.kind,
    `${episode.steps} steps`, episode.reward === null ? "" : `return ${episode.reward}`,
    episode.attempt ? `attempt ${episode.attempt + 1}` : "",
  ].filter(Boolean).join(" · ");
  const row = (episode) => {
    const element = make("div", `row${episode === chosen ? " on" : ""}`);
    const name = make("div");
    // Ids often begin alike: their ends tell tasks apart.
    const task = episode.task.length > 44 ? `\u2026${episode.task.slice(-43)}` : episode.task;
    name.append(make("span", `mark ${episode.outcome}`), task);
    name.title = `${episode.task}: ${WORDS[episode.outcome]}`;
    element.append(name, make("div", "facts", factsOf(episode)));
    element.setAttribute("role", "option");
    element.onclick = () => open(episode);
    return element;
  };
  const WORDS = { solved: "solved", lost: "not solved", error: "error" };

  // An episode, and beside it another agent's on the same task.
  let columns = [], withTokens = true, opening = 0;
  const open = async (episode) => {
    chosen = episode;
    const place = shown.indexOf(episode), list = byId("list");
    if (place >= 0 && (place * ROW < list.scrollTop || (place + 1) * ROW > list.scrollTop + list.clientHeight)) {
      list.scrollTop = Math.max(0, place * ROW - list.clientHeight / 2);
    }
    draw();
    history.replaceState(null, "", `#${episode.number}`);
    const mine = ++opening, both = [episode, otherOf(episode)].filter(Boolean);
    let texts;
    try {
      texts = await Promise.all(both.map(stepsOf));
    } catch (error) {
      byId("episode").replaceChildren(make("p", "empty", `This browser cannot unpack the episode: ${error}`));
      return;
    }
    if (mine !== opening) return;
    columns = both.map((one, number) => column(one, texts[number]));
    byId("episode").replaceChildren(...columns.map((c) => c.element));
    columns.forEach((c) => c.go(0, false));
  };
  const column = (episode, steps) => {
    const element = make("div", "column"), head = make("div", "head"), body = make("div", "steps");
    const title = make("h2", "", episode.part ? `${episode.part} / ${episode.task}` : episode.task);
    const facts = make("p");
    facts.append(make("b", episode.outcome, WORDS[episode.outcome]), ` · ${factsOf(episode)}`);
    if (episode.truncated && !episode.error) facts.append(" · ended by the step limit");
    head.append(title, facts);
    if (episode.error) head.append(make("p", "error", episode.error));
    const tools = make("div", "tools"), where = make("span");
    const back = make("button", "", "previous step"), on = make("button", "", "next step");
    tools.append(back, on, where);
    if (steps.some((step) => step.tokens)) {
      const toggle = make("button", "", "tokens");
      toggle.onclick = flipTokens;
      tools.append(toggle);
    }
    head.append(tools);
    const parts = steps.map((step, number) => stepElement(step, number, steps.length));
    body.append(...parts);
    if (!steps.length) body.append(make("p", "empty", "No step was taken."));
    let now = 0;
    const go = (number, scroll = true) => {
      if (!parts.length) return;
      parts[now].classList.remove("now");
      now = Math.max(0, Math.min(parts.length - 1, number));
      parts[now].classList.add("now");
      where.textContent = `step ${now + 1} of ${parts.length}`;
      if (scroll) body.scrollTop = parts[now].offsetTop - body.offsetTop - 8;
    };
    parts.forEach((part, number) => { part.onclick = () => go(number, false); });
    back.onclick = () => go(now - 1);
    on.onclick = () => go(now + 1);
    element.append(head, body);
    return { element, go, move: (by) => go(now + by) };
  };
  const stepElement = (step, number, count) => {
    const element = make("div", "step");
    element.append(make("span", "number", `${number + 1}/${count}`), long("observation", step.observation));
    element.append(make("pre", "action", step.action || "(no action)"));
    const chips = make("div");
    if (step.valid === false) chips.append(make("span", "chip bad", "not understood"));
    if (step.cut) chips.append(make("span", "chip bad", "cut"));
    if (step.reward) chips.append(make("span", `chip ${step.reward > 0 ? "good" : "bad"}`, `reward ${step.reward}`));
    for (const [name, value] of Object.entries(step.reward_parts || {})) {
      chips.append(make("span", "chip", `${name} ${value}`));
    }
    if (step.answer !== undefined && step.answer !== step.action) {
      chips.append(make("span", "chip", `read as ${String(step.answer).slice(0, 60)}`));
    }
    if (step.reply_tokens) {
      const read = step.prompt_tokens ? `${step.prompt_tokens} tokens read, ` : "";
      chips.append(make("span", "chip", `${read}${step.reply_tokens} written`));
    }
    if (chips.childNodes.length) element.append(chips);
    if (step.tokens) element.append(tokens(step));
    else if (step.reply && step.reply.trim() !== step.action.trim()) {
      const reply = make("div", "reply");
      reply.append(long("", step.reply));
      element.append(reply);
    }
    return element;
  };
  const long = (className, text) => {
    const element = make("pre", className, text.slice(0, LONGEST));
    if (text.length > LONGEST) {
      const more = make("button", "more", `${text.length - LONGEST} characters more`);
      more.onclick = () => { element.textContent = text; };
      element.append(more);
    }
    return element;
  };
  const tokens = (step) => {
    // The paler, the surer: white is probability 1, and a token of 1 in 1000 is fully coloured.
    const box = make("div", "reply"), text = make("pre", "tokens");
    step.tokens.forEach((token, place) => {
      const span = make("span", "", token), logprob = (step.logprobs || [])[place];
      if (logprob !== undefined && withTokens) {
        const strength = Math.min(1, -logprob / Math.log(1000));
        span.style.background = `rgba(214, 120, 30, ${(0.75 * strength).toFixed(3)})`;
        span.title = `${JSON.stringify(token)}  probability ${Math.exp(logprob).toPrecision(3)}`;
      }
      text.append(span);
    });
    box.append(text);
    return box;
  };
  const flipTokens = () => {
    withTokens = !withTokens;
    if (chosen) open(chosen);
  };

  // Events.
  for (const id of ["agent", "kind", "outcome", "differ"]) byId(id).onchange = filter;
  byId("beside").onchange = () => { filter(); if (chosen) open(chosen); };
  byId("search").oninput = filter;
  byId("list").onscroll = () => requestAnimationFrame(draw);
  window.onresize = draw;
  const next = (by) => {
    const place = shown.indexOf(chosen) + by;
    if (place >= 0 && place < shown.length) open(shown[place]);
  };
  document.onkeydown = (event) => {
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      j: () => next(1), k: () => next(-1), ArrowDown: () => next(1), ArrowUp: () => next(-1), t: flipTokens,
      n: () => columns.forEach((c) => c.move(1)), p: () => columns.forEach((c) => c.move(-1)),
    };
    if (actions[event.key]) { event.preventDefault(); actions[event.key](); }
  };
  filter();
  const asked = episodes[Number(location.hash.slice(1) || -1)];
  open(asked || shown[0] || episodes[0]);
})();
