"""Gives memory that is no longer used back to the system."""

import ctypes


def give_back() -> None:
    """Return what something large left behind, where the C library can; it would keep it for the next such thing.

    Other threads go on meanwhile.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
