// What changes while the page is open: counts, news, and a note when somebody else changes this record.
import { $, $$, toast } from './app.js';
let since = 0;
const record = $('[data-record]')?.dataset.record ?? '';
async function look() {
  if (document.hidden) return;
  const r = await fetch(`/live.json?since=${since}&record=${record}`).catch(() => null);
  if (!r?.ok) return;
  show(await r.json());
}
export function show(news) {
  for (const [name, n] of Object.entries(news.counts ?? {})) for (const a of $$(`[data-count-of=${name}] b`)) if (a.textContent !== String(n)) a.textContent = n;
  for (const one of news.told ?? []) toast(one.text);
  since = news.since ?? since;
}
void look;
