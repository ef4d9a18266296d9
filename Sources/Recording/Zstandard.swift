import CZstd

/// One-call compression with libzstd, its working memory kept.
///
/// Safety: the two pointers are libzstd's own, made and freed here, never handed out.
@safe final class Zstandard {
  private let compressor: OpaquePointer?
  private let decompressor: OpaquePointer?
  /// libzstd's own default.
  private static var level: Int32 { 3 }

  init() {
    unsafe compressor = ZSTD_createCCtx()
    unsafe decompressor = ZSTD_createDCtx()
  }

  deinit {
    unsafe ZSTD_freeCCtx(compressor)
    unsafe ZSTD_freeDCtx(decompressor)
  }

  /// Nil when there is no memory for it.
  func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    guard let compressor = unsafe compressor else { return nil }
    let bound = ZSTD_compressBound(bytes.count)
    var failed = false
    let result = unsafe [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      let size = unsafe ZSTD_compressCCtx(
        compressor, buffer.baseAddress, bound, bytes, bytes.count, Self.level)
      failed = ZSTD_isError(size) != 0
      count = failed ? 0 : size
    }
    return failed ? nil : result
  }

  /// Exactly `size` bytes, or what is wrong.
  func decompressed(_ bytes: ArraySlice<UInt8>, size: Int) -> Result<[UInt8], ZstandardFailure> {
    guard let decompressor = unsafe decompressor else {
      return .failure(ZstandardFailure(text: "there is no memory for it"))
    }
    var failure = ""
    let result = unsafe [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, count in
      let found = unsafe bytes.withUnsafeBytes { source in
        unsafe ZSTD_decompressDCtx(
          decompressor, buffer.baseAddress, size, source.baseAddress, source.count)
      }
      if ZSTD_isError(found) != 0 {
        failure = unsafe String(cString: ZSTD_getErrorName(found))
      } else if found != size {
        failure = "\(found) bytes"
      }
      count = failure.isEmpty ? size : 0
    }
    return failure.isEmpty ? .success(result) : .failure(ZstandardFailure(text: failure))
  }
}

struct ZstandardFailure: Error { let text: String }
