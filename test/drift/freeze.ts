// Freezes one page's process for a moment, as a machine does that has too much to do.
import { readdir, readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';

/** The process that runs a page: the renderer of ours that works when the page does. */
export async function processOf(page: Page): Promise<number> {
  const before = await renderers();
  await page.evaluate(() => {
    for (const end = performance.now() + 500; performance.now() < end; );
  });
  const after = await renderers();
  const grown = (pid: number): number => (after.get(pid) ?? 0) - (before.get(pid) ?? 0);
  return [...before.keys()].reduce((a, b) => (grown(b) > grown(a) ? b : a));
}

/** Stops a process for so many ms. */
export async function freeze(pid: number, ms: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await new Promise((next) => setTimeout(next, ms));
  process.kill(pid, 'SIGCONT');
}

/** CPU ticks of every renderer below this process. */
async function renderers(): Promise<Map<number, number>> {
  const found = new Map<number, { parent: number; ticks: number; renders: boolean }>();
  for (const pid of (await readdir('/proc')).map(Number).filter(Number.isInteger)) {
    const [stat, words] = await Promise.all(
      ['stat', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''))
    );
    const fields = stat!.slice(stat!.lastIndexOf(')') + 2).split(' ').map(Number);
    if (fields.length > 13)
      found.set(pid, { parent: fields[1]!, ticks: fields[11]! + fields[12]!, renders: words!.includes('--type=renderer') });
  }
  const ours = (pid: number): boolean => pid === process.pid || (found.has(pid) && ours(found.get(pid)!.parent));
  return new Map([...found].filter(([pid, p]) => p.renders && ours(pid)).map(([pid, p]) => [pid, p.ticks]));
}
