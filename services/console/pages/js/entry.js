// Quick entry: the call's clock, and who is alike while the number is still being said.
import { $ } from './app.js';
const form = $('#entry'), panel = $('[data-alike]'), list = $('[data-alike-list]'), call = $('[data-call]'), started = Date.now();
let timer, last = '';
const begin = () => {
  if (!call.hidden) return;
  call.hidden = false;
  setInterval(() => { const s = Math.round((Date.now() - started) / 1000); $('[data-timer]').textContent = `${String(Math.trunc(s / 60)).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}` }, 1000);
};
const row = one => {
  const li = document.createElement('li'), a = Object.assign(document.createElement('a'), { href: one.href, textContent: one.text }), p = document.createElement('p');
  p.className = 's mute'; p.textContent = one.about; li.append(a, p); return li;
};
async function look() {
  const digits = form.phone.value.replace(/\D/g, ''), q = digits.length >= 7 ? digits : form.person_name.value.trim().length > 3 ? form.person_name.value.trim() : '';
  if (q === last) return;
  last = q;
  const all = q ? await fetch(`/search.json?q=${encodeURIComponent(q)}`).then(r => r.ok ? r.json() : []).catch(() => []) : [];
  if (q !== last) return;
  list.replaceChildren(...all.slice(0, 4).map(row)); panel.hidden = !all.length;
}
form.addEventListener('input', () => { begin(); clearTimeout(timer); timer = setTimeout(look, 250) });
if (document.activeElement === document.body) form.phone.focus();
