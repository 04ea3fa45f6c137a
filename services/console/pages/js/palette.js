// Go to or do: what is on this page and in the rail, and whatever the search finds.
import { $, $$, _ } from './app.js';

let box;
const here = () => [
  ...$$('.rail a:not(.brand)').map(a => ({ text: a.lastChild.textContent.trim(), href: a.href, key: a.dataset.go })),
  ...$$('main a.btn, main .menu a').map(a => ({ text: a.textContent.trim(), href: a.href })),
  ...$$('main button.btn:not([aria-disabled]), main .menu button').filter(b => b.offsetParent).map(b => ({ text: b.textContent.trim(), press: b })),
].filter(one => one.text);

function build() {
  box = Object.assign(document.createElement('dialog'), { className: 'palette' }); box.setAttribute('aria-label', _('Go to or do'));
  const input = Object.assign(document.createElement('input'), { type: 'text', placeholder: _('Go to, or do'), autocomplete: 'off' });
  const list = Object.assign(document.createElement('ul'), { id: 'palette-list' });
  for (const [k, v] of Object.entries({ role: 'listbox', 'aria-label': _('Results') })) list.setAttribute(k, v);
  for (const [k, v] of Object.entries({ role: 'combobox', 'aria-label': _('Go to or do'), 'aria-expanded': 'true', 'aria-controls': list.id })) input.setAttribute(k, v);
  let at = 0, hits = [], found = [], asked = 0;
  const take = one => { if (one.press) { box.close(); one.press.click() } else if (one.href) { box.close(); location.href = one.href } };
  const draw = () => {
    const q = input.value.toLowerCase().trim();
    hits = [...here().filter(one => one.text.toLowerCase().includes(q)), ...found].slice(0, 14);
    if (!hits.length) hits = [{ text: _('Nothing by that name.') }];
    at = Math.min(at, hits.length - 1);
    list.replaceChildren(...hits.map((one, n) => {
      const li = Object.assign(document.createElement('li'), { id: `palette-${n}`, onclick: () => take(one) });
      li.setAttribute('role', 'option'); li.setAttribute('aria-selected', n === at); li.append(one.text);
      if (one.about) { const s = document.createElement('span'); s.className = 'xs mute-2'; s.textContent = one.about; li.append(s) }
      if (one.key) { const k = document.createElement('kbd'); k.className = 'push'; k.textContent = `G ${one.key.toUpperCase()}`; li.append(k) }
      return li;
    }));
    input.setAttribute('aria-activedescendant', `palette-${at}`); list.children[at].scrollIntoView({ block: 'nearest' });
  };
  input.oninput = () => {
    at = 0; found = []; draw();
    const q = input.value.trim(), mine = ++asked;
    if (q.length > 1) fetch(`/search.json?q=${encodeURIComponent(q)}`).then(r => r.ok ? r.json() : []).then(all => { if (mine === asked) { found = all; draw() } }).catch(() => {});
  };
  input.onkeydown = e => {
    if (e.key === 'ArrowDown') at = Math.min(at + 1, hits.length - 1); else if (e.key === 'ArrowUp') at = Math.max(at - 1, 0); else if (e.key === 'Enter') { e.preventDefault(); return take(hits[at]) } else return;
    e.preventDefault(); draw();
  };
  box.append(input, list); document.body.append(box);
  box.addEventListener('click', e => { if (e.target === box) box.close() });
  box.reset = () => { input.value = ''; at = 0; found = []; draw() };
}
export function open() {
  const from = document.activeElement;
  $$('.menu[open]').forEach(m => { m.open = false });
  if (!box) build();
  box.reset(); box.showModal(); $('input', box).focus();
  box.onclose = () => from?.focus?.();
}
