#!/bin/bash
# tidy_test.sh - tidy.sh finds what it must in a tree made for it, and nothing in a clean one.
set -euo pipefail
tidy=$(cd "$(dirname "$0")" && pwd)/tidy.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# clean: a tree without findings
clean() {
    rm -rf "$work/tree"
    mkdir -p "$work"/tree/src/{base,model,store,engine,cli} "$work"/tree/tests/unit
    cd "$work/tree"
    printf '#include "base/one.h"\n\nint one(void)\n{\n    return 1;\n}\n' >src/base/one.c
    printf 'int one(void); /* never sprintf(x) or exit(1) */\n// nor system("x")\n' >src/base/one.h
    printf '#include "base/one.h"\n#include "store/drivers.h"\nconst char *t = "gets(";\n' >src/store/store_s3.c
    printf '/* DRIVER(example) in a comment */\nDRIVER(s3)\n' >src/store/drivers.h
    printf '#include <stdio.h>\nint main(void)\n{\n    printf("x");\n}\n' >src/cli/main.c
    printf 'void f(void) { permit_mint(); }\n' >src/engine/erase.c
    touch tests/unit/test_{one,store_s3,erase}.c
}

# finds WHAT: the tree now gives exactly one finding, and it contains WHAT
finds() {
    local out
    if out=$("$tidy" "$work/tree") || ! grep -qF -- "$1" <<<"$out" || ! grep -q ' 1 findings$' <<<"$out"; then
        echo "not found as it should be: $1"
        echo "$out"
        failed=1
    fi
    clean
}

clean
if ! out=$("$tidy" "$work/tree"); then
    echo "a clean tree has findings:"
    echo "$out"
    failed=1
fi
echo '#include "model/m.h"' >src/base/one.c && finds 'src/base/one.c:1: base may not include model'
echo '#include "engine/m.h"' >src/store/part.h && finds 'src/store/part.h:1: store may not include engine'
echo '#include "one.h"' >src/base/two.h && finds 'src/base/two.h:1: include "one.h" by its folder'
mkdir src/odd && echo 'int x;' >src/odd/x.h && finds 'src/odd/x.h:1: folder odd is not in the layering table'
seq 601 | sed 's|.*|// &|' >src/base/long.h && finds 'src/base/long.h:601: 601 lines'
{ echo 'int one(void)'; echo '{'; seq 69 | sed 's|.*|    // &|'; echo '}'; } >src/base/one.c
finds 'src/base/one.c:2: function of 72 lines'
echo 'int x = sprintf(b, "x");' >src/base/one.c && finds 'src/base/one.c:1: banned function sprintf'
printf '/* a\n   b */ int x = atoi (b);\n' >src/base/one.c && finds 'src/base/one.c:2: banned function atoi'
echo 'int x = a("/*") + strtok(b);' >tests/unit/test_one.c && finds 'tests/unit/test_one.c:1: banned function strtok'
echo 'int x = fprintf(f, "x");' >src/base/one.c && finds 'src/base/one.c:1: fprintf: only src/cli'
echo 'typedef struct a b;' >src/base/one.h && finds 'src/base/one.h:1: a typedef hides'
echo 'void f(void) { permit_mint(); }' >src/base/one.c && finds 'src/base/one.c:1: permit_mint'
touch src/base/text_util.h && finds 'src/base/text_util.h:1: a name that says nothing'
touch src/base/helpers.h && finds 'src/base/helpers.h:1: a name that says nothing'
rm tests/unit/test_one.c && finds 'src/base/one.c:1: no unit test: tests/unit/test_one.c'
echo 'DRIVER(gone)' >>src/store/drivers.h && finds 'src/store/drivers.h:1: driver gone is listed but'
echo >src/store/drivers.h && finds 'src/store/store_s3.c:1: driver s3 is not listed'
echo 1..1
[ "$failed" -eq 0 ] && echo "ok 1 - tidy.sh finds what it must, and nothing in a clean tree" || echo "not ok 1 - tidy.sh"
exit "$failed"
