// The same browser as the specs; one long run instead of many short ones.
import { defineConfig } from '@playwright/test';
import specs from '../e2e/playwright.config';

export default defineConfig({
  ...specs,
  testDir: '.',
  testMatch: 'drift.ts',
  outputDir: '.out/results',
  timeout: 170_000,
  reporter: [['line']],
  use: { ...specs.use, trace: 'off' }
});
