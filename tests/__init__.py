"""Watchkeeper's tests; a package, so that no installed 'tests' can be taken for it."""
