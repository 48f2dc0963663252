# The tables stand above.

# Prints the number and the command of each process. A kernel thread and a zombie have no command line.
function __rangeclose_processes
    for directory in (string match -r '^/proc/[0-9]+$' -- /proc/*)
        set -l line (cat $directory/cmdline $directory/comm 2>/dev/null | string split0)
        test -n "$line[1]" -a (count $line) -gt 1
        and printf '%s\t%s\n' (string replace /proc/ '' $directory) $line[-1]
    end
end

# Prints the processes that the words in front of the cursor choose; fails if they choose none.
function __rangeclose_chosen
    set -l words (commandline -opc)
    set -l index 2
    while test $index -le (count $words)
        set -l word $words[$index]
        set -l next (math $index + 1)
        switch $word
            case --all
                return 0
            case '--pid=*'
                string replace -- --pid= '' $word
                return 0
            case -p --pid
                echo $words[$next]
                return 0
            case '--*=*'
            case '-?*'
                set -l name (string escape --style=regex (string replace -r '^-+' '' -- $word))
                set -l options (string split \n -- $__rangeclose_options)
                string match -qr "^($name\|[^|]*|[^|]*\|$name)\|required\|" -- $options
                and set index $next
            case '*'
                echo $word
                return 0
        end
        set index (math $index + 1)
    end
    return 1
end

# Prints what the chosen processes have in a column, as a selector takes it.
function __rangeclose_held
    set -l processes (__rangeclose_chosen)
    # A command substitution of the shell has not run yet.
    string match -qr '^[0-9]+(,[0-9]+)*$' -- "$processes"
    or return
    set -l command (string replace -r '^~/' $HOME/ -- (commandline -opc)[1])
    set -l rows ($command -n -o $argv[1],DELETED --no-headings --raw $processes 0- 2>/dev/null)
    switch $argv[1]
        case NAME
            # The name of a deleted file has a word behind it.
            # Some characters are special in a GLOB or an expression.
            string match -r '^/.*' -- $rows | string replace -r '\\\\040\(deleted\) yes$' ' ' |
                string replace -r ' .*' '' | string replace -ra '[][*?{}"(),\']' '\\\\$0' | sort -u
        case MOUNT
            set -l ids (string replace -r ' .*' '' -- $rows)
            for mount in (cat /proc/(string split , -- $processes)[1]/mountinfo 2>/dev/null)
                set -l fields (string split ' ' -- $mount)
                contains -- $fields[1] $ids
                and printf '%s\n' $fields[5]
            end
        case '*'
            string match -v -- '- *' $rows | string replace -r ' .*' '' | sort -u
    end
end

# Prints the values of a kind. $argv[2]: the beginning of the value.
function __rangeclose_values
    set -l words (string split ' ' -- $argv[1])
    set -l before (string match -r '^.*,' -- $argv[2])
    switch $words[1]
        case word
            printf '%s\n' $words[2..]
        case list
            printf '%s\n' "$before"$words[2..]
        case processes
            for line in (__rangeclose_processes)
                printf '%s\n' "$before$line"
            end
        case held
            contains -- $words[2] NAME MOUNT
            and set before ''
            for value in (__rangeclose_held $words[2])
                printf '%s\n' "$before$value"
            end
        case selector
            __rangeclose_expression $argv[2]
    end
end

# Prints the candidates of an expression whose beginning is $argv[1].
function __rangeclose_expression
    set -l head (string match -r '^.*[ (]' -- $argv[1])
    set -l word (string replace -r '^.*[ (]' '' -- $argv[1])
    for line in (string split \n -- $__rangeclose_terms)
        set -l fields (string split -m 2 '|' -- $line)
        if string match -q '*:' -- $fields[1]; and string match -q "$fields[1]*" -- $word
            for value in (__rangeclose_values $fields[2] (string replace $fields[1] '' -- $word))
                printf '%s\n' "$head$fields[1]$value"
            end
        else if not string match -q '*:*' -- $word
            printf '%s\t%s\n' "$head$fields[1]" $fields[3]
        end
    end
    test -n "$head"
    and printf '%s\n' "$head"{and,or,not}
end

# Prints the candidates of an operand: first the processes, unless an option names them.
function __rangeclose_operand
    if __rangeclose_chosen >/dev/null
        __rangeclose_expression (__rangeclose_word)
    else
        __rangeclose_values processes (__rangeclose_word)
    end
end

# Prints the word at the cursor, without the name of an option and an open quote.
function __rangeclose_word
    string replace -r '^(--[a-z-]+=)?[\'"]?' '' -- (commandline -ct)
end

complete -c rangeclose -f
complete -c rangeclose -a '(__rangeclose_operand)'
for line in (string split \n -- $__rangeclose_options)
    set -l fields (string split -m 4 '|' -- $line)
    set -l specification -l $fields[1] -d $fields[5]
    test -n "$fields[2]"
    and set -a specification -s $fields[2]
    test $fields[3] = required
    and set -a specification -r
    test "$fields[4]" = file
    or set -a specification -f
    switch $fields[4]
        case ''
        case directory
            set -a specification -a '(__fish_complete_directories (__rangeclose_word))'
        case file
            set -a specification -F
        case '*'
            set -a specification -a "(__rangeclose_values '$fields[4]' (__rangeclose_word))"
    end
    complete -c rangeclose $specification
end
