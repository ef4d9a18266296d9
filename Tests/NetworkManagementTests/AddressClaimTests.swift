import NetworkManagement
import Signals
import Testing
import Units

private let own: UInt64 = 0x1000_FF00_0000_0001
private let stronger: UInt64 = 0x0000_0000_0000_0001
private let weaker: UInt64 = 0x2000_0000_0000_0000

/// A claimer of address 0x27 that is stepped every 10 ms, and what it sent.
private struct Bench {
  var claimer = AddressClaimer()
  var now = Instant(nanoseconds: 1_000_000_000)
  var sent: [(action: AddressAction, at: Instant)] = []
  var isParked = true

  init() { claimer.configure(name: own, address: 0x27) }

  mutating func handle(_ event: AddressEvent) {
    let action = claimer.handle(event, isParked: isParked, at: now)
    if action != .none { sent.append((action, now)) }
  }

  mutating func run(_ milliseconds: Int64, _ event: (Int64) -> AddressEvent? = { _ in nil }) {
    for cycle in 0..<milliseconds / 10 {
      now = now + .milliseconds(10)
      if let event = event(cycle) { handle(event) }
      handle(.tick)
    }
  }

  mutating func claim() {
    handle(.begin)
    run(300)
  }

  var actions: [AddressAction] { sent.map(\.action) }
}

/// J1939-81; can-gnss.md section 7: lower NAME wins, cannot claim = 254, wait 250 ms.
@Suite struct AddressClaimTests {
  @Test("nothing is sent before the mode leaves MANUAL, whatever others do (S-23)")
  func silent() {
    var bench = Bench()
    bench.run(2_000) { cycle in
      [.requested, .claim(name: weaker, address: 0x27), .claim(name: 5, address: 0x30)][
        Int(cycle % 3)]
    }
    #expect(bench.sent.isEmpty && bench.claimer.state == .silent)
  }

  @Test("the address is used 250 ms after the claim, not earlier")
  func undisputed() {
    var bench = Bench()
    bench.handle(.begin)
    #expect(bench.actions == [.sendClaim])
    bench.run(240)
    #expect(bench.claimer.state == .claiming && !bench.claimer.mayUseAddress)
    bench.run(10)
    #expect(bench.claimer.state == .claimed && bench.claimer.mayUseAddress)
  }

  @Test("a weaker NAME is answered with our claim, and the address stays ours")
  func defended() {
    var bench = Bench()
    bench.claim()
    bench.handle(.claim(name: weaker, address: 0x27))
    #expect(bench.actions == [.sendClaim, .sendClaim] && bench.claimer.state == .claimed)
  }

  @Test("our own NAME, echoed, is no rival")
  func echo() {
    var bench = Bench()
    bench.claim()
    bench.handle(.claim(name: own, address: 0x27))
    #expect(bench.actions == [.sendClaim] && bench.claimer.state == .claimed)
  }

  @Test("a rival that claims 200 times a second makes us claim ten times a second at most")
  func rateLimit() {
    var bench = Bench()
    bench.claim()
    for _ in 0..<400 {
      bench.now = bench.now + .milliseconds(5)
      bench.handle(.claim(name: weaker, address: 0x27))
    }
    #expect((18...22).contains(bench.sent.count - 1))
    let gaps = zip(bench.sent, bench.sent.dropFirst()).map { $1.at - $0.at }
    #expect(gaps.allSatisfy { $0 >= .milliseconds(100) })
  }

  @Test("at standstill a stronger NAME takes the address: cannot claim, once, within 153 ms")
  func lostAtStandstill() {
    var bench = Bench()
    bench.claim()
    let lost = bench.now
    bench.handle(.claim(name: stronger, address: 0x27))
    #expect(bench.claimer.state == .cannotClaim && !bench.claimer.mayUseAddress)
    bench.run(1_000)
    #expect(bench.actions == [.sendClaim, .sendCannotClaim])
    let delay = (bench.sent.last?.at ?? .never) - lost
    #expect(delay >= .zero && delay <= .milliseconds(160))
    #expect(!bench.claimer.state.allows(.manual) && !bench.claimer.state.allows(.armed))
  }

  @Test("the delay before cannot claim differs from time to time and is never over 153 ms")
  func pseudoRandomDelay() {
    var delays: Set<Int64> = []
    var bench = Bench()
    bench.claim()
    bench.handle(.claim(name: stronger, address: 0x27))
    for _ in 0..<50 {
      bench.run(200)
      let asked = bench.now
      let count = bench.sent.count
      bench.handle(.requested)
      for _ in 0..<200 where bench.sent.count == count {
        bench.now = bench.now + .milliseconds(1)
        bench.handle(.tick)
      }
      let delay = (bench.sent.last?.at ?? asked) - asked
      #expect(delay <= AddressClaimer.longestDelay)
      delays.insert(delay.nanoseconds)
    }
    #expect(delays.count > 20)
  }

  @Test("lost in motion, the address serves the stop; cannot claim follows when parked (S-4)")
  func lostInMotion() {
    var bench = Bench()
    bench.claim()
    bench.isParked = false
    bench.handle(.claim(name: stronger, address: 0x27))
    bench.run(5_000) { $0 % 10 == 0 ? .requested : nil }
    #expect(bench.claimer.state == .lost && bench.claimer.mayUseAddress)
    #expect(bench.actions == [.sendClaim])
    bench.isParked = true
    bench.run(200)
    #expect(bench.claimer.state == .cannotClaim)
    #expect(bench.actions == [.sendClaim, .sendCannotClaim])
  }

  @Test("a claim that was objected to within 250 ms is lost before anything else was sent")
  func objected() {
    var bench = Bench()
    bench.handle(.begin)
    bench.run(100)
    bench.handle(.claim(name: stronger, address: 0x27))
    bench.run(1_000)
    #expect(bench.claimer.state == .cannotClaim)
  }

  @Test("a rival heard in MANUAL keeps the truck from arming until it moves on or is forgotten")
  func contested() {
    var bench = Bench()
    bench.handle(.claim(name: stronger, address: 0x27))
    #expect(bench.claimer.state == .contested && !bench.claimer.state.allows(.manual))
    bench.handle(.begin)
    #expect(bench.sent.isEmpty)
    bench.handle(.claim(name: stronger, address: 0x80))
    #expect(bench.claimer.state == .silent)
    bench.handle(.claim(name: stronger, address: 0x27))
    bench.run(9_900)
    #expect(bench.claimer.state == .contested)
    bench.run(200)
    #expect(bench.claimer.state == .silent)
    #expect(bench.sent.isEmpty)
  }

  @Test("requests are answered with the claim, with cannot claim, or not at all")
  func requests() {
    var bench = Bench()
    bench.claim()
    bench.handle(.requested)
    #expect(bench.actions == [.sendClaim, .sendClaim])
    bench.handle(.claim(name: stronger, address: 0x27))
    bench.run(200)
    bench.handle(.requested)
    bench.run(200)
    #expect(bench.actions.suffix(2) == [.sendCannotClaim, .sendCannotClaim])
    bench.handle(.end)
    bench.handle(.requested)
    bench.run(1_000)
    #expect(bench.sent.count == 4)
  }

  @Test("after the rival left, a new attempt takes the address again")
  func retry() {
    var bench = Bench()
    bench.claim()
    bench.handle(.claim(name: stronger, address: 0x27))
    bench.run(200)
    bench.handle(.begin)
    bench.run(300)
    #expect(bench.claimer.state == .claimed)
    bench.handle(.end)
    #expect(bench.claimer.state == .contested)
  }
}
