// One record among many: its thumbnail, its label, its size. A cell is used again and again for other records.

import * as server from "./server.js";
import { size, spoken, told } from "./words.js";

const PIXELATED = 100; // pixels: smaller pictures are enlarged without a blur

export class Cell {
  position = -1; // in the selection
  #record; // undefined: not known yet
  #shown = false; // whether the thumbnail was asked for

  constructor(column) {
    this.element = made("div", "cell");
    this.element.role = "gridcell";
    this.element.tabIndex = -1;
    this.element.ariaColIndex = column + 1;
    this.element.hidden = true;
    this.frame = this.element.appendChild(made("div", "frame"));
    this.picture = this.frame.appendChild(made("img"));
    this.picture.alt = "";
    this.picture.decoding = "async";
    this.picture.draggable = false;
    this.reason = this.frame.appendChild(made("span", "reason"));
    this.name = this.element.appendChild(made("div", "name"));
    this.facts = this.element.appendChild(made("div", "size"));
    this.picture.addEventListener("load", () => this.#loaded());
    this.picture.addEventListener("error", () => this.#explain());
  }

  /** Show nothing yet at `position`; beyond the last record (-1) nothing at all. */
  move(position) {
    this.position = position;
    this.element.dataset.position = position;
    this.element.hidden = position < 0;
    this.#clear();
  }

  /** Show `record`, if it is known; its picture too, unless it flies by. */
  show(record, withPicture) {
    if (record && !same(record, this.#record)) {
      this.#clear();
      this.#record = record;
      this.element.ariaLabel = spoken(record);
      const more = record.labels > 1 ? ` +${record.labels - 1}` : "";
      this.name.textContent = record.id === undefined ? "no image record" : (record.name || record.label) + more;
      this.element.title = record.id === undefined ? "" : `label ${told(record)}, id ${record.id}`;
      this.facts.textContent = (record.id === undefined ? "" : `id ${record.id} · `) + size(record.bytes);
    }
    if (record && withPicture && !this.#shown) {
      this.#shown = true;
      this.picture.src = server.small(record.number);
    }
  }

  #clear() {
    this.#record = undefined;
    this.#shown = false;
    this.picture.removeAttribute("src"); // what is under way is not waited for
    this.picture.className = "";
    this.reason.textContent = this.name.textContent = this.facts.textContent = "";
    this.element.ariaLabel = this.position < 0 ? "" : `record at ${this.position + 1}, loading`;
  }

  #loaded() {
    const { naturalWidth, naturalHeight } = this.picture;
    this.picture.className = Math.max(naturalWidth, naturalHeight) < PIXELATED ? "ready pixelated" : "ready";
  }

  async #explain() {
    const record = this.#record;
    if (!record || !this.#shown) return;
    const reason = await server.record(record.number).then((detail) => detail.reason, () => "");
    if (record !== this.#record) return;
    this.reason.textContent = reason || "cannot be shown";
    this.element.ariaLabel = `${spoken(record)}, no picture: ${this.reason.textContent}`;
  }
}

const same = (one, other) => other !== undefined && one.number === other.number && one.label === other.label;

/** A new element. */
export function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
