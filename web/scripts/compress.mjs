// Puts a Brotli copy beside every text file of the build, for the server to send
// as it is, and removes the build's own manifest, which nobody has to serve.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url).pathname;
/** Smaller files fit into one packet anyway. */
const SMALLEST = 1024;

rmSync(join(dist, '.vite'), { recursive: true, force: true });
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (!/\.(js|css|html|svg)$/.test(name) || name === 'placeholder.html') continue;
  const text = readFileSync(join(dist, name));
  if (text.length < SMALLEST) continue;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
  writeFileSync(join(dist, `${name}.br`), brotliCompressSync(text, { params }));
}
