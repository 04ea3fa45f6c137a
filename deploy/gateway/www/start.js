// Says beside each service how it is, again every ten seconds while somebody looks. Without it the links stay links.

const WORDS = { good: "Well", warn: "Degraded", bad: "Not ready" };
const rows = [...document.querySelectorAll("[data-service]")];

async function ask(row) {
  const tag = row.querySelector(".tag");
  let found = "bad";
  try {
    const answer = await fetch(tag.href, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.ok) found = (await answer.json()).status === "ok" ? "good" : "warn";
  } catch {
    // nobody answers: that is what "bad" says
  }
  tag.className = `tag ${found}`;
  tag.textContent = WORDS[found];
  return found;
}

async function look() {
  if (document.hidden) return;
  const all = await Promise.all(rows.map(ask));
  const whole = document.getElementById("whole");
  const ill = all.filter((one) => one !== "good").length;
  const worst = all.includes("bad") ? "bad" : ill ? "warn" : "good";
  const words = ill ? `${ill} of ${all.length} services need care` : "All services are well";
  if (whole.textContent !== words) {
    whole.className = `tag ${worst}`;
    whole.textContent = words;
  }
  whole.hidden = false;
}

document.getElementById("address").textContent = location.origin;
document.addEventListener("visibilitychange", look);
setInterval(look, 10_000);
look();
