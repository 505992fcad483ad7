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
const setText = (node, text) => { node.textContent = text; };
const setPressed = (button, pressed) => button?.setAttribute("aria-pressed", pressed);
const spans = (node, parts) => node.replaceChildren(...parts.map((part) => make("span", part)));

function setMessage(text, lost = false) {
  put("message", text, setText);
  at("stage").classList.toggle("lost", lost);
}

function show(status) {
  if (status.variant) {
    put("variant", status.variant, setText);
    at("variant").style.background = status.colour;
    document.title = `${status.variant} \u00b7 ${status.title}`;
    put("title", status.title, setText);
    put("variants", [status.variant, status.colour], (node, [variant, colour]) => {
      node.style.setProperty("--of", colour);
      for (const button of node.children) setPressed(button, button.dataset.what === variant);
    });
    put("further", [status.variant, status.further], (node, [variant, further]) => {
      const chips = further.map(([name, colour]) => {
        const chip = make("span", name, { background: colour });
        chip.className = "chip";
        if (name === variant) chip.setAttribute("aria-current", "true");
        return chip;
      });
      node.replaceChildren(...(chips.length ? [make("kbd", "v"), ...chips] : []));
    });
    put("keys", [status.paused, status.recording], (_, [paused, recording]) => {
      setPressed(buttons.get("space"), paused);
      setPressed(buttons.get("r"), recording);
    });
    put("facts", status.facts.join(" \u00b7 "), setText);
    put("states", status.states.join(" · "), setText);
    put("switch", status.switch, setText);
    put("compared", status.compared, (node, compared) => {
      const chips = (compared?.variants ?? []).map(([name, colour, score]) => {
        const chip = make("span", `${name} ${score}`.trim(), { background: colour });
        chip.className = "chip";
        return chip;
      });
      node.replaceChildren(...chips, ...(compared?.text ?? []).map((part) => make("span", part)));
    });
    put("rates", status.rates, (node, rates) => node.replaceChildren(...rates.map(([figure, what]) => {
      const cell = make("div");
      cell.append(make("b", figure), make("span", what));
      return cell;
    })));
    put("bar", status.bar, (node, bar) => node.replaceChildren(...bar.map(([stage, share, colour]) => {
      const part = make("div", undefined, { width: `${100 * share}%`, background: colour });
      part.title = stage;
      return part;
    })));
    put("heads", status.stages.some(([, , p90]) => p90), (heads, spread) => {
      for (const cell of [...heads.cells].slice(1)) cell.style.visibility = spread ? "" : "hidden";
    });
    put("stages", status.stages, (node, stages) => node.replaceChildren(...stages.map(([stage, p50, p90, colour]) => {
      const row = make("tr"), name = make("td");
      name.append(make("i", undefined, { background: colour || "transparent" }), stage);
      row.append(name, make("td", p50), make("td", p90));
      return row;
    })));
    put("notes", [...status.notes, status.frames, `${status.watching} watching`], spans);
    put("quality", status.quality, spans);
    put("classes", [status.legend, status.classes], (node, [legend, classes]) => {
      const scores = new Map(classes.map(([name, score]) => [name, score]));
      const rows = legend.length ? legend : classes.map(([name]) => [name, "", true]);
      at("per-class").hidden = !rows.length;
      setText(at("classes-head"), classes.length ? status.classes_head : "classes");
      node.replaceChildren(...rows.map(([name, colour, inView]) => {
        const row = make("li");
        row.classList.toggle("away", !inView);
        if (colour) row.append(make("i", undefined, { background: colour }));
        row.append(make("span", name), make("b", scores.get(name)));
        return row;
      }));
    });
    put("over", status.over_image, (node, states) => {
      node.replaceChildren(...states.map(([kind, text, detail]) => {
        const badge = make("p");
        badge.className = kind;
        badge.append(make("b", text));
        if (detail) badge.append(make("span", detail));
        return badge;
      }));
    });
  }
  const quiet = Math.floor(status.idle_s);
  if (performance.now() < replyUntil) return;  // the reply to a key stays for a while
  const late = quiet >= 3 && !status.over_image?.length;
  setMessage(status.variant ? (late ? `no new image for ${quiet} s` : "") : "waiting for the first image");
}

const LOST = "connection lost, retrying";
let lost = LOST;  // shown until there is an answer again
let events = null, lastEvent = 0, attempt = 0, waiting = 0, replyUntil = 0;

function retry(text, seconds) {
  if (events) events.close();
  events = null;
  replyUntil = 0;
  setMessage(text, true);
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
  const status = await answer.json();
  if (status.full) return retry(status.full, 3);
  if (!buttons.size) status.keys.forEach(addButton);
  show(status);
  lost = LOST;
  lastEvent = performance.now();
  openStream();
  events = new EventSource("events");
  events.onmessage = (event) => { lastEvent = performance.now(); show(JSON.parse(event.data)); };
  events.addEventListener("end", () => {
    lost = "the run has ended; waiting for the next";
    retry(lost, 1);
  });
  events.onerror = () => retry(lost, 1);
}
// Words within an image this narrow cannot be read: the run draws none if no page is larger.
const isSmall = () => at("stage").clientWidth < 640;
let small = false;
function openStream() {
  attempt += 1;
  small = isSmall();
  at("image").src = `stream?${attempt}${small ? "&small" : ""}`;
}
new ResizeObserver(() => {
  if (events && isSmall() !== small) openStream();
}).observe(at("stage"));
at("image").onerror = () => { if (events) retry(lost, 1); };
// A dead network closes no connection: silence counts as a loss too.
setInterval(() => { if (events && performance.now() - lastEvent > 4000) retry(lost, 0); }, 1000);

const buttons = new Map();
function reply(text, seconds) {
  replyUntil = performance.now() + 1000 * seconds;
  setMessage(text);
}
let quitUntil = 0;
async function press(key) {
  const button = buttons.get(key);
  button.classList.add("hit");
  setTimeout(() => button.classList.remove("hit"), 150);
  if (key === "f") {  // the run's own window is elsewhere: here the browser goes full screen
    if (document.fullscreenElement) document.exitFullscreen();
    else at("stage").requestFullscreen?.();
    return;
  }
  if (button === buttons.get("q")) {  // it ends the run for everybody, and a finger slips
    if (performance.now() > quitUntil) {
      quitUntil = performance.now() + 3000;
      return reply("press it again to end the run", 3);
    }
    quitUntil = replyUntil = 0;
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
  if (entry.keys[0] === "c") button.className = "wide";  // the pairs below it are then side by side
  button.append(make("kbd", { left: "\u2190", right: "\u2192" }[entry.keys[0]] ?? entry.keys[0]), entry.what);
  button.addEventListener("click", (event) => {
    if (event.detail) button.blur();  // else the space bar would press it again
    press(entry.keys[0]);
  });
  for (const key of entry.keys) buttons.set(key, button);
  at(/^[1-9]$/.test(entry.keys[0]) ? "variants" : "keys").append(button);
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
