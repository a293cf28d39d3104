#!/bin/bash
# planted_test.sh - each bug of planted.py is caught by its seeds.
cd "$(dirname "$0")/../.." && exec python3 tests/sim/planted.py build
