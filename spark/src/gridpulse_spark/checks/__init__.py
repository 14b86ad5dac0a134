"""Checks of the data at the end of each scheduled run: what the stores hold, never what a job says that it has done.

Each raises CheckFailedError with a sentence for every thing that is not as it should be.
"""
