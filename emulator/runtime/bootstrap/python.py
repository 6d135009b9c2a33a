"""Starts the Python side of a function process: Python keeps what it compiled of modules only."""
import sys

own_directory = __file__.rpartition("/")[0]
if sys.path[0] != own_directory:  # PYTHONSAFEPATH
    sys.path.insert(0, own_directory)
import coalmine_python

coalmine_python.main()
