// A tick is saved as it is made; without scripts the button below saves them together.
import { $, $$ } from './app.js';
for (const form of $$('form[data-ticks]')) {
  $('button', form).hidden = true;
  form.addEventListener('change', () => form.requestSubmit());
}
