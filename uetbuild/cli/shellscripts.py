"""The scripts that teach bash, zsh and fish to ask `uetbuild __complete`; they hold no list that could grow old."""

from __future__ import annotations

BASH = """\
# Completion of uetbuild for bash. Load it with: eval "$(uetbuild completion bash)"
_uetbuild() {
    local lines
    mapfile -t lines < <(uetbuild __complete bash "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    COMPREPLY=("${lines[@]:1}")
    case ${lines[0]} in
        files) compopt -o default ;;
        folders) compopt -o dirnames ;;
    esac
}
complete -F _uetbuild uetbuild
"""

ZSH = """\
#compdef uetbuild
# Completion of uetbuild for zsh. Load it after compinit with: eval "$(uetbuild completion zsh)"
_uetbuild() {
    local line answer tab=$'\\t'
    local -a lines values shown
    answer=$(uetbuild __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
    lines=("${(@f)answer}")
    case $lines[1] in
        files) compset -P '--*='; _files; return ;;
        folders) compset -P '--*='; _files -/; return ;;
    esac
    for line in "${(@)lines[2,-1]}"; do
        values+=("${line%%$tab*}")
        shown+=("${line/$tab/  -- }")
    done
    (( $#values )) && compadd -l -d shown -a -- values
}
if [[ $funcstack[1] == _uetbuild ]]; then
    _uetbuild "$@"
else
    compdef _uetbuild uetbuild
fi
"""

FISH = """\
# Completion of uetbuild for fish. Load it with: uetbuild completion fish | source
function __uetbuild_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l token (commandline -ct)
    set -l lines (uetbuild __complete fish $words "$token" 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path "$token"
        case folders
            __fish_complete_directories "$token"
        case words
            set -e lines[1]
            printf '%s\\n' $lines
    end
end
complete -c uetbuild -f -k -a '(__uetbuild_complete)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
