const at = (id) => document.getElementById(id);
const make = (tag, text, style = {}) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  Object.assign(node.style, style);
  return node;
};
// The token has become a cookie; it need not stay in the address and the history.
if (location.search) history.replaceState(null, "", location.pathname);

// Writing only what has changed spares the browser the layout, five times a second.
const shown = {};
function put(id, value, draw) {
  const form = JSON.stringify(value);
  if (shown[id] === form) return;
  shown[id] = form;
  draw(at(id), value);
}
const words = (node, text) => { node.textContent = text; };
const spans = (node, parts) => node.replaceChildren(...parts.map((part) => make("span", part)));

function say(text, lost = false) {
  put("message", text, words);
  at("stage").classList.toggle("lost", lost);
}

function show(told) {
  if (told.variant) {
    put("variant", told.variant, words);
    at("variant").style.background = told.colour;
    document.title = `${told.variant} \u00b7 ${told.title}`;
    put("title", told.title, words);
    put("keys", [told.variant, told.colour], (node, [variant, colour]) => {
      node.style.setProperty("--of", colour);
      for (const button of node.children) button.classList.toggle("on", button.dataset.what === variant);
    });
    put("facts", told.facts.join(" \u00b7 "), words);
    put("states", told.states, words);
    put("switch", told.switch, words);
    put("rates", told.rates, (node, rates) => node.replaceChildren(...rates.map(([figure, what]) => {
      const cell = make("div");
      cell.append(make("b", figure), make("span", what));
      return cell;
    })));
    put("bar", told.bar, (node, bar) => node.replaceChildren(...bar.map(([stage, share, colour]) => {
      const part = make("div", undefined, { width: `${100 * share}%`, background: colour });
      part.title = stage;
      return part;
    })));
    put("stages", told.stages, (node, stages) => node.replaceChildren(...stages.map(([stage, p50, p90, colour]) => {
      const row = make("tr"), name = make("td");
      name.append(make("i", undefined, { background: colour || "transparent" }), stage);
      row.append(name, make("td", p50), make("td", p90));
      return row;
    })));
    put("notes", [...told.notes, told.frames, `${told.watching} watching`], spans);
    put("quality", told.quality, spans);
    put("classes", told.classes, (node, classes) => {
      at("per-class").hidden = !classes.length;
      node.replaceChildren(...classes.map(([name, iou, share]) => {
        const row = make("li"), bar = make("div");
        bar.className = "share";
        bar.append(make("span", undefined, { width: `${100 * share}%` }));
        row.append(make("span", name), make("b", iou), bar);
        return row;
      }));
    });
  }
  const quiet = Math.floor(told.idle_s);
  if (performance.now() < said) return;  // an answer to a key is to be read
  const late = quiet >= 3 && !told.paused;
  say(told.variant ? (late ? `no new picture for ${quiet} s` : "") : "waiting for the first picture");
}

const LOST = "connection lost, retrying";
let lost = LOST;  // what is said until there is an answer again
let events = null, heard = 0, attempt = 0, waiting = 0, said = 0;

function retry(text, seconds) {
  if (events) events.close();
  events = null;
  said = 0;
  say(text, true);
  clearTimeout(waiting);
  waiting = setTimeout(connect, 1000 * seconds);
}

async function connect() {
  let answer;
  try {
    answer = await fetch("status", { signal: AbortSignal.timeout(4000) });
  } catch {
    return retry(lost, 1);
  }
  if (!answer.ok) return retry((await answer.text()).trim(), 3);
  const told = await answer.json();
  if (told.full) return retry(told.full, 3);
  if (!buttons.size) told.keys.forEach(addButton);
  show(told);
  lost = LOST;
  heard = performance.now();
  attempt += 1;
  at("picture").src = `stream?${attempt}`;
  events = new EventSource("events");
  events.onmessage = (event) => { heard = performance.now(); show(JSON.parse(event.data)); };
  events.addEventListener("end", () => {
    lost = "the run has ended; waiting for the next";
    retry(lost, 1);
  });
  events.onerror = () => retry(lost, 1);
}
at("picture").onerror = () => { if (events) retry(lost, 1); };
// A network that swallows everything closes nothing: silence is a loss as well.
setInterval(() => { if (events && performance.now() - heard > 4000) retry(lost, 0); }, 1000);

const buttons = new Map();
function reply(text, seconds) {
  said = performance.now() + 1000 * seconds;
  say(text);
}
let sure = 0;
async function press(key) {
  const button = buttons.get(key);
  button.classList.add("hit");
  setTimeout(() => button.classList.remove("hit"), 150);
  if (key === "f") {  // the run's own window is elsewhere: here it is the browser that fills the screen
    if (document.fullscreenElement) document.exitFullscreen();
    else at("stage").requestFullscreen?.();
    return;
  }
  if (button === buttons.get("q")) {  // it ends the run for all, and a finger slips
    if (performance.now() > sure) {
      sure = performance.now() + 3000;
      return reply("press it again to end the run", 3);
    }
    sure = said = 0;
  }
  try {
    const got = await fetch("key", { method: "POST", body: key });
    if (!got.ok) reply((await got.text()).trim(), 3);
  } catch {
    retry(lost, 1);
  }
}
function addButton(entry) {
  const button = make("button");
  button.type = "button";
  button.dataset.what = entry.what;
  if (entry.keys[0] === "c") button.className = "wide";  // the pairs below it then lie side by side
  button.append(make("kbd", { left: "\u2190", right: "\u2192" }[entry.keys[0]] ?? entry.keys[0]), entry.what);
  button.addEventListener("click", (event) => {
    if (event.detail) button.blur();  // else the space bar would press it again
    press(entry.keys[0]);
  });
  for (const key of entry.keys) buttons.set(key, button);
  at("keys").append(button);
}
const names = { " ": "space", Escape: "esc", ArrowLeft: "left", ArrowRight: "right" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const onButton = event.target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter");
  const key = names[event.key] ?? (event.key.length === 1 ? event.key.toLowerCase() : "");
  if (onButton || !buttons.has(key)) return;
  event.preventDefault();
  if (key === "esc" && document.fullscreenElement) return;
  if (event.repeat && !["left", "right", "+", "=", "-", "_"].includes(key)) return;
  press(key);
});
connect();
