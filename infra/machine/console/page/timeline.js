// Draws the channels of one watch over time: overlaps in two lanes, gaps in red, expiry ahead.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
const LANE = 9;

const time = (text) => (text ? Date.parse(text) : null);

// Gives the gaps between `from` and `now`: only after the first confirmation that is still known.
export function gapsOf(watch, now) {
  const bars = watch.channels
    .filter((one) => one.confirmed_at)
    .map((one) => [time(one.confirmed_at), time(one.ends_at)])
    .sort((a, b) => a[0] - b[0]);
  if (!bars.length || watch.state === "paused" || watch.state === "parked" || watch.state === "polled") return [];
  const gaps = [];
  let covered = bars[0][1];
  for (const [from, to] of bars.slice(1)) {
    if (from > covered) gaps.push([covered, from]);
    covered = Math.max(covered, to);
  }
  if (now > covered) gaps.push([covered, now]);
  return gaps;
}

export function draw(watch, now, span) {
  const svg = document.createElementNS(SVG, "svg");
  const from = now - span * 1000;
  const scale = WIDTH / (span * 2000);
  const at = (moment) => Math.min(Math.max((moment - from) * scale, 0), WIDTH);
  const add = (kind, start, end, y, height) => {
    const left = at(start);
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("class", kind);
    rect.setAttribute("x", left.toFixed(1));
    rect.setAttribute("y", y);
    rect.setAttribute("width", Math.max(at(end) - left, 0).toFixed(1));
    rect.setAttribute("height", height);
    svg.append(rect);
  };
  const tick = (kind, moment, y, height) => {
    if (moment >= from && moment <= now + span * 1000) add(kind, moment, moment + 3 / scale, y, height);
  };
  watch.channels.forEach((one, number) => {
    const y = 11 + (number % 2) * (LANE + 2);
    const [opened, confirmed, ends] = [time(one.opened_at), time(one.confirmed_at), time(one.ends_at)];
    add("bar unconfirmed", opened, Math.min(confirmed ?? ends, now), y, LANE);
    if (confirmed) add(one.state === "closed" ? "bar closed" : "bar live", confirmed, Math.min(ends, now), y, LANE);
    if (one.state !== "closed" && ends > now) add("bar ahead", Math.max(now, opened), ends, y, LANE);
  });
  const gaps = gapsOf(watch, now);
  for (const [start, end] of gaps) add("gap", start, Math.max(end, start + 2 / scale), 11, 2 * LANE + 2);
  watch.marks.heard.map(time).forEach((moment) => tick("heard", moment, 0, 9));
  watch.marks.pulls.map(time).forEach((moment) => tick("pull", moment, 33, 9));
  add("now", now, now + 2 / scale, 0, 42);
  svg.setAttribute("viewBox", `0 0 ${WIDTH} 42`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "timeline");
  svg.setAttribute("role", "img");
  const live = watch.channels.filter((one) => one.state === "live").length;
  svg.setAttribute("aria-label", `live channels: ${live}, gaps: ${gaps.length}, pulls seen: ${watch.marks.pulls.length}`);
  return svg;
}
