// The page: what is wanted, in the address's hash; what is found, in the grid; how far the labels are read.

import { made } from "./cells.js";
import { Detail } from "./detail.js";
import { Grid } from "./grid.js";
import * as server from "./server.js";
import { count, records, size, told } from "./words.js";
import { Windows } from "./windows.js";

const AGAIN = 600; // milliseconds between two looks at how far the labels are read
const find = (id) => document.getElementById(id);
const controls = { label: find("label"), id: find("id"), order: find("order") };

let summary; // what is in the files
let wanted = {}; // {order, label, id}; label and id are texts, empty for any
let total = 0; // records of the selection
let waiting = []; // for records to arrive

const windows = new Windows(arrived, failed);
const grid = new Grid(find("viewport"), find("runway"), windows, (position) => detail.open(position, total));
const detail = new Detail(find("detail"), numberAt, (position) => total && grid.go(position));

async function start() {
  try {
    summary = await server.summary();
  } catch (error) {
    return failed(error);
  }
  describe();
  select(fromHash());
  follow();
}

/** Until all labels are read: say how far it is, and find more of what is wanted. */
async function follow() {
  while (summary.reading) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
    try {
      summary = await server.summary();
    } catch {
      continue; // it says so where it matters
    }
    describe();
    if (wanted.label || wanted.id) windows.renew();
  }
}

function describe() {
  const name = summary.files[0].split(/[\\/]/).pop();
  const more = summary.files.length - 1;
  find("title").textContent = more ? `${name} and ${more} more` : name;
  find("title").title = summary.files.join("\n");
  document.title = name;
  const share = summary.read / summary.records;
  find("progress").hidden = !summary.reading && !summary.problem;
  find("progress").querySelector("progress").value = share;
  find("progress").querySelector("span").textContent =
    summary.problem || `labels read: ${Math.floor(100 * share)} %`;
  const options = summary.labels.map((label) => {
    const option = made("option", "", records(label.count));
    option.value = told(label);
    return option;
  });
  if (find("labels").childElementCount !== options.length || !summary.reading) find("labels").replaceChildren(...options);
}

function select(next) {
  wanted = next;
  total = 0;
  detail.dialog.close(); // its record may be none of these
  for (const [name, control] of Object.entries(controls)) control.value = next[name] || "";
  controls.order.value = next.order;
  const known = summary.labels.find((label) => label.label === next.label);
  if (known) controls.label.value = told(known);
  grid.restart();
  windows.select(next);
}

function arrived(answer) {
  total = answer.total;
  grid.resize(total);
  tell(answer);
  for (const { resolve } of waiting.splice(0)) resolve();
}

function tell({ read }) {
  const isPart = wanted.label || wanted.id;
  const which = [wanted.label && `label ${controls.label.value}`, wanted.id && `id ${wanted.id}`].filter(Boolean);
  const all = `${records(summary.records)}, ${size(summary.bytes)}`;
  const soFar = read < summary.records ? " so far" : "";
  const words = isPart ? `${count(total)} of ${records(summary.records)}${soFar}: ${which.join(", ")}` : all;
  const isWrong = [controls.label, controls.id].some((control) => control.ariaInvalid === "true"); // which stands there
  if (!isWrong && find("told").textContent !== words) find("told").textContent = words;
  find("empty").hidden = total > 0;
  find("viewport").hidden = total === 0;
  find("empty").textContent = soFar ? `None found so far: the labels are still being read.` : `No record has ${which.join(" and ")}.`;
}

function failed(error) {
  find("told").textContent = `The viewer does not answer: ${error.message}`;
  for (const { reject } of waiting.splice(0)) reject(error);
}

/** The record's number, as soon as it is known. */
async function numberAt(position) {
  while (!windows.at(position)) {
    if (position >= total) throw new Error("there are other records now");
    const arrival = new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    grid.go(position, false);
    await arrival;
  }
  return windows.at(position).number;
}

/** A label's number from what was typed: its number, its name, or both. Undefined where there is no such label. */
function labelFrom(text) {
  const typed = text.trim().toLowerCase();
  if (!typed) return "";
  const fits = (label) => [told(label), label.name, label.label].some((name) => name.toLowerCase() === typed);
  const known = summary.labels.find((label) => told(label).toLowerCase() === typed) ?? summary.labels.find(fits);
  const isNumber = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/.test(typed) && Number.isFinite(Math.fround(typed));
  return known?.label ?? (isNumber || /^nan$|^[-+]?inf$/.test(typed) ? typed : undefined);
}

/** Whether `text` is what a record's header can hold as its id, or empty for any. */
const isId = (text) => /^\d{0,20}$/.test(text) && BigInt(text) < 2n ** 64n;

function changed() {
  const label = labelFrom(controls.label.value);
  const id = controls.id.value.trim();
  controls.label.ariaInvalid = String(label === undefined);
  controls.id.ariaInvalid = String(!isId(id));
  if (label === undefined) {
    find("told").textContent = `No label is called “${controls.label.value.trim()}”`;
  } else if (!isId(id)) {
    find("told").textContent = "An id is a whole number, and less than 2^64";
  } else {
    toHash({ order: controls.order.value, label, id });
  }
}

function fromHash() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const order = [...controls.order.options].some(({ value }) => value === hash.get("order")) ? hash.get("order") : "file";
  const id = isId(hash.get("id") ?? "") ? hash.get("id") : "";
  return { order, label: labelFrom(hash.get("label") ?? "") ?? "", id };
}

function toHash(next) {
  const parts = Object.entries(next).filter(([, value]) => value && value !== "file");
  const hash = new URLSearchParams(parts).toString();
  if (hash !== location.hash.slice(1)) history.pushState(null, "", hash ? `#${hash}` : location.pathname);
  const isSame = ["order", "label", "id"].every((name) => next[name] === wanted[name]);
  if (!isSame) select(next);
}

find("controls").addEventListener("change", changed);
find("controls").addEventListener("submit", (event) => {
  event.preventDefault();
  changed();
});
find("controls").addEventListener("reset", () => setTimeout(changed));
addEventListener("popstate", () => select(fromHash()));
start();
