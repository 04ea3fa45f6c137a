// The estimate builder: saves while somebody types and shows the service's figures; buttons change the form in place.
import { $, $$, _, chord, drafts, on, over, toast } from './app.js';
let form = $('[data-build]'), waiting = false, stale = false, timer, line = Promise.resolve();
const turn = act => { line = line.then(act, act); return line }; // one after the other: each goes out with the tag that the one before brought
const parse = async r => new DOMParser().parseFromString(await r.text(), 'text/html');
const state = text => { const s = $('[data-live=state]'); if (s) s.textContent = text };
const swap = (page, only) => {
  for (const now of $$('[data-live]')) {
    const next = $(`[data-live="${CSS.escape(now.dataset.live)}"]`, page), open = $('details', now)?.open;
    if (!next || !only(now.dataset.live) || now.innerHTML === next.innerHTML) continue; // what stays keeps the focus
    now.replaceChildren(...next.childNodes);
    if (open) $('details', now).open = true;
  }
};
const send = async (body, headers) => {
  const r = navigator.onLine && await fetch(form.action, { method: 'POST', body, headers }).catch(() => null);
  if (r && !r.redirected) return r;
  if (r) { stale = true; over() }
  state(r ? _('Not saved yet') : _('Not saved: nobody answers'));
};
function save() {
  if (waiting) return;
  waiting = true;
  turn(async () => {
    waiting = false;
    if (stale) return;
    state(_('Saving'));
    const r = await send(new FormData(form), { 'X-Live': '1' });
    if (!r) return;
    stale = r.status === 412;
    if (stale) return state(_('Somebody else changed this meanwhile'));
    if (!r.ok) return state(_('Not saved yet'));
    const page = await parse(r);
    if ($('#problems', page)) return swap(page, one => one === 'state');
    form._tag.value = $('[name=_tag]', page).value;
    if (!waiting) { drafts.drop(`draft:${form.dataset.draft}`); swap(page, one => one !== 'book') }
  });
}
const later = () => { clearTimeout(timer); timer = setTimeout(save, 700) };
function press(button) {
  clearTimeout(timer);
  turn(async () => {
    const data = new FormData(form); data.set('do', button.value);
    const r = await send(data);
    if (!r) return stale || toast(_('The network failed.'));
    if (!r.ok) return form.submit();
    const page = await parse(r), next = $('[data-build]', page);
    if (button.value === 'find') return swap(page, one => one === 'book');
    form.replaceWith(document.adoptNode(next)); form = next; listen();
    const at = form.dataset.at && document.getElementById(form.dataset.at);
    if (at) at.focus(); else $('[name=into]:checked', form)?.focus();
    save();
  });
}
function listen() {
  let asked;
  form.addEventListener('input', e => { if (e.target.name === 'q') { clearTimeout(asked); asked = setTimeout(() => press({ value: 'find' }), 250) } else if (e.target.name !== 'into') later() });
  form.addEventListener('submit', e => {
    const b = e.submitter;
    if (document.activeElement?.name === 'q' && (!b || b.value === 'save')) { e.preventDefault(); e.stopPropagation(); press({ value: 'find' }); return }
    if (b && !['save', 'send', 'present'].includes(b.value)) { e.preventDefault(); e.stopPropagation(); press(b) }
  });
}
listen();
// What is brought back has lines that are not on the page: the service draws them.
on('refilled', e => {
  if (e.target !== form) return;
  for (const [name, value] of e.detail) if (!form.elements[name]) form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  press({ value: 'again' });
});
// Who is led to a fault sees it: its option is opened first.
on('click', e => {
  const at = /^#options-(\d+)-/.exec(e.target.closest('#problems a')?.hash ?? ''), tab = at && $(`[name=into][value="${at[1]}"]`, form);
  if (tab) tab.checked = true;
});
on('keydown', e => { if (e.key === 'b' && !chord(e) && !e.target.closest('input:not([type=radio], [type=checkbox]), textarea, select')) { e.preventDefault(); $('[data-book]').select() } });
