// The page: sends what is drawn, or a photo, to this machine's server; shows its answer.

import { createPad, drawStrokes, showAnswer } from "./pad.js";

const SIDE = 280; // pixels of the picture that is sent
const PATIENCE = 15_000; // milliseconds to wait for an answer
const RETRY = 2_000; // milliseconds until a server that is down is asked again
const DOWN =
  "The server does not answer. Is it still running? This page asks again by itself.";

const find = (selector) => document.querySelector(selector);
const answer = find("#answer");
const preview = find("#preview");
const photo = find("#photo");

let question = 0; // the number of the newest: only its answer is shown
let asking = null; // what aborts the request on its way
let timer; // until the next attempt

const pad = createPad(find("#pad"), { onStrokes: readStrokes });
showAnswer(answer, {});
meetModel();

async function readStrokes(strokes, drawing) {
  if (drawing && asking) return; // a slow server gets one request at a time
  hidePreview();
  if (strokes.length) {
    ask(() => picture(strokes));
  } else {
    forget();
    showAnswer(answer, {});
  }
}

function readPhoto(file) {
  if (!file) return;
  pad.setStrokes([]);
  showPreview(file);
  ask(() => file);
}

/** Return the strokes as a PNG, the same picture as utils/handwriting/pad.py draws. */
function picture(strokes) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  drawStrokes(canvas.getContext("2d"), strokes, SIDE);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Ask the server, and show its answer unless something newer was asked meanwhile. */
async function ask(makeBody) {
  forget();
  const mine = question;
  const abort = (asking = new AbortController());
  const late = setTimeout(() => abort.abort(), PATIENCE);
  let found;
  try {
    found = await send(await makeBody(), abort.signal);
  } catch {
    found = { error: DOWN };
  }
  clearTimeout(late);
  if (mine !== question) return;
  asking = null;
  showAnswer(answer, found);
  if (found.model) introduce(found.model);
  if (found.error === DOWN) timer = setTimeout(ask, RETRY, makeBody);
}

async function send(body, signal) {
  const headers = { "Content-Type": body.type || "application/octet-stream" };
  const response = await fetch("api/recognize", {
    method: "POST",
    headers,
    body,
    signal,
  });
  const found = await response.json().catch(() => ({}));
  if (response.ok && "answer" in found) return found;
  return { error: found.error ?? `The server failed (${response.status}).` };
}

/** Give up the question that is being asked. */
function forget() {
  question += 1;
  clearTimeout(timer);
  asking?.abort();
  asking = null;
}

async function meetModel() {
  try {
    const { model } = await (await fetch("api/health")).json();
    introduce(model);
  } catch {
    // the page says it with the first answer
  }
}

function introduce({ name, digits }) {
  find("#model").textContent =
    `The model, “${name}”, is a small convolutional network that learned from ${digits}.`;
}

async function showPreview(file) {
  const [canvas, caption] = preview.children;
  const mine = question + 1; // the question that this photo is about to become
  caption.textContent = file.name || "A pasted picture";
  canvas.setAttribute("aria-label", `Your photo: ${caption.textContent}`);
  canvas.hidden = true;
  preview.hidden = false;
  try {
    const bitmap = await createImageBitmap(file);
    if (mine !== question) return;
    const scale = Math.min(1, 512 / Math.max(bitmap.width, bitmap.height));
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    canvas.hidden = false;
    bitmap.close();
  } catch {
    // a format that this browser does not show, or no picture: the server decides
  }
}

function hidePreview() {
  preview.hidden = true;
}

photo.addEventListener("change", () => {
  readPhoto(photo.files[0]);
  photo.value = ""; // so that the same file can be chosen again
});
document.addEventListener("paste", (event) => readPhoto(event.clipboardData.files[0]));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  readPhoto(event.dataTransfer.files[0]);
});
