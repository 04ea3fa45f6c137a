// What changes while the page is open: counts, news, who else is here, and a note when somebody changes this record.
import { $, $$, _, kept, on, over, toast } from './app.js';
const record = $('[data-record]')?.dataset.record ?? '';
const note = $('[data-news]');
let cursor = '', source, timer;
const line = (name, text) => {
  const p = $(`[data-${name}]`, note), b = $('b', p);
  if (b.textContent !== text) b.textContent = text;
  p.hidden = !text; note.hidden = [...note.children].every(one => one.hidden);
};
if (record) $('.head').after(note.parentElement);
// News wait for an Undo to be gone.
const say = text => $('.toast button') ? setTimeout(say, 500, text) : toast(text);
function show(news) {
  cursor = news.cursor; kept.set('told', news.since);
  for (const [name, [n, said]] of Object.entries(news.counts ?? {})) for (const a of $$(`[data-count-of=${name}]`)) {
    $('b', a).textContent = n > 99 ? '99+' : n; a.lastChild.textContent = ` ${said}`;
    if ('hides' in a.dataset) a.parentElement.hidden = !n;
  }
  if (news.told.length) say(news.told.map(one => one.text).join(' '));
  if (news.changed) line('changed', news.changed.by || 'Plumbline');
  line('others', (news.others ?? []).join(', '));
}
const where = path => `${path}?${new URLSearchParams({ record, cursor, since: kept.get('told') ?? '' })}`;
async function ask() {
  const away = document.hidden, r = await fetch(away ? '/live.json' : where('/live.json')).catch(() => null);
  if (r?.redirected) return over();
  if (r?.ok && !away) show(await r.json());
  if ((source?.readyState ?? 2) > 1) later();
}
const later = () => { timer = setTimeout(ask, document.hidden ? 3e5 : 2e4) };
const stop = () => { source?.close(); clearTimeout(timer) };
function begin() {
  stop();
  source = new EventSource(where('/live'));
  source.onmessage = e => show(JSON.parse(e.data));
  source.onerror = () => { if (source.readyState === 2) ask() };
}
// A page that nobody looks at holds nothing open; asked for now and then, its session goes on.
const heed = () => document.hidden ? (stop(), later()) : begin();
on('visibilitychange', heed);
addEventListener('pagehide', stop);
addEventListener('pageshow', e => { if (e.persisted) heed() });
heed();
