/// Which software this is.
package enum Software {
  package static var version: String { "0.1.0" }
}
