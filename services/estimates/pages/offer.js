// Tells that the offer is on somebody's screen: once it is visible, which a mail scanner's look is not.
const token = location.pathname.split("/")[2];

function tell() {
  if (document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", tell);
  fetch(`/api/v1/shared/${token}/viewed`, { method: "POST", credentials: "omit", keepalive: true });
}

document.addEventListener("visibilitychange", tell);
tell();
