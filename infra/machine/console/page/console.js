// The page: asks for one page of watches and for new changes, and renews only what is different.
import { draw } from "./timeline.js";

const SIZE = 25;
const EVERY = 2000;
const $ = (id) => document.getElementById(id);
const view = { q: "", state: "", start: 0, found: 0, span: 86400, last: 0, chosen: -1, asked: 0 };
const shown = new Map();

function element(kind, text, name) {
  const made = document.createElement(kind);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}

function ago(text, now) {
  if (!text) return "never";
  const seconds = Math.round((Date.parse(text) - now) / 1000);
  const size = Math.abs(seconds);
  const [unit, length] = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]].find(([, long]) => size >= 2 * long) ?? ["s", 1];
  const said = `${Math.round(size / length)} ${unit}`;
  return seconds > 0 ? `in ${said}` : `${said} ago`;
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.trouble ?? `answer ${answer.status}`);
  return found;
}

function complain(text) {
  $("trouble").hidden = !text;
  $("trouble").textContent = text;
}

function channelsTable(watch, now) {
  const table = element("table");
  const names = ["channel", "state", "opened", "confirmed", "ends", "last number", "last notification", "why"];
  const head = table.createTHead().insertRow();
  for (const name of names) {
    const cell = element("th", name);
    cell.scope = "col";
    head.append(cell);
  }
  const body = table.createTBody();
  for (const one of watch.channels) {
    const row = body.insertRow();
    const values = [one.id, one.state, ago(one.opened_at, now), ago(one.confirmed_at, now), ago(one.ends_at, now), one.messages, ago(one.heard_at, now), one.why || "-"];
    values.forEach((value, number) => {
      const cell = row.insertCell();
      cell.textContent = value;
      cell.dataset.name = names[number];
    });
  }
  return table;
}

function card(watch, now) {
  const item = element("li", undefined, "watch");
  item.tabIndex = -1;
  const about = element("div");
  const title = element("h3", watch.id);
  const state = element("p", watch.state, `state ${watch.state}`);
  about.append(title, state, element("p", `${watch.source} · ${watch.subject || "service account"}`));
  about.append(element("p", `notified ${ago(watch.heard_at, now)}, pulled ${ago(watch.pulled_at, now)}, due ${ago(watch.due_at, now)}`));
  const right = element("div");
  right.append(draw(watch, now, view.span));
  if (watch.reason) right.append(element("p", watch.reason, "why"));
  if (watch.advice) right.append(element("p", `What to do: ${watch.advice}`));
  const details = element("details");
  details.append(element("summary", `Channels of ${watch.id} (${watch.channels.length})`), channelsTable(watch, now));
  details.append(element("p", `uncovered for ${watch.uncovered_seconds} s in all, failures ${watch.failures}`));
  item.append(about, right, details);
  return item;
}

// What a card looks like changes with the clock: renewed when its data or its texts differ.
function print(watch, now) {
  const places = watch.channels.map((one) => ago(one.ends_at, now));
  return JSON.stringify([watch, view.span, ago(watch.heard_at, now), ago(watch.pulled_at, now), ago(watch.due_at, now), places, Math.floor(now / (view.span * 4))]);
}

function showWatches(found) {
  const now = Date.parse(found.now);
  const list = $("list");
  const wanted = found.watches.map((watch, number) => {
    const mark = print(watch, now);
    const known = shown.get(watch.id);
    if (known && known.mark === mark) return known.item;
    const item = card(watch, now);
    if (known) {
      item.querySelector("details").open = known.item.querySelector("details").open;
      if (known.item === document.activeElement) queueMicrotask(() => item.focus());
      else if (known.item.contains(document.activeElement)) queueMicrotask(() => item.querySelector("summary").focus());
    }
    shown.set(watch.id, { mark, item, number });
    return item;
  });
  if (wanted.length !== list.children.length || wanted.some((item, number) => item !== list.children[number])) list.replaceChildren(...wanted);
  const names = new Set(found.watches.map((watch) => watch.id));
  for (const name of shown.keys()) if (!names.has(name)) shown.delete(name);
  list.setAttribute("aria-busy", "false");
}

function showCounts(found) {
  const buttons = [["", "all", found.total], ...Object.entries(found.counts).map(([name, count]) => [name, name, count])];
  const mark = JSON.stringify([buttons, view.state]);
  if ($("states").dataset.mark === mark) return;
  $("states").dataset.mark = mark;
  const focused = document.activeElement?.dataset?.state;
  $("states").replaceChildren(...buttons.map(([state, name, count]) => {
    const button = element("button", `${name} ${count}`);
    button.type = "button";
    button.dataset.state = state;
    button.setAttribute("aria-pressed", String(view.state === state));
    button.onclick = () => go({ state, start: 0 });
    return button;
  }));
  if (focused !== undefined) $("states").querySelector(`[data-state="${focused}"]`)?.focus();
}

function showPlace(found) {
  view.found = found.found;
  const last = Math.min(found.start + SIZE, found.found);
  const text = found.found ? `${found.start + 1} to ${last} of ${found.found}` : "nothing matches";
  if ($("place").textContent !== text) $("place").textContent = text;
  $("previous").disabled = found.start === 0;
  $("next").disabled = last >= found.found;
  $("where").textContent = found.where;
}

function showPlays(plays) {
  if (!plays.length || $("plays").children.length) return;
  $("plays").hidden = false;
  $("plays").append(...plays.map((name) => {
    const button = element("button", name.replaceAll("-", " "));
    button.type = "button";
    button.onclick = async () => {
      try { $("said").textContent = (await ask(`api/play/${name}`, { method: "POST" })).said; } catch (error) { complain(error.message); }
    };
    return button;
  }));
}

function showAxis() {
  const names = { 300: ["5 min", "2.5 min"], 3600: ["1 h", "30 min"], 86400: ["1 day", "12 h"], 604800: ["7 days", "3.5 days"] }[view.span];
  const row = element("span");
  for (const text of [`${names[0]} ago`, `${names[1]} ago`, "now", `in ${names[1]}`, `in ${names[0]}`]) row.append(element("span", text));
  $("axis").replaceChildren(row);
}

async function watches() {
  const asked = ++view.asked;
  const query = new URLSearchParams({ q: view.q, state: view.state, start: view.start, size: SIZE });
  const found = await ask(`api/watches?${query}`);
  if (asked !== view.asked) return; // a later question was asked meanwhile
  complain(found.trouble);
  showWatches(found);
  showCounts(found);
  showPlace(found);
  showPlays(found.plays);
}

async function changes() {
  const found = await ask(`api/changes?after=${view.last}`);
  if (found.last < view.last) { view.last = 0; return; } // the console was started anew
  view.last = found.last;
  const items = found.changes.map((one) => {
    const item = element("li", undefined, "fresh");
    const when = element("time", (one.time ?? "").slice(11, 19));
    when.dateTime = one.time ?? "";
    item.append(when, element("strong", one.type), ` ${one.watch} · ${one.name || one.subject || ""}`);
    return item;
  });
  $("changes").prepend(...items.reverse());
  while ($("changes").children.length > 100) $("changes").lastElementChild.remove();
  $("quiet").hidden = $("changes").children.length > 0;
  if (found.trouble) $("quiet").textContent = found.trouble;
}

async function refresh() {
  try { await Promise.all([watches(), changes()]); } catch (error) { complain(`The console does not answer: ${error.message}`); }
}

function go(step) {
  Object.assign(view, step, { chosen: -1 });
  refresh();
}

function choose(step) {
  const items = $("list").children;
  if (!items.length) return;
  view.chosen = Math.min(Math.max(view.chosen + step, 0), items.length - 1);
  items[view.chosen].focus();
}

function turn(step) {
  const start = view.start + step * SIZE;
  if (start >= 0 && start < view.found) go({ start });
}

function theme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
}

function help() {
  $("help").hidden = !$("help").hidden;
  $("keys").setAttribute("aria-expanded", String(!$("help").hidden));
}

const PRESSED = {
  "/": () => $("search").focus(), n: () => turn(1), p: () => turn(-1), j: () => choose(1), k: () => choose(-1), t: theme, "?": help,
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select");
  if (event.key === "Escape" && event.target === $("search")) { $("search").value = ""; go({ q: "", start: 0 }); $("search").blur(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && event.target.matches(".watch")) { const details = event.target.querySelector("details"); details.open = !details.open; return; }
  if (PRESSED[event.key]) { event.preventDefault(); PRESSED[event.key](); }
});
let waiting;
$("search").addEventListener("input", (event) => { clearTimeout(waiting); waiting = setTimeout(() => go({ q: event.target.value, start: 0 }), 150); });
$("previous").onclick = () => turn(-1);
$("next").onclick = () => turn(1);
$("theme").onclick = theme;
$("keys").onclick = help;
$("span").onchange = (event) => { view.span = Number(event.target.value); shown.clear(); showAxis(); refresh(); };
showAxis();
refresh();
setInterval(() => { if (!document.hidden) refresh(); }, EVERY);
