// All about one record, in a dialog that goes on to the next and the one before.

import { layer } from "./boxes.js";
import { made } from "./cells.js";
import * as server from "./server.js";
import { count, size, told } from "./words.js";

const ENLARGED = 256; // pixels: smaller pictures are shown in whole multiples of their size
const FEW = 32; // labels: more are shown behind all other facts

export class Detail {
  #position = 0;
  #total = 0;
  #asked; // stops the question under way

  /** `numberAt(position)` → the record's number, once it is known; `left(position)` is called at the end. */
  constructor(dialog, numberAt, left) {
    this.dialog = dialog;
    this.numberAt = numberAt;
    this.find = (selector) => dialog.querySelector(selector);
    this.find("#previous").addEventListener("click", () => this.#step(-1));
    this.find("#next").addEventListener("click", () => this.#step(1));
    this.find("#close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => left(this.#position));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.#step(step);
    });
  }

  /** Show the record at `position` of `total`. */
  async open(position, total) {
    [this.#position, this.#total] = [position, total];
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    if (!this.dialog.open) {
      this.#clear();
      this.dialog.showModal();
    }
    this.#enable("#previous", position > 0);
    this.#enable("#next", position < total - 1);
    try {
      const number = await this.numberAt(position);
      const record = await server.record(number, asked.signal);
      if (!asked.signal.aborted) this.#show(record);
    } catch (error) {
      if (asked.signal.aborted) return;
      this.#clear();
      this.find(".pictures").append(made("p", "problem", `The viewer does not answer: ${error.message}`));
    }
  }

  #step(step) {
    const position = this.#position + step;
    if (position >= 0 && position < this.#total) this.open(position, this.#total);
  }

  // A button at the end of its way keeps the focus, which a disabled one would lose.
  #enable(selector, isEnabled) {
    this.find(selector).ariaDisabled = String(!isEnabled);
  }

  #clear() {
    this.find("h2").textContent = "Record";
    this.find(".pictures").replaceChildren();
    this.find("dl").replaceChildren();
  }

  #show(record) {
    this.find("h2").textContent = `Record ${count(record.number)}`;
    const { original } = record;
    const figures = [];
    if (original) figures.push(["Original", server.original(record.number), original, original.bytes, []]);
    if (record.id !== undefined) {
      const name = original ? "In the record" : "";
      figures.push([name, server.picture(record.number), record, record.content, record.boxes]);
    }
    const widest = Math.max(...figures.map(([, , picture]) => shownWidth(picture))); // the same for both, to compare them
    const shown = figures.map((each) => figure(...each, widest));
    if (!shown.length) shown.push(made("p", "problem", record.problem));
    this.find(".pictures").replaceChildren(...shown);
    this.find("dl").replaceChildren(...facts(record));
  }
}

/** Pixels on the page: tiny pictures are shown in whole multiples of their size. */
function shownWidth({ size: pixels }) {
  return pixels ? pixels[0] * Math.max(1, Math.floor(ENLARGED / Math.max(...pixels))) : 0;
}

function figure(name, source, picture, bytes, boxes, widest) {
  const element = made("figure");
  const stage = element.appendChild(made("div", "stage"));
  const holder = stage.appendChild(made("div", "holder"));
  const words = [picture.size?.map(count).join(" × "), picture.format, bytes && size(bytes)];
  const caption = [name, words.filter(Boolean).join(" · ")].filter(Boolean).join(": ");
  if (picture.format) holder.append(image(source, caption, picture, boxes, widest));
  if (picture.problem) holder.append(made("p", "problem", picture.problem));
  holder.append(made("figcaption", "", caption));
  return element;
}

function image(source, words, { size: pixels, problem }, boxes, widest) {
  const holder = made("div", "framed");
  const element = holder.appendChild(made("img"));
  element.alt = words;
  if (pixels) {
    [element.width, element.height] = pixels;
    element.style.setProperty("--ratio", pixels[0] / pixels[1]);
    element.style.setProperty("--widest", `${widest}px`);
    element.classList.toggle("pixelated", shownWidth({ size: pixels }) > pixels[0]);
  }
  element.addEventListener("error", () => {
    holder.replaceWith(...(problem ? [] : [made("p", "problem", "this browser does not show it")]));
  });
  element.src = source;
  holder.append(layer(boxes));
  return holder;
}

function facts(record) {
  const rows = [];
  const isImage = record.id !== undefined;
  const isLong = isImage && record.labels.length > FEW;
  if (isImage && !isLong) rows.push(...labelled(record));
  if (isImage) rows.push(["Id", record.id]);
  if (record.size) rows.push(["Dimensions", `${record.size.map(count).join(" × ")} pixels`]);
  if (record.format) rows.push(["Format", record.format]);
  if (isImage) rows.push(["Picture", `${count(record.content)} bytes`]);
  rows.push(["Record", `${count(record.bytes)} bytes`], ["Offset", count(record.offset)], ["File", record.file]);
  if (record.original?.path) rows.push(["Original", record.original.path]);
  if (isImage) rows.push(["Header", `flag ${record.flag}, label ${record.label}, id2 ${record.id2}`]);
  if (isLong) rows.push(...labelled(record));
  return rows.map(([name, value]) => row(name, [value].flat()));
}

/** The labels in words; those of boxes are no classes themselves. */
function labelled({ labels, label_count: all, boxes }) {
  const words = labels.map(({ text, name }) => told({ label: text, name: boxes.length ? "" : name })).join(", ");
  const more = all > labels.length ? ` … ${count(all)} in all` : "";
  const rows = [[all > 1 ? "Labels" : "Label", words + more]];
  if (boxes.length) rows.push(["Boxes", boxes.map(({ name, corners }) => `${name}: ${corners.map(share).join(" ")}`)]);
  return rows;
}

const share = (corner) => String(Number(corner.toFixed(4)));

function row(name, values) {
  const element = made("div");
  element.append(made("dt", "", name), ...values.map((value) => made("dd", "", value)));
  return element;
}
