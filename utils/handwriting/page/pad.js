// The drawing pad: one module for the page and, through anywidget, for notebooks. It
// holds pad, answer and anywidget's render together, as anywidget takes one file.
//
// Strokes are lists of points [x, y] in [0, 1], (0, 0) at the top left of the pad.
// An answer is what POST /api/recognize returns, {error: "a sentence"}, or {}.

const WIDTH = 0.065; // of the pen, as a share of the pad's side; as in utils/handwriting/pad.py
const NEAR = 0.003; // a point nearer than this to the one before it is left out
const PAUSE = 125; // milliseconds between two calls while a stroke is being drawn
const STEP = 0.025; // how far an arrow key moves
const PAPER = "#fff";
const INK = "#000";
const UP = "#0072b2";
const DOWN = "#d55e00";

const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const HELP =
  "Keyboard: arrow keys move, Space puts the pen down or up, " +
  "Ctrl+Z undoes, Escape clears.";

// JupyterLab would take keys from what has the focus: arrows move between its cells.
const KEEP_KEYS = { "data-lm-suppress-shortcuts": "true" };

let count = 0; // of the pads made: each needs names of its own

/** Draw strokes on a canvas's context, black ink on white paper, side x side. */
export function drawStrokes(context, strokes, side) {
  context.fillStyle = PAPER;
  context.fillRect(0, 0, side, side);
  context.strokeStyle = INK;
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = WIDTH * side;
  for (const stroke of strokes) {
    const points = stroke.map(([x, y]) => [x * side, y * side]);
    context.beginPath();
    context.moveTo(...points[0]);
    // Curves from middle to middle, bent towards the points, leave no corners.
    for (let i = 1; i < points.length - 1; i++) {
      context.quadraticCurveTo(...points[i], ...middle(points[i], points[i + 1]));
    }
    context.lineTo(...points.at(-1));
    context.stroke();
    if (points.length > 1) continue;
    context.beginPath(); // a lone point: a dot
    context.arc(...points[0], (WIDTH * side) / 2, 0, 2 * Math.PI);
    context.fillStyle = INK;
    context.fill();
  }
}

/**
 * Make a pad in an element: paper, buttons, a line of help.
 *
 * onStrokes(strokes, drawing) is called when a stroke ends, is undone or cleared, and
 * with drawing = true at most eight times a second while one is drawn.
 *
 * Returns {clear, undo, setStrokes, destroy}.
 */
export function createPad(element, { onStrokes = () => {} } = {}) {
  const canvas = make("canvas", "pad-paper");
  const help = make("p", "pad-help", HELP);
  const state = make("p", "pad-hidden");
  const buttons = make("div", "pad-buttons");
  const context = canvas.getContext("2d");
  const abort = new AbortController();

  let strokes = [];
  let pointer = null; // the one finger, pen or mouse that is drawing
  let box = null; // where the paper is while it draws
  let cursor = null; // of the keyboard, [x, y]
  let penDown = false; // of the keyboard
  let told = 0; // when onStrokes was last called
  let timer; // until it may be called again

  help.id = `pad-help-${++count}`;
  canvas.tabIndex = 0;
  set(canvas, { role: "application", "aria-label": "Drawing pad" });
  set(canvas, { "aria-describedby": help.id, ...KEEP_KEYS });
  state.setAttribute("role", "status");
  buttons.append(button("Undo", undo), button("Clear", clear));
  element.classList.add("pad-root");
  element.replaceChildren(canvas, buttons, help, state);

  function draw() {
    const side = canvas.width;
    drawStrokes(context, strokes, side);
    if (!cursor || document.activeElement !== canvas) return;
    const [x, y] = cursor.map((value) => value * side);
    const radius = (WIDTH * side) / 2;
    const ring = (size, colour, width) => {
      context.beginPath();
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.strokeStyle = colour;
      context.lineWidth = width * radius;
      context.stroke();
    };
    ring(radius * 1.25, PAPER, 1); // so that it is seen on ink too
    ring(radius * 1.25, penDown ? DOWN : UP, 0.5);
    context.fillStyle = penDown ? DOWN : UP;
    if (penDown) context.fill();
  }

  function tell(drawing = false) {
    clearTimeout(timer);
    const wait = drawing ? told + PAUSE - performance.now() : 0;
    if (wait > 0) {
      timer = setTimeout(tell, wait, true);
      return;
    }
    told = performance.now();
    onStrokes(strokes.map((stroke) => stroke.slice()), drawing);
  }

  function addPoint(x, y) {
    const point = [x, y].map((value) => Number(clamp(value).toFixed(4)));
    const last = strokes.at(-1).at(-1);
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < NEAR) return;
    strokes.at(-1).push(point);
  }

  function follow(event) {
    const { left, top, side } = box;
    addPoint((event.clientX - left) / side, (event.clientY - top) / side);
  }

  function liftPen() {
    if (penDown) state.textContent = "pen up";
    penDown = false;
  }

  function undo() {
    liftPen();
    pointer = null;
    strokes.pop();
    draw();
    tell();
  }

  function clear() {
    liftPen();
    pointer = null;
    strokes = [];
    draw();
    tell();
  }

  function setStrokes(others) {
    const same = JSON.stringify(others) === JSON.stringify(strokes);
    if (same || pointer !== null || penDown) return;
    strokes = others.filter((stroke) => Array.isArray(stroke) && stroke.length);
    draw();
  }

  function onPointerDown(event) {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault(); // selects no text, drags nothing
    canvas.focus({ preventScroll: true, focusVisible: false });
    try {
      canvas.setPointerCapture(event.pointerId);
    } catch {
      return; // it is gone already
    }
    liftPen();
    pointer = event.pointerId;
    box = paperBox();
    cursor = null;
    strokes.push([]);
    follow(event);
    draw();
  }

  function onPointerMove(event) {
    if (event.pointerId !== pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) follow(one);
    draw();
    tell(true);
  }

  function onPointerEnd(event) {
    if (event.pointerId !== pointer) return;
    if (event.type === "pointerup") follow(event);
    pointer = null;
    draw();
    tell();
  }

  function onKeyDown(event) {
    const key = event.key;
    const command = event.ctrlKey || event.metaKey;
    if (command ? key.toLowerCase() !== "z" : event.altKey) return;
    if (command || key === "Backspace") undo();
    else if (key === "Escape" || key === "Delete") clear();
    else if (key === " ") togglePen();
    else if (key in ARROWS) moveCursor(ARROWS[key], event.shiftKey ? 4 * STEP : STEP);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function togglePen() {
    if (pointer !== null) return;
    cursor ??= [0.5, 0.5];
    penDown = !penDown;
    state.textContent = penDown ? "pen down" : "pen up";
    if (penDown) {
      strokes.push([]);
      addPoint(...cursor);
    }
    draw();
    tell();
  }

  function moveCursor([dx, dy], step) {
    if (pointer !== null) return;
    const [x, y] = cursor ?? [0.5, 0.5];
    cursor = [clamp(x + dx * step), clamp(y + dy * step)];
    if (penDown) addPoint(...cursor);
    draw();
    if (penDown) tell(true);
  }

  function onBlur() {
    if (penDown) {
      liftPen();
      tell();
    }
    draw();
  }

  function paperBox() {
    const { left, top } = canvas.getBoundingClientRect();
    const { clientLeft, clientTop, clientWidth } = canvas; // its border, its inside
    return { left: left + clientLeft, top: top + clientTop, side: clientWidth };
  }

  function fit() {
    const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
    if (!side || side === canvas.width) return;
    canvas.width = canvas.height = side;
    draw();
  }

  const listeners = {
    pointerdown: onPointerDown,
    pointermove: onPointerMove,
    pointerup: onPointerEnd,
    pointercancel: onPointerEnd,
    lostpointercapture: onPointerEnd,
    keydown: onKeyDown,
    focus: draw,
    blur: onBlur,
  };
  for (const [name, listener] of Object.entries(listeners)) {
    canvas.addEventListener(name, listener, { signal: abort.signal });
  }
  // A stroke is no gesture: after a flick, a browser takes the next tap for its end.
  canvas.addEventListener("touchstart", (event) => event.preventDefault(), {
    passive: false,
    signal: abort.signal,
  });
  const watcher = new ResizeObserver(fit);
  watcher.observe(canvas);
  window.addEventListener("resize", fit, { signal: abort.signal }); // zoom, screen
  fit();
  draw();

  function destroy() {
    clearTimeout(timer);
    abort.abort();
    watcher.disconnect();
    element.replaceChildren();
  }
  return { clear, undo, setStrokes, destroy };
}

const HINTS = {
  "": "Draw a digit from 0 to 9.",
  "not sure": "Two digits are too near each other, or none is near.",
  "no digit": "There is no ink that could be a digit.",
  "more than one digit": "One at a time: clear, and draw a single digit.",
};

/**
 * Show an answer in an element: the verdict, bars, the picture that the model saw.
 *
 * rows: 3 shows the most likely digits, the likeliest first; 10 shows all, in order.
 */
export function showAnswer(element, answer = {}, { rows = 3 } = {}) {
  const parts = (element.padParts ??= buildAnswer(element, rows));
  const problem = answer.error ?? "";
  const kind = problem ? "error" : (answer.answer ?? "");
  const mood = problem ? "error" : answer.digit != null ? "sure" : kind;
  element.dataset.mood = mood.replaceAll(" ", "-");
  // Only what changes is written: a screen reader would read it again.
  write(parts.verdict, problem || verdict(answer));
  write(parts.hint, problem ? "" : (HINTS[kind] ?? ""));
  showBars(parts.bars, answer.probabilities ?? null);
  showPicture(parts.picture, answer.probabilities ? answer.image : null);
}

function verdict({ answer = "", top = [] }) {
  if (answer !== "not sure" || top.length < 2) return answer;
  return `not sure: ${top[0].digit} or ${top[1].digit}`;
}

function buildAnswer(element, rows) {
  const says = make("div", "pad-says");
  const verdict = make("p", "pad-verdict");
  const hint = make("p", "pad-hint");
  const bars = make("ul", rows < 10 ? "pad-bars pad-top" : "pad-bars");
  const figure = make("figure", "pad-saw");
  const picture = make("canvas", "pad-picture");
  const caption = make("figcaption", "", "What the model saw (28 × 28)");
  set(says, { "aria-live": "polite", "aria-atomic": "true" });
  set(bars, {
    "aria-label": rows < 10 ? "The most likely digits" : "Probability of each digit",
  });
  set(picture, { role: "img", width: 28, height: 28 });
  set(picture, { "aria-label": "The picture that the model saw: bright ink on black" });
  for (let row = 0; row < rows; row++) {
    const item = make("li", "pad-row");
    const track = make("span", "pad-track");
    track.append(make("span", "pad-bar"));
    item.append(make("span", "pad-digit"), track, make("span", "pad-share"));
    bars.append(item);
  }
  says.append(verdict, hint);
  figure.append(picture, caption);
  element.classList.add("pad-answer");
  element.replaceChildren(says, bars, figure);
  return { verdict, hint, bars, picture };
}

function showBars(bars, probabilities) {
  const items = [...bars.children];
  const order = [...Array(10).keys()];
  if (items.length < 10 && probabilities) {
    order.sort((a, b) => probabilities[b] - probabilities[a]);
  }
  const best = Math.max(...(probabilities ?? [1]));
  bars.classList.toggle("pad-empty", !probabilities);
  items.forEach((item, row) => {
    const share = probabilities?.[order[row]] ?? 0;
    const [digit, track, text] = item.children;
    write(digit, items.length < 10 && !probabilities ? "" : String(order[row]));
    write(text, probabilities ? percent(share) : "");
    track.firstChild.style.width = `${100 * share}%`;
    item.classList.toggle("pad-best", share === best);
  });
}

function showPicture(canvas, image) {
  canvas.parentElement.classList.toggle("pad-empty", !image);
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(28, 28);
  (image ?? []).flat().forEach((grey, i) => {
    pixels.data.set([grey, grey, grey, 255], 4 * i);
  });
  context.putImageData(pixels, 0, 0);
}

function percent(share) {
  if (share < 0.0005) return "< 0.1%";
  if (share >= 0.9995) return "> 99.9%";
  return `${(100 * share).toFixed(1)}%`;
}

function make(tag, name, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

function button(text, onClick) {
  const element = make("button", "pad-button", text);
  element.type = "button";
  set(element, KEEP_KEYS);
  element.addEventListener("click", onClick);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function clamp(value) {
  return Math.min(1, Math.max(0, value));
}

function middle([x, y], [u, v]) {
  return [(x + u) / 2, (y + v) / 2];
}

/** The notebook's view of utils.pad.Pad, as anywidget calls it. */
function render({ model, el }) {
  const [left, right] = [make("div", ""), make("div", "")];
  el.classList.add("pad-notebook");
  el.replaceChildren(left, right);
  const pad = createPad(left, {
    onStrokes(strokes) {
      model.set("strokes", strokes);
      model.save_changes();
    },
  });
  const onStrokes = () => pad.setStrokes(model.get("strokes"));
  const onAnswer = () => showAnswer(right, model.get("answer"), { rows: 10 });
  model.on("change:strokes", onStrokes);
  model.on("change:answer", onAnswer);
  onStrokes();
  onAnswer();
  return () => {
    model.off("change:strokes", onStrokes);
    model.off("change:answer", onAnswer);
    pad.destroy();
  };
}

export default { render };
