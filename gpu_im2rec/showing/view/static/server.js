// What the server is asked. Pictures are kept by the browser under the files' version.

let version = "";

export async function summary() {
  const found = await json("/api/summary");
  version = found.version;
  return found;
}

/** `count` records of what is wanted ({order, label, id}), from the `start`-th on. */
export function records(wanted, start, count, signal) {
  const query = new URLSearchParams({ start, count, order: wanted.order });
  if (wanted.label) query.set("label", wanted.label);
  if (wanted.id) query.set("id", wanted.id);
  return json(`/api/records?${query}`, signal);
}

export const record = (number, signal) => json(`/api/record/${number}`, signal);

export const small = (number) => `/small/${number}?v=${version}`;
export const picture = (number) => `/picture/${number}?v=${version}`;
export const original = (number) => `/original/${number}`;

async function json(url, signal) {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}
