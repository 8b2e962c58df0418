#!/bin/bash -eu
# The same build as ClusterFuzzLite's.
exec bash -eu "$SRC/bindproof/.clusterfuzzlite/build.sh"
