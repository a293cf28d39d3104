#!/bin/bash
# tidy.sh [ROOT] - the house rules of docs/architecture.md that a compiler does not check.
#
# Prints "file:line: reason" for each finding and a closing count; exit status 1 when there is a finding.
# Functions are found by their braces in column 0, as .clang-format sets them.
set -euo pipefail
export LC_ALL=C
cd "${1:-$(dirname "$0")/..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dirs=()
for dir in src tests bench; do
    [ -d "$dir" ] && dirs+=("$dir")
done
find "${dirs[@]}" -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' \) | sort >"$work/files"
grep '\.[ch]$' "$work/files" >"$work/c_files" || true

# Names, sizes of whatever is source.
check_names() {
    awk -F/ '{
        name = tolower($NF)
        if (match(name, /(^|[_.-])(utils?|common|helpers?|misc|manager)[_.-]/))
            print $0 ":1: a name that says nothing about its content"
    } END { print NR > "/dev/stderr" }' "$work/files"
}

# Everything that is seen line by line in C files.
check_c() {
    tr '\n' '\0' <"$work/c_files" | xargs -0 -r awk '
    function report(reason) { print FILENAME ":" FNR ": " reason }
    function word_in(text, words,   at) {
        if (!match(text, "(^|[^A-Za-z0-9_])(" words ")[ ]*\\("))
            return ""
        at = substr(text, RSTART, RLENGTH)
        gsub(/[^A-Za-z0-9_]/, "", at)
        return at
    }
    function end_file() {
        if (previous == "")
            return
        if (lines > 600)
            print previous ":" lines ": " lines " lines; a file has at most 600"
        checks += 4
    }
    # Code without strings and comments; in_comment is carried from line to line.
    function code_of(line,   at) {
        if (in_comment) {
            at = index(line, "*/")
            if (at == 0)
                return ""
            line = substr(line, at + 2)
            in_comment = 0
        }
        if (line !~ /["\047\/]/)
            return line
        gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
        gsub(/\047([^\047\\]|\\.)\047/, "0", line)
        sub(/\/\/.*/, "", line)
        while ((at = index(line, "/*")) > 0) {
            rest = substr(line, at + 2)
            line = substr(line, 1, at - 1)
            if ((at = index(rest, "*/")) == 0) {
                in_comment = 1
                return line
            }
            line = line " " substr(rest, at + 2)
        }
        return line
    }
    BEGIN {
        allowed["base"] = " base "
        allowed["net"] = " base net "
        allowed["model"] = " base model "
        allowed["intake"] = " base model intake "
        allowed["audit"] = " base model audit "
        allowed["registry"] = " base net model registry "
        allowed["store"] = " base net model store "
        allowed["engine"] = " base net model intake audit registry store engine "
        allowed["api"] = " base model engine api "
        allowed["cli"] = allowed["engine"] "api cli "
        banned = "strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|strtok_r|gmtime|localtime|asctime|ctime|" \
                 "atoi|atol|atoll|atof|gets|system|popen|rand|srand|random|signal|alloca|setjmp|longjmp|sigsetjmp|" \
                 "siglongjmp|tmpnam|mktemp|tempnam"
        ending = "exit|_exit|_Exit|quick_exit|abort|printf|fprintf|vprintf|vfprintf|dprintf|puts|fputs|putchar|perror"
    }
    FNR == 1 {
        end_file()
        previous = FILENAME
        in_comment = 0
        opened = 0
        split(FILENAME, part, "/")
        in_src = part[1] == "src"
        folder = in_src ? part[2] : ""
        may_end = !in_src || folder == "cli" || FILENAME == "src/base/log.c"
        may_mint = !in_src || FILENAME ~ /^src\/(model\/permit\.[ch]|engine\/erase\.c)$/
        if (in_src && !(folder in allowed))
            report("folder " folder " is not in the layering table")
    }
    { lines = FNR }
    in_src && /^[ \t]*#[ \t]*include[ \t]*"/ {
        checks++
        path = $0
        sub(/^[^"]*"/, "", path)
        sub(/".*/, "", path)
        to = path
        if (!sub(/\/.*/, "", to) || path ~ /\.\./)
            report("include \"" path "\" by its folder: \"" folder "/" path "\"")
        else if ((folder in allowed) && index(allowed[folder], " " to " ") == 0)
            report(folder " may not include " to " (" path ")")
    }
    !may_mint && /permit_mint/ { report("permit_mint: only src/engine/erase.c mints permits") }
    /^\{[ \t]*$/ { opened = FNR }
    /^\}/ {
        if (opened > 0) {
            checks++
            if (FNR - opened + 2 > 70)
                print FILENAME ":" opened ": function of " FNR - opened + 2 " lines; at most 70"
        }
        opened = 0
    }
    {
        code = code_of($0)
        if (code ~ /\(/) {
            if ((found = word_in(code, banned)) != "")
                report("banned function " found)
            if (!may_end && (found = word_in(code, ending)) != "" &&
                !(FILENAME == "src/base/base.c" && (found == "abort" || found == "fprintf")))
                report(found ": only src/cli ends the process or prints")
        }
        if (code ~ /(^|[^A-Za-z0-9_])typedef[ \t]+(struct|union|enum)([^A-Za-z0-9_]|$)/)
            report("a typedef hides a struct, union or enum")
    }
    END {
        end_file()
        print checks + 0 > "/dev/stderr"
    }'
}

# What needs a server of somebody else's has its test in tests/peers.
# The commands themselves (src/cli/cmd_*.c) are covered end to end, by tests/e2e/cli_test.sh and its neighbours.
check_unit_tests() {
    local n=0 file name
    while read -r file; do
        n=$((n + 1))
        name=${file##*/}
        [ -f "tests/unit/test_$name" ] || [ -f "tests/peers/test_$name" ] ||
            echo "$file:1: no unit test: tests/unit/test_$name is missing"
    done < <(grep '^src/.*\.c$' "$work/c_files" | grep -vE '^src/cli/(main|cmd_[a-z_]+)\.c$' || true)
    echo "$n" >&2
}

# A driver is listed as NAME(x), or store_x, on a line of its own in drivers.h.
check_drivers() {
    local list=src/store/drivers.h n=0 file name
    compgen -G 'src/store/store_*.c' >"$work/driver_files" || true
    if [ -f "$list" ]; then
        sed -e 's|/\*.*\*/||; s|//.*||' "$list" |
            sed -nE 's/^[[:space:]]*[A-Z_]+\(([a-z0-9_]+).*/\1/p; s/^[^#]*store_([a-z0-9_]+).*/\1/p' |
            sed 's/^store_//' | grep -vxE 'drivers?' | sort -u >"$work/listed" || true
    else
        : >"$work/listed"
    fi
    while read -r file; do
        n=$((n + 1))
        name=${file##*/store_}
        grep -qx "${name%.c}" "$work/listed" || echo "$file:1: driver ${name%.c} is not listed in $list"
    done <"$work/driver_files"
    while read -r name; do
        n=$((n + 1))
        file=src/store/store_$name.c
        [ -f "$file" ] || echo "$list:1: driver $name is listed but $file is missing"
    done <"$work/listed"
    echo "$n" >&2
}

for check in check_names check_c check_unit_tests check_drivers; do
    "$check" 2>>"$work/counts"
done >"$work/findings"
sort -t: -k1,1 -k2,2n "$work/findings"
found=$(wc -l <"$work/findings")
awk -v found="$found" '/[^0-9]/ { print "tidy: " $0; broken = 1 } { n += $0 }
    END { print "tidy: " n " checks, " found " findings"; exit broken || found > 0 }' "$work/counts"
