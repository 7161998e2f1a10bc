// A scrollbar for heights that no browser lays out.
//
// An element may be some 16 to 33 million pixels high, a million records on a phone are more. So the runway is `LIMIT` high
// at most. Its first and last `EDGE` pixels are those of the whole; between them one pixel stands for many. Steps of a wheel,
// a finger or a key move by their own pixels all the same, and only a drag of the scrollbar jumps; at rest the scrollbar
// is put where it belongs.

const LIMIT = 4_000_000;
const EDGE = 1_000_000;
const STEP = 3; // views: a drag of the scrollbar by one pixel goes further

export class Runway {
  real = 0; // height of all rows
  view = 0; // height that is seen
  top = 0; // of the view, in the rows' pixels
  scroll = 0; // the same in the runway's

  /** Heights in whole pixels. Returns where to scroll to, so that `top` is seen. */
  resize(real, view) {
    [this.real, this.view] = [real, view];
    return this.jump(this.top);
  }

  /** Of the element. */
  get height() {
    return Math.min(this.real, LIMIT);
  }

  /** What is added to a row's pixel to place it on the runway. */
  get shift() {
    return this.scroll - this.top;
  }

  /** The element was scrolled. */
  scrolled(scroll) {
    const step = scroll - this.scroll;
    const last = this.height - this.view;
    if (this.real <= LIMIT || scroll <= 0 || scroll >= last || Math.abs(step) > STEP * this.view) {
      this.top = this.#clamped(this.#topAt(scroll));
    } else {
      this.top = this.#clamped(this.top + step);
    }
    this.scroll = scroll;
  }

  /** Returns where to scroll to, so that `top` is seen. */
  jump(top) {
    this.top = this.#clamped(top);
    this.scroll = Math.round(this.#scrollAt(this.top));
    return this.scroll;
  }

  #clamped(top) {
    return Math.max(0, Math.min(Math.round(top), this.real - this.view));
  }

  // Between the edges, pixels of all rows for one of the runway.
  get #ratio() {
    return (this.real - 2 * EDGE - this.view) / (LIMIT - 2 * EDGE - this.view);
  }

  #topAt(scroll) {
    const fromEnd = this.height - this.view - scroll;
    if (this.real <= LIMIT || scroll <= EDGE) return scroll;
    if (fromEnd <= EDGE) return this.real - this.view - fromEnd;
    return EDGE + (scroll - EDGE) * this.#ratio;
  }

  #scrollAt(top) {
    const fromEnd = this.real - this.view - top;
    if (this.real <= LIMIT || top <= EDGE) return top;
    if (fromEnd <= EDGE) return this.height - this.view - fromEnd;
    return EDGE + (top - EDGE) / this.#ratio;
  }
}
