// What every page shares: colours, shortcuts, palette, what is said, blocked acts, drafts, live counts.
export const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
export const on = (what, does, early) => document.addEventListener(what, does, early);
const keeper = where => ({
  get: k => { try { return window[where].getItem(k) } catch { return null } },
  set: (k, v) => { try { window[where].setItem(k, v) } catch { /* a private window */ } },
  drop: k => { try { window[where].removeItem(k) } catch { /* a private window */ } },
});
export const kept = keeper('localStorage'), mine = keeper('sessionStorage');
export const secret = () => $('input[name=_secret]')?.value ?? '';
export const icon = name => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', 'i'); svg.setAttribute('aria-hidden', 'true'); use.setAttribute('href', `${document.body.dataset.sprite}#${name}`); svg.append(use);
  return svg;
};
// A text in the reader's language: the page brings along what its scripts say in others than English.
const texts = JSON.parse(document.body.dataset.texts ?? '{}');
export const _ = (text, given) => (texts[text] ?? text).replace(/%\((\w+)\)s/g, (all, name) => given[name]);
const themes = { auto: _('Auto'), light: _('Light'), dark: _('Dark') }, order = Object.keys(themes), root = document.documentElement;
const paint = t => {
  if (t === 'auto') delete root.dataset.theme; else root.dataset.theme = t;
  for (const b of $$('[data-theme-toggle]')) { b.hidden = false; b.setAttribute('aria-label', _('Colours: %(which)s', { which: themes[t] })); $('span', b).textContent = themes[t] }
};
paint(order.includes(kept.get('theme')) ? kept.get('theme') : 'auto');

const button = (text, does) => Object.assign(document.createElement('button'), { type: 'button', textContent: text, onclick: does });
export function toast(text, undo) {
  const box = $('.toast');
  box.replaceChildren(text);
  if (undo) box.append(button(_('Undo'), () => { box.replaceChildren(); undo() }));
  clearTimeout(toast.t); toast.t = setTimeout(() => box.replaceChildren(), undo ? 9000 : 6000);
}
export const over = () => toast(_('Your session is over. Sign in again; what you typed is kept on this device.'));
const told = $('.toast').textContent.trim();
// Said anew: who listens hears of a change, not of what was there from the beginning.
if (told) setTimeout(toast, 150, told);
$('[data-focus]')?.focus();

const leave = e => $$('.menu[open]').forEach(m => { if (!m.contains(e.target)) m.open = false });
on('focusin', leave);
on('click', e => {
  const b = e.target.closest('button, a');
  leave(e);
  if (!b) return;
  if ('themeToggle' in b.dataset) { const t = order[(order.indexOf(root.dataset.theme ?? 'auto') + 1) % 3]; kept.set('theme', t); paint(t) }
  if (b.getAttribute('aria-disabled') === 'true') { e.preventDefault(); document.getElementById(b.dataset.why)?.focus() }
  if ('print' in b.dataset) print();
});
on('toggle', e => {
  if (!e.target.matches?.('.menu')) return;
  e.target.closest('.card')?.toggleAttribute('data-open', e.target.open);
  if (e.target.open) $$('.menu[open]').forEach(m => { if (m !== e.target) m.open = false });
}, true);

// Drafts: what is typed is on this device until it is saved; passwords, files and signatures never are. Each tab has its
// own, and the newest is there for a tab that has none.
export const drafts = {
  get: k => mine.get(k) ?? kept.get(k),
  set: (k, v) => { mine.set(k, v); kept.set(k, v) },
  drop: k => { if (mine.get(k) === kept.get(k)) kept.drop(k); mine.drop(k) },
};
const typed = f => [...f.elements].filter(c => c.name && !/^_|^signature$/.test(c.name) && !/password|file|hidden|submit/.test(c.type)), ticked = c => /radio|checkbox/.test(c.type);
const words = f => JSON.stringify(typed(f).flatMap(c => ticked(c) && !c.checked ? [] : [[c.name, c.value]]));
const refill = (f, pairs) => {
  let first;
  for (const c of typed(f)) {
    const given = pairs.filter(([k]) => k === c.name).map(([, v]) => v), was = c.value + c.checked;
    if (ticked(c)) c.checked = given.includes(c.value); else if (given.length) c.value = given.shift();
    if (was !== c.value + c.checked) first ??= c;
  }
  first?.focus();
  f.dispatchEvent(new CustomEvent('refilled', { bubbles: true, detail: pairs }));
};
const held = f => `draft:${f.dataset.draft}`;
// A form that was saved is done with its draft; one that was refused, or met the end of a session, is not.
if ('saved' in document.body.dataset && mine.get('sent')) drafts.drop(mine.get('sent'));
mine.drop('sent');
for (const f of $$('form[data-draft]')) {
  const said = $('[data-draft-state]', f), draft = drafts.get(held(f));
  if (draft && draft !== words(f) && !$('[aria-invalid=true], #problems', f)) {
    const b = button(_('Bring back what you typed'), () => { drafts.set(held(f), draft); refill(f, JSON.parse(draft)); b.remove() });
    b.className = 'btn quiet';
    (said ?? f).after(b); const d = f.closest('details'); if (d) d.open = true;
  }
}
on('input', e => {
  const f = e.target.form;
  if (!f?.dataset.draft) return;
  drafts.set(held(f), words(f));
  const said = $('[data-draft-state]', f); if (said) said.textContent = _('Kept on this device, %(time)s', { time: new Date().toTimeString().slice(0, 5) });
});

// Sent once: a second press waits for the first. The same key makes a repeat harmless anyway. Offline, it stays here.
on('submit', e => {
  if (e.defaultPrevented || e.target.getAttribute('method') !== 'post') return; // a field may be called method, too
  const f = e.target, off = !navigator.onLine;
  if (off) toast(_('You are offline. Nothing was sent; what you typed stays here.'));
  if (off || f.dataset.sending) { e.preventDefault(); return }
  if (f.dataset.draft) mine.set('sent', held(f));
  const over = () => { delete f.dataset.sending; e.submitter?.removeAttribute('aria-busy') };
  f.dataset.sending = '1'; e.submitter?.setAttribute('aria-busy', true);
  setTimeout(over, 8000); addEventListener('pageshow', over, { once: true });
});
on('input', e => {
  if (!e.target.matches('[aria-invalid=true]')) return;
  e.target.removeAttribute('aria-invalid'); document.getElementById(`${e.target.id}-err`)?.remove(); // hidden, it would still be read
});

// Shortcuts and the palette. Who speaks to the browser has single keys off: words would be taken for them.
export const chord = e => e.ctrlKey || e.metaKey || e.altKey || kept.get('keys');
const keys = $('[data-keys]');
if (keys) {
  keys.closest('p').hidden = false; keys.checked = !kept.get('keys');
  keys.onchange = () => keys.checked ? kept.drop('keys') : kept.set('keys', 'off');
}
let g = 0;
on('keydown', e => {
  if ((e.ctrlKey || e.metaKey) && e.key === 'k') { e.preventDefault(); import('./palette.js').then(m => m.open()); return }
  if ((e.ctrlKey || e.metaKey) && e.key === 'Enter') { e.target.form?.requestSubmit(); return }
  if (e.key === 'Escape') { const m = $('.menu[open]'); if (m) { m.open = false; $('summary', m).focus() } return }
  if (chord(e) || e.target.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, dialog')) return;
  if (e.key === '/') { const q = $('#q'); if (q) { e.preventDefault(); q.focus() } }
  else if (e.key === 'n' && $('a[href="/new"]')) location.href = '/new';
  else if (e.key === 'g') g = Date.now();
  else if (Date.now() - g < 1200) { const a = $(`[data-go="${e.key}"]`); if (a) location.href = a.href }
});

if ($('[data-counts]')) import('./live.js');
