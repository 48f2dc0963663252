/// Runs a step, and throws another error in place of the step's error.
///
/// - Parameters:
///   - wrap: converts the step's error to the error to throw.
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
