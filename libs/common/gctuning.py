"""What Python's garbage collector need not do: look again and again at what was loaded to stay."""

import gc

#: allocations between two looks at what is new; looks at that between two at what they left, and at that between two at
#: the rest. What changes leave on PostgreSQL is let go of at the second: at 50 it was 60 MB of an api by then.
FEW, SOME, MANY = 20_000, 5, 50


def settle_memory() -> None:
    """To be called when everything is loaded, in the process that will work with it.

    A request makes some thousand objects and drops them again; with Python's own figures the collector spent a
    twelfth of a service's time to find that nothing of it was left over.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(FEW, SOME, MANY)
