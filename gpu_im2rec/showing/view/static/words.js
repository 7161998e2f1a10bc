// Numbers and records in words.

export const count = (number) => number.toLocaleString("en");

export const records = (number) => `${count(number)} ${number === 1 ? "record" : "records"}`;

/** Bytes for people: 1.5 MB. */
export function size(bytes) {
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (bytes < 1000) return unit === "B" ? `${bytes} B` : `${bytes.toFixed(bytes < 100 ? 1 : 0)} ${unit}`;
    bytes /= 1000;
  }
  return `${bytes.toFixed(2)} TB`;
}

/** A label's number and name: "3 tabby". */
export const told = (label) => `${label.label} ${label.name}`.trim();

/** What a record is called by those who hear the page. */
export function spoken(record) {
  if (record.id === undefined) return `record ${record.number}, not an image record`;
  const more = record.labels > 1 ? ` and ${record.labels - 1} more` : "";
  return `record ${record.number}, id ${record.id}, label ${told(record)}${more}, ${size(record.bytes)}`;
}
