--- almanac completion SHELL: the script that makes TAB ask `almanac complete`.
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"

local M = {}

M.usage = [[completion bash|fish|zsh

Prints the script that completes almanac's commands, options, runbooks, parameters and runs. `make install` puts it
in its place; else, for this shell and user:
  bash   almanac completion bash >~/.local/share/bash-completion/completions/almanac
  fish   almanac completion fish >~/.config/fish/completions/almanac.fish
  zsh    almanac completion zsh >~/.zfunc/_almanac, and fpath=(~/.zfunc $fpath) before compinit]]
M.options = {}

local scripts = {}

-- bash takes words apart at "=" and ":" (COMP_WORDBREAKS); they are put together again, and of the answer only what is
-- behind the last of them goes back.
scripts.bash = [==[
# bash completion of almanac, made by: almanac completion bash
_almanac() {
    local words=() word value kept i
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((${#words[@]})) && [[ $word == [=:]* || ${words[-1]} == *[=:] ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    word=${words[-1]}
    kept=
    [[ $word != *[=:]* ]] || kept=${word%"${word##*[=:]}"}
    COMPREPLY=()
    while IFS=$'\t' read -r value _; do
        case $value in
        :files) compopt -o filenames && mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$word") ;;
        :directories) compopt -o filenames && mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$word") ;;
        :open) compopt -o nospace ;;
        *) printf -v value %q "${value#"$kept"}" && COMPREPLY+=("$value") ;;
        esac
    done < <("$1" complete -- "${words[@]}" 2>/dev/null)
}
complete -F _almanac almanac
]==]

scripts.fish = [==[
# fish completion of almanac, made by: almanac completion fish
function __almanac_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..] 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path (commandline -ct)
            case :directories
                __fish_complete_directories (commandline -ct)
            case :open
            case '*'
                echo $line
        end
    end
end
complete -c almanac -f -a '(__almanac_complete)'
]==]

scripts.zsh = [==[
#compdef almanac
# zsh completion of almanac, made by: almanac completion zsh
_almanac() {
    local line value open=
    local -a found
    for line in "${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
        ('') ;;
        (:files) _files ;;
        (:directories) _files -/ ;;
        (:open) open=1 ;;
        (*) value=${line%%$'\t'*}
            found+=("${value//:/\\:}${${(M)line:#*$'\t'*}:+:${line#*$'\t'}}") ;;
        esac
    done
    (($#found)) && if [[ -n $open ]]; then _describe almanac found -S ''; else _describe almanac found; fi
}
if [[ $funcstack[1] == _almanac ]]; then _almanac "$@"; else compdef _almanac almanac; fi
]==]

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  local script = #rest == 1 and scripts[rest[1]]
  if not script then errors.usage "usage: almanac completion bash|fish|zsh" end
  operator:result(script)
  return 0
end

return M
