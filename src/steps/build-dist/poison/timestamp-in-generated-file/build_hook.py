"""What the build adds to the package: when it was built, which no second build can say again."""

import time


def generated():
    """Return text by the path that it is packed under."""
    return {"smallvoice/_built.py": f'"""Written by the build."""\n\nBUILT = "{time.strftime("%Y-%m-%d")}"\n'}
