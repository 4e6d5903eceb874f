import { mount } from 'svelte';
import './ui/tokens.css';
import './ui/base.css';
import App from './app/App.svelte';
import { reloadOnce } from './app/reload';
import { startLanguage } from './text/text.svelte';
import { startTheme } from './ui/theme';

// A page open during an upgrade asks for chunks that are gone: load the new page.
addEventListener('vite:preloadError', (e) => {
  if (reloadOnce(sessionStorage, Date.now())) {
    e.preventDefault();
    location.reload();
  }
});

startTheme();
await startLanguage();
mount(App, { target: document.getElementById('app')! });
