"""The process `vcolint`, as a script and as `python -m vcolint`."""

import gc

gc.disable()  # before click is imported: the import creates many objects and frees none

from vcolint.cli import console  # noqa: E402

if __name__ == "__main__":
    console()
