// The choice at the table: the service's figures as it changes, and a drawn signature.
import { $ } from './app.js';
const form = $('[data-pick]'), pad = $('.pad-sign'), plain = hidden => { const b = $('[data-plain]'); if (b) b.hidden = hidden };
let asked = 0, on = false;
form.addEventListener('change', async e => {
  if (!['option', 'add_ons'].includes(e.target.name)) return;
  const mine = ++asked, data = new FormData(form);
  data.set('do', 'sum'); data.delete('typed_name'); data.delete('signature');
  const r = await fetch(form.action, { method: 'POST', body: data }).catch(() => null);
  if (mine !== asked) return;
  if (!r?.ok || r.redirected) return plain(false); // no figures: they are asked for by the button
  const sum = $('[data-sum]', new DOMParser().parseFromString(await r.text(), 'text/html'));
  if (sum) { $('[data-sum]').replaceChildren(...sum.childNodes); plain(true) }
});
plain(true);
if (pad) {
  const pen = pad.getContext('2d'), said = form.signature, at = e => [e.offsetX * pad.width / pad.clientWidth, e.offsetY * pad.height / pad.clientHeight];
  $('[data-sign]').hidden = false;
  pad.onpointerdown = e => { on = true; pad.setPointerCapture(e.pointerId); pen.beginPath(); pen.moveTo(...at(e)); pen.strokeStyle = '#1c1a16'; pen.lineWidth = 4; pen.lineCap = pen.lineJoin = 'round' };
  pad.onpointermove = e => { if (on) { pen.lineTo(...at(e)); pen.stroke() } };
  pad.onpointerup = pad.onpointercancel = () => { on = false; const drawn = pad.toDataURL(); said.value = drawn.length < 1e5 ? drawn : '' };
  $('[data-clear]').onclick = () => { pen.clearRect(0, 0, pad.width, pad.height); said.value = '' };
}
