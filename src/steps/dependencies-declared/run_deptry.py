"""Runs deptry in this interpreter, whose environment is the application's. argv: <folder of deptry's packages> <deptry's arguments>

That folder comes last, so the application's own packages are found first. This file's folder is on the path too, as that of any script: a module
that can be imported and that nothing declares, which is what a proof needs.
"""

import runpy
import sys

sys.path.append(sys.argv.pop(1))
runpy.run_module("deptry", run_name="__main__", alter_sys=True)
