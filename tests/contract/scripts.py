"""Random scripts of business acts, each told by a number: who asks for what at which door, and what was answered.

What a script asks for depends on its number and on the answers only, so that it is the same wherever they are the same.
"""

import random
from datetime import timedelta
from typing import Any

from embedded.testing import CAST, Bench, Caller
from libs.common import relay
from tests.contract.script_acts import ALONG, ASIDE, Act

API = "/api/v1"
LISTS = {
    "lead": "/leads", "opportunity": "/opportunities", "estimate": "/estimates", "booking": "/bookings",
    "job": "/bookings/jobs", "customer": "/bookings/customers", "appointment": "/opportunities/appointments",
    "acceptance": "/bookings/sales",
}  # fmt: skip
VIEWS = (
    *LISTS.values(), "/leads?q=hale", "/leads?sort=created_at&limit=3", "/opportunities?q=FURNACE", "/status-bar",
    "/notifications?limit=200", "/estimates?sort=total", "/bookings?sort=due_at", "/bookings/customers?q=Öz",
)  # fmt: skip
SAID = ("ETag", "Location", "Link", "Idempotency-Replayed", "Content-Type")  #: headers that are part of an answer


class Script:
    """``told`` is every request with its answer."""

    def __init__(self, bench: Bench, number: int) -> None:
        self.bench, self.number, self.rng = bench, number, random.Random(number)
        self.began = bench.clock()
        self.told: list[Any] = []
        self.tokens: list[str] = []  #: of links that customers were sent
        self._callers: dict[str, Caller] = {"customer": bench.public}

    def run(self) -> None:
        along = iter(ALONG)
        for _ in range(self.rng.randint(4, 15)):
            if self.rng.random() < 0.8:
                act = next(along, None)
                if act is None:
                    along = iter(ALONG)
                    act = next(along)
                self._act(act, newest=True)
            else:
                self._act(self.rng.choice(ASIDE), newest=self.rng.random() < 0.6)
            self._pass_time()
        self.bench.settle()
        for view in self.rng.sample(VIEWS, 3):
            self.see(view, self.rng.choice(("office", "manager", "salesperson", "auditor")))

    # -- what acts may ask for

    def see(self, path: str, who: str = "office") -> Any:
        return self._call(who, "GET", path)[1]

    def day(self, days: int) -> str:
        return (self.bench.clock() + timedelta(days=days)).date().isoformat()

    def moment(self, **span: float) -> str:
        return (self.bench.clock() + timedelta(**span)).isoformat()

    # -- the way of a script

    def _pass_time(self) -> None:
        if self.rng.random() < 0.75:
            self.bench.system.settle()
        if self.rng.random() < 0.05:
            self._send_again()
        if self.rng.random() < 0.1:
            self.bench.system.settle()  # facts that have waited for days would rightly have acts refused
            self.bench.clock.forward(minutes=self.rng.choice((1, 1, 61, 61, 60 * 25, 60 * 24 * 8, 60 * 24 * 35)))
            self.bench.system.due()

    def _send_again(self) -> None:
        """What was told last, once more: nothing comes of it."""
        for part in self.bench.system.parts.values():
            outbox = part.store.tables.outbox
            relay.refill(part.store, outbox.c.created_at >= self.began)
        self.bench.system.settle()

    def _act(self, act: Act, *, newest: bool) -> None:
        names = {kind: self.find(kind, newest=newest) for kind in act.needs}
        if None in names.values():
            return
        who = act.who if self.rng.random() < 0.95 else self.rng.choice(tuple(CAST))
        path, body = act.path.format(**names), act.body(self)
        headers = self._headers(act, path, who)
        status, _ = self._call(who, act.method, path, json=body, headers=headers)
        if self.rng.random() < 0.1:  # once more: the answer was lost on its way
            self._call(who, act.method, path, json=body, headers=headers)
        if act.path.endswith("/send") and status == 200:
            self.tokens.append(self.told[-1]["answer"]["share_url"].rpartition("/")[2])

    def _headers(self, act: Act, path: str, who: str) -> dict[str, str]:
        if act.method == "POST":
            return {"Idempotency-Key": f"{self.number}-{len(self.told)}"}
        seen = self._call(who, "GET", path.removesuffix("/draft"))
        tag = self.told[-1]["headers"].get("ETag") if seen[0] == 200 else None
        return {"If-Match": tag} if tag and self.rng.random() < 0.95 else {}

    def find(self, kind: str, *, newest: bool = True) -> str | None:
        if kind == "token":
            found = self.tokens
        else:
            rows = self.see(f"{LISTS[kind]}?limit=8", "office")["items"]
            found = [row["acceptance_id" if kind == "acceptance" else "id"] for row in reversed(rows)]
        if not found:
            return None
        return found[-1] if newest else self.rng.choice(found)

    def _call(self, who: str, method: str, path: str, **more: Any) -> tuple[int, Any]:
        caller = self._callers.setdefault(who, self.bench.public if who == "customer" else self.bench.as_(who))
        answer = caller.call(method, API + path, **more)
        said = answer.get_json() if answer.is_json else answer.get_data(as_text=True)
        headers = {name: answer.headers[name] for name in SAID if name in answer.headers}
        asked = {"who": who, "method": method, "path": path, "body": more.get("json"), "given": more.get("headers")}
        self.told.append({**asked, "status": answer.status_code, "headers": headers, "answer": said})
        return answer.status_code, said
