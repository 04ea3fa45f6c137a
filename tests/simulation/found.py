"""Seeds that have failed once. They stay, although another kernel or world makes another story of them."""

FOUND: dict[int, str] = {
    119: "a fact was parked for the one behind it, which ended the process: Consumer._take",
    6568: "attempts of whose commit nobody heard were counted, and an innocent fact was parked: Consumer._mark",
    7704: "a timer was moved, due and claimed again while a worker stood still, which then fired the old one: Timers",
}
