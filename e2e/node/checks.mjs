// What the scripts beside this file share: a check that names what differs, and an end by timeout.
import { deepStrictEqual } from "node:assert";

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

export function main(run) {
  const end = setTimeout(() => {
    console.error("timeout");
    process.exit(1);
  }, 60_000);
  run()
    .then(() => clearTimeout(end))
    .catch((error) => {
      console.error(error.stack ?? error);
      process.exit(1);
    });
}
