// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "launcher/cli/completion.hpp"
#include "launcher/cli/completion_words.hpp"

namespace yates::cli {
namespace {

// readline has already cut words at "=": `--tta=no` arrives as `--tta` `=` `no`.
constexpr const char* kEngine = R"bash(
_yates_files() {
  compopt -o filenames 2>/dev/null
  local extension
  for extension in "$@"; do
    if [ -z "$extension" ]; then
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
    else
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -X "!*.$extension" -- "$cur")
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$cur")
    fi
  done
}

_yates_offer() {
  local word words=()
  for word in $1; do
    case $word in
      @any) ;;
      @keys) words+=("${_yates_keys[@]}") ;;
      @dir)
        compopt -o filenames 2>/dev/null
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$cur") ;;
      @file) _yates_files "" ;;
      @file:*) _yates_files "${word#@file:}" ;;
      *) words+=("$word") ;;
    esac
  done
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "${words[*]}" -- "$cur")
  if [ "${#COMPREPLY[@]}" -eq 1 ] && [[ ${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
}

_yates() {
  local cur=${COMP_WORDS[COMP_CWORD]} before=$((COMP_CWORD - 1)) option='' path='' place=1
  local verbs options found word i
  COMPREPLY=()
  if [[ $cur == '=' ]]; then
    cur=''
    option=${COMP_WORDS[before]}
  elif [[ ${COMP_WORDS[before]} == '=' ]]; then
    before=$((before - 2))
    option=${COMP_WORDS[before + 1]}
  elif [[ ${COMP_WORDS[before]} == -* ]]; then
    option=${COMP_WORDS[before]}
  fi
  for ((i = 1; i <= before; ++i)); do
    word=${COMP_WORDS[i]}
    _yates_command "$path"
    if [[ " $verbs " == *" $word "* ]]; then
      path=${path:+$path }$word
    elif [[ $word == -* ]]; then
      _yates_value "$path:$word"
      if [ -n "$found" ] && [ "$i" -lt "$before" ]; then
        [[ ${COMP_WORDS[i + 1]} != '=' ]] || i=$((i + 1))
        i=$((i + 1))
      fi
    elif [[ ${COMP_WORDS[i + 1]} == '=' ]]; then
      i=$((i + 2))
      place=$((place + 1))
    else
      place=$((place + 1))
    fi
  done
  _yates_command "$path"
  if [ -n "$option" ]; then
    if [[ $option == -* ]]; then
      _yates_value "$path:$option"
    else
      _yates_value "=$option"
    fi
    if [ -n "$found" ]; then
      _yates_offer "$found"
      return
    fi
  fi
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  elif [ -n "$verbs" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur")
  else
    _yates_value "$path:$place"
    for ((; place > 0 && ${#found} == 0; --place)); do
      _yates_value "$path:$place+"
    done
    _yates_offer "$found"
  fi
}

complete -F _yates yates
)bash";

}  // namespace

std::string bash_completion(const CompletionSource& source) {
  return "# Completion of yates for bash, written by `yates completion bash`.\n\n_yates_keys=(" +
         keys_text(source) + ")\n\n" + command_table("_yates_command", source.program) + "\n" +
         value_table("_yates_value", source) + kEngine;
}

}  // namespace yates::cli
