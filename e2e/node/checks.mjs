// What the scripts beside this file share: a check that names what differs, and an end by timeout.
import { deepStrictEqual } from "node:assert";
import { readFileSync } from "node:fs";

// The options of TLS with the certificates of a directory; none without one.
export function certificates(dir) {
  if (dir === undefined) return undefined;
  const read = (name) => readFileSync(`${dir}/${name}`);
  return { ca: read("ca.crt"), cert: read("client.crt"), key: read("client.key") };
}

export function check(name, got, expected) {
  try {
    deepStrictEqual(got, expected);
  } catch (error) {
    throw new Error(`${name}: ${error.message}`);
  }
}

export async function refused(name, promise, code) {
  try {
    await promise;
  } catch (error) {
    if (String(error.message).startsWith(code)) return;
    throw new Error(`${name}: expected ${code}, got ${error.message}`);
  }
  throw new Error(`${name}: expected ${code}, got no error`);
}

// The next event of this name: its arguments.
export function next(emitter, event) {
  return new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
}

// Runs a program, which has this many seconds.
export function main(run, seconds = 60) {
  const end = setTimeout(() => {
    console.error("timeout");
    process.exit(1);
  }, seconds * 1000);
  run()
    .then(() => clearTimeout(end))
    .catch((error) => {
      console.error(error.stack ?? error);
      process.exit(1);
    });
}
