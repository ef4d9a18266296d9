/// GVRET CSV as SavvyCAN reads it.
extension CANLogWriter {
  // 166064000,0000021A,false,Rx,0,8,FE,36,12,FE,69,05,07,AD,
  mutating func gvret(_ record: CANLogRecord, at time: Int64, _ channel: Int) {
    let frame = record.frame
    decimal(UInt64(max(0, time)) / 1000)
    byte(UInt8(ascii: ","))
    hexadecimal(UInt64(frame.identifier), width: 8)
    text(frame.isExtended ? ",true," : ",false,")
    if format == .gvret { text(record.direction == .transmitted ? "Tx," : "Rx,") }
    decimal(UInt64(channel))
    byte(UInt8(ascii: ","))
    decimal(UInt64(frame.length))
    byte(UInt8(ascii: ","))
    for index in 0..<8 {
      hexadecimal(UInt64(frame[index]), width: 2)
      byte(UInt8(ascii: ","))
    }
    endLine()
  }
}
