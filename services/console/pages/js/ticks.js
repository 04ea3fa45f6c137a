// A tick is saved as it is made; without scripts the button below saves them together. The page that comes goes on at it.
import { $, $$, kept } from './app.js';
for (const form of $$('form[data-ticks]')) {
  $('button', form).hidden = true;
  form.addEventListener('change', ({ target }) => {
    if (!navigator.onLine) target.checked = !target.checked;
    kept.set('tick', target.id);
    // the next one takes along what the one before said
    delete form.dataset.sending;
    form.requestSubmit();
  });
}
const last = document.getElementById(kept.get('tick') ?? '');
kept.drop('tick');
// after the browser went to the address's #
if (last) addEventListener('load', () => setTimeout(() => last.focus()));
