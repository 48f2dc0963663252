# shellcheck shell=bash disable=all # This is zsh. The tables stand above.

# Offers the number and the command of each process. A kernel thread and a zombie have no command line.
_rangeclose_processes() {
  local directory line name
  local -a pids shown
  for directory in /proc/<->(N); do
    line= name=
    { IFS= read -r -d '' line <$directory/cmdline; read -r name <$directory/comm } 2>/dev/null
    [[ -n $line ]] || continue
    pids+=(${directory:t})
    shown+=("${directory:t} ($name)")
  done
  compset -P '*,'
  compadd -l -d shown -a pids
}

# Offers what the chosen processes have in a column, as a selector takes it.
_rangeclose_held() {
  local processes=$(_rangeclose_chosen) id place _
  # A command substitution of the shell has not run yet.
  [[ $processes == <->(,<->)# ]] || return 1
  local -aU values
  case $1 in
    NAME)
      # The name of a deleted file has a word behind it.
      # Some characters are special in a GLOB or an expression.
      values=(${(f)"$(_rangeclose_cells $1 $processes |
        sed -n '/^\//{s/\\040(deleted) yes$//;s/ [^ ]*$//;s/[][*?{}"(),'\'']/\\&/g;p;}')"})
      ;;
    MOUNT)
      local -aU ids=(${(f)"$(_rangeclose_cells $1 $processes | sed 's/ .*//')"})
      while read -r id _ _ _ place _; do
        ((ids[(Ie)$id])) && values+=($place)
      done 2>/dev/null </proc/${processes%%,*}/mountinfo
      ;;
    *) values=(${(f)"$(_rangeclose_cells $1 $processes | sed '/^- /d;s/ .*//')"}) ;;
  esac
  compadd -a values
}

# Prints a column for all descriptors, and whether the name of each file was removed.
_rangeclose_cells() {
  ${(Q)~words[1]} -n -o $1,DELETED --no-headings --raw $2 0- 2>/dev/null
}

# Prints the processes that the words in front of the cursor choose; fails if they choose none.
_rangeclose_chosen() {
  local word rule option
  local -i index
  for ((index = 2; index < CURRENT; index++)); do
    word=${(Q)words[index]}
    case $word in
      --all) return 0 ;;
      --pid=*) print -r -- ${word#*=}; return 0 ;;
      --*=*) ;;
      -p | --pid) print -r -- ${(Q)words[index + 1]}; return 0 ;;
      -?*)
        for option in ${(f)_rangeclose_options}; do
          [[ $option == ${word#--}'|'?#'|required|'* ]] && ((index++))
          [[ $option == ?#'|'${word#-}'|required|'* ]] && ((index++))
        done
        ;;
      *) print -r -- $word; return 0 ;;
    esac
  done
  return 1
}

# Offers the values of a kind.
_rangeclose_values() {
  case $1 in
    word\ *) compadd - ${=1#word } ;;
    list\ *) compset -P '*,'; compadd - ${=1#list } ;;
    processes) _rangeclose_processes ;;
    selector) _rangeclose_expression ;;
    directory) _files -/ ;;
    file) _files ;;
    held\ NAME | held\ MOUNT) _rangeclose_held ${1#held } ;;
    held\ *) compset -P '*,'; _rangeclose_held ${1#held } ;;
  esac
}

# Offers the terms and, behind the name of a term, its values.
_rangeclose_expression() {
  local line start
  local -a fields names shown open open_shown
  local is_next=0
  compset -P '*[ (]' && is_next=1
  for line in ${(f)_rangeclose_terms}; do
    fields=("${(@s:|:)line}")
    start=$fields[1]
    if [[ $start == *: && $PREFIX == $start* ]]; then
      compset -P $start
      _rangeclose_values $fields[2]
      return
    fi
    if [[ $start == *[:\<\>] ]]; then
      open+=($start) open_shown+=("$start  -- $fields[3]")
    else
      names+=($start)
    fi
  done
  ((is_next)) && names+=(and or not)
  compadd -S '' -l -d open_shown -a open
  compadd -a names
}

# Offers the operand: first the processes, unless an option names them.
_rangeclose_operand() {
  if _rangeclose_chosen >/dev/null; then _rangeclose_expression; else _rangeclose_processes; fi
}

_rangeclose() {
  setopt localoptions extendedglob
  local line help value
  local -a fields specs names
  for line in ${(f)_rangeclose_options}; do
    fields=("${(@s:|:)line}")
    help=${(j:|:)fields[5,-1]}
    help=${${help//\[/\\[}//\]/\\]}
    value=":value:{_rangeclose_values ${(q)fields[4]}}"
    case $fields[3] in
      none) names=(--$fields[1]) value= ;;
      optional) names=(--$fields[1]=-) value=:$value ;;
      required) names=(--$fields[1]=) ;;
    esac
    if [[ -n $fields[2] ]]; then
      [[ $fields[3] == required ]] && names+=(-$fields[2]+) || names+=(-$fields[2])
    fi
    for line in $names; do specs+=("*${line}[${help}]$value"); done
  done
  _arguments -S : $specs '*:operand:_rangeclose_operand'
}

if [[ $funcstack[1] == _rangeclose ]]; then _rangeclose "$@"; else compdef _rangeclose rangeclose; fi
