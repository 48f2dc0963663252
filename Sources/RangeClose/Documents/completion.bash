# shellcheck shell=bash disable=SC2154 # The tables stand above.

# Prints the number and the command of each process. A kernel thread and a zombie have no command line.
_rangeclose_processes() {
  local directory line name
  for directory in /proc/[0-9]*; do
    line=
    { IFS= read -r -d '' line <"$directory/cmdline"; read -r name <"$directory/comm"; } 2>/dev/null
    [[ $line ]] && printf '%s (%s)\n' "${directory#/proc/}" "$name"
  done
}

# Prints what the chosen processes have in a column, as a selector takes it.
# $1: the column; $2: the command; $3: the processes.
_rangeclose_held() {
  local ids id path _
  [[ $3 ]] || return
  case $1 in
    NAME)
      # The name of a deleted file has a word behind it.
      # Some characters are special in a GLOB or an expression.
      _rangeclose_cells "$@" |
        sed -n '/^\//{s/\\040(deleted) yes$//;s/ [^ ]*$//;s/[][*?{}"(),'\'']/\\&/g;p;}' | sort -u
      ;;
    MOUNT)
      ids=$(_rangeclose_cells "$@" | sed 's/ .*//' | sort -u)
      while read -r id _ _ _ path _; do
        if [[ $'\n'$ids$'\n' == *$'\n'$id$'\n'* ]]; then printf '%s\n' "$path"; fi
      done 2>/dev/null <"/proc/${3%%,*}/mountinfo"
      ;;
    *) _rangeclose_cells "$@" | sed '/^- /d;s/ .*//' | sort -u ;;
  esac
}

# Prints a column for all descriptors, and whether the name of each file was removed.
# The arguments are the same.
_rangeclose_cells() {
  "$2" -n -o "$1,DELETED" --no-headings --raw "$3" 0- 2>/dev/null
}

# Prints the value that the table of options has for an option in a field: 2 is the rule, 3 the candidates.
_rangeclose_field() {
  local long letter rule candidates _
  while IFS='|' read -r long letter rule candidates _; do
    [[ $1 == "--$long" || $letter && $1 == "-$letter" ]] || continue
    if (($2 == 2)); then printf '%s\n' "$rule"; else printf '%s\n' "$candidates"; fi
    return
  done <<<"$_rangeclose_options"
}

# Prints the candidates for an expression whose beginning is $1. $2: the command; $3: the processes.
_rangeclose_expression() {
  local head=${1%"${1##*[ (]}"} word=${1##*[ (]} start candidates _
  while IFS='|' read -r start candidates _; do
    if [[ $start == *: && $word == "$start"* ]]; then
      _rangeclose_values "$candidates" "${word#"$start"}" "$2" "$3" | while IFS= read -r value; do
        printf '%s\n' "$head$start$value"
      done
    elif [[ $word != *:* ]]; then
      printf '%s\n' "$head$start"
    fi
  done <<<"$_rangeclose_terms"
  if [[ $head && $word != *:* ]]; then printf '%s\n' "$head"{and,or,not}; fi
}

# Prints the candidates of a kind. $2: the beginning of the value; $3: the command; $4: the processes.
_rangeclose_values() {
  local before='' words line
  [[ $2 == *,* ]] && before=${2%,*},
  read -ra words <<<"${1#* }"
  case $1 in
    word\ *) printf '%s\n' "${words[@]}" ;;
    list\ *) printf '%s\n' "${words[@]/#/"$before"}" ;;
    processes) _rangeclose_processes | while IFS= read -r line; do printf '%s\n' "$before$line"; done ;;
    held\ NAME | held\ MOUNT) _rangeclose_held "${1#held }" "$3" "$4" ;;
    held\ *)
      _rangeclose_held "${1#held }" "$3" "$4" | while IFS= read -r line; do
        printf '%s\n' "$before$line"
      done
      ;;
    selector) _rangeclose_expression "$2" "$3" "$4" ;;
  esac
}

# Splits the line up to the cursor as the shell does, but not at the breaks of readline, into `words`.
_rangeclose_split() {
  local line=${COMP_LINE:0:COMP_POINT} index rest token
  words=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    token=${COMP_WORDS[index]}
    rest=${line#"${line%%[![:space:]]*}"}
    ((index == COMP_CWORD)) && token=$rest
    if ((index > 0)) && [[ $rest == "$line" ]]; then
      words[${#words[@]} - 1]+=$token
    else
      words+=("$token")
    fi
    line=${rest#"$token"}
  done
}

# Reads the last word: `plain` is the word without quotes, and `kept` the part of it that readline keeps.
# `quote` is the quote that is open.
_rangeclose_unquote() {
  local index character
  plain='' kept='' quote=''
  for ((index = 0; index < ${#1}; index++)); do
    character=${1:index:1}
    if [[ $quote ]]; then
      if [[ $character == "$quote" ]]; then quote=; continue; fi
    elif [[ $character == [\'\"] ]]; then
      quote=$character kept=$plain
      continue
    elif [[ $character == \\ ]]; then
      ((++index))
      plain+=${1:index:1}
      continue
    fi
    plain+=$character
    [[ ! $quote && $COMP_WORDBREAKS == *"$character"* ]] && kept=$plain
  done
}

# Finds the processes that the words in front of the cursor choose. `option` is the option that waits for the
# word at the cursor as its value.
_rangeclose_read() {
  local index word value rule
  processes='' chosen='' option=''
  for ((index = 1; index < ${#words[@]} - 1; index++)); do
    word=${words[index]}
    case $word in
      --all) chosen=1 ;;
      --pid=*) chosen=1 processes=${word#*=} ;;
      --*=*) ;;
      -?*)
        [[ $(_rangeclose_field "$word" 2) == required ]] || continue
        ((index + 1 == ${#words[@]} - 1)) && option=$word
        value=${words[++index]}
        [[ $word == -p || $word == --pid ]] && chosen=1 processes=$value
        ;;
      *) [[ $chosen ]] || chosen=1 processes=$word ;;
    esac
  done
  # A command substitution of the shell has not run yet.
  [[ $processes == *[!0-9,]* ]] && processes=
}

# Puts the candidates that begin with `plain` into COMPREPLY, quoted as the open word needs it.
_rangeclose_reply() {
  local line text
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $line == "$plain"* ]] || continue
    # The shell would take the sign of a comparison for itself.
    [[ ! $quote && $line == *[\<\>] ]] && continue
    text=${line#"$kept"}
    case $quote in
      \') text=${text//\'/\'\\\'\'} ;;
      \") text=${text//\"/\\\"} text=${text//\$/\\\$} ;;
      *) [[ $text =~ ^[A-Za-z0-9_./:,@%+=-]*$ || $text == [0-9]*\) ]] || text=$(printf '%q' "$text") ;;
    esac
    COMPREPLY+=("$text")
  done
  # The command of a process is for the reader. It does not belong into the line.
  if ((${#COMPREPLY[@]} == 1)) || [[ $COMP_TYPE == 37 ]]; then COMPREPLY=("${COMPREPLY[@]%% (*}"); fi
  if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[:=\<\>] ]]; then compopt -o nospace; fi
}

# Prints the options.
_rangeclose_names() {
  local long letter rule _
  while IFS='|' read -r long letter rule _; do
    printf '%s\n' "--$long"
    if [[ $rule == optional ]]; then printf '%s\n' "--$long="; fi
  done <<<"$_rangeclose_options"
}

_rangeclose() {
  local words plain kept quote processes chosen option candidates name value command
  command=${1/#\~\//$HOME/}
  _rangeclose_split
  _rangeclose_unquote "${words[${#words[@]} - 1]}"
  _rangeclose_read
  value=$plain name=
  if [[ $option ]]; then
    candidates=$(_rangeclose_field "$option" 3)
  elif [[ $plain == --*=* ]]; then
    name=${plain%%=*}= value=${plain#*=}
    candidates=$(_rangeclose_field "${plain%%=*}" 3)
  elif [[ $plain == -* ]]; then
    _rangeclose_reply < <(_rangeclose_names)
    return
  elif [[ $chosen ]]; then
    candidates=selector
  else
    candidates=processes
  fi
  case $candidates in
    directory | file)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -"${candidates:0:1}" -- "$value")
      ;;
    *)
      _rangeclose_reply < <(
        _rangeclose_values "$candidates" "$value" "$command" "$processes" | while IFS= read -r value; do
          printf '%s\n' "$name$value"
        done
      )
      ;;
  esac
}

complete -F _rangeclose rangeclose
