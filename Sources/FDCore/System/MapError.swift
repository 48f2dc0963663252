/// Runs a step whose error is thrown as another one.
///
/// - Parameters:
///   - wrap: makes the error to throw out of the step's.
///   - step: the step.
package func mapError<Value: ~Copyable, StepError: Error, NewError: Error>(
  _ wrap: (StepError) -> NewError, _ step: () throws(StepError) -> Value
) throws(NewError) -> Value {
  do {
    return try step()
  } catch {
    throw wrap(error)
  }
}
