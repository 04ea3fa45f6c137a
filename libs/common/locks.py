"""PostgreSQL's advisory locks in a service's own database. A number stays: two versions may work side by side."""

SLEEPING = 0x706C0001  #: held by a relay that is asleep, shared by who writes: wake.py
RELAYING = 0x706C0002  #: held by the one relay of a service that is active
REBUILDING = 0x706C0003  #: while a read model is built anew
CHAINING = 0x706C7562  #: while the audit's newest lines get their place in the chain
MIGRATING = 0x706C756D  #: while the schema is changed
