extension RandomAccessCollection {
  /// The first index at which a predicate holds, or `endIndex` if it holds at none, by binary search.
  ///
  /// The collection must be partitioned by the predicate: once it holds for an element, it must hold for
  /// every later element. The search makes O(log `count`) calls of the predicate.
  package func partitioningIndex(where predicate: (Element) -> Bool) -> Index {
    var start = startIndex
    var length = count
    while length > 0 {
      let half = length / 2
      let middle = index(start, offsetBy: half)
      if predicate(self[middle]) {
        length = half
      } else {
        start = index(after: middle)
        length -= half + 1
      }
    }
    return start
  }
}
