/// An actuator that follows its command after a dead time with a first-order lag and a limited rate.
struct Actuator {
  /// s.
  var delay: Double
  var lag: Double
  /// Of the answer, per second.
  var rate = Double.infinity

  /// The answer at each time to commands that hold from theirs on.
  ///
  /// Exact for every delay: the command is followed through its changes between two times.
  func answer(times: [Double], commands: [Double], start: Double) -> [Double] {
    var answers: [Double] = []
    answers.reserveCapacity(times.count)
    var x = start
    var next = 0
    var command = start
    for (i, time) in times.enumerated() {
      var from = i == 0 ? time : times[i - 1]
      while next < commands.count, times[next] + delay <= time {
        let change = times[next] + delay
        if change > from {
          x = moved(x, to: command, for: change - from)
          from = change
        }
        command = commands[next]
        next += 1
      }
      x = moved(x, to: command, for: time - from)
      answers.append(x)
    }
    return answers
  }

  private func moved(_ x: Double, to command: Double, for duration: Double) -> Double {
    guard duration > 0 else { return x }
    let tau = max(lag, 1e-6)
    var error = command - x
    var left = duration
    var reached = x
    if error.magnitude > rate * tau {
      let saturated = min((error.magnitude - rate * tau) / rate, left)
      reached += error > 0 ? rate * saturated : -rate * saturated
      left -= saturated
      error = command - reached
    }
    return left > 0 ? command - error * decay(left / tau) : reached
  }
}

/// exp(-x) for x >= 0: the series of an eighth-power's root, relative error below 1e-12.
func decay(_ x: Double) -> Double {
  guard x < 40 else { return 0 }
  var z = x
  var halvings = 0
  while z > 0.25 {
    z /= 2
    halvings += 1
  }
  var term = 1.0
  var sum = 1.0
  for k in 1...9 {
    term *= -z / Double(k)
    sum += term
  }
  for _ in 0..<halvings { sum *= sum }
  return sum
}
