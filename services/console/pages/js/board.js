// The board: moves by drag, menu and keyboard. A move is shown at once; one that is refused goes back and says why.
import { $, $$, _, chord, on, secret, toast } from './app.js';
const lanes = $$('.board .lane');
const count = (lane, by) => { const n = $('[data-count]', lane); n.textContent = +n.textContent + by };
const sums = () => fetch(location.href).then(r => r.text()).then(t => {
  const now = new DOMParser().parseFromString(t, 'text/html');
  for (const l of lanes) for (const part of ['[data-count]', '[data-sum]']) { const there = $(`#${l.id} ${part}`, now); if (there) $(part, l).replaceWith(there) }
}).catch(() => {});
const lane = card => card.closest('.lane');
function put(card, to, before) {
  count(lane(card), -1); $('ol', to).insertBefore(card, before ?? null); count(to, 1);
  $('.menu', card).open = false; $('a', card).focus();
}
async function ask(card, to) {
  const body = new URLSearchParams({ stage: to.dataset.stage });
  const r = await fetch(`/do/${to.dataset.act}/${card.dataset.id}`, { method: 'POST', body, headers: { Accept: 'application/json', 'X-Form-Secret': secret() } }).catch(() => null);
  if (r?.redirected) { location.reload(); return { ok: false, problem: '' } }
  return r ? r.json().catch(() => ({})) : { ok: false, problem: _('The network failed.') };
}
async function move(card, to, before, undo = true) {
  const from = lane(card), next = card.nextElementSibling, name = card.dataset.name;
  if (!to || from === to || card.dataset.moving) return;
  card.dataset.moving = '1'; $('.refused', card)?.remove(); put(card, to, before);
  const said = await ask(card, to);
  delete card.dataset.moving;
  if (said.ok) { toast(_('%(who)s is now in %(stage)s.', { who: name, stage: to.dataset.label }), undo ? () => move(card, from, next?.isConnected && lane(next) === from ? next : null, false) : null); sums(); return }
  put(card, from, next?.isConnected && lane(next) === from ? next : null);
  const p = document.createElement('p'), why = said.problem || _('That did not work.');
  p.className = 'refused'; p.textContent = _('Moved back. %(why)s', { why }); card.append(p); toast(_('%(who)s stays in %(stage)s. %(why)s', { who: name, stage: from.dataset.label, why }));
}
const first = lanes.find(l => $('.card', l));
if (first && innerWidth < 700) first.parentNode.scrollLeft = first.offsetLeft; // one lane in view: one that has something
let held;
for (const c of $$('.board .card')) {
  if (!$('.menu', c)) continue;
  c.draggable = true; $('a', c).draggable = false; // the card is carried, and not the address of its link
  c.addEventListener('dragstart', e => { held = c; c.classList.add('drag'); e.dataTransfer.effectAllowed = 'move'; e.dataTransfer.setData('text/plain', c.dataset.name) });
  c.addEventListener('dragend', () => { held = null; c.classList.remove('drag'); lanes.forEach(l => l.classList.remove('over')) });
  // a lane that is seen in part is not brought into view by the browser
  c.addEventListener('focusin', () => { if ($('a:focus-visible', c)) c.scrollIntoView({ block: 'nearest', inline: 'nearest' }) });
  c.addEventListener('keydown', e => {
    if (chord(e)) return;
    const n = lanes.indexOf(lane(c)), to = { '[': lanes[n - 1], ']': lanes[n + 1] }[e.key];
    if (to) { e.preventDefault(); move(c, to) }
    if (e.key === 'm') { e.preventDefault(); $('.menu', c).open = true; $('.menu button', c).focus() }
  });
}
on('submit', e => {
  if (e.target.id !== 'move') return;
  e.preventDefault(); move(e.submitter.closest('.card'), lanes.find(l => l.dataset.stage === e.submitter.value));
}, true);
for (const l of lanes) {
  l.addEventListener('dragover', e => { if (held) { e.preventDefault(); l.classList.add('over') } });
  l.addEventListener('dragleave', e => { if (!l.contains(e.relatedTarget)) l.classList.remove('over') });
  l.addEventListener('drop', e => { e.preventDefault(); l.classList.remove('over'); if (held) move(held, l) });
}
