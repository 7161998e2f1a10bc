// Detection boxes over a picture. Elements, not an SVG: their names keep their size, however large the picture is.

import { made } from "./cells.js";

const COLOURS = 6; // in viewer.css

/** A layer over the picture; each box is {name, corners: [xmin, ymin, xmax, ymax]}, shares of width and height. */
export function layer(boxes) {
  const element = made("div", "boxes");
  element.ariaHidden = "true"; // the facts tell of them in words
  for (const { name, corners } of boxes) {
    const [left, top, right, bottom] = corners.map((corner) => 100 * Math.max(0, Math.min(corner, 1)));
    const box = element.appendChild(made("div", `box colour-${(parseInt(name, 10) || 0) % COLOURS}`));
    box.style.left = `${left}%`;
    box.style.top = `${top}%`;
    box.style.width = `${right - left}%`;
    box.style.height = `${bottom - top}%`;
    box.append(made("span", "", name));
  }
  return element;
}
