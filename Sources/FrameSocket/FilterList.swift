import CLinux

/// Filters of one socket, each once: the rows of a table that share an address share a filter.
struct FilterList: Sendable {
  private static var capacity: Int { 72 }

  private var filters = InlineArray<72, tl_can_filter>(repeating: tl_can_filter())
  private var count = 0

  mutating func add(id: UInt32, mask: UInt32, isExtended: Bool) {
    let new = tl_can_filter(id: id & mask, mask: mask, extended: isExtended ? 1 : 0)
    for i in 0..<count
    where filters[i].id == new.id && filters[i].mask == new.mask
      && filters[i].extended == new.extended
    {
      return
    }
    guard count < Self.capacity else { return }
    filters[count] = new
    count += 1
  }

  /// Whether a frame passes one of them.
  func contain(_ frame: tl_can_frame) -> Bool {
    let isExtended = frame.flags & UInt8(TL_CAN_EXTENDED) != 0
    for i in 0..<count
    where (filters[i].extended != 0) == isExtended && frame.id & filters[i].mask == filters[i].id {
      return true
    }
    return false
  }

  /// A socket with these filters, or the negative errno; without any, nothing is received.
  func open(_ name: UnsafePointer<CChar>, _ options: UInt32) -> Int32 {
    var wanted = self
    // No frame that is ever sent passes: without a filter every frame would.
    if count == 0 { wanted.add(id: 0x1FFF_FFFF, mask: 0x1FFF_FFFF, isExtended: true) }
    return unsafe wanted.filters.span.withUnsafeBufferPointer { buffer in
      unsafe tl_can_open(name, buffer.baseAddress, UInt32(wanted.count), options)
    }
  }
}
