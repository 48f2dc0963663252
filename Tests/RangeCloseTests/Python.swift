import TestSupport

/// Runs a script of python3 to its end, and returns everything that it prints.
///
/// The script has these names:
/// - `arguments`: the arguments.
/// - `run(WORD...)`: runs the command under test, and returns its status, output and errors.
/// - `check(CONDITION, FACT...)`: prints the facts if the condition does not hold.
///
/// The result of a script whose checks all hold is an empty string.
func python(_ script: String, _ arguments: String...) throws -> String {
  try python(script, arguments)
}

/// As `python(_:_:)`, for a list of arguments.
func python(_ script: String, _ arguments: [String]) throws -> String {
  let prelude = """
    import base64, json, os, stat, subprocess, sys
    sys.stdout.reconfigure(errors="backslashreplace")
    command, arguments = sys.argv[1], sys.argv[2:]
    def run(*words):
      done = subprocess.run([command, *words], capture_output=True)
      return done.returncode, done.stdout, done.stderr.decode()
    def check(holds, *facts):
      if not holds: print(*facts)
    """
  let process = try Target("python3", ["-c", prelude + "\n" + script, Programs.rangeclose] + arguments)
  let output = try process.rest()
  let status = process.wait()
  return status == 0 ? output : "status \(status): \(output)"
}

/// The beginning of a script for `python(_:_:)` that reads JSON.
///
/// `rows_of(WORD...)` runs the command with both forms of JSON, and compares them with each other and with
/// what jq(1) makes of them. It returns the rows, and the object of the run.
let readingJSON = """
  def jq(text, *words):
    return subprocess.run(["jq", *words], input=text, capture_output=True, check=True).stdout
  def rows_of(*words):
    status, whole, errors = run("--json", *words)
    lines_status, lines, _ = run("--json=lines", *words)
    check(status == lines_status, "status", status, lines_status, errors)
    subprocess.run(["python3", "-m", "json.tool"], input=whole, capture_output=True, check=True)
    whole_object = json.loads(whole)
    records = [json.loads(line) for line in lines.splitlines()]
    check(json.loads(jq(whole, ".")) == whole_object, "jq reads the object differently")
    check(json.loads(jq(lines, "-s", ".")) == records, "jq reads the lines differently")
    rows = [record for record in records if record["record"] == "descriptor"]
    for row in rows: del row["record"]
    check(whole_object["version"] == 1, "version", whole_object["version"])
    def steady(row):
      # The link count of a directory in /proc is the number of its entries, which changes.
      return {key: value for key, value in row.items() if key != "links" or row["type"] != "dir"}
    check(list(map(steady, rows)) == list(map(steady, whole_object["descriptors"])), "the two forms differ")
    last = records[-1]
    check(records[0] == {"record": "run", "version": 1}, "first record", records[0])
    check(last.pop("record") == "totals", "last record", last)
    check(last == whole_object["totals"], "totals", last, whole_object["totals"])
    check(last["descriptors"] == len(rows) and last["status"] == status, "totals", last)
    return rows, whole_object

  """
