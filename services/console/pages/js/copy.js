// Copies what stands in a field.
import { $, $$, _, toast } from './app.js';
for (const b of $$('[data-copy]')) {
  b.hidden = !navigator.clipboard;
  b.onclick = () => navigator.clipboard.writeText($(`#${b.dataset.copy}`).value).then(() => toast(_('Copied.')), () => $(`#${b.dataset.copy}`).select());
}
