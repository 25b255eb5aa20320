// A puzzle for times when a site is under attack: cheap once, dear for whoever sends thousands.
// Solved while the visitor types. ALTCHA's: the SHA-256 of salt, nonce and a counter begins as asked.

/** Hashes at a time: a few milliseconds' work of the browser's own threads, none of the page's. */
const SLICE = 512;

/** @param {string} hex */
const bytes = (hex) => Uint8Array.from(/** @type {string[]} */ (hex.match(/../g)), (pair) => parseInt(pair, 16));

/** @param {Uint8Array} found */
const hex = (found) => Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * @param {{parameters: {salt: string, nonce: string, keyPrefix: string, data: {most: number}}}} challenge
 * @returns {Promise<string>} the solution as the server wants it; rejects when there is none
 */
export async function solve(challenge) {
  const { salt, nonce, keyPrefix, data } = challenge.parameters;
  const start = bytes(salt + nonce);
  const wanted = bytes(keyPrefix);
  for (let first = 0; first <= data.most; first += SLICE) {
    const digests = await Promise.all(
      Array.from({ length: SLICE }, (_, at) => {
        const input = new Uint8Array(start.length + 4);
        input.set(start);
        new DataView(input.buffer).setUint32(start.length, first + at);
        return crypto.subtle.digest("SHA-256", input);
      }),
    );
    for (const [at, digest] of digests.entries()) {
      const key = new Uint8Array(digest);
      if (wanted.every((byte, place) => key[place] === byte)) {
        return btoa(JSON.stringify({ challenge, solution: { counter: first + at, derivedKey: hex(key) } }));
      }
    }
    // Between slices whatever the page has to do comes first.
    await new Promise((done) => setTimeout(done));
  }
  throw Error("callme: no solution");
}
