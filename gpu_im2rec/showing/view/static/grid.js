// All records in rows, of which only those that are seen exist. One cell is reached by Tab, the others by arrows.

import { Cell, made } from "./cells.js";
import { Runway } from "./runway.js";

const GAP = 12; // pixels, as in viewer.css
const CAPTION = 46; // pixels under a thumbnail
const NARROW = 600; // pixels: a phone's width has smaller cells
const [SMALL_CELL, CELL] = [104, 164]; // pixels at least
const AHEAD = 2; // rows beyond the view that are ready
const FAST = 6; // pixels a millisecond: pictures that fly by so fast are not fetched
const REST = 100; // milliseconds without scrolling

export class Grid {
  active = 0; // position of the cell that Tab reaches
  #total = 0;
  #columns = 1;
  #cell = 0; // width
  #runway = new Runway();
  #rows = new Map(); // number → row
  #spare = [];
  #shift = 0; // with which rows were placed
  #pace = 0; // pixels a millisecond
  #seen = { top: 0, time: 0 };
  #frame = 0;
  #rest = 0;

  /** `windows` has the records; `open(position)` is called when one is chosen. */
  constructor(viewport, element, windows, open) {
    this.viewport = viewport;
    this.element = element;
    this.windows = windows;
    this.open = open;
    new ResizeObserver(() => this.#measure()).observe(viewport);
    viewport.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    element.addEventListener("click", (event) => this.#choose(event.target));
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("focusin", (event) => this.#focused(event.target));
  }

  /** There are `total` records now. */
  resize(total) {
    if (total !== this.#total) {
      this.#total = total;
      this.active = Math.max(0, Math.min(this.active, total - 1));
      this.#arrange();
      for (const [number, row] of this.#rows) this.#fill(number, row);
    }
    this.refresh();
  }

  /** Other records: from the first one on. */
  restart() {
    this.active = 0;
    this.viewport.scrollTop = this.#runway.jump(0);
    for (const [number, row] of this.#rows) {
      for (const cell of row.cells) cell.move(-1);
      this.#fill(number, row);
    }
    this.refresh();
  }

  /** Records have arrived, or have changed. */
  refresh() {
    this.#frame ||= requestAnimationFrame(() => this.#render());
  }

  /** Make `position` the one that Tab reaches, bring it into view and, if `focus`, go there. */
  go(position, focus = true) {
    this.active = Math.max(0, Math.min(position, this.#total - 1));
    const height = this.#rowHeight;
    const top = Math.floor(this.active / this.#columns) * height;
    const { top: seen, view } = this.#runway;
    if (top < seen) this.viewport.scrollTop = this.#runway.jump(top);
    else if (top + height + GAP > seen + view) this.viewport.scrollTop = this.#runway.jump(top + height + GAP - view);
    this.#render();
    if (focus) this.#cellAt(this.active)?.element.focus({ preventScroll: true });
  }

  get #rowHeight() {
    return this.#cell + CAPTION + GAP;
  }

  #measure() {
    const width = this.element.clientWidth;
    if (!width) return;
    const least = width < NARROW ? SMALL_CELL : CELL;
    const first = Math.floor((this.#runway.top + GAP) / this.#rowHeight) * this.#columns;
    const columns = Math.max(1, Math.floor((width + GAP) / (least + GAP)));
    this.#cell = Math.floor((width + GAP) / columns) - GAP;
    if (columns !== this.#columns) {
      this.#columns = columns;
      for (const row of this.#rows.values()) row.element.remove();
      this.#rows.clear();
      this.#spare = [];
    }
    this.#runway.top = Math.floor(first / columns) * this.#rowHeight; // the same records stay at the top
    this.#arrange();
    this.#render();
  }

  #arrange() {
    const rows = Math.ceil(this.#total / this.#columns);
    const scroll = this.#runway.resize(rows * this.#rowHeight + GAP, this.viewport.clientHeight);
    this.element.style.height = `${this.#runway.height}px`;
    this.element.style.setProperty("--cell", `${this.#cell}px`);
    this.element.style.setProperty("--columns", this.#columns);
    this.element.ariaRowCount = rows;
    this.element.ariaColCount = this.#columns;
    this.viewport.scrollTop = scroll;
  }

  #scrolled() {
    this.#runway.scrolled(this.viewport.scrollTop);
    const now = performance.now();
    this.#pace = Math.abs(this.#runway.top - this.#seen.top) / Math.max(1, now - this.#seen.time);
    this.#seen = { top: this.#runway.top, time: now };
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#rested(), REST);
    this.refresh();
  }

  #rested() {
    this.#pace = 0;
    this.viewport.scrollTop = this.#runway.jump(this.#runway.top);
    this.refresh();
  }

  #render() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.#cell) return;
    const { top, view } = this.#runway;
    const last = Math.ceil(this.#total / this.#columns) - 1;
    const from = Math.max(0, Math.floor(top / this.#rowHeight) - AHEAD);
    const to = Math.min(last, Math.floor((top + view) / this.#rowHeight) + AHEAD);
    const isSlow = this.#pace < FAST;
    this.#keepInReach(top, from, to);
    this.#recycle(from, to);
    for (let number = from; number <= to; number++) {
      const row = this.#rows.get(number) ?? this.#place(number);
      for (const cell of row.cells) {
        if (cell.position >= 0) cell.show(this.windows.at(cell.position), isSlow);
      }
    }
    this.#cellAt(this.active)?.element.setAttribute("tabindex", "0");
    if (isSlow && to >= from) {
      this.windows.see(from * this.#columns, Math.min((to + 1) * this.#columns, this.#total) - 1);
    }
  }

  // Unless the focus is here, Tab leads to what is seen.
  #keepInReach(top, from, to) {
    const row = Math.floor(this.active / this.#columns);
    if ((row >= from && row <= to) || this.element.contains(document.activeElement)) return;
    this.active = Math.max(0, Math.min(Math.ceil(top / this.#rowHeight) * this.#columns, this.#total - 1));
  }

  // Rows out of view are free for others, but not the one that has the focus: it would be lost.
  #recycle(from, to) {
    const held = document.activeElement?.closest?.(".row");
    const isMoved = this.#shift !== this.#runway.shift;
    this.#shift = this.#runway.shift;
    for (const [number, row] of this.#rows) {
      if ((number < from || number > to) && row.element !== held) {
        this.#rows.delete(number);
        this.#spare.push(row);
      } else if (isMoved) {
        this.#move(number, row);
      }
    }
  }

  #place(number) {
    const row = this.#spare.pop() ?? this.#newRow();
    this.#rows.set(number, row);
    this.#move(number, row);
    row.element.ariaRowIndex = number + 1;
    this.#fill(number, row);
    if (!row.element.isConnected) this.element.append(row.element);
    return row;
  }

  #fill(number, row) {
    row.cells.forEach((cell, column) => {
      const place = number * this.#columns + column;
      const position = place < this.#total ? place : -1;
      if (cell.position !== position) cell.move(position);
      cell.element.tabIndex = position === this.active ? 0 : -1;
    });
  }

  #move(number, row) {
    row.element.style.transform = `translateY(${GAP + number * this.#rowHeight + this.#shift}px)`;
  }

  #newRow() {
    const row = { element: made("div", "row"), cells: [] };
    row.element.role = "row";
    for (let column = 0; column < this.#columns; column++) {
      row.cells.push(new Cell(column));
      row.element.append(row.cells[column].element);
    }
    return row;
  }

  #cellAt(position) {
    return this.#rows.get(Math.floor(position / this.#columns))?.cells[position % this.#columns];
  }

  #choose(target) {
    const cell = target.closest(".cell");
    if (cell) this.open(Number(cell.dataset.position));
  }

  #focused(target) {
    const position = Number(target.closest(".cell")?.dataset.position ?? -1);
    if (position < 0 || position === this.active) return;
    const before = this.#cellAt(this.active);
    if (before) before.element.tabIndex = -1;
    this.active = position;
    target.closest(".cell").tabIndex = 0;
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.#runway.view / this.#rowHeight)) * this.#columns;
    const within = (position) => (position >= 0 && position < this.#total ? position : this.active);
    const move = {
      ArrowLeft: () => within(this.active - 1),
      ArrowRight: () => within(this.active + 1),
      ArrowUp: () => within(this.active - this.#columns),
      ArrowDown: () => within(this.active + this.#columns),
      PageUp: () => Math.max(this.active - page, this.active % this.#columns),
      PageDown: () => Math.min(this.active + page, this.#total - 1),
      Home: () => 0,
      End: () => this.#total - 1,
    }[event.key];
    if (move) {
      event.preventDefault();
      const before = this.#cellAt(this.active);
      if (before) before.element.tabIndex = -1;
      this.go(move());
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.open(this.active);
    }
  }
}
