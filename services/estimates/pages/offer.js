// The offer on a screen: tells that it is read, once it is visible, which a mail scanner's look is not; shows what a
// choice comes to, in the service's figures; takes a drawn signature. An answer is sent once, and not while offline.
const token = location.pathname.split("/")[2], $ = (s, r = document) => r.querySelector(s), form = $("[data-offer]");

function tell() {
  if (document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", tell);
  fetch(`/api/v1/shared/${token}/viewed`, { method: "POST", credentials: "omit", keepalive: true }).then(told => told.text(), () => null);
}
document.addEventListener("visibilitychange", tell);
tell();

let sent = 0, asked = 0;
document.addEventListener("submit", event => {
  const off = !navigator.onLine, said = $("[data-offline]");
  said.hidden = !off;
  if (off) (event.submitter.tabIndex < 0 ? $(".decide .btn.go") : event.submitter).before(said);
  if (off || Date.now() - sent < 8000) return event.preventDefault();
  sent = Date.now(); event.submitter.setAttribute("aria-busy", true);
});
addEventListener("pageshow", () => { sent = 0; $("[aria-busy]")?.removeAttribute("aria-busy"); });

async function count() {
  const mine = ++asked, data = new FormData(form);
  for (const private_ of ["typed_name", "signature", "consent"]) data.delete(private_);
  const answer = await fetch(`/e/${token}/choice`, { method: "POST", body: data }).catch(() => null);
  if (mine !== asked) return;
  document.documentElement.classList.toggle("scripted", Boolean(answer?.ok));  // no figures: they are asked for by the button
  if (!answer?.ok) return;
  const sum = $("[data-sum]", new DOMParser().parseFromString(await answer.text(), "text/html"));
  if (sum && mine === asked) $("[data-sum]").replaceChildren(...sum.childNodes);
}
if (form) {
  document.documentElement.classList.add("scripted");
  form.addEventListener("change", event => { if (/^(option|add_on_)/.test(event.target.name)) count(); });
  if ($("[name=option]:checked, [name^=add_on_]:checked", form)) count();
  const pad = $(".pad-sign"), pen = pad.getContext("2d"), said = $("[name=signature]", form);
  let on = false;
  const at = event => [event.offsetX * pad.width / pad.clientWidth, event.offsetY * pad.height / pad.clientHeight];
  $("[data-sign]").hidden = false;
  pad.onpointerdown = event => { on = true; pad.setPointerCapture(event.pointerId); pen.beginPath(); pen.moveTo(...at(event)); pen.strokeStyle = "#1c1a16"; pen.lineWidth = 4; pen.lineCap = pen.lineJoin = "round"; };
  pad.onpointermove = event => { if (on) { pen.lineTo(...at(event)); pen.stroke(); } };
  pad.onpointerup = pad.onpointercancel = () => { on = false; const drawn = pad.toDataURL(); said.value = drawn.length < 100000 ? drawn : ""; };
  $("[data-clear]").onclick = () => { pen.clearRect(0, 0, pad.width, pad.height); said.value = ""; };
}
