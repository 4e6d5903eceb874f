// The API's document in a browser: every operation is listed, from our own files.
import { expect, test } from './support/house';

test('the API is browsable, and asks nobody else', async ({ house, people }) => {
  const page = await people.page();
  const asked: string[] = [];
  page.on('request', (r) => asked.push(new URL(r.url()).origin));
  await page.goto('/api/docs');
  await expect(page.getByText('GET /api/me — Who is signed in')).toBeVisible();
  const doc = (await (await page.request.get('/api/openapi.json')).json()) as { paths: Record<string, Record<string, unknown>> };
  const operations = Object.values(doc.paths).reduce((n, methods) => n + Object.keys(methods).length, 0);
  await expect(page.locator('#list > details')).toHaveCount(operations);
  await page.locator('#find').fill('open-socket');
  await expect(page.locator('#list > details:visible')).toHaveCount(1);
  expect(new Set(asked)).toEqual(new Set([new URL(house.url).origin]));
});
