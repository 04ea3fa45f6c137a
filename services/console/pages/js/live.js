// What changes while the page is open: counts, news, who else is here, and a note when somebody changes this record.
import { $, $$, kept, toast } from './app.js';
const record = $('[data-record]')?.dataset.record ?? '';
let cursor = '', source, timer, note;
const say = (key, text, way) => {
  if (!note) { note = document.createElement('div'); note.className = 'note'; note.setAttribute('role', 'status'); $('.head').after(note) }
  let p = $(`[data-say=${key}]`, note);
  if (!p) { p = document.createElement('p'); p.dataset.say = key; note.append(p) }
  if (p.dataset.text !== text) {
    p.dataset.text = text; p.replaceChildren(text);
    if (way) { const a = document.createElement('a'); a.href = location.href; a.textContent = way; a.onclick = () => { location.reload(); return false }; p.append(' ', a) }
  }
  note.hidden = !note.textContent;
};
function show(news) {
  cursor = news.cursor; kept.set('told', news.since);
  for (const [name, n] of Object.entries(news.counts ?? {})) {
    for (const a of $$(`[data-count-of=${name}]`)) { $('b', a).textContent = n; a.lastChild.textContent = ` ${n === 1 ? a.dataset.one : a.dataset.many}`; if (a.matches('.late')) a.parentElement.hidden = !n }
    const bell = name === 'unread' && $('.bell');
    if (bell) { const b = $('b', bell); bell.setAttribute('aria-label', n ? `Notifications, ${n} unread` : 'Notifications'); b.hidden = !n; b.textContent = n < 100 ? n : '99+' }
  }
  const told = news.told;
  if (told.length) toast(told.length > 1 ? `${told.length} notifications. ${told.at(-1).text}` : told[0].text);
  if (news.changed) say('changed', `${news.changed.by || 'Plumbline'} changed this meanwhile.`, 'Show it');
  if (news.others?.length || note) say('others', news.others.length ? `${news.others.join(', ')} ${news.others.length > 1 ? 'are' : 'is'} here, too.` : '');
}
const where = path => `${path}?${new URLSearchParams({ record, cursor, since: kept.get('told') ?? '' })}`;
async function ask() {
  const r = await fetch(where('/live.json')).catch(() => null);
  if (r?.redirected) return; // signed out
  if (r?.ok) show(await r.json());
  timer = setTimeout(ask, 20000);
}
const stop = () => { source?.close(); clearTimeout(timer) };
function begin() {
  stop();
  source = new EventSource(where('/live'));
  source.onmessage = e => show(JSON.parse(e.data));
  source.onerror = () => { if (source.readyState === 2) ask() };
}
// A page that nobody looks at holds nothing open.
const heed = () => document.hidden ? stop() : begin();
document.addEventListener('visibilitychange', heed);
addEventListener('pagehide', stop);
addEventListener('pageshow', e => { if (e.persisted) heed() });
heed();
