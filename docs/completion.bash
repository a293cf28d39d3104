# Completion of expunge for bash. Made from the program's own tables by `expunge help --completion`; a test compares them.
# shellcheck shell=bash
# Offers words, or file names for @file and @dir.
_expunge_words() {
    local word=${COMP_WORDS[COMP_CWORD]}
    case $1 in
    *@file*) mapfile -t COMPREPLY < <(compgen -f -- "$word"); compopt -o filenames 2>/dev/null ;;
    *@dir*) mapfile -t COMPREPLY < <(compgen -d -- "$word"); compopt -o filenames 2>/dev/null ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word") ;;
    esac
}
_expunge() {
    local options= arguments= value= subcommands= names=' init config ingest contact erase purge worker verify hold request approve run quarantine task policy store restore report audit certificate user key backup registry doctor version help'
    local common=' --json --config --now --by --verbose --help'
    COMPREPLY=()
    case ${COMP_WORDS[1]-} in
    config) subcommands=' check' ;;
    contact) subcommands=' find show explain locate decide event' ;;
    hold) subcommands=' apply release waive list' ;;
    request) subcommands=' add verify candidates confirm exclude run list show extend refuse withdraw letter' ;;
    run) subcommands=' list show pause resume cancel' ;;
    quarantine) subcommands=' list retry drop' ;;
    task) subcommands=' list' ;;
    policy) subcommands=' show check simulate activate' ;;
    store) subcommands=' list check retire' ;;
    restore) subcommands=' declare status' ;;
    report) subcommands=' holds overdue residuals targets retention' ;;
    audit) subcommands=' list verify prove export publish reopen' ;;
    user) subcommands=' add list disable' ;;
    key) subcommands=' rotate' ;;
    registry) subcommands=' copy' ;;
    esac
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} name=${COMP_WORDS[1]-} command
    [ "$before" = = ] && before=${COMP_WORDS[COMP_CWORD-2]}
    command=$name
    [ -n "$subcommands" ] && command="$name ${COMP_WORDS[2]-}"
    case $command in
    'init') options=' --test-clock --origin --registry' arguments=' @dir' ;;
    'config check') options='' arguments='' ;;
    'ingest') options=' --source --format' arguments=' @file' ;;
    'contact find') options=' --id --limit --look --after --scrubbed' arguments='' ;;
    'contact show') options='' arguments='' ;;
    'contact explain') options=' --as' arguments='' ;;
    'contact locate') options='' arguments='' ;;
    'contact decide') options=' --reason' arguments=' erase keep category:NAME' ;;
    'contact event') options=' --at --file --source' arguments=' case_closed contract_end' ;;
    'erase') options=' --file --source --reason --leg-only --dry-run --wait --retry --result' arguments='' ;;
    'purge') options=' --dry-run --plan --limit --max-runtime' arguments='' ;;
    'worker') options=' --once --max-runtime' arguments='' ;;
    'verify') options=' --due --sample' arguments='' ;;
    'hold apply') options=' --matter --reason --review-by --file --source --subject --filter --wait' arguments='' ;;
    'hold release') options=' --matter --reason' arguments='' ;;
    'hold waive') options=' --matter --reason' arguments='' ;;
    'hold list') options=' --all' arguments='' ;;
    'request add') options=' --regime --ground --received --identity-checked --file --source --note' arguments='' ;;
    'request verify') options=' --identity-checked' arguments='' ;;
    'request candidates') options='' arguments='' ;;
    'request confirm') options='' arguments='' ;;
    'request exclude') options='' arguments='' ;;
    'request run') options='' arguments='' ;;
    'request list') options=' --all' arguments='' ;;
    'request show') options='' arguments='' ;;
    'request extend') options=' --reason' arguments='' ;;
    'request refuse') options=' --reason' arguments='' ;;
    'request withdraw') options='' arguments='' ;;
    'request letter') options=' --html --out' arguments='' ;;
    'approve') options='' arguments='' ;;
    'run list') options=' --since' arguments='' ;;
    'run show') options='' arguments='' ;;
    'run pause') options='' arguments='' ;;
    'run resume') options='' arguments='' ;;
    'run cancel') options='' arguments='' ;;
    'quarantine list') options=' --limit --after' arguments='' ;;
    'quarantine retry') options=' --all' arguments='' ;;
    'quarantine drop') options=' --all' arguments='' ;;
    'task list') options='' arguments='' ;;
    'policy show') options=' --versions' arguments='' ;;
    'policy check') options='' arguments='' ;;
    'policy simulate') options='' arguments='' ;;
    'policy activate') options='' arguments='' ;;
    'store list') options='' arguments='' ;;
    'store check') options='' arguments='' ;;
    'store retire') options=' --reason' arguments='' ;;
    'restore declare') options=' --store --as-of' arguments='' ;;
    'restore status') options='' arguments='' ;;
    'report holds') options=' --csv --html' arguments='' ;;
    'report overdue') options=' --csv --html' arguments='' ;;
    'report residuals') options=' --csv --html' arguments='' ;;
    'report targets') options=' --csv --html' arguments='' ;;
    'report retention') options=' --csv --html' arguments='' ;;
    'audit list') options=' --user --from --to --functionality --type --contact --limit --newest' arguments='' ;;
    'audit verify') options=' --vkey' arguments=' @dir' ;;
    'audit prove') options=' --out' arguments='' ;;
    'audit export') options=' --user --from --to --functionality --type --contact --recipient --contacts --matters' arguments=' @dir' ;;
    'audit publish') options='' arguments=' @dir' ;;
    'audit reopen') options='' arguments='' ;;
    'certificate') options=' --request --source --out --html --disclose --recipient' arguments='' ;;
    'user add') options=' --role' arguments='' ;;
    'user list') options='' arguments='' ;;
    'user disable') options='' arguments='' ;;
    'key rotate') options=' --overlap' arguments='' ;;
    'backup') options='' arguments=' @file' ;;
    'registry copy') options='' arguments='' ;;
    'doctor') options='' arguments='' ;;
    'version') options='' arguments='' ;;
    'help') options=' --markdown --options --man --completion' arguments=' @command' ;;
    esac
    case ":$before" in
    ':--config') value='@file' ;;
    ':--now') value=' ' ;;
    ':--by') value=' ' ;;
    esac
    case "$command:$before" in
    'init:--origin') value=' ' ;;
    'init:--registry') value=' ' ;;
    'ingest:--source') value=' ' ;;
    'ingest:--format') value='connect-event connect-ctr genesys-event genesys-conversation csv auto' ;;
    'contact find:--id') value=' ' ;;
    'contact find:--limit') value=' ' ;;
    'contact find:--look') value=' ' ;;
    'contact find:--after') value=' ' ;;
    'contact explain:--as') value='schedule order gdpr uk-gdpr ccpa other' ;;
    'contact decide:--reason') value=' ' ;;
    'contact event:--at') value=' ' ;;
    'contact event:--file') value='@file' ;;
    'contact event:--source') value=' ' ;;
    'erase:--file') value='@file' ;;
    'erase:--source') value=' ' ;;
    'erase:--reason') value=' ' ;;
    'erase:--wait') value=' ' ;;
    'erase:--result') value='@file' ;;
    'purge:--plan') value='@file' ;;
    'purge:--limit') value=' ' ;;
    'purge:--max-runtime') value=' ' ;;
    'worker:--max-runtime') value=' ' ;;
    'verify:--sample') value=' ' ;;
    'hold apply:--matter') value=' ' ;;
    'hold apply:--reason') value=' ' ;;
    'hold apply:--review-by') value=' ' ;;
    'hold apply:--file') value='@file' ;;
    'hold apply:--source') value=' ' ;;
    'hold apply:--subject') value='@file' ;;
    'hold apply:--filter') value=' ' ;;
    'hold apply:--wait') value=' ' ;;
    'hold release:--matter') value=' ' ;;
    'hold release:--reason') value=' ' ;;
    'hold waive:--matter') value=' ' ;;
    'hold waive:--reason') value=' ' ;;
    'request add:--regime') value='gdpr uk-gdpr ccpa other' ;;
    'request add:--ground') value=' ' ;;
    'request add:--received') value=' ' ;;
    'request add:--identity-checked') value=' ' ;;
    'request add:--file') value='@file' ;;
    'request add:--source') value=' ' ;;
    'request add:--note') value=' ' ;;
    'request verify:--identity-checked') value=' ' ;;
    'request extend:--reason') value=' ' ;;
    'request refuse:--reason') value=' ' ;;
    'request letter:--out') value='@file' ;;
    'run list:--since') value=' ' ;;
    'quarantine list:--limit') value=' ' ;;
    'quarantine list:--after') value=' ' ;;
    'store retire:--reason') value=' ' ;;
    'restore declare:--store') value=' ' ;;
    'restore declare:--as-of') value=' ' ;;
    'audit list:--user') value=' ' ;;
    'audit list:--from') value=' ' ;;
    'audit list:--to') value=' ' ;;
    'audit list:--functionality') value='@file' ;;
    'audit list:--type') value=' ' ;;
    'audit list:--contact') value=' ' ;;
    'audit list:--limit') value=' ' ;;
    'audit verify:--vkey') value='@file' ;;
    'audit prove:--out') value='@file' ;;
    'audit export:--user') value=' ' ;;
    'audit export:--from') value=' ' ;;
    'audit export:--to') value=' ' ;;
    'audit export:--functionality') value='@file' ;;
    'audit export:--type') value=' ' ;;
    'audit export:--contact') value=' ' ;;
    'audit export:--recipient') value=' ' ;;
    'certificate:--source') value=' ' ;;
    'certificate:--out') value='@dir' ;;
    'certificate:--recipient') value=' ' ;;
    'user add:--role') value='viewer supervisor privacy-operator privacy-approver legal auditor administrator' ;;
    'key rotate:--overlap') value=' ' ;;
    esac
    if [ "$COMP_CWORD" -gt 1 ] && [ -n "$value" ]; then
        _expunge_words "$value"
    elif [ "$COMP_CWORD" -eq 1 ]; then
        _expunge_words "$names"
    elif [ "$COMP_CWORD" -eq 2 ] && [ -n "$subcommands" ]; then
        _expunge_words "$subcommands"
    elif [[ $word == -* ]]; then
        _expunge_words "$options $common"
    else
        _expunge_words "${arguments//@command/$names}"
    fi
}
complete -F _expunge expunge
