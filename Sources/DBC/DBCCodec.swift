/// The compiled form of all messages: flat tables that decode without touching the heap.
package struct DBCCodec: Sendable {
  init(messages: [DBCMessage]) {
  }
}
