"""Seeds that have failed once. They stay, although another kernel or world makes another story of them."""

FOUND: dict[int, str] = {
    119: "a fact was parked for the one behind it, which ended the process: Consumer._take",
}
