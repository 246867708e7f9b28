"""Hands on the wheel that the sdist made; where there is none, says why in the back end's own words, and fails.

argv: <report folder of the build> <folder of the sdist's wheel> <folder for the wheel>. Standard library only.
"""

import glob
import json
import os
import shutil
import sys

# The build as it is called in the record, and to people.
STEPS = {"sdist": "the sdist cannot be built", "wheel of the sdist": "the sdist does not build"}


def main():
    report, made, target = sys.argv[1:4]
    wheels = glob.glob(os.path.join(made, "*.whl"))
    if len(wheels) == 1:
        shutil.copy(wheels[0], target)
        return 0
    with open(os.path.join(report, "dist.json"), encoding="utf-8") as stream:
        ends = json.load(stream)["builds"]
    for name, words in STEPS.items():
        end = ends.get(name, {"exit": 0, "made": 1})
        if end["exit"] != 0 or end["made"] != 1:
            print(f"{words}, so nobody can install from it (build-dist says more):\n{tail(end['said'])}", file=sys.stderr)
            return 1
    print(f"the sdist should make one wheel, and made {len(wheels)}", file=sys.stderr)
    return 1


def tail(said):
    return "\n".join(said.strip().splitlines()[-12:])


sys.exit(main())
