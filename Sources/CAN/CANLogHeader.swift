/// What the lines around the frames said, as far as the frames' meaning hangs on it.
struct CANLogHeader {
  /// Numbers are hexadecimal, else decimal.
  var isHexadecimal = true
  /// Each time counts from the event before.
  var isDelta = false
  /// What times count from, ns since 1970; 0 where the log does not say.
  var start: Int64 = 0
  /// The date of the trigger block before its first event has shown what times count from.
  var triggerStart: Int64?
  /// The running sum of deltas.
  var clock: Int64 = 0
  var hasEvents = false
  /// The time of day is told, not a time since the start.
  var isTimeOfDay = true
  /// PEAK 2.x: what stands in each field of a line.
  var columns: [UInt8] = []
  /// CSV: the header line has been read.
  var hasColumns = false
  /// Names by channel number, from the comments that we write.
  var channelNames: [Int: String] = [:]
}
