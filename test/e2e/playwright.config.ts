import { defineConfig } from '@playwright/test';

// Debian's Chromium, as root, without Playwright's own browsers and without any
// word to the world outside. The specs run one after another: they measure, and
// two rooms at once on two cores would measure each other.
export default defineConfig({
  testDir: '.',
  outputDir: '.out/results',
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: process.env['CI'] === 'true',
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    locale: 'en-US',
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--autoplay-policy=no-user-gesture-required',
        '--mute-audio'
      ]
    }
  }
});
