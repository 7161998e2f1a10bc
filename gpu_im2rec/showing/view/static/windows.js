// The records of the current selection, fetched a window at a time; windows that were scrolled past are not waited for.

import * as server from "./server.js";

const SIZE = 200; // records a window
const MOST = 60; // windows that are kept

export class Windows {
  #wanted = { order: "file" };
  #kept = new Map(); // number of a window → its records, the longest unused first
  #stale = new Set(); // numbers of kept windows that are fetched again when they are seen
  #underway = new Map(); // number of a window → what stops it

  /** `arrived(answer)` is called with each window, `failed(error)` with what goes wrong. */
  constructor(arrived, failed) {
    this.arrived = arrived;
    this.failed = failed;
  }

  /** From now on the records of `wanted`. */
  select(wanted) {
    this.#wanted = wanted;
    this.#kept.clear();
    this.#abort(() => true);
    this.#fetch(0);
  }

  /** More may have been found: what is kept is shown until it is fetched again. */
  renew() {
    this.#stale = new Set(this.#kept.keys());
    this.#fetch(0);
  }

  /** The record at `position`, if it is here. */
  at(position) {
    return this.#kept.get(Math.floor(position / SIZE))?.[position % SIZE];
  }

  /** Fetch the records from `first` to `last`, and nothing else. */
  see(first, last) {
    const [from, to] = [Math.floor(first / SIZE), Math.floor(last / SIZE)];
    this.#abort((number) => number < from || number > to);
    for (let number = from; number <= to; number++) {
      if (!this.#kept.has(number) || this.#stale.has(number)) this.#fetch(number);
    }
  }

  async #fetch(number) {
    if (this.#underway.has(number)) return;
    const stop = new AbortController();
    this.#underway.set(number, stop);
    try {
      const answer = await server.records(this.#wanted, number * SIZE, SIZE, stop.signal);
      this.#keep(number, answer.records);
      this.#underway.delete(number);
      this.arrived(answer);
    } catch (error) {
      if (stop.signal.aborted) return;
      this.#underway.delete(number);
      this.failed(error);
    }
  }

  #keep(number, records) {
    this.#stale.delete(number);
    this.#kept.delete(number);
    this.#kept.set(number, records);
    if (this.#kept.size > MOST) this.#kept.delete(this.#kept.keys().next().value);
  }

  #abort(condition) {
    for (const [number, stop] of this.#underway) {
      if (!condition(number)) continue;
      this.#underway.delete(number);
      stop.abort();
    }
  }
}
